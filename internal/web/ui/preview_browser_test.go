package ui_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/chromedp/chromedp"

	"chiave/internal/platform/i18n"
	"chiave/internal/web/browsertest"
	"chiave/internal/web/static"
	"chiave/internal/web/ui"
)

// pictures is the directory that the tests write pictures of the previews to; unset writes none.
const pictures = "CHIAVE_PREVIEW_PICTURES"

// serve answers /<preview>?lang=…&theme=… under the portal's policy.
func serve(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle(static.Prefix, static.Handler())
	for _, p := range previews() {
		mux.HandleFunc("/"+p.name, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Security-Policy", static.ContentSecurityPolicy)
			v := view(t, i18n.Lang(r.FormValue("lang")), ui.ParseTheme(r.FormValue("theme")))
			if err := p.content(v).Render(r.Context(), w); err != nil {
				t.Error(err)
			}
		})
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

// TestPagesInTheBrowser looks at every preview by phone and desktop, in light and dark: no serious finding of axe, no
// complaint of the browser, nothing wider than the screen. English and Italian take turns, so that both are seen in
// every width; all of axe is asked by desktop and by phone, and in the other colours its rule of contrast.
func TestPagesInTheBrowser(t *testing.T) {
	t.Parallel()
	server := serve(t)
	browser := browsertest.Start(t)
	looks := []struct {
		width int
		theme ui.Theme
		lang  i18n.Lang
		dark  bool // the system's wish, which counts for Auto only
		rules []string
	}{
		{browsertest.Desktop, ui.Light, i18n.English, true, browsertest.AllRules},
		{browsertest.Desktop, ui.Dark, i18n.Italian, false, browsertest.Contrast},
		{browsertest.Phone, ui.Light, i18n.Italian, false, browsertest.Contrast},
		{browsertest.Phone, ui.Auto, i18n.English, true, browsertest.AllRules},
	}
	for _, look := range looks {
		tab := browser.Tab(t, browsertest.Look{Width: look.width, Dark: look.dark})
		for _, p := range previews() {
			name := fmt.Sprintf("%s-%d-%s-%s", p.name, look.width, look.theme, look.lang)
			tab.Open(fmt.Sprintf("%s/%s?lang=%s&theme=%s", server.URL, p.name, look.lang, look.theme))
			tab.SaveScreenshot(os.Getenv(pictures), name)
			// What is folded is looked at too: on the phone everything, on the desktop not what lies over other parts.
			browsertest.Eval[int](tab, `document.querySelectorAll(innerWidth < 992 ? "details" : "details:not([data-menu])").forEach(d => { d.removeAttribute("name"); d.open = true }), 0`)
			for _, finding := range tab.Axe(look.rules...) {
				t.Errorf("%s: %s", name, finding)
			}
			if over := browsertest.Eval[int](tab, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
				t.Errorf("%s is %d pixels wider than the screen", name, over)
			}
		}
		if faults := tab.Faults(); len(faults) > 0 {
			t.Errorf("the browser complains: %v", faults)
		}
	}
}

// TestTargetsAreLargeEnough measures what can be clicked outside running text: 24 pixels at least (WCAG 2.2, 2.5.8).
func TestTargetsAreLargeEnough(t *testing.T) {
	t.Parallel()
	server := serve(t)
	tab := browsertest.Start(t).Tab(t, browsertest.Look{})
	for _, p := range previews() {
		tab.Open(server.URL + "/" + p.name)
		small := browsertest.Eval[[]string](tab, `[...document.querySelectorAll("button, summary, input:not([type=hidden]), select, textarea, a.btn, nav a, th a")]
			.map(e => [e, e.getBoundingClientRect()]).filter(([e, r]) => r.width > 0 && (r.width < 24 || r.height < 24))
			.filter(([e]) => !(e.matches("[type=checkbox], [type=radio]") && e.closest("label").getBoundingClientRect().height >= 24))
			.map(([e, r]) => e.outerHTML.slice(0, 80) + " " + r.width + "×" + r.height)`)
		for _, s := range small {
			t.Errorf("%s: %s", p.name, s)
		}
	}
}

// TestScriptHelps proves what the script adds, and that without it nothing that cannot work is shown.
func TestScriptHelps(t *testing.T) {
	t.Parallel()
	server := serve(t)
	browser := browsertest.Start(t)
	tab := browser.Tab(t, browsertest.Look{})
	tab.Open(server.URL + "/keys")
	const shown = `getComputedStyle(document.querySelector("[data-copy]")).display !== "none"`
	if !browsertest.Eval[bool](tab, shown) {
		t.Error("with script the copy button is not shown")
	}
	tab.Do(chromedp.Click(chromedp.CSS(".user-button")))
	const open = `document.querySelector("details.user").open`
	if !browsertest.Eval[bool](tab, open) {
		t.Error("a click does not open the user menu")
	}
	tab.Do(chromedp.KeyEvent("\x1b"))
	if browsertest.Eval[bool](tab, open) {
		t.Error("Escape does not close the user menu")
	}

	bare := browser.Tab(t, browsertest.Look{NoScript: true, Width: browsertest.Phone})
	bare.Open(server.URL + "/keys")
	if browsertest.Eval[bool](bare, shown) {
		t.Error("without script the copy button is shown")
	}
	bare.Do(chromedp.Click(chromedp.CSS(".menu-button")))
	if !browsertest.Eval[bool](bare, `document.querySelector(".menu-list").getBoundingClientRect().height > 100`) {
		t.Error("without script the menu does not open")
	}
}
