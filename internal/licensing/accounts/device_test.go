package accounts_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/notify"
	"chiave/internal/platform/errs"
)

// waits is a program that wants to act for somebody.
func (w *world) waits(scopes ...access.Action) accounts.DeviceCodes {
	w.t.Helper()
	codes, err := w.StartDevice(w.t.Context(), "req", remote, "anna's laptop", scopes, 30)
	if err != nil {
		w.t.Fatal(err)
	}
	return codes
}

func (w *world) redeems(codes accounts.DeviceCodes) (string, string) {
	secret, _, err := w.RedeemDevice(w.t.Context(), "req", codes.Device)
	if err == nil {
		return secret, ""
	}
	return secret, errs.CodeOf(err)
}

// actor signs somebody in.
func (w *world) actor(address string) audit.Actor {
	_, actor := w.enter(address, password)
	return actor
}

func TestAProgramIsLetInOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.member(w.operator(), "anna@example.com")
		_, anna := w.enter("anna@example.com", password)
		codes := w.waits(access.ViewReports)
		if codes.Page != base+"/device" || len(codes.User) != 9 || strings.ContainsAny(codes.User, "AEIOU0123456789") {
			t.Errorf("the codes are %+v", codes)
		}
		if _, code := w.redeems(codes); code != "accounts.oauth_authorization_pending" {
			t.Errorf("before it is let in: %s", code)
		}
		typed := strings.ToLower(strings.ReplaceAll(codes.User, "-", " "))
		d, err := w.Device(t.Context(), anna, typed)
		if err != nil || d.Name != "anna's laptop" || d.Address != "192.0.2.7" || len(d.Scopes) != 1 || d.Scopes[0] != access.ViewReports || !d.Until.Equal(w.clk.Now().AddDate(0, 0, 30)) {
			t.Errorf("what waits is shown as %+v, %v", d, err)
		}
		if err := w.DecideDevice(t.Context(), anna, typed, true); err != nil {
			t.Fatal(err)
		}
		if err := w.DecideDevice(t.Context(), anna, typed, false); errs.CodeOf(err) != "accounts.user_code" {
			t.Errorf("a second decision: %v", err)
		}
		secret, code := w.redeems(codes)
		if code != "" || !strings.HasPrefix(secret, "chv_") {
			t.Fatalf("got %q, %s", secret, code)
		}
		if _, code := w.redeems(codes); code != "accounts.oauth_invalid_grant" {
			t.Errorf("a second token: %s", code)
		}
		s, err := w.Token(t.Context(), secret)
		if err != nil || s.Actor.ID != anna.ID || len(s.Scopes) != 1 || s.Scopes[0] != access.ViewReports {
			t.Errorf("the token is %+v, %v", s, err)
		}
		list, err := w.ListTokens(t.Context(), anna)
		if err != nil || len(list) != 1 || list[0].Name != "anna's laptop" {
			t.Errorf("listed %+v, %v", list, err)
		}
		w.clk.Advance(time.Hour)
		short, _, err := w.CreateToken(t.Context(), w.actor("anna@example.com"), "short", []access.Action{access.Everything}, w.clk.Now().Add(time.Minute))
		if err != nil || short == "" {
			t.Fatal(err)
		}
		w.clk.Advance(2 * time.Minute)
		if list, err := w.ListTokens(t.Context(), w.actor("anna@example.com")); err != nil || len(list) != 1 {
			t.Errorf("one has ended: %+v, %v", list, err)
		}
		if err := w.SignOut(t.Context(), s.Actor, secret); err != nil {
			t.Errorf("signing out: %v", err)
		}
		if _, err := w.Token(t.Context(), secret); errs.CodeOf(err) != "accounts.token" {
			t.Errorf("after signing out: %v", err)
		}
		w.leaks(codes.Device, codes.User, secret, "laptop")
	})
}

// TestANewPasswordSendsWaitingProgramsAway: whoever knew the old one may have let them in.
func TestANewPasswordSendsWaitingProgramsAway(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.member(w.operator(), "anna@example.com")
		_, anna := w.enter("anna@example.com", password)
		codes := w.waits(access.Everything)
		if err := w.DecideDevice(t.Context(), anna, codes.User, true); err != nil || w.mailed(notify.DeviceAllowed) != 1 {
			t.Fatalf("%v, %d mails", err, w.mailed(notify.DeviceAllowed))
		}
		if err := w.ChangePassword(t.Context(), anna, password, "seven boats before the dawn"); err != nil {
			t.Fatal(err)
		}
		if secret, code := w.redeems(codes); secret != "" || code != "accounts.oauth_access_denied" {
			t.Errorf("got %q, %s", secret, code)
		}
	})
}

func TestAProgramIsSentAway(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.member(w.operator(), "anna@example.com")
		_, anna := w.enter("anna@example.com", password)
		denied := w.waits(access.Everything)
		if err := w.DecideDevice(t.Context(), anna, denied.User, false); err != nil {
			t.Fatal(err)
		}
		if _, code := w.redeems(denied); code != "accounts.oauth_access_denied" {
			t.Errorf("denied: %s", code)
		}
		if _, code := w.redeems(accounts.DeviceCodes{Device: denied.User}); code != "accounts.oauth_invalid_grant" {
			t.Errorf("unknown: %s", code)
		}
		late, allowed := w.waits(access.Everything), w.waits(access.Everything)
		if err := w.DecideDevice(t.Context(), anna, allowed.User, true); err != nil {
			t.Fatal(err)
		}
		w.clk.Advance(10 * time.Minute)
		if _, err := w.Device(t.Context(), anna, late.User); errs.CodeOf(err) != "accounts.user_code" {
			t.Errorf("too late to be let in: %v", err)
		}
		for _, codes := range []accounts.DeviceCodes{late, allowed} {
			if _, code := w.redeems(codes); code != "accounts.oauth_expired_token" {
				t.Errorf("too late: %s", code)
			}
		}
		_, anna = w.enter("anna@example.com", password)
		gone := w.waits(access.Everything)
		if err := w.DecideDevice(t.Context(), anna, gone.User, true); err != nil {
			t.Fatal(err)
		}
		w.exec("UPDATE users SET disabled_at = 1 WHERE id = $1", anna.ID)
		if _, code := w.redeems(gone); code != "accounts.oauth_invalid_grant" {
			t.Errorf("of somebody who is locked out: %s", code)
		}
	})
}

func TestAProgramKeepsToThePause(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		codes := w.waits(access.Everything)
		for i, step := range []struct {
			after time.Duration
			code  string
		}{{0, "authorization_pending"}, {2 * time.Second, "slow_down"}, {7 * time.Second, "slow_down"}, {13 * time.Second, "authorization_pending"}, {12 * time.Second, "slow_down"}} {
			w.clk.Advance(step.after)
			if _, code := w.redeems(codes); code != "accounts.oauth_"+step.code {
				t.Errorf("question %d: %s", i, code)
			}
		}
	})
}

func TestWhatAProgramMayNotAskFor(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for name, c := range map[string]struct {
			name, scope, code, at string
			days                  int
		}{
			"no name":         {" ", "*", "accounts.device_request", "name", 1},
			"two lines":       {"a\nb", "*", "accounts.device_request", "name", 1},
			"for ever":        {"a", "*", "accounts.device_request", "days", 367},
			"no time":         {"a", "*", "accounts.device_request", "days", 0},
			"an unknown deed": {"a", "keys.steal", "access.scope", "", 1},
		} {
			_, err := w.StartDevice(t.Context(), "req", remote, c.name, []access.Action{access.Action(c.scope)}, c.days)
			if errs.CodeOf(err) != c.code || c.at != "" && faultAt(err, c.at) == "" {
				t.Errorf("%s: %v", name, err)
			}
		}
		for range 60 {
			w.waits(access.Everything)
		}
		if _, err := w.StartDevice(t.Context(), "req", remote, "a", []access.Action{"*"}, 1); errs.KindOf(err) != errs.Limited {
			t.Errorf("the 61st of a network: %v", err)
		}
	})
}

// TestCodesOfProgramsAreNotGuessed: ten codes are tried, then not even the right one is taken; a token lets nobody in.
func TestCodesOfProgramsAreNotGuessed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.member(w.operator(), "anna@example.com")
		_, anna := w.enter("anna@example.com", password)
		codes := w.waits(access.Everything)
		byToken := w.byToken(anna)
		if _, err := w.Device(t.Context(), byToken, codes.User); errs.CodeOf(err) != "access.in_person" {
			t.Errorf("a token looks: %v", err)
		}
		if err := w.DecideDevice(t.Context(), byToken, codes.User, true); errs.CodeOf(err) != "access.in_person" {
			t.Errorf("a token decides: %v", err)
		}
		own := w.waits(access.Everything)
		for range 5 {
			if _, err := w.Device(t.Context(), anna, own.User); err != nil { // which gives nothing back that was tried at others
				t.Fatal(err)
			}
			if _, err := w.Device(t.Context(), anna, "BCDF-GHJK"); errs.CodeOf(err) != "accounts.user_code" {
				t.Fatal(err)
			}
			if err := w.DecideDevice(t.Context(), anna, "BCDF-GHJK", true); errs.CodeOf(err) != "accounts.user_code" {
				t.Fatal(err)
			}
		}
		if err := w.DecideDevice(t.Context(), anna, codes.User, true); errs.KindOf(err) != errs.Limited {
			t.Errorf("after ten guesses: %v", err)
		}
		if _, err := w.Device(t.Context(), anna, codes.User); errs.KindOf(err) != errs.Limited {
			t.Errorf("after ten guesses: %v", err)
		}
		w.clk.Advance(16 * time.Minute)
		if err := w.Purge(t.Context()); err != nil || w.number("SELECT count(*) FROM device_requests") != 2 {
			t.Errorf("what ended a moment ago is kept for a day: %v", err)
		}
		w.clk.Advance(25 * time.Hour)
		if err := w.Purge(t.Context()); err != nil || w.number("SELECT count(*) FROM device_requests") != 0 {
			t.Errorf("what ended a day ago is gone: %v", err)
		}
	})
}

// byToken makes an API token of an actor that may do everything, and returns the actor who comes with it.
func (w *world) byToken(actor audit.Actor) audit.Actor {
	w.t.Helper()
	secret, _, err := w.CreateToken(w.t.Context(), actor, "t", []access.Action{access.Everything}, w.clk.Now().Add(time.Hour))
	if err != nil {
		w.t.Fatal(err)
	}
	s, err := w.Token(w.t.Context(), secret)
	if err != nil {
		w.t.Fatal(err)
	}
	return s.Actor
}

// TestTwoReplicasGiveOneToken: a program that asks both at once gets one token.
func TestTwoReplicasGiveOneToken(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.member(w.operator(), "anna@example.com")
		_, anna := w.enter("anna@example.com", password)
		codes := w.waits(access.Everything)
		if err := w.DecideDevice(t.Context(), anna, codes.User, true); err != nil {
			t.Fatal(err)
		}
		other := accounts.New(w.db, w.access, w.outbox, w.config)
		var all sync.WaitGroup
		for i := range 6 {
			all.Go(func() {
				_, _, _ = [...]*accounts.Service{w.Service, other}[i%2].RedeemDevice(t.Context(), "req", codes.Device)
			})
		}
		all.Wait()
		if n := w.number("SELECT count(*) FROM api_tokens WHERE user_id = $1", anna.ID); n != 1 {
			t.Errorf("%d tokens", n)
		}
	})
}
