package accounts_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/errs"
)

func TestSignInSaysOnlyThatItFailed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		operator := w.operator() // has an address, and no password yet
		w.member(operator, "anna@example.com")
		w.member(operator, "gone@example.com")
		w.exec("UPDATE users SET disabled_at = 1 WHERE id IN (SELECT user_id FROM user_addresses WHERE address = 'gone@example.com')")
		w.member(operator, "moved@example.com")
		w.exec("UPDATE user_addresses SET verified_at = NULL WHERE address = 'moved@example.com'")
		var said error
		for name, c := range map[string][2]string{
			"a wrong password":       {"anna@example.com", password + "x"},
			"no password":            {"anna@example.com", ""},
			"an unknown address":     {"nobody@example.com", password},
			"no address":             {"", password},
			"no address at all":      {"x\x00y", password},
			"an account without one": {"operator@publisher.example", ""},
			"a disabled user":        {"gone@example.com", password},
			"an unverified address":  {"moved@example.com", password},
		} {
			token, _, err := w.SignIn(t.Context(), "req", remote, c[0], c[1])
			if token != "" || errs.CodeOf(err) != "accounts.credentials" || errs.KindOf(err) != errs.Unauthenticated || said != nil && err.Error() != said.Error() {
				t.Errorf("%s: %v", name, err)
			}
			said = err
		}
		if _, _, err := w.SignIn(t.Context(), "req", remote, "anna@example.com", password); err != nil {
			t.Errorf("the right one: %v", err)
		}
	})
}

func TestAttemptsAreLimitedByAddress(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.member(w.operator(), "anna@example.com")
		other := accounts.New(w.db, w.access, w.outbox, accounts.Config{BaseURL: base}) // a second replica
		for _, address := range []string{"anna@example.com", "nobody@example.com"} {
			results := make([]error, 16) // at once, on two replicas: they cannot pass the limit together
			var wg sync.WaitGroup
			for i := range results {
				service := []*accounts.Service{w.Service, other}[i%2]
				wg.Go(func() { _, _, results[i] = service.SignIn(t.Context(), "req", remote, address, "wrong") })
			}
			wg.Wait()
			tried := 0
			for _, err := range results {
				if errs.CodeOf(err) == "accounts.credentials" {
					tried++
				} else if errs.KindOf(err) != errs.Limited {
					t.Errorf("%s: %v", address, err)
				}
			}
			if tried != 10 {
				t.Errorf("%s: %d attempts, want 10", address, tried)
			}
		}
		_, _, err := w.SignIn(t.Context(), "req", remote, "anna@example.com", password)
		if e, ok := err.(*errs.Error); !ok || e.Code != "accounts.too_many_attempts" || e.Params["retry_after"] != int64(900) {
			t.Errorf("even the right password: %v", err)
		}
		w.clk.Advance(15*time.Minute - time.Second)
		if _, _, err := w.SignIn(t.Context(), "req", remote, "anna@example.com", password); errs.KindOf(err) != errs.Limited {
			t.Errorf("a second before: %v", err)
		}
		w.clk.Advance(time.Second)
		if _, _, err := w.SignIn(t.Context(), "req", remote, "anna@example.com", password); err != nil {
			t.Errorf("after the wait: %v", err)
		}
		for range 2 { // a success starts the count anew
			for range 9 {
				if _, _, err := w.SignIn(t.Context(), "req", remote, "anna@example.com", "wrong"); errs.CodeOf(err) != "accounts.credentials" {
					t.Errorf("within the limit: %v", err)
				}
			}
			if _, _, err := w.SignIn(t.Context(), "req", remote, "anna@example.com", password); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestAttemptsAreLimitedByNetwork(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.member(w.operator(), "anna@example.com")
		from := func(remote, address, password string) error {
			_, _, err := w.SignIn(t.Context(), "req", remote, address, password)
			return err
		}
		attempts := func(n int) {
			w.exec("UPDATE signin_failures SET attempts = $1, window_start = $2 WHERE subject LIKE 'network %'", n, w.clk.Now())
		}
		if err := from("192.0.2.7:1", "a@example.com", "wrong"); errs.CodeOf(err) != "accounts.credentials" {
			t.Fatal(err)
		}
		attempts(299)
		if err := from("192.0.2.7:1", "anna@example.com", password); err != nil {
			t.Fatalf("the last one: %v", err)
		}
		if err := from("192.0.2.9:9", "b@example.com", "wrong"); errs.CodeOf(err) != "accounts.credentials" {
			t.Errorf("a success gives its attempt back: %v", err)
		}
		rows := w.number("SELECT count(*) FROM signin_failures")
		for i := range 20 {
			if err := from("192.0.2.255:9", "anna@example.com", password); errs.KindOf(err) != errs.Limited {
				t.Errorf("from the stranger's network: %v", err)
			}
			if err := from("[::ffff:192.0.2.8]:9", fmt.Sprintf("x%d@example.org", i), "x"); errs.KindOf(err) != errs.Limited {
				t.Errorf("an address made up: %v", err)
			}
		}
		if after := w.number("SELECT count(*) FROM signin_failures"); after != rows {
			t.Errorf("%d rows written for attempts that were refused", after-rows)
		}
		for _, elsewhere := range []string{"192.0.3.7:1", "[2001:db8::1]:1", "", "a socket"} {
			if err := from(elsewhere, "anna@example.com", password); err != nil {
				t.Errorf("from %q: %v", elsewhere, err)
			}
		}
		if n := w.number("SELECT count(*) FROM signin_failures WHERE subject LIKE 'network %'"); n != 4 {
			t.Errorf("%d networks", n)
		}
		w.clk.Advance(time.Minute)
		if err := from("192.0.2.7:1", "anna@example.com", password); err != nil {
			t.Errorf("a minute later: %v", err)
		}
		attempts(300)
		for remote, want := range map[string]string{"[2001:db8::1]:1": "accounts.too_many_attempts", "[2001:db8:0:ff::1]:1": "accounts.too_many_attempts", "[2001:db8:0:100::1]:1": "accounts.credentials"} {
			if err := from(remote, "c@example.com", "wrong"); errs.CodeOf(err) != want {
				t.Errorf("%s: %v", remote, err)
			}
		}
		w.clk.Advance(time.Hour)
		if err := w.Purge(t.Context()); err != nil || w.number("SELECT count(*) FROM signin_failures") != 0 {
			t.Errorf("purged: %v, %d left", err, w.number("SELECT count(*) FROM signin_failures"))
		}
	})
}

// TestACrowdIsSentAway: who finds all seats taken is refused before anything is counted.
func TestACrowdIsSentAway(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.member(w.operator(), "anna@example.com")
		gone := w.Crowd(0)
		for range 11 {
			_, _, err := w.SignIn(t.Context(), "req", remote, "anna@example.com", password)
			if e, ok := err.(*errs.Error); !ok || e.Kind != errs.Limited || e.Params["retry_after"] != int64(1) {
				t.Errorf("in a crowd: %v", err)
			}
		}
		if n := w.number("SELECT count(*) FROM signin_failures"); n != 0 {
			t.Errorf("%d attempts counted", n)
		}
		gone()
		for range 3 {
			if _, _, err := w.SignIn(t.Context(), "req", remote, "anna@example.com", password); err != nil {
				t.Errorf("after the crowd: %v", err)
			}
		}
	})
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.member(w.operator(), "anna@example.com")
		signIn := func() string {
			t.Helper()
			token, _, err := w.SignIn(t.Context(), "req", remote, "anna@example.com", password)
			if err != nil {
				t.Fatal(err)
			}
			return token
		}
		idle := signIn()
		w.clk.Advance(30*time.Minute - time.Microsecond)
		if _, err := w.Session(t.Context(), idle); err != nil {
			t.Errorf("within half an hour: %v", err)
		}
		w.clk.Advance(30 * time.Minute)
		if _, err := w.Session(t.Context(), idle); errs.CodeOf(err) != "accounts.session" || errs.KindOf(err) != errs.Unauthenticated {
			t.Errorf("after half an hour idle: %v", err)
		}

		busy := signIn()
		for range 12*3 - 1 {
			w.clk.Advance(20 * time.Minute)
			if _, err := w.Session(t.Context(), busy); err != nil {
				t.Fatalf("a session in use: %v", err)
			}
		}
		w.clk.Advance(20 * time.Minute)
		if _, err := w.Session(t.Context(), busy); errs.CodeOf(err) != "accounts.session" {
			t.Errorf("after twelve hours: %v", err)
		}

		left := signIn()
		session, err := w.Session(t.Context(), left)
		if err != nil || session.Actor.Kind != audit.User || session.Actor.ID != session.User.ID || session.User.Addresses[0] != "anna@example.com" {
			t.Fatalf("%+v, %v", session, err)
		}
		stranger := session.Actor
		stranger.ID = w.operatorID()
		for _, actor := range []audit.Actor{stranger, session.Actor, session.Actor} {
			if err := w.SignOut(t.Context(), actor, left); err != nil {
				t.Errorf("signing out: %v", err)
			}
			if _, err := w.Session(t.Context(), left); (err == nil) != (actor == stranger) {
				t.Errorf("after signing out: %v", err)
			}
		}
		if n := w.number("SELECT count(*) FROM audit_records WHERE action = 'sessions.ended'"); n != 1 {
			t.Errorf("%d records of signing out", n)
		}

		last := signIn()
		w.exec("UPDATE users SET disabled_at = 1")
		if _, err := w.Session(t.Context(), last); errs.CodeOf(err) != "accounts.session" {
			t.Errorf("a disabled user: %v", err)
		}
		w.clk.Advance(37 * time.Hour)
		if err := w.Purge(t.Context()); err != nil || w.number("SELECT count(*) FROM sessions") != 0 {
			t.Errorf("purged: %v", err)
		}
		w.leaks("@", idle, busy, left, last)
	})
}

// TestAnAPITokenIsNotSignedOut: it would go on working.
func TestAnAPITokenIsNotSignedOut(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.operator()
		actor := audit.Actor{Kind: audit.User, ID: w.operatorID(), Request: "req"}
		secret, _, err := w.CreateToken(t.Context(), actor, "nightly", everything, w.clk.Now().Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		session, err := w.Token(t.Context(), secret)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.SignOut(t.Context(), session.Actor, secret); errs.CodeOf(err) != "accounts.no_session" || errs.KindOf(err) != errs.Conflict {
			t.Errorf("got %v", err)
		}
	})
}

// TestWhoHasSignedOutMeanwhileIsNobody: a request that proved its session, then lost it, changes nothing any more.
func TestWhoHasSignedOutMeanwhileIsNobody(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.member(w.operator(), "anna@example.com")
		token, signedIn, err := w.SignIn(t.Context(), "req", remote, "anna@example.com", password)
		if err != nil {
			t.Fatal(err)
		}
		session, err := w.Session(t.Context(), token)
		if err != nil || session.Actor.Session == "" || signedIn.Actor.Session != session.Actor.Session {
			t.Fatalf("%+v after %+v, %v", session.Actor, signedIn.Actor, err)
		}
		if err := w.SetLanguage(t.Context(), session.Actor, "en"); err != nil {
			t.Fatal(err)
		}
		borrowed := session.Actor
		borrowed.ID = w.operatorID()
		if err := w.SetLanguage(t.Context(), borrowed, "it"); errs.CodeOf(err) != "access.sign_in" {
			t.Errorf("another user's session: %v", err)
		}
		if err := w.SignOut(t.Context(), session.Actor, token); err != nil {
			t.Fatal(err)
		}
		if err := w.SetLanguage(t.Context(), session.Actor, "it"); errs.CodeOf(err) != "access.sign_in" || errs.KindOf(err) != errs.Unauthenticated {
			t.Errorf("after signing out: %v", err)
		}
		if _, err := w.ListTokens(t.Context(), signedIn.Actor); errs.CodeOf(err) != "access.sign_in" {
			t.Errorf("after signing out: %v", err)
		}
	})
}

func TestLastUseIsWrittenOnceAMinute(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.member(w.operator(), "anna@example.com")
		token, session, err := w.SignIn(t.Context(), "req", remote, "anna@example.com", password)
		if err != nil {
			t.Fatal(err)
		}
		secret, _, err := w.CreateToken(t.Context(), session.Actor, "script", everything, w.clk.Now().Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		used := func() [2]int {
			return [2]int{w.number("SELECT used_at FROM sessions"), w.number("SELECT coalesce(used_at, 0) FROM api_tokens WHERE name = 'script'")}
		}
		at := [2]int{int(w.clk.Now().UnixMicro()), int(w.clk.Now().UnixMicro())}
		for second := range 121 {
			if _, err := w.Session(t.Context(), token); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Token(t.Context(), secret); err != nil {
				t.Fatal(err)
			}
			if now := int(w.clk.Now().UnixMicro()); second%60 == 0 {
				at = [2]int{now, now}
			}
			if got := used(); got != at {
				t.Fatalf("second %d: %v, want %v", second, got, at)
			}
			w.clk.Advance(time.Second)
		}
	})
}
