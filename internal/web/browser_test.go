package web_test

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/i18n"
	"chiave/internal/web/browsertest"
	"chiave/internal/web/ui"
	"chiave/internal/web/webtest"
)

// pictures is the directory that the tests write pictures of the pages to; unset writes none.
const pictures = "CHIAVE_PORTAL_PICTURES"

// onSQLite makes the world for the browser, on the engine that starts fastest.
func onSQLite(t *testing.T) *webtest.World {
	t.Helper()
	return webtest.New(t, dbtest.Open(t, dbtest.URL(t, db.SQLite), clock.NewManual(dbtest.Start)), webtest.Options{})
}

// signIn signs somebody in by the keyboard alone.
func signIn(tab *browsertest.Tab, w *webtest.World, address string) {
	tab.Open(w.URL + "/sign-in")
	tab.Do(chromedp.Focus(chromedp.CSS("#f-address")), chromedp.KeyEvent(address+"\t"+webtest.Password+"\r"), chromedp.WaitVisible(chromedp.CSS(".user-name")))
}

// shot is a page to look at.
type shot struct{ name, path string }

func customerPages(t *testing.T, w *webtest.World) []shot {
	lid := lidPath(w, webtest.Enterprise)
	row := url.Values{"product": {"NIB-PRO"}, "version": {"2024"}}
	return []shot{
		{"home", "/"}, {"relationship", "/licenses?show=all"}, {"details", lid}, {"contacts", lid + "/contacts"}, {"orders", lid + "/orders"},
		{"single", lid + "/licenses"}, {"licensing-keys", lid + "/keys"}, {"licensing-audit", lid + "/audit"}, {"summary", "/licenses/summary"},
		{"explanation", "/licenses/summary/explanation?" + row.Encode()}, {"keys", "/keys"}, {"key", keyPath(w, "server")}, {"permissions", "/permissions"}, {"open-license-add", "/open-license/add"}, {"open-license", "/open-license"}, {"account", "/account"},
		{"two-step", "/account/two-step"}, {"passkeys", "/account/passkeys"}, {"two-step-off", "/account/two-step/off"}, {"device", "/device?user_code=" + waiting(t, w).User},
		{"audit", "/audit"}, {"help", "/help"}, {"user-new", "/users/new"}, {"users-several", "/users/several"},
	}
}

func officePages(w *webtest.World) []shot {
	return []shot{{"office-home", "/"}, {"imports", "/office/imports"}, {"invitations", "/office/invitations"}, {"office-keys", "/office/keys"},
		{"office-key", "/office" + keyPath(w, "office")}, {"office-summary", "/licenses/summary"}, {"view-as", "/office/view-as"}}
}

// reader is somebody and the pages to look at as that person; nobody is signed in when there is no address.
type reader struct {
	address string
	pages   []shot
}

// TestPagesInTheBrowser looks at what customers see.
func TestPagesInTheBrowser(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	lookAt(t, w, reader{webtest.Admin, customerPages(t, w)})
}

// TestOtherPagesInTheBrowser looks at the rest: the office, what is dimmed, and the pages before sign-in.
func TestOtherPagesInTheBrowser(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	lookAt(t, w, reader{webtest.Operator, officePages(w)}, reader{webtest.InfoView, []shot{{"dimmed", lidPath(w, webtest.Enterprise)}}},
		reader{webtest.Nobody, []shot{{"nobody", "/"}}},
		reader{"", []shot{{"sign-in", "/sign-in?ended=1"}, {"invitation", "/invitations/" + w.Invite("new@rossi.example", "ROSSI")}, {"help-outside", "/help"}, {"forgotten", "/password?sent=1"}}})
}

// lookAt looks at pages in two looks that differ in everything: nothing wider than the screen, no complaint of the browser, no serious finding
// of axe. The parts that pages are made of are looked at in the other colours and widths too, by the tests of ui.
func lookAt(t *testing.T, w *webtest.World, readers ...reader) {
	t.Helper()
	browser := browsertest.Start(t)
	for _, who := range readers {
		tab := browser.Tab(t, browsertest.Look{})
		tab.Open(w.URL + "/sign-in")
		if who.address != "" {
			signIn(tab, w, who.address)
		}
		for _, look := range []struct {
			width int
			theme ui.Theme
			lang  i18n.Lang
		}{{browsertest.Desktop, ui.Light, i18n.English}, {browsertest.Phone, ui.Dark, i18n.Italian}} {
			tab.Resize(look.width)
			choose(tab, look.theme, look.lang)
			for _, page := range who.pages {
				tab.Open(w.URL + page.path)
				inspect(t, tab, fmt.Sprintf("%s-%d-%s-%s", page.name, look.width, look.theme, look.lang))
			}
		}
		if faults := tab.Faults(); len(faults) > 0 {
			t.Errorf("the browser complains: %v", faults)
		}
	}
}

// choose sets theme and language.
func choose(tab *browsertest.Tab, theme ui.Theme, lang i18n.Lang) {
	form := url.Values{ui.ThemeField: {string(theme)}, ui.LangField: {string(lang)}}
	browsertest.Eval[int](tab, `fetch("/preferences", {method: "POST", body: new URLSearchParams("`+form.Encode()+`")}).then(r => r.status)`)
}

func inspect(t *testing.T, tab *browsertest.Tab, name string) {
	t.Helper()
	tab.SaveScreenshot(os.Getenv(pictures), name)
	browsertest.Eval[int](tab, `document.querySelectorAll(innerWidth < 992 ? "details" : "details:not([data-menu])").forEach(d => { d.removeAttribute("name"); d.open = true }), 0`)
	for _, finding := range tab.Axe() {
		t.Errorf("%s: %s", name, finding)
	}
	if over := browsertest.Eval[int](tab, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
		t.Errorf("%s is %d pixels wider than the screen", name, over)
	}
}

// TestMainJobByKeyboard does the main job without a mouse: sign in, see what is owned and why, take a key out of custody, copy it.
func TestMainJobByKeyboard(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	tab := browsertest.Start(t).Tab(t, browsertest.Look{})
	tab.Open(w.URL + "/licenses/summary")
	// The address field is not focused by itself: the first stop of the keyboard is the way to the content.
	tab.Do(chromedp.KeyEvent("\t"))
	if got := browsertest.Eval[string](tab, `document.activeElement.className`); got != "skip" {
		t.Errorf("the first stop of the keyboard is %q", got)
	}
	tab.Do(chromedp.KeyEvent("\r\t"), chromedp.KeyEvent(webtest.Admin+"\t"+webtest.Password+"\r"), chromedp.WaitVisible(chromedp.CSS(".explain")))
	if got := browsertest.Eval[string](tab, `location.pathname`); got != "/licenses/summary" {
		t.Errorf("signing in leads to %s", got)
	}
	tab.Do(chromedp.Focus(chromedp.CSS(".explain summary")), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS(".explain-body .explained")))
	tab.SaveScreenshot(os.Getenv(pictures), "journey-explained")
	if got := browsertest.Eval[string](tab, `document.querySelector(".explain-body").innerText`); !strings.Contains(got, "OL-3") || !strings.Contains(got, "CHAT-24") {
		t.Errorf("the number opens to %q", got)
	}
	for _, finding := range tab.Axe() {
		t.Errorf("with a number open: %s", finding)
	}
	tab.Open(w.URL + keyPath(w, "office"))
	tab.Do(chromedp.Focus(chromedp.CSS(".key button")), chromedp.KeyEvent(" "), chromedp.WaitVisible(chromedp.CSS(".key-text:not(.key-masked)")))
	tab.SaveScreenshot(os.Getenv(pictures), "journey-revealed")
	if got, want := browsertest.Eval[string](tab, `document.querySelector(".key-text").innerText`), w.Codes["office"].Reveal(); got != want {
		t.Error("the key that is shown is not the key")
	}
	if got := browsertest.Eval[string](tab, `location.href`); strings.Contains(got, w.Codes["office"].Reveal()) {
		t.Error("the key is in the address")
	}
	for _, finding := range tab.Axe() {
		t.Errorf("with the key shown: %s", finding)
	}
	if faults := tab.Faults(); len(faults) > 0 {
		t.Errorf("the browser complains: %v", faults)
	}
}

// TestMainJobWithoutScript does the same in a browser that runs no script.
func TestMainJobWithoutScript(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	tab := browsertest.Start(t).Tab(t, browsertest.Look{NoScript: true, Width: browsertest.Phone})
	signIn(tab, w, webtest.Admin)
	tab.Open(w.URL + "/licenses/summary")
	tab.Do(chromedp.Click(chromedp.CSS(".explain summary")), chromedp.Click(chromedp.CSS(".explain-body a")), chromedp.WaitVisible(chromedp.CSS(".explained-effective")))
	tab.Open(w.URL + keyPath(w, "office"))
	tab.Do(chromedp.Click(chromedp.CSS(".key button")), chromedp.WaitVisible(chromedp.CSS(".key-text:not(.key-masked)")))
	if shown := browsertest.Eval[bool](tab, `document.querySelector("[data-copy]").checkVisibility()`); shown {
		t.Error("a copy button is shown that cannot work")
	}
}
