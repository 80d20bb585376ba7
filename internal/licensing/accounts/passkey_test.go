package accounts_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/accounts/accountstest"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/notify"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

func device() *accountstest.Authenticator {
	return &accountstest.Authenticator{Origin: base, RP: "licenses.example", Counter: 1}
}

// adds has somebody add a passkey, and returns the refusal's code.
func (w *world) adds(actor audit.Actor, a *accountstest.Authenticator) string {
	w.t.Helper()
	c, err := w.BeginPasskey(w.t.Context(), actor, "laptop", password, "")
	if err != nil {
		w.t.Fatal(err)
	}
	return codeOf(w.AddPasskey(w.t.Context(), actor, c.Token, " laptop ", a.Create(c.Options)))
}

func codeOf(err error) string {
	if err == nil {
		return ""
	}
	return errs.CodeOf(err)
}

func (w *world) asksForKey() accounts.Ceremony {
	w.t.Helper()
	c, err := w.BeginPasskeySignIn(w.t.Context(), "req", remote)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *world) entersBy(c accounts.Ceremony, response string) (accounts.Session, string) {
	token, s, err := w.EnterByPasskey(w.t.Context(), accounts.Attempt{Request: "req", Remote: remote, Agent: "Firefox"}, c.Token, response)
	if err == nil && !w.holds(token) {
		w.t.Error("the session does not hold")
	}
	return s, codeOf(err)
}

func TestAPasskeyOpensTheAccount(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.member(w.operator(), "anna@example.com")
		_, anna := w.enter("anna@example.com", password)
		a := device()
		if code := w.adds(anna, a); code != "" || w.mailed(notify.PasskeyAdded) != 1 {
			t.Fatalf("adding: %s, %d mails", code, w.mailed(notify.PasskeyAdded))
		}
		w.twoStep(anna) // a passkey is both steps at once
		c := w.asksForKey()
		answer := a.Get(c.Options)
		s, code := w.entersBy(c, answer)
		if code != "" || s.Actor.ID != anna.ID || s.User.Name() != "Anna Rossi" {
			t.Fatalf("signing in: %s, %+v", code, s)
		}
		if _, code := w.entersBy(c, answer); code != "accounts.passkey_wrong" {
			t.Errorf("the same answer again: %s", code)
		}
		w.clk.Advance(time.Hour)
		c = w.asksForKey()
		if s, code := w.entersBy(c, a.Get(c.Options)); code != "" || s.Actor.ID != anna.ID {
			t.Errorf("the next day: %s", code)
		}
		list, err := w.Passkeys(t.Context(), anna)
		if err != nil || len(list) != 1 || list[0].Name != "laptop" || !list[0].Used.Equal(w.clk.Now()) {
			t.Fatalf("listed %+v, %v", list, err)
		}
		if err := w.RenamePasskey(t.Context(), anna, list[0].ID, "old laptop"); err != nil {
			t.Error(err)
		}
		if list, _ := w.Passkeys(t.Context(), anna); list[0].Name != "old laptop" {
			t.Errorf("renamed %+v", list)
		}
		if err := w.RemovePasskey(t.Context(), anna, list[0].ID); err != nil || w.mailed(notify.PasskeyRemoved) != 1 {
			t.Errorf("removing: %v", err)
		}
		c = w.asksForKey()
		if _, code := w.entersBy(c, a.Get(c.Options)); code != "accounts.passkey_wrong" {
			t.Errorf("a removed one: %s", code)
		}
		w.leaks("laptop", c.Token)
	})
}

// TestPasskeysThatProveNothing: each is refused with one answer, but for a copy.
func TestPasskeysThatProveNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.member(w.operator(), "anna@example.com")
		_, anna := w.enter("anna@example.com", password)
		a := device()
		if code := w.adds(anna, a); code != "" {
			t.Fatal(code)
		}
		for name, c := range map[string]struct {
			change func(a *accountstest.Authenticator)
			code   string
		}{
			"a false page":               {func(a *accountstest.Authenticator) { a.Origin = "https://licenses.example.evil" }, "accounts.passkey_wrong"},
			"another site's":             {func(a *accountstest.Authenticator) { a.RP = "evil.example" }, "accounts.passkey_wrong"},
			"nobody verified":            {func(a *accountstest.Authenticator) { a.Absent = true }, "accounts.passkey_wrong"},
			"a copy, which counts again": {func(a *accountstest.Authenticator) { a.Counter = 1 }, "accounts.passkey_cloned"},
			"a device that is not known": {func(a *accountstest.Authenticator) { a.Create(w.asksForKey().Options) }, "accounts.passkey_wrong"},
		} {
			copied := *a
			c.change(&copied)
			asked := w.asksForKey()
			if _, code := w.entersBy(asked, copied.Get(asked.Options)); code != c.code {
				t.Errorf("%s: %s", name, code)
			}
		}
		asked := w.asksForKey()
		if _, code := w.entersBy(w.asksForKey(), a.Get(asked.Options)); code != "accounts.passkey_wrong" {
			t.Errorf("the answer to another challenge: %s", code)
		}
		if _, code := w.entersBy(asked, "{}"); code != "accounts.passkey_wrong" {
			t.Errorf("no answer: %s", code)
		}
		answer := a.Get(asked.Options)
		w.clk.Advance(5 * time.Minute)
		if _, code := w.entersBy(asked, answer); code != "accounts.passkey_wrong" {
			t.Errorf("too late: %s", code)
		}
		if err := w.Purge(t.Context()); err != nil || w.number("SELECT count(*) FROM passkey_challenges") != 0 {
			t.Errorf("old challenges are gone: %v", err)
		}
		asked = w.asksForKey()
		w.exec("UPDATE users SET disabled_at = 1 WHERE id = $1", anna.ID)
		if _, code := w.entersBy(asked, a.Get(asked.Options)); code != "accounts.passkey_wrong" {
			t.Errorf("of somebody who is locked out: %s", code)
		}
	})
}

func TestWhoAddsAPasskey(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		operator := w.operator()
		w.member(operator, "anna@example.com")
		w.member(operator, "carla@example.com")
		_, anna := w.enter("anna@example.com", password)
		_, carla := w.enter("carla@example.com", password)
		byToken := w.byToken(anna)
		if _, err := w.BeginPasskey(t.Context(), anna, "laptop", another, ""); faultAt(err, "current") != "accounts.password_wrong" {
			t.Errorf("without the password: %v", err)
		}
		if _, err := w.BeginPasskey(t.Context(), anna, " ", password, ""); faultAt(err, "name") != "accounts.name" {
			t.Errorf("without a name: %v", err)
		}
		c, err := w.BeginPasskey(t.Context(), anna, "laptop", password, "")
		if err != nil {
			t.Fatal(err)
		}
		answer := device().Create(c.Options)
		if code := codeOf(w.AddPasskey(t.Context(), carla, c.Token, "laptop", answer)); code != "accounts.passkey_refused" {
			t.Errorf("the answer to somebody else's challenge: %s", code)
		}
		if _, code := w.entersBy(c, answer); code != "accounts.passkey_wrong" {
			t.Errorf("a challenge for adding signs in: %s", code)
		}
		for _, bad := range []*accountstest.Authenticator{{Origin: "https://evil.example", RP: "licenses.example"}, {Origin: base, RP: "evil.example"}, {Origin: base, RP: "licenses.example", Absent: true}} {
			if code := w.adds(anna, bad); code != "accounts.passkey_refused" {
				t.Errorf("%+v: %s", bad, code)
			}
		}
		if err := w.AddPasskey(t.Context(), anna, c.Token, "laptop", answer); err != nil {
			t.Fatal(err)
		}
		if code := codeOf(w.AddPasskey(t.Context(), anna, c.Token, "laptop", answer)); code != "accounts.passkey_refused" {
			t.Errorf("twice: %s", code)
		}
		list, _ := w.Passkeys(t.Context(), anna)
		for name, err := range map[string]error{
			"begin": second(w.BeginPasskey(t.Context(), byToken, "x", password, "")), "add": w.AddPasskey(t.Context(), byToken, c.Token, "x", answer),
			"list": second(w.Passkeys(t.Context(), byToken)), "rename": w.RenamePasskey(t.Context(), byToken, list[0].ID, "x"), "remove": w.RemovePasskey(t.Context(), byToken, list[0].ID),
		} {
			if errs.CodeOf(err) != "access.in_person" {
				t.Errorf("%s by a token: %v", name, err)
			}
		}
		for name, err := range map[string]error{"rename": w.RenamePasskey(t.Context(), carla, list[0].ID, "x"), "remove": w.RemovePasskey(t.Context(), carla, list[0].ID),
			"none": w.RemovePasskey(t.Context(), anna, ids.New(w.clk.Now()))} {
			if errs.CodeOf(err) != "accounts.passkey_unknown" {
				t.Errorf("%s somebody else's: %v", name, err)
			}
		}
		w.twoStep(anna)
		if _, err := w.BeginPasskey(t.Context(), anna, "x", password, ""); faultAt(err, "code") != "accounts.code_wrong" {
			t.Errorf("without the code that two-step sign-in wants: %v", err)
		}
	})
}

// TestTwoReplicasTakeOneAnswer: of sign-ins at once with one answer, through two servers, one succeeds.
func TestTwoReplicasTakeOneAnswer(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.member(w.operator(), "anna@example.com")
		_, anna := w.enter("anna@example.com", password)
		a := device()
		a.Counter = 0 // as devices do that share their passkeys
		if code := w.adds(anna, a); code != "" {
			t.Fatal(code)
		}
		other := accounts.New(w.db, w.access, w.outbox, w.config)
		c := w.asksForKey()
		answer := a.Get(c.Options)
		var all sync.WaitGroup
		var in atomic.Int32
		for _, s := range []*accounts.Service{w.Service, other, w.Service, other} {
			all.Go(func() {
				if _, _, err := s.EnterByPasskey(t.Context(), accounts.Attempt{Request: "req", Remote: remote}, c.Token, answer); err == nil {
					in.Add(1)
				}
			})
		}
		all.Wait()
		if in.Load() != 1 {
			t.Errorf("%d came in by one answer", in.Load())
		}
	})
}

func TestPasskeysWantHTTPSAndAName(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for address, want := range map[string]bool{"https://licenses.example": true, "http://localhost:8080": true, "http://licenses.example": false, "https://192.0.2.1": false, "https://[2001:db8::1]:8443": false} {
			s := accounts.New(w.db, w.access, w.outbox, accounts.Config{BaseURL: address})
			if s.PasskeysWork() != want {
				t.Errorf("%s: %v", address, !want)
			}
			if _, err := s.BeginPasskeySignIn(t.Context(), "req", remote); !want && errs.CodeOf(err) != "accounts.passkeys_off" {
				t.Errorf("%s: %v", address, err)
			}
		}
		if !strings.HasPrefix(base, "https://") {
			t.Error("the others prove nothing")
		}
	})
}
