package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/ids"
	"chiave/internal/web/webtest"
)

// waiting is a program that wants to act for somebody.
func waiting(t *testing.T, w *webtest.World) accounts.DeviceCodes {
	t.Helper()
	codes, err := w.Rooms.Accounts.StartDevice(t.Context(), "req", "192.0.2.7:1", "anna's laptop", []access.Action{access.ViewReports}, 30)
	if err != nil {
		t.Fatal(err)
	}
	return codes
}

// deviceForms are the forms about programs that act for somebody.
func deviceForms() map[string]func(t *testing.T, w *webtest.World) sent {
	return map[string]func(t *testing.T, w *webtest.World) sent{
		"POST /device": func(t *testing.T, w *webtest.World) sent {
			return sent{path: "/device", form: url.Values{accounts.UserCodeField: {waiting(t, w).User}, "decision": {"allow"}}}
		},
		"POST /account/tokens/revoke": func(t *testing.T, w *webtest.World) sent {
			_, id, err := w.Rooms.Accounts.CreateToken(t.Context(), w.InPerson(webtest.Admin), "nightly", []access.Action{access.ViewReports}, dbtest.Start.Add(48*time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			return sent{path: "/account/tokens/revoke", form: url.Values{"token": {ids.Prefix("tok").Wire(id)}}}
		},
	}
}

// TestAProgramIsLetInOnItsPage: the page asks for the code, shows who waits, and takes one decision; My account lists the token and revokes it.
func TestAProgramIsLetInOnItsPage(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w := webtest.New(t, d, webtest.Options{})
		admin := w.As(t, webtest.Admin)
		admin.Post("/preferences", url.Values{"lang": {"en"}})
		codes := waiting(t, w)
		if p := admin.Get("/device"); !strings.Contains(p.Text(), "Eight letters") {
			t.Errorf("without a code:\n%s", p.Text())
		}
		if p := admin.Get("/device?user_code=BCDF-GHJK"); p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Body, `value="BCDF-GHJK"`) {
			t.Errorf("a code of nobody: %d\n%s", p.Status, p.Text())
		}
		p := admin.Get("/device?user_code=" + strings.ToLower(codes.User))
		for _, want := range []string{codes.User, "anna's laptop", "192.0.2.7", "view licensing reports", webtest.Admin, "just started it yourself"} {
			if !strings.Contains(p.Text(), want) {
				t.Errorf("the page lacks %q:\n%s", want, p.Text())
			}
		}
		if p := admin.Post("/device", url.Values{"user_code": {codes.User}, "decision": {"allow"}}); p.Location != "/device?done=allow" {
			t.Errorf("allowing: %d to %s", p.Status, p.Location)
		}
		if p := admin.Post("/device", url.Values{"user_code": {codes.User}, "decision": {"deny"}}); p.Status != http.StatusUnprocessableEntity {
			t.Errorf("a second decision: %d", p.Status)
		}
		secret, token, err := w.Rooms.Accounts.RedeemDevice(t.Context(), "req", codes.Device)
		if err != nil {
			t.Fatal(err)
		}
		if p := admin.Get("/account"); !strings.Contains(p.Text(), "anna's laptop") || !strings.Contains(p.Text(), "Never") || strings.Contains(p.Body, secret) {
			t.Errorf("the token is not listed:\n%s", p.Text())
		}
		if p := admin.Post("/account/tokens/revoke", url.Values{"token": {ids.Prefix("tok").Wire(token.ID)}}); p.Location != "/account?done=token_revoked" {
			t.Errorf("revoking: %d to %s", p.Status, p.Location)
		}
		if _, err := w.Rooms.Accounts.Token(t.Context(), secret); err == nil {
			t.Error("a revoked token holds")
		}
	})
}
