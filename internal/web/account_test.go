package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"chiave/internal/licensing/accounts"
	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/ids"
	"chiave/internal/web/webtest"
)

// accountForms are the forms about one's own account.
func accountForms() map[string]func(t *testing.T, w *webtest.World) sent {
	return map[string]func(t *testing.T, w *webtest.World) sent{
		"POST /account/sessions/end": func(_ *testing.T, w *webtest.World) sent {
			return sent{path: "/account/sessions/end", form: url.Values{"session": {ids.Prefix("ses").Wire(w.Enter(webtest.Admin))}}}
		},
		"POST /account/sessions/end-others": func(_ *testing.T, w *webtest.World) sent {
			w.Enter(webtest.Admin)
			return sent{path: "/account/sessions/end-others"}
		},
		"POST /account/password": func(*testing.T, *webtest.World) sent {
			return sent{path: "/account/password", form: url.Values{"current": {webtest.Password}, "password": {"sette barche prima dell'alba"}}}
		},
		"POST /password": func(*testing.T, *webtest.World) sent {
			return sent{path: "/password", form: url.Values{"address": {webtest.Admin}}}
		},
		"POST /password/{token}": func(_ *testing.T, w *webtest.World) sent {
			return sent{path: "/password/" + w.PasswordLink(webtest.InfoView), form: url.Values{"password": {"sette barche prima dell'alba"}}}
		},
	}
}

// TestMyAccount: where somebody is signed in, and a new password.
func TestMyAccount(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w := webtest.New(t, d, webtest.Options{})
		anna, phone := w.As(t, webtest.KeyView), w.Visit(t)
		phone.Header.Set("User-Agent", "Mozilla/5.0 (Linux; Android 16) Chrome/150.0 Safari/537.36")
		phone.Post("/sign-in", url.Values{"address": {webtest.KeyView}, "password": {webtest.Password}})
		p := phone.Get("/account")
		for _, want := range []string{"My account", "Chrome, Android 127.0.0.1", "This session", "End all other sessions", "Luca Verdi"} {
			if !strings.Contains(p.Text(), want) {
				t.Errorf("%q is missing on\n%s", want, p.Text())
			}
		}
		if p := phone.Post("/account/password", url.Values{"current": {"wrong"}, "password": {"sette barche prima dell'alba"}}); p.Status != http.StatusUnprocessableEntity ||
			!strings.Contains(p.Text(), "This is not your present password.") || strings.Contains(p.Body, "sette barche") {
			t.Errorf("a wrong password: %d\n%s", p.Status, p.Text())
		}
		if p := phone.Post("/account/password", url.Values{"current": {webtest.Password}, "password": {"sette barche prima dell'alba"}}); p.Location != "/account?done=password_changed" {
			t.Fatalf("changed: %d\n%s", p.Status, p.Text())
		}
		if p := phone.Get("/account?done=password_changed"); !strings.Contains(p.Text(), "Your password is changed") {
			t.Errorf("it does not say so:\n%s", p.Text())
		}
		if p := anna.Get("/account"); p.Status != http.StatusSeeOther {
			t.Errorf("the other session goes on: %d", p.Status)
		}
	})
}

// TestAForgottenPassword: the page answers alike whoever owns the address; the link shows, and its form sets.
func TestAForgottenPassword(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w := webtest.New(t, d, webtest.Options{})
		v := w.Visit(t)
		known, unknown := v.Post("/password", url.Values{"address": {webtest.KeyView}}), v.Post("/password", url.Values{"address": {"nobody@rossi.example"}})
		if known.Location != "/password?sent=1" || unknown.Location != known.Location || known.Body != unknown.Body {
			t.Errorf("known %d %s, unknown %d %s", known.Status, known.Location, unknown.Status, unknown.Location)
		}
		if p := v.Get("/password?sent=1"); !strings.Contains(p.Text(), "a mail is on its way") {
			t.Errorf("it does not say what happens:\n%s", p.Text())
		}
		link := accounts.ForgottenPath + "/" + w.PasswordLink(webtest.KeyView)
		if p := v.Get(link); p.Status != http.StatusOK || !strings.Contains(p.Text(), "Choose a new password") {
			t.Fatalf("%d\n%s", p.Status, p.Text())
		}
		if p := v.Post(link, url.Values{"password": {"kurz"}}); p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Text(), "at least 12 characters") {
			t.Errorf("a short one: %d\n%s", p.Status, p.Text())
		}
		if p := v.Post(link, url.Values{"password": {"sette barche prima dell'alba"}}); p.Location != "/sign-in?reset=1" {
			t.Fatalf("set: %d\n%s", p.Status, p.Text())
		}
		if p := v.Get(link); p.Status != http.StatusConflict {
			t.Errorf("used: %d\n%s", p.Status, p.Text())
		}
		if p := v.Post("/sign-in", url.Values{"address": {webtest.KeyView}, "password": {"sette barche prima dell'alba"}}); p.Status != http.StatusSeeOther {
			t.Errorf("the new password: %d\n%s", p.Status, p.Text())
		}
	})
}
