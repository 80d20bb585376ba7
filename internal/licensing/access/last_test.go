package access_test

import (
	"slices"
	"testing"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// named names a Primary Contact, on a Licensing ID or on an agreement; nobody when address is empty.
func (w *world) named(subject ids.ID, address ...string) {
	w.t.Helper()
	err := w.db.Housekeep(w.t.Context(), "an import", func(tx *db.Tx) error {
		return w.NameContactsTx(tx, []access.Named{{Subject: subject, Type: access.PrimaryContact, Addresses: address}})
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// agreement makes a parent or master agreement; above places a Licensing ID below one.
func (w *world) agreement(level, number string, master ids.ID) ids.ID {
	w.t.Helper()
	return w.exec(`INSERT INTO agreements (id, level, number, program, master_id, agreement_number, enrollment_number, authorization_number, owner_id, start_on, end_on, version, created_at, changed_at)
		VALUES ($1, $2, $3, '', $4, '', '', '', '', '', '', 1, 1, 1)`, level, number, master)
}

func (w *world) set(licensing ids.ID, column string, value any) {
	w.t.Helper()
	w.exec("UPDATE licensing_ids SET "+column+" = $2 WHERE id = $3 AND CAST($1 AS TEXT) IS NOT NULL", value, licensing)
}

// row returns the row of a role that an address holds.
func (w *world) row(licensing ids.ID, address string, role access.Role) ids.ID {
	w.t.Helper()
	rows, err := w.ListRoles(w.t.Context(), audit.Itself(), licensing)
	if err != nil {
		w.t.Fatal(err)
	}
	i := slices.IndexFunc(rows, func(g access.Grant) bool {
		return g.Address == address && g.Role == role && g.Source != access.Inherited
	})
	if i < 0 {
		w.t.Fatalf("%s does not hold %s", address, role)
	}
	return rows[i].ID
}

func (w *world) wants(what string, err error, code string) {
	w.t.Helper()
	if got := errs.CodeOf(err); err != nil && got != code || err == nil && code != "" {
		w.t.Errorf("%s: got %v, want %q", what, err, code)
	}
}

func TestALicensingIDKeepsAnAdministrator(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		lid := w.licensing(w.organization(), "E-1")
		anna := w.user("", "anna@example.com")
		w.grant(lid, "anna@example.com", access.Administrator)
		only := w.row(lid, "anna@example.com", access.Administrator)
		w.wants("the only one", w.Revoke(t.Context(), anna, only), "access.last_administrator")
		w.wants("dropping it", w.Drop(t.Context(), anna, lid), "access.last_administrator")

		// Neither somebody who cannot sign in nor one who will not stay stands in for the last one.
		w.grant(lid, "invited@example.com", access.Administrator)
		w.wants("beside one who has not registered", w.Revoke(t.Context(), anna, only), "access.last_administrator")
		gone := w.user("", "gone@example.com")
		w.grant(lid, "gone@example.com", access.Administrator)
		w.exec("UPDATE users SET disabled_at = 1 WHERE id = $2 AND CAST($1 AS TEXT) IS NOT NULL", gone.ID)
		w.wants("beside one who is locked out", w.Revoke(t.Context(), anna, only), "access.last_administrator")
		w.user("", "temp@example.com")
		if _, err := w.Assign(t.Context(), anna, access.Assignment{Licensing: lid, Address: "temp@example.com", Role: access.Administrator, Until: w.clk.Now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		w.wants("beside one for an hour", w.Revoke(t.Context(), anna, only), "access.last_administrator")

		w.user("", "bruno@example.com")
		w.grant(lid, "bruno@example.com", access.Administrator)
		w.wants("beside another", w.Revoke(t.Context(), anna, only), "")
		w.wants("once more", w.Revoke(t.Context(), audit.Itself(), only), "access.role_revoked")
	})
}

func TestExpiredLicensingIDsKeepTheirPeople(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		lid := w.licensing(w.organization(), "E-1")
		anna, bruno := w.user("", "anna@example.com"), w.user("", "bruno@example.com")
		w.grant(lid, "anna@example.com", access.Administrator)
		w.grant(lid, "bruno@example.com", access.Download)
		today := w.clk.Now().Format(time.DateOnly)
		role := w.row(lid, "bruno@example.com", access.Download)
		w.set(lid, "end_on", w.clk.Now().AddDate(0, 0, -1).Format(time.DateOnly))
		w.wants("an Administrator removing", w.Revoke(t.Context(), anna, role), "access.inactive")
		w.wants("leaving by oneself", w.Drop(t.Context(), bruno, lid), "")
		w.wants("what is dropped", w.Drop(t.Context(), bruno, lid), "licensing_ids.unknown")

		w.grant(lid, "carla@example.com", access.Download)
		w.set(lid, "end_on", today)
		w.wants("on the last day", w.Revoke(t.Context(), anna, w.row(lid, "carla@example.com", access.Download)), "")
	})
}

func TestDroppingALicensingID(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		lid, other := w.licensing(w.organization(), "E-1"), w.licensing(w.organization(), "E-2")
		anna := w.user("", "anna@example.com")
		w.address(anna.ID, "anna@example.org", true)
		w.grant(lid, "anna@example.com", access.Download)
		w.grant(lid, "anna@example.org", access.ProductKeys)
		w.grant(other, "anna@example.com", access.Download)
		w.wants("dropping", w.Drop(t.Context(), anna, lid), "")
		if mine, err := w.MyPermissions(t.Context(), anna); err != nil || len(mine) != 1 || mine[0].Licensing != other {
			t.Errorf("left: %+v, %v", mine, err)
		}
		if n := len(w.log("roles.revoked")); n != 2 {
			t.Errorf("%d records, want one for each role", n)
		}
		if w.contact(lid, "anna@example.com", "test "+string(access.Download), access.Download) {
			t.Error("importing the contact again gave back what was dropped")
		}
		w.wants("what is another's", w.Drop(t.Context(), w.user("", "x@example.com"), other), "licensing_ids.unknown")
		w.wants("what is not there", w.Drop(t.Context(), anna, ids.New(w.clk.Now())), "licensing_ids.unknown")
		w.wants("by nobody", w.Drop(t.Context(), audit.Nobody(""), other), "access.sign_in")
	})
}

// Whoever is named, on the Licensing ID itself or on the parent or master agreement above it, stays (PERM-19).
func TestWhoIsNamedCannotDrop(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		master := w.agreement("master", "M-1", "")
		parent := w.agreement("parent", "P-1", master)
		lid := w.licensing(w.organization(), "E-1")
		w.set(lid, "parent_id", parent)
		anna := w.user("", "anna@example.com")
		w.user("", "head@example.com")
		w.grant(lid, "head@example.com", access.Administrator)
		w.grant(lid, "anna@example.com", access.Download)
		for what, subject := range map[string]ids.ID{"itself": lid, "the parent": parent, "the parent's master": master} {
			w.named(subject, "anna@example.com")
			w.wants("named on "+what, w.Drop(t.Context(), anna, lid), "access.contact_stays")
			w.named(subject)
		}
		w.set(lid, "parent_id", nil)
		w.set(lid, "master_id", master)
		w.named(master, "anna@example.com")
		w.wants("named on its own master", w.Drop(t.Context(), anna, lid), "access.contact_stays")
		w.named(master)
		w.wants("named no longer", w.Drop(t.Context(), anna, lid), "")
	})
}

// TestAContactGivesUpBeingAdministrator (ADM-19).
func TestAContactGivesUpBeingAdministrator(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		lid := w.licensing(w.organization(), "E-1")
		anna := w.user("", "anna@example.com")
		w.grant(lid, "anna@example.com", access.Administrator)
		w.named(lid, "anna@example.com")
		own := w.row(lid, "anna@example.com", access.Administrator)
		w.wants("alone", w.Revoke(t.Context(), anna, own), "access.last_administrator")
		bruno := w.user("", "bruno@example.com")
		w.grant(lid, "bruno@example.com", access.Administrator)
		w.wants("beside another", w.Revoke(t.Context(), anna, own), "")
		if w.on(anna, access.ViewReports, lid) != nil || w.on(anna, access.ManageUsers, lid) == nil {
			t.Error("a contact who is no Administrator any more keeps the reports, and nothing else")
		}
		view := w.row(lid, "anna@example.com", access.LicensingInfoViewer)
		w.wants("taking the reports too", w.Revoke(t.Context(), bruno, view), "access.contact_views")
		w.named(lid, "carla@example.com")
		w.wants("once others are named", w.Revoke(t.Context(), bruno, view), "")
		if w.on(anna, access.SeeLicensingID, lid) == nil {
			t.Error("she is still there")
		}
	})
}

func TestAdministratorsWhoDropAtTheSameMomentLeaveOne(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		organization := w.organization()
		actors := []audit.Actor{w.user("", "a@example.com"), w.user("", "b@example.com")}
		for round := range 10 {
			lid := w.licensing(organization, "E-"+string(rune('a'+round)))
			w.grant(lid, "a@example.com", access.Administrator)
			w.grant(lid, "b@example.com", access.Administrator)
			results := make(chan error, 2)
			for _, actor := range actors {
				go func() { results <- w.Drop(t.Context(), actor, lid) }()
			}
			if a, b := <-results, <-results; (a == nil) == (b == nil) {
				t.Errorf("round %d: %v and %v, want one to succeed", round, a, b)
			}
		}
	})
}
