package accounts_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

var everything = []access.Action{access.Everything}

func (w *world) operatorID() (id ids.ID) {
	w.t.Helper()
	if err := w.db.Read(w.t.Context(), func(tx *db.Tx) error {
		return tx.Row("SELECT id FROM users WHERE staff = 'operator'").Scan(&id)
	}); err != nil {
		w.t.Fatal(err)
	}
	return id
}

func TestTheFirstOperator(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.invite("operator@publisher.example") // as a contact, before
		var link, token string
		w.write(func(tx *db.Tx) (err error) {
			link, token, err = w.CreateOperatorTx(tx, audit.Itself(), "Operator@publisher.example")
			return err
		})
		session, err := w.Token(t.Context(), token)
		if err != nil || session.User.Staff != access.Operator || session.User.Addresses[0] != "operator@publisher.example" || !regexp.MustCompile(`^chv_[0-9a-z]{52}$`).MatchString(token) {
			t.Fatalf("the token is %+v's, %v", session, err)
		}
		secret, ok := strings.CutPrefix(link, base+accounts.InvitationPath)
		if !ok {
			t.Fatal("the link leads elsewhere")
		}
		if err := w.AcceptInvitation(t.Context(), "req", secret, accounts.Names{First: "Olga", Last: "Verdi"}, "it", password); err != nil {
			t.Fatal(err)
		}
		if err := w.AcceptInvitation(t.Context(), "req", secret, anna, "it", password); errs.CodeOf(err) != "accounts.link_used" {
			t.Errorf("the link again: %v", err)
		}
		_, signedIn, err := w.SignIn(t.Context(), "req", remote, "operator@publisher.example", password)
		if err != nil || signedIn.User.ID != session.User.ID || signedIn.User.Name() != "Olga Verdi" || signedIn.User.Staff != access.Operator {
			t.Errorf("signed in %+v, %v", signedIn, err)
		}
		err = w.db.Write(t.Context(), func(tx *db.Tx) error {
			return second3(w.CreateOperatorTx(tx, audit.Itself(), "operator@publisher.example"))
		})
		if errs.CodeOf(err) != "accounts.address_taken" {
			t.Errorf("the same operator again: %v", err)
		}
		w.leaks("@", secret, token, "Verdi")
	})
}

func second3(_, _ string, err error) error { return err }

func TestTokens(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		operator := w.operator()
		w.member(operator, "anna@example.com")
		_, session, err := w.SignIn(t.Context(), "req", remote, "anna@example.com", password)
		if err != nil {
			t.Fatal(err)
		}
		until := w.clk.Now().Add(time.Hour)
		secret, id, err := w.CreateToken(t.Context(), session.Actor, " nightly ", []access.Action{access.ViewKeys, access.SelfService, access.ViewKeys}, until)
		if err != nil {
			t.Fatal(err)
		}
		narrow, err := w.Token(t.Context(), secret)
		if err != nil || narrow.Actor.Token != id || narrow.User.ID != session.User.ID {
			t.Fatalf("%+v, %v", narrow, err)
		}
		list, err := w.ListTokens(t.Context(), session.Actor)
		if err != nil || len(list) != 1 || list[0].ID != id || list[0].Name != "nightly" || len(list[0].Scopes) != 2 || !list[0].ExpiresAt.Equal(until) {
			t.Errorf("listed %+v, %v", list, err)
		}
		for name, c := range map[string]struct {
			name  string
			until time.Time
			want  string
		}{
			"no name":     {"", until, "name"},
			"in the past": {"n", w.clk.Now(), "until"},
			"for ever":    {"n", w.clk.Now().Add(367 * 24 * time.Hour), "until"},
		} {
			_, _, err := w.CreateToken(t.Context(), session.Actor, c.name, everything, c.until)
			if e, ok := errors.AsType[*errs.Error](err); !ok || e.Kind != errs.Invalid || len(e.Fields) != 1 || e.Fields[0].Pointer != c.want {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, _, err := w.CreateToken(t.Context(), audit.Nobody(""), "n", everything, until); errs.KindOf(err) != errs.Unauthenticated {
			t.Errorf("nobody's token: %v", err)
		}
		if err := w.RevokeToken(t.Context(), operator, id); errs.CodeOf(err) != "accounts.token_unknown" {
			t.Errorf("another user's token: %v", err)
		}
		w.clk.Advance(time.Hour)
		if _, err := w.Token(t.Context(), secret); errs.CodeOf(err) != "accounts.token" || errs.KindOf(err) != errs.Unauthenticated {
			t.Errorf("expired: %v", err)
		}
		operator.Token = "" // as if the operator had signed in
		lasting, id, err := w.CreateToken(t.Context(), operator, "lasting", everything, w.clk.Now().Add(24*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if err := w.RevokeToken(t.Context(), operator, id); err != nil {
			t.Error(err)
		}
		if err := w.RevokeToken(t.Context(), operator, id); errs.CodeOf(err) != "accounts.token_unknown" {
			t.Errorf("revoked twice: %v", err)
		}
		for _, bad := range []string{lasting, "", "chv_", "chv_" + strings.Repeat("0", 52)} {
			if _, err := w.Token(t.Context(), bad); errs.CodeOf(err) != "accounts.token" {
				t.Errorf("a token that does not hold: %v", err)
			}
		}
		w.leaks("@", secret, lasting, "nightly")
	})
}

// TestATokenMakesNoToken: one that it made would live on after its end and its revocation.
func TestATokenMakesNoToken(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		parent := w.operator() // the token of init, which may do everything
		for _, scopes := range [][]access.Action{everything, {access.SelfService}} {
			child, _, err := w.CreateToken(t.Context(), parent, "child", scopes, w.clk.Now().Add(365*24*time.Hour))
			if child != "" || errs.CodeOf(err) != "access.token_by_token" || errs.KindOf(err) != errs.Denied {
				t.Errorf("a token with %v: %v", scopes, err)
			}
		}
		if n := w.number("SELECT count(*) FROM audit_records WHERE action = 'access.refused' AND refused"); n != 2 {
			t.Errorf("%d refusals on record", n)
		}
	})
}

func TestSetLanguage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.member(w.operator(), "anna@example.com")
		token, session, err := w.SignIn(t.Context(), "req", remote, "anna@example.com", password)
		if err != nil {
			t.Fatal(err)
		}
		for _, lang := range []string{"en", "en"} {
			if err := w.SetLanguage(t.Context(), session.Actor, "en"); err != nil {
				t.Errorf("%s: %v", lang, err)
			}
		}
		if err := w.SetLanguage(t.Context(), session.Actor, "fr"); errs.CodeOf(err) != "accounts.language" {
			t.Errorf("a language that is not there: %v", err)
		}
		if now, err := w.Session(t.Context(), token); err != nil || now.User.Language != "en" {
			t.Errorf("%+v, %v", now.User, err)
		}
	})
}
