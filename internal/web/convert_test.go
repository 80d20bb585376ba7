package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"chiave/internal/web/htmltest"
	"chiave/internal/web/webtest"
)

// TestAPersonalAccountIsConverted on its pages: who has one is asked to, the code makes the work address sign in, and E06 names it (REG-11, ERR-02).
func TestAPersonalAccountIsConverted(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	w.Arrive("rita@posta.example")
	rita := w.As(t, "rita@posta.example")
	for _, path := range []string{"/", "/convert"} {
		p := rita.Get(path)
		if !strings.Contains(p.Text(), "only the work address signs in") {
			t.Errorf("%s does not ask to convert:\n%s", path, p.Text())
		}
		for _, fault := range htmltest.Faults([]byte(p.Body)) {
			t.Errorf("%s: %s", path, fault)
		}
	}
	if p := rita.Post("/convert", url.Values{"address": {"other@posta.example"}}); p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Text(), "personal account") {
		t.Errorf("another personal address: %d\n%s", p.Status, p.Text())
	}
	at := rita.Post("/convert", url.Values{"address": {"rita@rossi.example"}}).Location
	filled := url.Values{"code": {"0"}, "first_name": {"Rita"}, "last_name": {"Costa"}, "country": {"IT"}}
	if p := rita.Post(at, filled); p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Text(), "not the signup code") {
		t.Errorf("a wrong code: %d\n%s", p.Status, p.Text())
	}
	filled.Set("code", w.Code("rita@rossi.example"))
	if p := rita.Post(at, filled); p.Location != "/sign-in?converted=1" {
		t.Fatalf("%d to %q\n%s", p.Status, p.Location, p.Text())
	}
	p := w.Visit(t).Post("/sign-in", url.Values{"address": {"rita@posta.example"}, "password": {webtest.Password}})
	if p.Status != http.StatusConflict || !strings.Contains(p.Text(), "E06") || !strings.Contains(p.Text(), "rita@rossi.example") {
		t.Errorf("the personal account: %d\n%s", p.Status, p.Text())
	}
	for _, fault := range htmltest.Faults([]byte(p.Body)) {
		t.Errorf("E06: %s", fault)
	}
	w.As(t, "rita@rossi.example")
}
