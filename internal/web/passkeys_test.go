package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/accounts/accountstest"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/ids"
	"chiave/internal/web/browsertest"
	"chiave/internal/web/webtest"
)

// begins has somebody begin a passkey.
func begins(t *testing.T, w *webtest.World, actor audit.Actor) accounts.Ceremony {
	t.Helper()
	c, err := w.Rooms.Accounts.BeginPasskey(t.Context(), actor, "portatile", webtest.Password, "")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// hasPasskey gives somebody a passkey and returns its device and its id.
func hasPasskey(t *testing.T, w *webtest.World, address string) (*accountstest.Authenticator, ids.ID) {
	t.Helper()
	actor := w.InPerson(address)
	c := begins(t, w, actor)
	device := &accountstest.Authenticator{Origin: w.BaseURL, RP: "localhost", Counter: 1}
	if err := w.Rooms.Accounts.AddPasskey(t.Context(), actor, c.Token, "portatile", device.Create(c.Options)); err != nil {
		t.Fatal(err)
	}
	list, err := w.Rooms.Accounts.Passkeys(t.Context(), actor)
	if err != nil {
		t.Fatal(err)
	}
	return device, list[len(list)-1].ID
}

// passkeyForms are the forms about passkeys.
func passkeyForms() map[string]func(t *testing.T, w *webtest.World) sent {
	about := func(verb string, form url.Values) func(t *testing.T, w *webtest.World) sent {
		return func(t *testing.T, w *webtest.World) sent {
			_, id := hasPasskey(t, w, webtest.Admin)
			form.Set("passkey", ids.Prefix("psk").Wire(id))
			return sent{path: "/account/passkeys/" + verb, form: form}
		}
	}
	return map[string]func(t *testing.T, w *webtest.World) sent{
		"POST /account/passkeys/new": func(*testing.T, *webtest.World) sent {
			return sent{path: "/account/passkeys/new", form: url.Values{"name": {"portatile"}, "current": {webtest.Password}}}
		},
		"POST /account/passkeys": func(t *testing.T, w *webtest.World) sent {
			c := begins(t, w, w.InPerson(webtest.Admin))
			device := &accountstest.Authenticator{Origin: w.BaseURL, RP: "localhost", Counter: 1}
			return sent{path: "/account/passkeys", form: url.Values{"name": {"portatile"}, "ceremony": {c.Token}, "response": {device.Create(c.Options)}}}
		},
		"POST /account/passkeys/rename": about("rename", url.Values{"name": {"telefono"}}),
		"POST /account/passkeys/remove": about("remove", url.Values{}),
		"POST /sign-in/passkey":         func(*testing.T, *webtest.World) sent { return sent{path: "/sign-in/passkey"} },
		"POST /sign-in/passkey/answer": func(t *testing.T, w *webtest.World) sent {
			device, _ := hasPasskey(t, w, webtest.Admin)
			c, err := w.Rooms.Accounts.BeginPasskeySignIn(t.Context(), "req", "192.0.2.9:1")
			if err != nil {
				t.Fatal(err)
			}
			return sent{path: "/sign-in/passkey/answer", form: url.Values{"ceremony": {c.Token}, "response": {device.Get(c.Options)}}}
		},
	}
}

// TestPasskeyPages: what is wrong comes back with its form; where browsers give no passkeys, none is offered.
func TestPasskeyPages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w := webtest.New(t, d, webtest.Options{})
		v := w.As(t, webtest.KeyView)
		v.Post("/preferences", url.Values{"lang": {"en"}})
		_, id := hasPasskey(t, w, webtest.KeyView)
		wire := ids.Prefix("psk").Wire(id)
		if p := v.Get("/account/passkeys"); !strings.Contains(p.Text(), "portatile") || !strings.Contains(p.Text(), "Never") {
			t.Errorf("the list:\n%s", p.Text())
		}
		if p := v.Post("/account/passkeys/new", url.Values{"name": {"phone"}, "current": {"wrong"}}); p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Body, `value="phone"`) {
			t.Errorf("a wrong password: %d\n%s", p.Status, p.Text())
		}
		p := v.Post("/account/passkeys/new", url.Values{"name": {"phone"}, "current": {webtest.Password}})
		if p.Status != http.StatusOK || !strings.Contains(p.Text(), "Passkeys need script") || !strings.Contains(p.Body, `data-passkey="create"`) {
			t.Errorf("the challenge: %d\n%s", p.Status, p.Text())
		}
		if p := v.Post("/account/passkeys", url.Values{"name": {"phone"}, "ceremony": {"x"}, "response": {"{}"}}); p.Status != http.StatusUnprocessableEntity {
			t.Errorf("no answer: %d", p.Status)
		}
		if p := v.Get("/account/passkeys?rename=" + wire); !strings.Contains(p.Text(), "Rename a passkey") {
			t.Errorf("renaming:\n%s", p.Text())
		}
		if p := v.Post("/account/passkeys/rename", url.Values{"passkey": {wire}, "name": {"a\nb"}}); p.Status != http.StatusUnprocessableEntity {
			t.Errorf("a name of two lines: %d", p.Status)
		}
		if p := w.As(t, webtest.InfoView).Post("/account/passkeys/remove", url.Values{"passkey": {wire}}); p.Status != http.StatusNotFound {
			t.Errorf("somebody else's: %d", p.Status)
		}
		guest := w.Visit(t)
		if p := guest.Get("/sign-in"); !strings.Contains(p.Body, `action="/sign-in/passkey"`) {
			t.Error("the sign-in page does not offer it")
		}
		if p := guest.Post("/sign-in/passkey/answer", url.Values{"ceremony": {"x"}, "response": {"{}"}}); p.Status != http.StatusUnprocessableEntity {
			t.Errorf("a wrong answer: %d", p.Status)
		}
		plain := webtest.New(t, dbtest.Open(t, dbtest.URL(t, db.SQLite), clock.NewManual(dbtest.Start)), webtest.Options{Bare: true, BaseURL: "http://portal.example"}).Visit(t)
		if p := plain.Get("/sign-in"); strings.Contains(p.Body, `action="/sign-in/passkey"`) {
			t.Error("without https it is offered")
		}
	})
}

// TestAPasskeyInTheBrowser adds a passkey with the browser's virtual authenticator, signs out, and signs in with it.
func TestAPasskeyInTheBrowser(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	w.URL = w.BaseURL // browsers bind passkeys to a name
	tab := browsertest.Start(t).Tab(t, browsertest.Look{Width: browsertest.Desktop})
	tab.Do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		if _, err := chromedp.Call(ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		_, err := chromedp.Call(ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Ctap2version: webauthn.Ctap2versionCtap21, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true}})
		return err
	}))
	signIn(tab, w, webtest.KeyView)
	tab.Open(w.URL + "/account/passkeys")
	tab.Do(chromedp.Focus(chromedp.CSS("#f-name")), chromedp.KeyEvent("portatile\t"+webtest.Password+"\r"), chromedp.WaitVisible(chromedp.CSS("table")))
	tab.Do(chromedp.Click(chromedp.CSS("summary.user-button")), chromedp.WaitVisible(chromedp.CSS(".user-out button")), chromedp.Click(chromedp.CSS(".user-out button")), chromedp.WaitVisible(chromedp.CSS("#f-address")))
	tab.Do(chromedp.Click(chromedp.CSS(`form[action="/sign-in/passkey"] button`)), chromedp.WaitVisible(chromedp.CSS(".user-name")))
	if faults := tab.Faults(); len(faults) > 0 {
		t.Errorf("the browser complains: %v", faults)
	}
}
