package accounts_test

import (
	"errors"
	"slices"
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

const another = "seven boats leave before dawn"

// enter opens a session.
func (w *world) enter(address, password string) (string, audit.Actor) {
	w.t.Helper()
	token, session, err := w.Enter(w.t.Context(), accounts.Attempt{Request: "req", Remote: remote, Agent: "Mozilla/5.0 (X11; Linux) Firefox/140.0\x00\n", Address: address, Password: password})
	if err != nil {
		w.t.Fatal(err)
	}
	return token, session.Actor
}

// holds reports whether a session's token still opens.
func (w *world) holds(token string) bool {
	w.t.Helper()
	_, err := w.Session(w.t.Context(), token)
	if err != nil && errs.KindOf(err) != errs.Unauthenticated {
		w.t.Fatal(err)
	}
	return err == nil
}

// faultAt returns the code of what is wrong at a place of the input.
func faultAt(err error, pointer string) string {
	if e, ok := errors.AsType[*errs.Error](err); ok {
		for _, f := range e.Fields {
			if f.Pointer == pointer {
				return f.Code
			}
		}
	}
	return ""
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		operator := w.operator()
		w.member(operator, "anna@example.com")
		w.member(operator, "carla@example.com")
		first, one := w.enter("anna@example.com", password)
		w.clk.Advance(10 * time.Minute)
		second, two := w.enter("anna@example.com", password)
		third, _ := w.enter("anna@example.com", password)
		carlas, carla := w.enter("carla@example.com", password)
		list, err := w.MySessions(t.Context(), two)
		if err != nil || len(list) != 3 || list[2].ID != one.Session || list[2].Address != "192.0.2.7" || list[2].Agent != "Mozilla/5.0 (X11; Linux) Firefox/140.0" ||
			!list[2].Started.Equal(w.clk.Now().Add(-10*time.Minute)) {
			t.Fatalf("listed %+v, %v", list, err)
		}
		for _, s := range list {
			if s.Current != (s.ID == two.Session) {
				t.Errorf("which is this one? %+v", s)
			}
		}
		if err := w.EndSession(t.Context(), carla, one.Session); errs.CodeOf(err) != "accounts.session_unknown" || !w.holds(first) {
			t.Errorf("somebody else's session: %v", err)
		}
		if err := w.EndSession(t.Context(), two, one.Session); err != nil || w.holds(first) || !w.holds(second) {
			t.Errorf("one's own session: %v", err)
		}
		if err := w.EndSession(t.Context(), two, one.Session); errs.CodeOf(err) != "accounts.session_unknown" {
			t.Errorf("a second time: %v", err)
		}
		if n, err := w.EndOtherSessions(t.Context(), two); err != nil || n != 1 || w.holds(third) || !w.holds(second) || !w.holds(carlas) {
			t.Errorf("the others: %d, %v", n, err)
		}
		w.clk.Advance(31 * time.Minute)
		_, now := w.enter("anna@example.com", password)
		if list, err := w.MySessions(t.Context(), now); err != nil || len(list) != 1 {
			t.Errorf("a session that ended by itself is listed: %+v, %v", list, err)
		}
	})
}

func TestChangingThePasswordEndsTheOtherSessions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.member(w.operator(), "anna@example.com")
		stays, actor := w.enter("anna@example.com", password)
		goes, _ := w.enter("anna@example.com", password)
		for name, c := range map[string]struct{ current, password, at, code string }{
			"a wrong present one": {another, another, "current", "accounts.password_wrong"},
			"the same again":      {password, password, "password", "accounts.password_same"},
			"a short one":         {password, "short", "password", "accounts.password_short"},
			"the company's name":  {password, "Esempio-2026-2026", "password", "accounts.password_common"},
			"the address":         {password, "anna@example.com", "password", "accounts.password_common"},
		} {
			if err := w.ChangePassword(t.Context(), actor, c.current, c.password); faultAt(err, c.at) != c.code {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, _, err := w.CreateToken(t.Context(), actor, "t", []access.Action{access.Everything}, w.clk.Now().Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if err := w.ChangePassword(t.Context(), actor, password, another); err != nil {
			t.Fatal(err)
		}
		if !w.holds(stays) || w.holds(goes) {
			t.Error("this session stays, the others end")
		}
		if _, _, err := w.SignIn(t.Context(), "req", remote, "anna@example.com", password); errs.CodeOf(err) != "accounts.credentials" {
			t.Errorf("the old password: %v", err)
		}
		w.enter("anna@example.com", another)
		if m := w.outbox.messages[len(w.outbox.messages)-1]; m.Event != notify.PasswordChanged || m.To != "anna@example.com" {
			t.Errorf("mailed %+v", m)
		}
		w.leaks("anna@example.com", another)
	})
}

func TestProofsOfThePasswordAreLimited(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.member(w.operator(), "anna@example.com")
		_, actor := w.enter("anna@example.com", password)
		for range 10 {
			if err := w.ChangePassword(t.Context(), actor, "wrong", another); faultAt(err, "current") == "" {
				t.Fatal(err)
			}
		}
		if err := w.ChangePassword(t.Context(), actor, password, another); errs.CodeOf(err) != "accounts.too_many_attempts" {
			t.Errorf("one more: %v", err)
		}
		w.clk.Advance(15 * time.Minute)
		if err := w.ChangePassword(t.Context(), actor, password, another); err != nil {
			t.Errorf("later: %v", err)
		}
	})
}

func TestAnAPITokenDoesNotChangeThePassword(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		if err := w.ChangePassword(t.Context(), w.operator(), password, another); errs.CodeOf(err) != "access.in_person" {
			t.Errorf("got %v", err)
		}
	})
}

func TestAForgottenPasswordIsSetByALink(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		operator := w.operator()
		w.member(operator, "anna@example.com")
		w.member(operator, "gone@example.com")
		w.exec("UPDATE users SET disabled_at = 1 WHERE id IN (SELECT user_id FROM user_addresses WHERE address = 'gone@example.com')")
		token, _ := w.enter("anna@example.com", password)
		before := len(w.outbox.messages)
		for _, address := range []string{"nobody@example.com", "gone@example.com", "operator@publisher.example", " ANNA@example.com"} {
			if err := w.AskForPassword(t.Context(), "req", remote, address); err != nil {
				t.Errorf("%s: %v", address, err)
			}
		}
		if n := len(w.asked.all); n != 4 || len(w.outbox.messages) != before {
			t.Fatalf("%d answers are owed, and %d mails were written before: it shows whose address it is", n, len(w.outbox.messages)-before)
		}
		w.answer()
		if n := len(w.outbox.messages) - before; n != 1 {
			t.Fatalf("%d mails", n)
		}
		link := w.outbox.linkOf(t, "anna@example.com", notify.PasswordLink, accounts.ForgottenPath+"/")
		for range 2 { // looking uses nothing up
			if until, err := w.PasswordLink(t.Context(), link); err != nil || !until.Equal(w.clk.Now().Add(time.Hour)) {
				t.Fatalf("until %v, %v", until, err)
			}
		}
		if err := w.ResetPassword(t.Context(), "req", link, "short"); faultAt(err, "password") != "accounts.password_short" {
			t.Errorf("a short one: %v", err)
		}
		for range 10 {
			w.SignIn(t.Context(), "req", remote, "anna@example.com", "wrong")
		}
		results := make([]error, 4)
		var all sync.WaitGroup
		for i := range results {
			all.Go(func() { results[i] = w.ResetPassword(t.Context(), "req", link, another) })
		}
		all.Wait()
		worked := 0
		for _, err := range results {
			if err == nil {
				worked++
			} else if errs.CodeOf(err) != "accounts.password_link_used" {
				t.Error(err)
			}
		}
		if worked != 1 || w.holds(token) {
			t.Errorf("the link worked %d times; the old session holds: %v", worked, w.holds(token))
		}
		w.enter("anna@example.com", another) // and the attempts of others do not keep her out
		w.leaks("anna@example.com", "nobody@example.com", link)
	})
}

func TestPasswordLinksThatDoNotWork(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.member(w.operator(), "anna@example.com")
		link := func() string {
			t.Helper()
			w.clk.Advance(15 * time.Minute)
			if err := w.AskForPassword(t.Context(), "req", remote, "anna@example.com"); err != nil {
				t.Fatal(err)
			}
			w.answer()
			return w.outbox.linkOf(t, "anna@example.com", notify.PasswordLink, accounts.ForgottenPath+"/")
		}
		refused := func(link, code string) {
			t.Helper()
			_, err := w.PasswordLink(t.Context(), link)
			if again := w.ResetPassword(t.Context(), "req", link, another); errs.CodeOf(err) != code || errs.CodeOf(again) != code {
				t.Errorf("want %s, got %v and %v", code, err, again)
			}
		}
		refused("nonsense", "accounts.password_link_unknown")
		old := link()
		w.clk.Advance(time.Hour)
		refused(old, "accounts.password_link_expired")
		one, two := link(), link()
		_, actor := w.enter("anna@example.com", password)
		if err := w.ResetPassword(t.Context(), "req", two, another); err != nil {
			t.Fatal(err)
		}
		refused(one, "accounts.password_link_used")
		if _, err := w.MySessions(t.Context(), actor); errs.KindOf(err) != errs.Unauthenticated {
			t.Errorf("the session went on: %v", err)
		}
		three := link()
		_, actor = w.enter("anna@example.com", another)
		if err := w.ChangePassword(t.Context(), actor, another, password); err != nil {
			t.Fatal(err)
		}
		refused(three, "accounts.password_link_used")
		w.clk.Advance(48 * time.Hour)
		if err := w.Purge(t.Context()); err != nil || w.number("SELECT count(*) FROM password_links") != 0 {
			t.Errorf("purged: %v", err)
		}
	})
}

func TestAskingForMailsIsLimited(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for _, address := range []string{"nobody@example.com", "somebody@example.com"} {
			for range 3 {
				if err := w.AskForPassword(t.Context(), "req", remote, address); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.AskForPassword(t.Context(), "req", "198.51.100.1:1", strings.ToUpper(address)); errs.CodeOf(err) != "accounts.too_many_mails" {
				t.Errorf("%s once more: %v", address, err)
			}
		}
		var codes []string
		for i := range 30 {
			codes = append(codes, errs.CodeOf(w.AskForPassword(t.Context(), "req", remote, string(rune('a'+i%26))+string(rune('a'+i/26))+"@example.com")))
		}
		if !slices.Contains(codes, "accounts.too_many_mails") {
			t.Error("a network asks for as many as it likes")
		}
		if err := w.AskForPassword(t.Context(), "req", remote, "no address"); errs.CodeOf(err) != "access.address" {
			t.Errorf("no address: %v", err)
		}
	})
}
