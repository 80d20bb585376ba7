package access_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

func (w *world) contact(licensing ids.ID, address, ref string, roles ...access.Role) bool {
	w.t.Helper()
	var granted bool
	err := w.db.Write(w.t.Context(), func(tx *db.Tx) (err error) {
		granted, err = w.GrantFromContactTx(tx, audit.Itself(), access.ContactGrant{Address: address, Licensing: licensing, Roles: roles, Ref: ref})
		tx.Audited() // the import's own record
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return granted
}

func TestAContactGivesItsRolesOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		lid := w.licensing(w.organization(), "E-1")
		admin := w.user("", "admin@example.com")
		w.grant(lid, "admin@example.com", access.Administrator)
		anna := w.user("", "anna@example.com")

		if !w.contact(lid, "Anna@Example.COM", "notices", access.Administrator) || w.on(anna, access.ManageUsers, lid) != nil {
			t.Fatal("being named as contact gave nothing")
		}
		rows, err := w.ListRoles(t.Context(), admin, lid)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(rows, func(g access.Grant) bool { return g.Address == "anna@example.com" })
		if i < 0 || rows[i].Source != access.Contact || rows[i].SourceRef != "notices" {
			t.Fatalf("role rows %+v", rows)
		}
		if err := w.Revoke(t.Context(), admin, rows[i].ID); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if w.contact(lid, "anna@example.com", "notices", access.Administrator) {
				t.Error("importing again, unchanged, gave the role back")
			}
		}
		if err := w.on(anna, access.SeeLicensingID, lid); errs.KindOf(err) != errs.NotFound {
			t.Errorf("after the removal: %v", err)
		}
		if !w.contact(lid, "anna@example.com", "software_assurance_manager", access.SoftwareAssuranceManager) {
			t.Error("a new type of contact gives its role")
		}
		if w.contact(lid, "admin@example.com", "primary", access.Administrator) {
			t.Error("a role that is held was given a second time")
		}
		if w.contact(lid, "partner@example.com", "partner") {
			t.Error("a contact without roles gave something")
		}
		for _, l := range append(w.log("roles.assigned"), w.log("roles.revoked")...) {
			if l.LicensingID != lid || !strings.HasPrefix(l.Object, "rol_") || strings.Contains(string(l.After), "@") {
				t.Errorf("audit record %+v", l)
			}
		}
	})
}

// TestPermissionsOmitWhatIsManagedElsewhere (PROG-08).
func TestPermissionsOmitWhatIsManagedElsewhere(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		anna, organization := w.user("", "a@example.com"), w.organization()
		here, elsewhere := w.licensing(organization, "E-1"), w.licensing(organization, "X-1")
		w.grant(here, "a@example.com", access.Download)
		w.grant(elsewhere, "a@example.com", access.Download)
		w.exec("UPDATE licensing_ids SET program = 'products-and-services' WHERE id = $2 AND CAST($1 AS TEXT) IS NOT NULL", elsewhere)
		if list, err := w.MyPermissions(t.Context(), anna); err != nil || len(list) != 1 || list[0].Licensing != here {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

// TestAContactOutlastsARoleForATime: the roles of a contact come once, so a role that ends or is still to begin does not stand for them.
func TestAContactOutlastsARoleForATime(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for name, times := range map[string][2]time.Duration{"one that ends": {0, time.Hour}, "one still to begin": {3 * time.Hour, 0}} {
			a := access.Assignment{From: w.clk.Now().Add(times[0]), Until: w.clk.Now().Add(times[1])}
			if times[0] > 0 {
				a.Until = time.Time{}
			}
			a.Licensing, a.Address, a.Role = w.licensing(w.organization(), "E-"+name), strings.ReplaceAll(name, " ", "")+"@example.com", access.Administrator
			anna := w.user("", a.Address)
			if _, err := w.Assign(t.Context(), audit.Itself(), a); err != nil {
				t.Fatal(err)
			}
			w.grant(a.Licensing, a.Address, access.Administrator)
			if err := w.on(anna, access.ManageUsers, a.Licensing); err != nil {
				t.Errorf("%s, at once: %v", name, err)
			}
			w.clk.Advance(2 * time.Hour)
			if err := w.on(anna, access.ManageUsers, a.Licensing); err != nil {
				t.Errorf("%s, later: %v", name, err)
			}
		}
	})
}

func TestAssignAndRevoke(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		lid, other := w.licensing(w.organization(), "E-1"), w.licensing(w.organization(), "E-2")
		admin, stranger, anna := w.user("", "admin@example.com"), w.user("", "x@example.org"), w.user("", "anna@example.com")
		w.grant(lid, "admin@example.com", access.Administrator)
		w.grant(other, "x@example.org", access.Administrator)

		give := access.Assignment{Licensing: lid, Address: " Anna@example.com ", Role: access.KeyAdministrator}
		role, err := w.Assign(t.Context(), admin, give)
		if err != nil || w.on(anna, access.ViewKeys, lid) != nil {
			t.Fatalf("assigning: %v", err)
		}
		if _, err := w.Assign(t.Context(), admin, give); errs.CodeOf(err) != "access.role_held" {
			t.Errorf("assigning again: %v", err)
		}
		if _, err := w.Assign(t.Context(), anna, give); errs.KindOf(err) != errs.Denied {
			t.Errorf("by somebody who may not: %v", err)
		}
		if _, err := w.Assign(t.Context(), stranger, give); errs.KindOf(err) != errs.NotFound {
			t.Errorf("by a stranger: %v", err)
		}
		strange, missing := w.Revoke(t.Context(), stranger, role), w.Revoke(t.Context(), stranger, ids.New(w.clk.Now()))
		if errs.CodeOf(strange) != "access.role_unknown" || strange.Error() != missing.Error() {
			t.Errorf("another's role row: %v; none: %v", strange, missing)
		}
		if err := w.Revoke(t.Context(), audit.Itself(), ids.New(w.clk.Now())); errs.KindOf(err) != errs.NotFound {
			t.Errorf("the installation itself revoking nothing: %v", err)
		}
		if err := w.Revoke(t.Context(), audit.Nobody(""), role); errs.KindOf(err) != errs.Unauthenticated {
			t.Errorf("by nobody: %v", err)
		}
		mine, err := w.MyPermissions(t.Context(), anna)
		if err != nil || len(mine) != 1 || mine[0].Number != "E-1" || len(mine[0].Grants) != 1 || mine[0].Grants[0].Role != access.KeyAdministrator {
			t.Errorf("permissions %+v %v", mine, err)
		}
		if err := w.Revoke(t.Context(), admin, role); err != nil {
			t.Fatal(err)
		}
		if err := w.on(anna, access.SeeLicensingID, lid); errs.KindOf(err) != errs.NotFound {
			t.Errorf("after revoking: %v", err)
		}
		if err := w.Revoke(t.Context(), admin, role); errs.CodeOf(err) != "access.role_revoked" {
			t.Errorf("revoking again: %v", err)
		}
		if mine, err := w.MyPermissions(t.Context(), anna); err != nil || len(mine) != 0 {
			t.Errorf("permissions after revoking %+v %v", mine, err)
		}
		if _, err := w.Assign(t.Context(), admin, give); err != nil {
			t.Errorf("assigning what was revoked: %v", err)
		}
	})
}

func TestAssignmentsThatAreWrong(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		lid := w.licensing(w.organization(), "E-1")
		admin := w.user("", "admin@example.com")
		w.grant(lid, "admin@example.com", access.Administrator)
		now := w.clk.Now()
		for name, c := range map[string]struct {
			a    access.Assignment
			want string
		}{
			"no address":          {access.Assignment{Role: access.Download}, "email"},
			"no role":             {access.Assignment{Address: "a@example.com", Role: "king"}, "role"},
			"limited":             {access.Assignment{Address: "a@example.com", Role: access.Limited}, "role"},
			"part of no group":    {access.Assignment{Address: "a@example.com", Role: access.Download, Part: "training"}, "part"},
			"a strange part":      {access.Assignment{Address: "a@example.com", Role: access.SubscriptionsManager, Part: "A B"}, "part"},
			"over before it is":   {access.Assignment{Address: "a@example.com", Role: access.Download, Until: now}, "until"},
			"ends when it starts": {access.Assignment{Address: "a@example.com", Role: access.Download, From: now.Add(time.Hour), Until: now.Add(time.Hour)}, "until"},
		} {
			c.a.Licensing = lid
			_, err := w.Assign(t.Context(), admin, c.a)
			e, ok := err.(*errs.Error)
			if !ok || e.Kind != errs.Invalid || len(e.Fields) != 1 || e.Fields[0].Pointer != c.want {
				t.Errorf("%s: %v, want the field %s", name, err, c.want)
			}
		}
		part := access.Assignment{Licensing: lid, Address: "a@example.com", Role: access.SoftwareAssuranceManager, Part: "home_use"}
		if _, err := w.Assign(t.Context(), admin, part); err != nil {
			t.Errorf("a part of a group: %v", err)
		}
		part.Part = "training"
		if _, err := w.Assign(t.Context(), admin, part); err != nil {
			t.Errorf("another part of the group: %v", err)
		}
	})
}

// TestAdministratorsWhoRemoveEachOther would leave nobody if both decisions were taken on the same old rows.
func TestAdministratorsWhoRemoveEachOther(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		organization := w.organization()
		a, b := w.user("", "a@example.com"), w.user("", "b@example.com")
		for round := range 10 {
			lid := w.licensing(organization, "E-"+string(rune('a'+round)))
			w.grant(lid, "a@example.com", access.Administrator)
			w.grant(lid, "b@example.com", access.Administrator)
			rows, err := w.ListRoles(t.Context(), a, lid)
			if err != nil || len(rows) != 2 { // by address
				t.Fatalf("%+v %v", rows, err)
			}
			results := make([]error, 2)
			var wg sync.WaitGroup
			for i, actor := range []audit.Actor{b, a} {
				wg.Go(func() { results[i] = w.Revoke(t.Context(), actor, rows[i].ID) })
			}
			wg.Wait()
			if (results[0] == nil) == (results[1] == nil) {
				t.Errorf("round %d: %v and %v, want one to succeed", round, results[0], results[1])
			}
		}
	})
}
