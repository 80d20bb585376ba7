package browsertest_test

import (
	"bytes"
	"fmt"
	"image/png"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"chiave/internal/web/browsertest"
)

// TestTabSeesWhatIsWrong is the control of every page test: a page with faults has findings, a clean page has none.
func TestTabSeesWhatIsWrong(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
		switch r.URL.Path {
		case "/faulty":
			fmt.Fprint(w, `<!DOCTYPE html><title>x</title><p style="color:#ccc;background:#fff">pale</p><img src="/gone"><script>alert(1)</script>`)
		case "/clean":
			fmt.Fprintf(w, `<!DOCTYPE html><html lang="en"><title>x</title><link rel="icon" href="data:,"><main><h1>%s</h1></main>`, r.Header.Get("Accept-Language"))
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	browser := browsertest.Start(t)

	faulty := browser.Tab(t, browsertest.Look{})
	faulty.Open(server.URL + "/faulty")
	found := fmt.Sprint(faulty.Axe())
	for _, want := range []string{"color-contrast", "image-alt", "html-has-lang"} {
		if !strings.Contains(found, want) {
			t.Errorf("axe does not find %s: %s", want, found)
		}
	}
	if faults := fmt.Sprint(faulty.Faults()); !strings.Contains(faults, "Content Security Policy") {
		t.Errorf("Faults() = %s, want the breach of the policy", faults)
	}

	clean := browser.Tab(t, browsertest.Look{Width: browsertest.Phone, Dark: true, Lang: "it"})
	clean.Open(server.URL + "/clean")
	if found := clean.Axe(); len(found) > 0 {
		t.Errorf("axe finds %v on a clean page", found)
	}
	if got, want := browsertest.Eval[string](clean, `document.querySelector("h1").textContent + matchMedia("(prefers-color-scheme: dark)").matches + innerWidth`), "ittrue390"; got != want {
		t.Errorf("the tab's look is %s, want %s", got, want)
	}
	picture, err := png.DecodeConfig(bytes.NewReader(clean.Screenshot()))
	if err != nil || picture.Width != browsertest.Phone {
		t.Errorf("the picture is %d wide (%v), want %d", picture.Width, err, browsertest.Phone)
	}
}
