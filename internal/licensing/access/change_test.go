package access_test

import (
	"slices"
	"testing"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/ids"
)

// changing sees the difference first, as a page does, and saves it then.
func (w *world) changing(by audit.Actor, person ids.ID, wishes ...access.Wish) error {
	w.t.Helper()
	d, err := w.CompareRoles(w.t.Context(), by, person, wishes, time.Time{})
	if err != nil {
		return err
	}
	return w.ChangeRoles(w.t.Context(), by, person, wishes, time.Time{}, d.State)
}

func wish(licensing ids.ID, roles ...access.Role) access.Wish {
	w := access.Wish{Licensing: licensing}
	for _, r := range roles {
		w.Roles = append(w.Roles, access.Wished{Role: r})
	}
	return w
}

func (w *world) holds(licensing ids.ID, address string) (all []string) {
	w.t.Helper()
	rows, err := w.ListRoles(w.t.Context(), audit.Itself(), licensing)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, g := range rows {
		if g.Address == address && g.Source != access.Inherited {
			all = append(all, string(g.Role)+" "+g.Part)
		}
	}
	return all
}

func TestChangingThePermissionsOfAPerson(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		organization := w.organization()
		one, two, foreign := w.licensing(organization, "E-1"), w.licensing(organization, "E-2"), w.licensing(w.organization(), "X-1")
		anna := w.user("", "anna@example.com")
		w.user("", "other@example.com")
		for _, lid := range []ids.ID{one, two} {
			w.grant(lid, "anna@example.com", access.Administrator)
		}
		w.grant(foreign, "other@example.com", access.Administrator)
		w.grant(one, "bruno@example.com", access.Download)
		people, next, err := w.ListPeople(t.Context(), anna, access.PeopleFilter{})
		if err != nil || next != "" || len(people) != 2 || people[0].Name != "A B" || people[0].Licensings != 2 || people[1].Address != "bruno@example.com" {
			t.Fatalf("%+v %q %v", people, next, err)
		}
		bruno := people[1].ID

		w.wants("two Licensing IDs at once", w.changing(anna, bruno, wish(one, access.ProductKeys, access.SoftwareAssuranceManager), wish(two, access.Download)), "")
		if got, want := w.holds(one, "bruno@example.com"), []string{"product_keys ", "software_assurance_manager "}; !slices.Equal(got, want) {
			t.Errorf("got %v", got)
		}
		// All or nothing: what is wished for a foreign Licensing ID undoes the rest.
		w.wants("a foreign one too", w.changing(anna, bruno, wish(one), wish(foreign, access.Download)), "licensing_ids.unknown")
		w.wants("somebody foreign", w.changing(anna, w.row(foreign, "other@example.com", access.Administrator), wish(one, access.Download)), "access.person_unknown")
		w.wants("nobody", w.changing(anna, ids.New(w.clk.Now()), wish(one)), "access.person_unknown")
		me := w.row(one, "anna@example.com", access.Administrator)
		w.wants("the last Administrator of one of two", w.changing(anna, me, wish(one), wish(two, access.Administrator)), "access.last_administrator")

		// What somebody else changed meanwhile is not overwritten.
		seen, err := w.CompareRoles(t.Context(), anna, bruno, []access.Wish{wish(two)}, time.Time{})
		if err != nil || len(seen.Changes) != 1 || seen.Changes[0].Number != "E-2" || len(seen.Changes[0].Ended) != 1 {
			t.Fatalf("%+v %v", seen, err)
		}
		w.wants("meanwhile", w.changing(anna, bruno, wish(two, access.Download, access.ProductKeys)), "")
		w.wants("an old difference", w.ChangeRoles(t.Context(), anna, bruno, []access.Wish{wish(two)}, time.Time{}, seen.State), "access.roles_changed")

		// Without any role Bruno stays listed, and comes back from there.
		w.wants("all of it", w.changing(anna, bruno, wish(one), wish(two)), "")
		for _, inactive := range []bool{false, true} {
			people, _, err = w.ListPeople(t.Context(), anna, access.PeopleFilter{Inactive: inactive, Search: "BRUNO"})
			if err != nil || (len(people) == 1) != inactive {
				t.Errorf("inactive %t: %+v %v", inactive, people, err)
			}
		}
		if s, err := w.GetPerson(t.Context(), anna, bruno); err != nil || len(s.Grants) != 0 || s.Address != "bruno@example.com" {
			t.Errorf("%+v %v", s, err)
		}
		w.wants("back again", w.changing(anna, bruno, wish(one, access.Download)), "")
	})
}

// TestRoleGroupsWholeAndInPart (PERM-09, PERM-14).
func TestRoleGroupsWholeAndInPart(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		lid := w.licensing(w.organization(), "E-1")
		anna := w.user("", "anna@example.com")
		w.grant(lid, "anna@example.com", access.Administrator)
		w.grant(lid, "bruno@example.com", access.Download)
		bruno := w.row(lid, "bruno@example.com", access.Download)
		part := func(parts ...string) access.Wish {
			x := access.Wish{Licensing: lid}
			for _, p := range parts {
				x.Roles = append(x.Roles, access.Wished{Role: access.OnlineServicesManager, Part: p})
			}
			return x
		}
		for _, c := range []struct {
			wish access.Wish
			code string
			want []string
		}{
			{part("", "service_activation"), "", []string{"online_services_manager "}},
			{part("", access.ManageReservation), "", []string{"online_services_manager ", "online_services_manager manage_reservation"}},
			{part(access.ManageReservation), "access.assignment", []string{"online_services_manager ", "online_services_manager manage_reservation"}},
			{part("service_activation"), "", []string{"online_services_manager service_activation"}},
			{part(), "", nil},
		} {
			w.wants("wishing", w.changing(anna, bruno, c.wish), c.code)
			if got := w.holds(lid, "bruno@example.com"); !slices.Equal(got, c.want) {
				t.Errorf("%v: got %q, want %q", c.wish, got, c.want)
			}
		}
	})
}

// TestContactsAboveInherit: present and future Licensing IDs below the agreement, until it names somebody else (ADM-20).
func TestContactsAboveInherit(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		master := w.agreement("master", "M-1", "")
		parent := w.agreement("parent", "P-1", master)
		anna := w.user("", "anna@example.com")
		w.named(master, "anna@example.com")
		lid := w.licensing(w.organization(), "E-1")
		if w.on(anna, access.SeeLicensingID, lid) == nil {
			t.Fatal("before it stands below the agreement")
		}
		w.set(lid, "parent_id", parent)
		if w.on(anna, access.ManageUsers, lid) != nil || w.on(anna, access.ViewReports, lid) != nil {
			t.Error("a new Licensing ID below is not covered")
		}
		mine, err := w.MyPermissions(t.Context(), anna)
		if err != nil || len(mine) != 1 || !mine[0].Stays || mine[0].Grants[0].Source != access.Inherited || mine[0].Grants[0].Above != "M-1" {
			t.Errorf("%+v %v", mine, err)
		}
		if people, _, err := w.ListPeople(t.Context(), anna, access.PeopleFilter{}); err != nil || len(people) != 1 || !people[0].Active {
			t.Errorf("%+v %v", people, err)
		}
		w.named(master, "bruno@example.com")
		if w.on(anna, access.SeeLicensingID, lid) == nil {
			t.Error("she is named no longer and still sees it")
		}
	})
}
