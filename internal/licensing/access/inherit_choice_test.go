package access_test

import (
	"sync"
	"testing"

	"chiave/internal/licensing/access"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// TestChoosingNotToAdminister: one choice for an agreement, for present and future Licensing IDs below it (ADM-20).
func TestChoosingNotToAdminister(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		master := w.agreement("master", "M-1", "")
		parent := w.agreement("parent", "P-1", master)
		organization := w.organization()
		anna, bruno := w.user("", "anna@example.com"), w.user("", "bruno@example.com")
		w.named(parent, "anna@example.com")
		lid := w.licensing(organization, "E-1")
		w.set(lid, "parent_id", parent)
		choose := func(agreement ids.ID, administers bool) error {
			return w.ChooseInheritance(t.Context(), anna, agreement, administers)
		}
		w.wants("nobody else would be left", choose(parent, false), "access.last_administrator")
		w.grant(lid, "bruno@example.com", access.Administrator)
		w.wants("with another Administrator", choose(parent, false), "")
		w.wants("once more", choose(parent, false), "")
		if w.on(anna, access.ManageUsers, lid) == nil || w.on(anna, access.ViewReports, lid) != nil {
			t.Error("declined: she administers, or does not see the reports")
		}
		second := w.licensing(organization, "E-2")
		w.grant(second, "bruno@example.com", access.Administrator)
		w.set(second, "parent_id", parent)
		if w.on(anna, access.ManageUsers, second) == nil || w.on(anna, access.ViewReports, second) != nil {
			t.Error("a new Licensing ID below is not covered by the choice")
		}
		w.wants("the other one is the last now", w.Drop(t.Context(), bruno, second), "access.last_administrator")
		for _, unknown := range []ids.ID{master, ids.New(w.clk.Now()), "", lid} {
			w.wants("one that does not name her", choose(unknown, false), "access.agreement_unknown")
		}
		w.wants("one that does not name him", w.ChooseInheritance(t.Context(), bruno, parent, false), "access.agreement_unknown")

		// It holds on when the agreement names her as something else too, or instead.
		again := func(kind string, address ...string) {
			err := w.db.Housekeep(t.Context(), "an import", func(tx *db.Tx) error {
				return w.NameContactsTx(tx, []access.Named{{Subject: parent, Type: kind, Addresses: address}})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		again(access.NoticesCorrespondent, "anna@example.com")
		again(access.PrimaryContact)
		mine, err := w.MyInheritance(t.Context(), anna)
		if err != nil || len(mine) != 1 || mine[0].Administers || mine[0].Number != "P-1" || mine[0].Below != 2 || len(mine[0].Types) != 1 || mine[0].Types[0] != "notices" {
			t.Errorf("%+v %v", mine, err)
		}
		w.wants("in again", choose(parent, true), "")
		if err := w.on(anna, access.ManageUsers, second); err != nil {
			t.Error(err)
		}
		var declined []ids.ID
		for _, l := range w.log("inheritance.chosen") {
			if string(l.After) == `{"administers":false}` && l.ActorID == anna.ID {
				declined = append(declined, l.LicensingID)
			}
		}
		if len(w.log("inheritance.chosen")) != 3 || len(declined) != 1 || declined[0] != lid {
			t.Errorf("on record that she declined: %v", declined)
		}
	})
}

// TestTwoWhoDeclineAtTheSameMoment leave one Administrator.
func TestTwoWhoDeclineAtTheSameMoment(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		parent := w.agreement("parent", "P-1", "")
		anna, bruno := w.user("", "anna@example.com"), w.user("", "bruno@example.com")
		w.named(parent, "anna@example.com", "bruno@example.com")
		lid := w.licensing(w.organization(), "E-1")
		w.set(lid, "parent_id", parent)
		var all sync.WaitGroup
		results := make([]error, 2)
		all.Go(func() { results[0] = w.ChooseInheritance(t.Context(), anna, parent, false) })
		all.Go(func() { results[1] = w.ChooseInheritance(t.Context(), bruno, parent, false) })
		all.Wait()
		refused := 0
		for _, err := range results {
			if errs.CodeOf(err) == "access.last_administrator" {
				refused++
			} else if err != nil {
				t.Error(err)
			}
		}
		if refused != 1 {
			t.Errorf("%v: one of them has to stay", results)
		}
	})
}
