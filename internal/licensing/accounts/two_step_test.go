package accounts_test

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/accounts/accountstest"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/notify"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
)

// TestCodesAreThoseOfRFC6238 compares with its appendix B, of whose eight digits an app shows the last six.
func TestCodesAreThoseOfRFC6238(t *testing.T) {
	t.Parallel()
	secret := []byte("12345678901234567890")
	for unix, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		if got := accounts.TOTPCode(secret, time.Unix(unix, 0)); got != want {
			t.Errorf("at %d: %s, want %s", unix, got, want)
		}
	}
}

// twoStep turns two-step sign-in on and returns the secret and the recovery codes.
func (w *world) twoStep(actor audit.Actor) (secret string, recovery []string) {
	w.t.Helper()
	if err := w.StartTwoStep(w.t.Context(), actor, password); err != nil {
		w.t.Fatal(err)
	}
	state, err := w.TwoStep(w.t.Context(), actor, "Chiave: Aurelia")
	if err != nil || state.Secret == "" || !state.Since.IsZero() {
		w.t.Fatalf("waiting: %+v, %v", state, err)
	}
	if want := "otpauth://totp/Chiave%20%20Aurelia:anna@example.com?issuer=Chiave%20%20Aurelia&secret=" + state.Secret; state.URI != want {
		w.t.Errorf("for an app: %s, want %s", state.URI, want)
	}
	if recovery, err = w.ConfirmTwoStep(w.t.Context(), actor, accountstest.Code(state.Secret, w.clk.Now())); err != nil || len(recovery) != 10 {
		w.t.Fatalf("confirming: %d codes, %v", len(recovery), err)
	}
	return state.Secret, recovery
}

// tries signs in with password and code, and returns the code of the refusal.
func (w *world) tries(code string) string {
	w.t.Helper()
	_, _, err := w.Enter(w.t.Context(), accounts.Attempt{Request: "req", Remote: remote, Address: "anna@example.com", Password: password, Code: code})
	if err == nil {
		return ""
	}
	return errs.CodeOf(err)
}

func (w *world) mailed(event string) (n int) {
	for _, m := range w.outbox.messages {
		if m.Event == event {
			n++
		}
	}
	return n
}

func TestSignInAsksForACode(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.member(w.operator(), "anna@example.com")
		other, _ := w.enter("anna@example.com", password)
		stays, anna := w.enter("anna@example.com", password)
		secret, recovery := w.twoStep(anna)
		if w.holds(other) || !w.holds(stays) || w.mailed(notify.TwoStepOn) != 1 {
			t.Error("other sessions end, this one stays, and the owner is told")
		}
		w.clk.Advance(time.Minute)
		now := accountstest.Code(secret, w.clk.Now())
		for name, c := range map[string]struct{ password, code, want string }{
			"no code":                           {password, "", "accounts.code_missing"},
			"a code of two minutes ago":         {password, accountstest.Code(secret, w.clk.Now().Add(-2*time.Minute)), "accounts.code_wrong"},
			"words":                             {password, "open sesame", "accounts.code_wrong"},
			"no code and a wrong password":      {another, "", "accounts.credentials"},
			"the right code, a wrong password":  {another, now, "accounts.credentials"},
			"a recovery code, a wrong password": {another, recovery[0], "accounts.credentials"},
		} {
			_, _, err := w.Enter(t.Context(), accounts.Attempt{Request: "req", Remote: remote, Address: "anna@example.com", Password: c.password, Code: c.code})
			if errs.CodeOf(err) != c.want {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got := w.tries(now[:3] + " " + now[3:]); got != "" {
			t.Errorf("the right code: %s", got)
		}
		if got := w.tries(now); got != "accounts.code_wrong" {
			t.Errorf("the same code again: %s", got)
		}
		if got := w.tries(accountstest.Code(secret, w.clk.Now().Add(-30*time.Second))); got != "accounts.code_wrong" {
			t.Errorf("an older code after a newer one: %s", got)
		}
		if got := w.tries(accountstest.Code(secret, w.clk.Now().Add(30*time.Second))); got != "" {
			t.Errorf("a clock that is half a minute ahead: %s", got)
		}
		w.leaks(secret, recovery[0], now)
		if err := w.db.Read(t.Context(), func(tx *db.Tx) error {
			var sealed []byte
			err := tx.Row("SELECT secret FROM totp_secrets").Scan(&sealed)
			if bytes.Contains(sealed, []byte(secret)) {
				t.Error("the secret lies open")
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// TestAPasswordWaitsForItsCode: the step works once, for ten minutes, and not after the password was changed.
func TestAPasswordWaitsForItsCode(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.member(w.operator(), "anna@example.com")
		_, anna := w.enter("anna@example.com", password)
		secret, _ := w.twoStep(anna)
		attempt := accounts.Attempt{Request: "req", Remote: remote, Address: "anna@example.com", Password: password}
		wait := func() string {
			t.Helper()
			step, s, err := w.Enter(t.Context(), attempt)
			if errs.CodeOf(err) != "accounts.code_missing" || step == "" || s.Actor.ID != "" {
				t.Fatalf("got %q, %v", step, err)
			}
			if _, err := w.Session(t.Context(), step); errs.CodeOf(err) != "accounts.session" {
				t.Errorf("a step is a session: %v", err)
			}
			return step
		}
		proceed := func(step, code string) string {
			t.Helper()
			token, s, err := w.Proceed(t.Context(), accounts.Attempt{Request: "req", Remote: remote, Code: code}, step)
			if err != nil {
				return errs.CodeOf(err)
			}
			if !w.holds(token) || s.Actor.ID != anna.ID {
				t.Errorf("who is in? %+v", s.Actor)
			}
			return ""
		}
		step := wait()
		w.clk.Advance(time.Minute)
		for _, c := range []struct{ code, want string }{{"", "accounts.code_wrong"}, {"000000", "accounts.code_wrong"}, {accountstest.Code(secret, w.clk.Now()), ""}} {
			if got := proceed(step, c.code); got != c.want {
				t.Errorf("with %q: %s", c.code, got)
			}
		}
		w.clk.Advance(time.Minute)
		if got := proceed(step, accountstest.Code(secret, w.clk.Now())); got != "accounts.step" {
			t.Errorf("a second session: %s", got)
		}
		late := wait()
		w.clk.Advance(10 * time.Minute)
		if got := proceed(late, accountstest.Code(secret, w.clk.Now())); got != "accounts.step" {
			t.Errorf("too late: %s", got)
		}
		before := wait()
		w.clk.Advance(time.Minute)
		if err := w.ChangePassword(t.Context(), anna, password, another); err != nil {
			t.Fatal(err)
		}
		if got := proceed(before, accountstest.Code(secret, w.clk.Now())); got != "accounts.step" {
			t.Errorf("after another password: %s", got)
		}
		w.clk.Advance(time.Hour)
		if err := w.Purge(t.Context()); err != nil || w.number("SELECT count(*) FROM signin_steps") != 0 {
			t.Errorf("old steps are gone: %v", err)
		}
	})
}

func TestWrongCodesAreLimited(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.member(w.operator(), "anna@example.com")
		_, anna := w.enter("anna@example.com", password)
		secret, recovery := w.twoStep(anna)
		w.clk.Advance(time.Minute)
		for i := range 5 {
			if got := w.tries("000000"); got != "accounts.code_wrong" {
				t.Errorf("try %d: %s", i, got)
			}
		}
		if got := w.tries(accountstest.Code(secret, w.clk.Now())); got != "accounts.too_many_attempts" {
			t.Errorf("the right code after five wrong ones: %s", got)
		}
		if err := w.StopTwoStep(t.Context(), anna, password, recovery[0]); errs.KindOf(err) != errs.Limited {
			t.Errorf("turning off after five wrong ones: %v", err)
		}
		w.clk.Advance(15 * time.Minute)
		if got := w.tries(accountstest.Code(secret, w.clk.Now())); got != "" {
			t.Errorf("a quarter of an hour later: %s", got)
		}
	})
}

func TestRecoveryCodesWorkOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.member(w.operator(), "anna@example.com")
		_, anna := w.enter("anna@example.com", password)
		_, recovery := w.twoStep(anna)
		if slices.Sort(recovery); len(slices.Compact(slices.Clone(recovery))) != 10 {
			t.Error("two codes are the same")
		}
		typed := " " + strings.ToUpper(strings.ReplaceAll(recovery[3], "-", " "))
		if got := w.tries(typed); got != "" || w.mailed(notify.RecoveryUsed) != 1 {
			t.Errorf("a recovery code: %s, %d mails", got, w.mailed(notify.RecoveryUsed))
		}
		if got := w.tries(recovery[3]); got != "accounts.code_wrong" {
			t.Errorf("again: %s", got)
		}
		if s, err := w.TwoStep(t.Context(), anna, "Chiave"); err != nil || s.Left != 9 || s.Secret != "" {
			t.Errorf("%+v, %v", s, err)
		}
		fresh, err := w.RenewRecovery(t.Context(), anna, password, recovery[0])
		if err != nil || len(fresh) != 10 || w.mailed(notify.RecoveryNew) != 1 {
			t.Fatalf("renewing: %v, %d mails", err, w.mailed(notify.RecoveryNew))
		}
		if got := w.tries(recovery[1]); got != "accounts.code_wrong" {
			t.Errorf("a replaced one: %s", got)
		}
		if got := w.tries(fresh[1]); got != "" {
			t.Errorf("a new one: %s", got)
		}
	})
}

func TestTurningTwoStepSignInOff(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.member(w.operator(), "anna@example.com")
		_, anna := w.enter("anna@example.com", password)
		if err := w.StopTwoStep(t.Context(), anna, password, "123456"); errs.CodeOf(err) != "accounts.two_step_off" {
			t.Errorf("what is off: %v", err)
		}
		if err := w.StartTwoStep(t.Context(), anna, another); faultAt(err, "current") != "accounts.password_wrong" {
			t.Errorf("without the password: %v", err)
		}
		if err := w.StartTwoStep(t.Context(), anna, password); err != nil {
			t.Fatal(err)
		}
		if _, err := w.ConfirmTwoStep(t.Context(), anna, "000000"); faultAt(err, "code") != "accounts.code_wrong" {
			t.Errorf("a wrong code: %v", err)
		}
		if got := w.tries(""); got != "" {
			t.Errorf("what was not proven asks for a code: %s", got)
		}
		w.clk.Advance(16 * time.Minute)
		if _, err := w.ConfirmTwoStep(t.Context(), anna, "000000"); errs.CodeOf(err) != "accounts.two_step_off" {
			t.Errorf("too late to be proven: %v", err)
		}
		_, recovery := w.twoStep(anna)
		if err := w.StartTwoStep(t.Context(), anna, password); errs.CodeOf(err) != "accounts.two_step_on" {
			t.Errorf("twice: %v", err)
		}
		byToken := w.byToken(anna)
		for name, err := range map[string]error{
			"start": w.StartTwoStep(t.Context(), byToken, password), "stop": w.StopTwoStep(t.Context(), byToken, password, recovery[0]),
			"confirm": second(w.ConfirmTwoStep(t.Context(), byToken, "000000")), "renew": second(w.RenewRecovery(t.Context(), byToken, password, recovery[0])),
			"look": second(w.TwoStep(t.Context(), byToken, "")),
		} {
			if errs.CodeOf(err) != "access.in_person" {
				t.Errorf("%s by a token: %v", name, err)
			}
		}
		// A password that was reset opens nothing without the code.
		w.reset("anna@example.com", another)
		if _, _, err := w.Enter(t.Context(), accounts.Attempt{Request: "req", Remote: remote, Address: "anna@example.com", Password: another}); errs.CodeOf(err) != "accounts.code_missing" {
			t.Errorf("after a reset: %v", err)
		}
		_, s, err := w.Enter(t.Context(), accounts.Attempt{Request: "req", Remote: remote, Address: "anna@example.com", Password: another, Code: recovery[0]})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.StopTwoStep(t.Context(), s.Actor, another, recovery[0]); faultAt(err, "code") != "accounts.code_wrong" {
			t.Errorf("a used code: %v", err)
		}
		if err := w.StopTwoStep(t.Context(), s.Actor, password, recovery[1]); faultAt(err, "current") != "accounts.password_wrong" {
			t.Errorf("a wrong password: %v", err)
		}
		if err := w.StopTwoStep(t.Context(), s.Actor, another, recovery[1]); err != nil || w.mailed(notify.TwoStepOff) != 1 {
			t.Errorf("both: %v", err)
		}
		if _, _, err := w.SignIn(t.Context(), "req", remote, "anna@example.com", another); err != nil {
			t.Errorf("after it is off: %v", err)
		}
		if n := w.number("SELECT count(*) FROM recovery_codes"); n != 0 {
			t.Errorf("%d recovery codes stay", n)
		}
	})
}

// TestWhoMayNotTryUsesNoTriesUp: neither an API token nor somebody who looks through the owner's eyes keeps the owner out.
func TestWhoMayNotTryUsesNoTriesUp(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		operator := w.operator()
		w.member(operator, "anna@example.com")
		_, anna := w.enter("anna@example.com", password)
		secret, _ := w.twoStep(anna)
		w.clk.Advance(time.Minute)
		byToken := w.byToken(anna)
		viewer := audit.Actor{Kind: audit.User, ID: anna.ID, By: operator.ID, Session: anna.Session}
		for range 5 {
			for _, actor := range []audit.Actor{byToken, viewer} {
				if _, err := w.ConfirmTwoStep(t.Context(), actor, "000000"); err == nil || errs.KindOf(err) == errs.Limited {
					t.Fatal(err)
				}
				if _, err := w.Device(t.Context(), actor, "BCDF-GHJK"); err == nil || errs.KindOf(err) == errs.Limited {
					t.Fatal(err)
				}
			}
		}
		if got := w.tries(accountstest.Code(secret, w.clk.Now())); got != "" {
			t.Errorf("the owner's code: %s", got)
		}
		if _, err := w.Device(t.Context(), anna, w.waits("*").User); err != nil {
			t.Errorf("the owner's device: %v", err)
		}
	})
}

// TestASecretWaitsInItsSession: a session that did not give the password neither reads nor confirms a new secret, and whoever has reset the
// password is not offered one that was made before.
func TestASecretWaitsInItsSession(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.member(w.operator(), "anna@example.com")
		_, thief := w.enter("anna@example.com", password)
		_, anna := w.enter("anna@example.com", password)
		if err := w.StartTwoStep(t.Context(), anna, password); err != nil {
			t.Fatal(err)
		}
		state, err := w.TwoStep(t.Context(), anna, "")
		if err != nil || state.Secret == "" {
			t.Fatal(err)
		}
		if s, err := w.TwoStep(t.Context(), thief, ""); err != nil || s.Secret != "" {
			t.Errorf("another session reads it: %v", err)
		}
		if _, err := w.ConfirmTwoStep(t.Context(), thief, accountstest.Code(state.Secret, w.clk.Now())); errs.CodeOf(err) != "accounts.two_step_off" {
			t.Errorf("another session confirms it: %v", err)
		}
		w.reset("anna@example.com", another)
		_, anna = w.enter("anna@example.com", another)
		if s, err := w.TwoStep(t.Context(), anna, ""); err != nil || s.Secret != "" {
			t.Errorf("offered after a reset: %v", err)
		}
	})
}

// reset sets a forgotten password.
func (w *world) reset(address, password string) {
	w.t.Helper()
	if err := w.Answer(w.t.Context(), "job", accounts.Asked{Wish: accounts.WantsPassword, Address: address}); err != nil {
		w.t.Fatal(err)
	}
	if err := w.ResetPassword(w.t.Context(), "req", w.outbox.linkOf(w.t, address, notify.PasswordLink, accounts.ForgottenPath+"/"), password); err != nil {
		w.t.Fatal(err)
	}
}

// TestTwoReplicasTakeOneCode: of sign-ins at once with one code, through two servers, one succeeds.
func TestTwoReplicasTakeOneCode(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.member(w.operator(), "anna@example.com")
		_, anna := w.enter("anna@example.com", password)
		secret, recovery := w.twoStep(anna)
		other := accounts.New(w.db, w.access, &outbox{}, w.config)
		w.clk.Advance(time.Minute)
		for _, code := range []string{accountstest.Code(secret, w.clk.Now()), recovery[0]} {
			var all sync.WaitGroup
			var in atomic.Int32
			for _, s := range []*accounts.Service{w.Service, other, w.Service, other} {
				all.Go(func() {
					if _, _, err := s.Enter(t.Context(), accounts.Attempt{Request: "req", Remote: remote, Address: "anna@example.com", Password: password, Code: code}); err == nil {
						in.Add(1)
					}
				})
			}
			all.Wait()
			if in.Load() != 1 {
				t.Errorf("%d came in with one code", in.Load())
			}
			w.clk.Advance(16 * time.Minute)
		}
	})
}
