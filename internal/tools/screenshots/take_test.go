//go:build screenshots

package screenshots

import (
	"bytes"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"chiave/internal/web/browsertest"
)

// What scripts/screenshots says.
const (
	envProgram   = "SCREENSHOTS_PROGRAM"   // path of the program
	envDirectory = "SCREENSHOTS_DIRECTORY" // where the pictures go
	envOnly      = "SCREENSHOTS_ONLY"      // expression for the names of pages; all when empty
	envChosen    = "SCREENSHOTS_CHOSEN"    // where the pictures for the documentation go
)

// wide is a large monitor.
const wide = 1920

// look is how a page is looked at.
type look struct {
	lang  string
	dark  bool
	width int
}

func (l look) String() string {
	theme := "light"
	if l.dark {
		theme = "dark"
	}
	return fmt.Sprintf("%s.%s.%d", l.lang, theme, l.width)
}

func file(p page, l look) string { return p.name + "." + l.String() + ".png" }

// TestAll takes the pictures of all pages. People read one language at a time, so the languages follow each other.
func TestAll(t *testing.T) {
	directory := os.Getenv(envDirectory)
	if directory == "" {
		t.Fatalf("%s is not set: run scripts/screenshots", envDirectory)
	}
	only := regexp.MustCompile(os.Getenv(envOnly))
	s := start(t, os.Getenv(envProgram))
	for _, lang := range []string{"en", "it"} {
		s.speak(t, lang)
		for _, dark := range []bool{false, true} {
			browser := browsertest.Start(t)
			for _, width := range []int{browsertest.Phone, browsertest.Desktop, wide} {
				s.takeAll(t, browser, look{lang, dark, width}, only, directory)
			}
		}
	}
}

// takeAll takes every page in one look, each person in a tab of its own.
func (s *scene) takeAll(t *testing.T, browser *browsertest.Browser, l look, only *regexp.Regexp, directory string) {
	tabs := map[string]*browsertest.Tab{}
	for _, p := range pages() {
		if !only.MatchString(p.name) {
			continue
		}
		base := s.url
		if strings.HasPrefix(p.at, "{invitation}") {
			base = s.fresh
		}
		tab := tabs[p.person+base]
		if tab == nil {
			tab = s.tab(t, browser, p.person, l)
			tabs[p.person+base] = tab
		}
		s.open(t, tab, p, l)
		name := filepath.Join(directory, file(p, l))
		tab.SaveScreenshot(directory, strings.TrimSuffix(file(p, l), ".png"))
		if picture, err := os.ReadFile(name); err != nil {
			t.Errorf("%s is missing: %v", file(p, l), err)
		} else if size, err := png.DecodeConfig(bytes.NewReader(picture)); err != nil || size.Width != l.width {
			t.Errorf("%s is %d wide, want %d (%v)", file(p, l), size.Width, l.width, err)
		}
	}
}

// tab opens a tab in which the person is signed in.
func (s *scene) tab(t *testing.T, browser *browsertest.Browser, person string, l look) *browsertest.Tab {
	t.Helper()
	tab := browser.Tab(t, browsertest.Look{Width: l.width, Dark: l.dark, Lang: l.lang})
	if person != "" {
		tab.Do(chromedp.Func(func(ctx ctx, target *chromedp.Target) error {
			_, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{Name: "chiave", Value: s.sessions[person], URL: s.url})
			return err
		}))
	}
	return tab
}

// open goes to a page and complains about what is wrong with it.
func (s *scene) open(t *testing.T, tab *browsertest.Tab, p page, l look) {
	t.Helper()
	known := len(tab.Faults())
	tab.Open(s.address(t, p))
	status := browsertest.Eval[int](tab, `performance.getEntriesByType("navigation")[0].responseStatus`)
	if want := p.status(); status != want {
		t.Errorf("%s answers %d, want %d", file(p, l), status, want)
	}
	if heading := browsertest.Eval[string](tab, `document.querySelector("h1")?.textContent ?? ""`); strings.TrimSpace(heading) == "" {
		t.Errorf("%s has no heading", file(p, l))
	}
	if lang := browsertest.Eval[string](tab, `document.documentElement.lang`); lang != l.lang {
		t.Errorf("%s is in %q", file(p, l), lang)
	}
	if over := browsertest.Eval[int](tab, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
		t.Errorf("%s is %d pixels wider than the screen", file(p, l), over)
	}
	for _, fault := range tab.Faults()[known:] {
		// The browser calls an answer such as 404 a fault of loading.
		if p.status() == 200 || !strings.Contains(fault, "Failed to load resource") {
			t.Errorf("%s: the browser complains: %s", file(p, l), fault)
		}
	}
}

// TestChosen takes the few pictures that the documentation shows.
func TestChosen(t *testing.T) {
	directory := os.Getenv(envChosen)
	if directory == "" {
		t.Fatalf("%s is not set: run scripts/screenshots -chosen", envChosen)
	}
	s := start(t, os.Getenv(envProgram))
	s.speak(t, "en")
	tab := s.tab(t, browsertest.Start(t), giulia, look{"en", false, browsertest.Desktop})
	tab.Do(chromedp.EmulateViewport(browsertest.Desktop, 1160))
	tab.Open(s.url + "/licenses/summary")
	// Its licenses under assurance are renewed, newly covered and stepped up.
	opened := browsertest.Eval[bool](tab, `(async () => {
		const row = [...document.querySelectorAll("tr")].find(r => r.textContent.includes("Office Professional") && r.textContent.includes("150"));
		const number = row.querySelectorAll("details.explain")[1];
		number.querySelector("summary").click();
		for (let i = 0; i < 100 && number.querySelector(".explain-body > a"); i++) await new Promise(done => setTimeout(done, 50));
		return !number.querySelector(".explain-body > a");
	})()`)
	if !opened {
		t.Error("the number does not open")
	}
	picture, err := chromedp.Run(tab.Context(), chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	if len(picture) > 300<<10 {
		t.Errorf("the picture is %d KiB, more than a README should ask for", len(picture)>>10)
	}
	if err := os.WriteFile(filepath.Join(directory, "license-summary.png"), picture, 0o644); err != nil {
		t.Fatal(err)
	}
}
