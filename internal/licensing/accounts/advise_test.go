package accounts_test

import (
	"strings"
	"testing"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/notify"
	"chiave/internal/platform/ids"
)

// TestTheOnlyAdministratorIsAdvised: after a week, once for as long as it is so (ADM-04; N13).
func TestTheOnlyAdministratorIsAdvised(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.member(w.operator(), "anna@example.com")
		organization, _ := w.organization(example)
		one, two := w.licensing(organization, "E-1", "anna@example.com"), w.licensing(organization, "E-2", "anna@example.com")
		w.licensing(organization, "E-3", "invited@example.com")
		w.exec("INSERT INTO product_keys (id, licensing_id, type, origin, sealed, lookup, last_five, state, created_at) VALUES ('k', $1, 'mak', 'own', $2, $2, 'ABCDE', 'assigned', 1)", two, []byte("x"))
		give := func(licensing ids.ID, address string, role access.Role) ids.ID {
			t.Helper()
			id, err := w.access.Assign(t.Context(), audit.Itself(), access.Assignment{Licensing: licensing, Address: address, Role: role})
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		keys := give(two, "carla@example.com", access.KeyAdministrator)
		advise := func() (told []string) {
			t.Helper()
			before := len(w.outbox.messages)
			if err := w.Advise(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, m := range w.outbox.messages[before:] {
				told = append(told, m.To+" "+m.Event+" "+m.Params["few"])
			}
			return told
		}
		wants := func(what string, told []string, want ...string) {
			t.Helper()
			if strings.Join(told, "\n") != strings.Join(want, "\n") {
				t.Errorf("%s: mailed %q, want %q", what, told, want)
			}
		}
		const mail = "anna@example.com " + notify.Alternates + " "
		wants("at once", advise())
		w.clk.Advance(7*24*time.Hour - time.Second)
		wants("before a week is over", advise())
		w.clk.Advance(time.Second)
		wants("after a week", advise(), mail+`[{"number":"E-1"},{"number":"E-2"}]`)
		w.clk.Advance(30 * 24 * time.Hour)
		wants("again", advise())

		// It gets worse on one, and better on the other and then worse again: that is news.
		if err := w.access.Revoke(t.Context(), audit.Itself(), keys); err != nil {
			t.Fatal(err)
		}
		second := give(one, "bruno@example.com", access.Administrator)
		wants("at once", advise())
		w.clk.Advance(7 * 24 * time.Hour)
		wants("nobody beside her reaches the keys", advise(), mail+`[{"number":"E-2","keys":true}]`)
		if err := w.access.Revoke(t.Context(), audit.Itself(), second); err != nil {
			t.Fatal(err)
		}
		wants("at once", advise())
		w.clk.Advance(7 * 24 * time.Hour)
		wants("alone again", advise(), mail+`[{"number":"E-1"}]`)

		few, err := w.access.FewPeople(t.Context(), w.signIn("anna@example.com"))
		if err != nil || len(few) != 2 || few[0].Number != "E-1" || few[0].Keys || !few[1].Keys {
			t.Errorf("on her pages: %+v %v", few, err)
		}
		give(two, "dario@example.com", access.Download)
		give(two, "dario@example.com", access.ProductKeys)
		if few, err := w.access.FewPeople(t.Context(), w.signIn("anna@example.com")); err != nil || len(few) != 2 || few[1].Keys {
			t.Errorf("with somebody who reaches both: %+v %v", few, err)
		}
	})
}
