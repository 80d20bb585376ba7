package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/accounts/accountstest"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/errs"
	"chiave/internal/web/webtest"
)

// twoStepPeople are who sends the forms that want two-step sign-in to be on or begun. Nobody else signs in with their passwords meanwhile.
var twoStepPeople = map[string]string{"POST /account/two-step/off": webtest.KeyView, "POST /account/two-step/recovery": webtest.InfoView, "POST /account/two-step/confirm": webtest.Stranger}

// secretOf begins two-step sign-in for somebody and returns the secret.
func secretOf(t *testing.T, w *webtest.World, actor audit.Actor) string {
	t.Helper()
	if err := w.Rooms.Accounts.StartTwoStep(t.Context(), actor, webtest.Password); err != nil {
		t.Fatal(err)
	}
	state, err := w.Rooms.Accounts.TwoStep(t.Context(), actor, "Chiave")
	if err != nil {
		t.Fatal(err)
	}
	return state.Secret
}

// turnedOn has two-step sign-in be on for somebody, whose open sessions stay, and returns the present code.
func turnedOn(t *testing.T, w *webtest.World, address string) string {
	t.Helper()
	actor := w.InPerson(address)
	secret := secretOf(t, w, actor)
	change := func(tx *db.Tx) error {
		_, err := tx.Exec("UPDATE totp_secrets SET confirmed_at = made_at WHERE user_id = $1", actor.ID)
		return err
	}
	if err := w.DB.Housekeep(t.Context(), "a test's second step", change); err != nil {
		t.Fatal(err)
	}
	return accountstest.Code(secret, dbtest.Start)
}

// twoStepForms are the forms about the second step of signing in.
func twoStepForms() map[string]func(t *testing.T, w *webtest.World) sent {
	both := func(verb string) func(t *testing.T, w *webtest.World) sent {
		return func(t *testing.T, w *webtest.World) sent {
			path := "/account/two-step/" + verb
			return sent{path: path, form: url.Values{"current": {webtest.Password}, "code": {turnedOn(t, w, twoStepPeople["POST "+path])}}}
		}
	}
	return map[string]func(t *testing.T, w *webtest.World) sent{
		"POST /sign-in/code": func(t *testing.T, w *webtest.World) sent {
			code := turnedOn(t, w, webtest.Nobody)
			step, _, err := w.Rooms.Accounts.SignIn(t.Context(), "req", "192.0.2.9:1", webtest.Nobody, webtest.Password)
			if errs.CodeOf(err) != "accounts.code_missing" {
				t.Fatal(err)
			}
			return sent{path: "/sign-in/code", form: url.Values{"step": {step}, "code": {code}}}
		},
		"POST /account/two-step": func(*testing.T, *webtest.World) sent {
			return sent{path: "/account/two-step", form: url.Values{"current": {webtest.Password}}}
		},
		"POST /account/two-step/confirm": func(t *testing.T, w *webtest.World) sent {
			code := accountstest.Code(secretOf(t, w, w.InPerson(webtest.Stranger)), dbtest.Start)
			// The secret waits in the session that asked for it: here the one of a browser, if there is one.
			w.Exec(`UPDATE totp_secrets SET session_id = (SELECT s.id FROM sessions s JOIN user_addresses a ON a.user_id = s.user_id WHERE a.address = $1 AND s.agent <> '' AND s.ended_at IS NULL LIMIT 1)
				WHERE confirmed_at IS NULL AND user_id = (SELECT user_id FROM user_addresses WHERE address = $1)`, webtest.Stranger)
			return sent{path: "/account/two-step/confirm", form: url.Values{"code": {code}}}
		},
		"POST /account/two-step/off":      both("off"),
		"POST /account/two-step/recovery": both("recovery"),
	}
}

var recoveryCode = regexp.MustCompile(`\b[0-9a-z]{4}(-[0-9a-z]{4}){3}\b`)

// TestTwoStepSignInByPage: set up with a secret that the page shows, asked for at sign-in in a second step, turned off with both.
func TestTwoStepSignInByPage(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		w := webtest.New(t, d, webtest.Options{})
		v := w.As(t, webtest.KeyView)
		v.Post("/preferences", url.Values{"lang": {"en"}})
		if p := v.Post("/account/two-step", url.Values{"current": {"wrong"}}); p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Text(), "not your present password") {
			t.Errorf("a wrong password: %d\n%s", p.Status, p.Text())
		}
		if p := v.Post("/account/two-step", url.Values{"current": {webtest.Password}}); p.Location != accounts.TwoStepPath {
			t.Fatalf("starting: %d", p.Status)
		}
		secret := regexp.MustCompile(`secret=([A-Z2-7]+)`).FindStringSubmatch(v.Get("/account/two-step").Body)
		if secret == nil {
			t.Fatalf("no secret is shown:\n%s", v.Get("/account/two-step").Text())
		}
		if p := v.Post("/account/two-step/confirm", url.Values{"code": {"000000"}}); p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Text(), "This code is wrong") || !strings.Contains(p.Body, secret[1]) {
			t.Errorf("a wrong code: %d\n%s", p.Status, p.Text())
		}
		p := v.Post("/account/two-step/confirm", url.Values{"code": {accountstest.Code(secret[1], clk.Now())}})
		codes := recoveryCode.FindAllString(p.Text(), -1)
		if p.Status != http.StatusOK || len(codes) != 10 {
			t.Fatalf("the recovery codes: %d\n%s", p.Status, p.Text())
		}
		if p := v.Get("/account/two-step"); strings.Contains(p.Body, secret[1]) || strings.Contains(p.Body, codes[0]) {
			t.Error("secrets are shown again")
		}
		guest := w.Visit(t)
		p = guest.Post("/sign-in", url.Values{"address": {webtest.KeyView}, "password": {webtest.Password}, "return": {"/keys"}})
		step := regexp.MustCompile(`name="step" value="([0-9a-z]+)"`).FindStringSubmatch(p.Body)
		if p.Status != http.StatusOK || step == nil || !strings.Contains(p.Body, `value="/keys"`) {
			t.Fatalf("the second step: %d\n%s", p.Status, p.Text())
		}
		if p := guest.Post("/sign-in/code", url.Values{"step": step[1:], "code": {"000000"}}); p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Body, step[1]) {
			t.Errorf("a wrong code: %d\n%s", p.Status, p.Text())
		}
		if p := guest.Post("/sign-in/code", url.Values{"step": step[1:], "code": {codes[0]}, "return": {"/keys"}}); p.Location != "/keys" {
			t.Errorf("a recovery code: %d to %q\n%s", p.Status, p.Location, p.Text())
		}
		if p := guest.Get("/account"); !strings.Contains(p.Text(), "9.") {
			t.Errorf("what is left:\n%s", p.Text())
		}
		if p := guest.Post("/account/two-step/off", url.Values{"current": {webtest.Password}, "code": {codes[0]}}); p.Status != http.StatusUnprocessableEntity {
			t.Errorf("off with a used code: %d", p.Status)
		}
		if p := guest.Post("/account/two-step/off", url.Values{"current": {webtest.Password}, "code": {codes[1]}}); p.Location != "/account?done=two_step_off" {
			t.Errorf("off: %d\n%s", p.Status, p.Text())
		}
	})
}
