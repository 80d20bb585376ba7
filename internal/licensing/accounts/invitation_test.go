package accounts_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/notify"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/i18n"
	"chiave/internal/platform/ids"
)

var anna = accounts.Names{First: " Anna ", Last: "Rossi"}

func TestInvitationsWaitAreReleasedAndWorkOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		operator := w.operator()
		if !w.invite("Anna@Example.com") || w.invite("anna@example.com") {
			t.Error("one invitation for one address")
		}
		if len(w.outbox.messages) != 0 {
			t.Error("something was mailed before the release")
		}
		if n, err := w.ReleaseInvitations(t.Context(), operator, accounts.InvitationFilter{}); n != 1 || err != nil {
			t.Fatalf("released %d, %v", n, err)
		}
		if n, err := w.ReleaseInvitations(t.Context(), operator, accounts.InvitationFilter{}); n != 0 || err != nil {
			t.Errorf("released again %d, %v", n, err)
		}
		m := w.outbox.messages[0]
		if m.To != "anna@example.com" || m.Lang != "it" || m.Zone != "Europe/Rome" || m.Params["name"] != "Anna Rossi" || m.Params["organization"] != example.LegalName ||
			m.Params["until"] != notify.Instant(w.clk.Now().Add(7*24*time.Hour)) || len(w.outbox.messages) != 1 {
			t.Errorf("mailed %+v", w.outbox.messages)
		}
		link := w.outbox.link(t, "anna@example.com")
		for range 3 { // looking does not use it up
			v, err := w.Invitation(t.Context(), link)
			if err != nil || v.Address != "anna@example.com" || v.Organization != example.LegalName || v.Language != "it" {
				t.Fatalf("the link shows %+v, %v", v, err)
			}
		}
		if err := w.AcceptInvitation(t.Context(), "req", link, anna, "en", password); err != nil {
			t.Fatal(err)
		}
		if last := w.outbox.messages[len(w.outbox.messages)-1]; last.Event != notify.PasswordSet || last.To != "anna@example.com" || last.Lang != "en" {
			t.Errorf("mailed %+v", last)
		}
		for name, err := range map[string]error{"showing": second(w.Invitation(t.Context(), link)), "using": w.AcceptInvitation(t.Context(), "req", link, anna, "en", password)} {
			if errs.CodeOf(err) != "accounts.link_used" {
				t.Errorf("%s a used link: %v", name, err)
			}
		}
		if w.invite("anna@example.com") {
			t.Error("a user was invited")
		}
		_, session, err := w.SignIn(t.Context(), "req", remote, " ANNA@example.com", password)
		if err != nil || session.User.Name() != "Anna Rossi" || session.User.Language != "en" || session.User.Staff != "" {
			t.Errorf("signed in %+v, %v", session, err)
		}
		w.leaks("@", "Rossi", link, password)
	})
}

func second[T any](_ T, err error) error { return err }

func TestLinksThatDoNotWork(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		operator := w.operator()
		w.invite("anna@example.com")
		w.ReleaseInvitations(t.Context(), operator, accounts.InvitationFilter{})
		old := w.outbox.link(t, "anna@example.com")
		for _, unknown := range []string{"", "x", old + "0", strings.ToUpper(old)} {
			if err := w.AcceptInvitation(t.Context(), "req", unknown, anna, "en", password); errs.CodeOf(err) != "accounts.link_unknown" {
				t.Errorf("an unknown link: %v", err)
			}
		}
		w.clk.Advance(7*24*time.Hour - time.Microsecond)
		if _, err := w.Invitation(t.Context(), old); err != nil {
			t.Errorf("at the last moment: %v", err)
		}
		w.clk.Advance(time.Microsecond)
		if err := w.AcceptInvitation(t.Context(), "req", old, anna, "en", password); errs.CodeOf(err) != "accounts.link_expired" {
			t.Errorf("after seven days: %v", err)
		}
		rows, err := w.Invitations(t.Context(), operator, accounts.InvitationFilter{})
		i := slices.IndexFunc(rows, func(r accounts.InvitationRow) bool { return r.Address == "anna@example.com" })
		if err != nil || len(rows) != 2 || i < 0 || rows[i].State != "expired" {
			t.Fatalf("listed %+v, %v", rows, err)
		}
		id := rows[i].ID
		if n, err := w.ReleaseInvitations(t.Context(), operator, accounts.InvitationFilter{}); n != 0 || err != nil {
			t.Errorf("released %d old ones unasked, %v", n, err)
		}
		if !w.invite("anna@example.com") {
			t.Error("an invitation too old to use is queued anew")
		}
		for _, cursor := range []ids.ID{"\x00", "\xff", "inv_" + id} {
			if _, err := w.Invitations(t.Context(), operator, accounts.InvitationFilter{After: cursor}); errs.CodeOf(err) != "request.cursor" {
				t.Errorf("cursor %q: %v", cursor, err)
			}
		}
		rows, err = w.Invitations(t.Context(), operator, accounts.InvitationFilter{IDs: []ids.ID{id}})
		if err != nil || len(rows) != 1 || rows[0].State != "queued" {
			t.Fatalf("listed %+v, %v", rows, err)
		}
		w.ReleaseInvitations(t.Context(), operator, accounts.InvitationFilter{})
		w.clk.Advance(8 * 24 * time.Hour)
		if n, err := w.ReleaseInvitations(t.Context(), operator, accounts.InvitationFilter{IDs: []ids.ID{id}}); n != 1 || err != nil {
			t.Errorf("released %d named ones, %v", n, err)
		}
		if err := w.AcceptInvitation(t.Context(), "req", w.outbox.link(t, "anna@example.com"), anna, "en", password); err != nil {
			t.Errorf("the newest link: %v", err)
		}
		if _, err := w.Invitation(t.Context(), old); errs.CodeOf(err) != "accounts.link_unknown" {
			t.Errorf("the first link: %v", err)
		}
	})
}

func TestAnInvitationIsAcceptedOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		operator := w.operator()
		w.invite("anna@example.com")
		w.ReleaseInvitations(t.Context(), operator, accounts.InvitationFilter{})
		link := w.outbox.link(t, "anna@example.com")
		w.Service = accounts.New(w.db, w.access, discard{}, accounts.Config{BaseURL: base})
		results := make([]error, 4)
		var wg sync.WaitGroup
		for i := range results {
			wg.Go(func() { results[i] = w.AcceptInvitation(t.Context(), "req", link, anna, "en", password) })
		}
		wg.Wait()
		won := 0
		for _, err := range results {
			if err == nil {
				won++
			} else if errs.KindOf(err) != errs.Conflict {
				t.Errorf("lost with %v", err)
			}
		}
		if users := w.number("SELECT count(*) FROM user_addresses WHERE address = 'anna@example.com'"); won != 1 || users != 1 {
			t.Errorf("%d accepted, %d users", won, users)
		}
	})
}

type discard struct{}

func (discard) EnqueueTx(*db.Tx, notify.Message) error { return nil }

func TestRegistrationsThatAreRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		operator := w.operator()
		w.invite("anna.rossi@example.com")
		w.ReleaseInvitations(t.Context(), operator, accounts.InvitationFilter{})
		link := w.outbox.link(t, "anna.rossi@example.com")
		for name, c := range map[string]struct {
			names    accounts.Names
			lang     string
			password string
			want     string
		}{
			"no first name":        {accounts.Names{Last: "R"}, "en", password, "first_name"},
			"a last name of lines": {accounts.Names{First: "A", Last: "R\n" + "x"}, "en", password, "last_name"},
			"no such language":     {anna, "de", password, "language"},
			"a short password":     {anna, "en", "tiny one", "password"},
			"a password of hers":   {anna, "en", "AnnaRossi2026!", "password"},
		} {
			err := w.AcceptInvitation(t.Context(), "req", link, c.names, i18n.Lang(c.lang), c.password)
			e, ok := errors.AsType[*errs.Error](err)
			if !ok || e.Code != "accounts.registration" || len(e.Fields) != 1 || e.Fields[0].Pointer != c.want || strings.Contains(err.Error(), c.password) {
				t.Errorf("%s: %v, want the field %s", name, err, c.want)
			}
		}
	})
}

func TestWhoReleasesInvitations(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		operator := w.operator()
		w.member(operator, "anna@example.com")
		w.invite("bruno@example.com")
		_, session, err := w.SignIn(t.Context(), "req", remote, "anna@example.com", password)
		if err != nil {
			t.Fatal(err)
		}
		for _, actor := range []audit.Actor{session.Actor, audit.Nobody("req")} {
			if n, err := w.ReleaseInvitations(t.Context(), actor, accounts.InvitationFilter{}); n != 0 || errs.KindOf(err) != errs.Denied && errs.KindOf(err) != errs.Unauthenticated {
				t.Errorf("%s released %d, %v", actor.Kind, n, err)
			}
			if rows, err := w.Invitations(t.Context(), actor, accounts.InvitationFilter{}); len(rows) != 0 || err == nil {
				t.Errorf("%s listed %d, %v", actor.Kind, len(rows), err)
			}
		}
	})
}

func TestManyInvitationsAreReleasedInBatches(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		operator := w.operator()
		organization, _ := w.organization(example)
		const many = 450
		w.write(func(tx *db.Tx) error {
			for i := range many {
				address := strings.Repeat("a", i%50+1) + strings.Repeat("b", i/50) + "@example.com"
				if queued, err := w.InviteTx(tx, audit.Itself(), accounts.Invitation{Address: address, Organization: organization, Reason: "contact"}); err != nil || !queued {
					t.Fatalf("%s: %t %v", address, queued, err)
				}
			}
			return nil
		})
		if n, err := w.ReleaseInvitations(t.Context(), operator, accounts.InvitationFilter{Organization: "none"}); n != 0 || err != nil {
			t.Errorf("released %d of another organization, %v", n, err)
		}
		if n, err := w.ReleaseInvitations(t.Context(), operator, accounts.InvitationFilter{Organization: organization}); n != many || err != nil || len(w.outbox.messages) != many {
			t.Errorf("released %d, mailed %d, %v", n, len(w.outbox.messages), err)
		}
	})
}

// TestALinkHashesOnePasswordAtATime: with one seat left, uses of one link at once do not get into each other's way.
func TestALinkHashesOnePasswordAtATime(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.invite("anna@example.com")
		if _, err := w.ReleaseInvitations(t.Context(), w.operator(), accounts.InvitationFilter{}); err != nil {
			t.Fatal(err)
		}
		link := w.outbox.link(t, "anna@example.com")
		gone := w.Crowd(1)
		defer gone()
		answers := make([]error, 8)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() { answers[i] = w.AcceptInvitation(t.Context(), "req", link, anna, "it", password) })
		}
		all.Wait()
		good := 0
		for _, err := range answers {
			if err == nil {
				good++
			} else if errs.CodeOf(err) != "accounts.link_used" {
				t.Error(err)
			}
		}
		if good != 1 {
			t.Errorf("the link worked %d times", good)
		}
		other := w.Crowd(0)
		defer other()
		w.invite("bruno@example.com")
		if _, err := w.ReleaseInvitations(t.Context(), audit.Itself(), accounts.InvitationFilter{}); err != nil {
			t.Fatal(err)
		}
		err := w.AcceptInvitation(t.Context(), "req", w.outbox.link(t, "bruno@example.com"), anna, "it", password)
		if errs.KindOf(err) != errs.Limited {
			t.Errorf("in a crowd: %v", err)
		}
	})
}
