package access_test

import (
	"slices"
	"testing"

	"chiave/internal/licensing/access"
	"chiave/internal/platform/ids"
)

// TestAdjustingManyPeople: grants and removals over several people and Licensing IDs are one change (ADM-10, ADM-21).
func TestAdjustingManyPeople(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		organization := w.organization()
		one, two, foreign := w.licensing(organization, "E-1"), w.licensing(organization, "E-2"), w.licensing(w.organization(), "X-1")
		anna := w.user("", "anna@example.com")
		for _, lid := range []ids.ID{one, two} {
			w.grant(lid, "anna@example.com", access.Administrator)
		}
		w.grant(one, "bruno@example.com", access.Download)
		w.grant(two, "carla@example.com", access.Limited)
		w.grant(foreign, "other@example.com", access.Administrator)
		people := []ids.ID{w.row(one, "bruno@example.com", access.Download), w.row(two, "carla@example.com", access.Limited)}
		keys, download := access.Wished{Role: access.ProductKeys}, access.Wished{Role: access.Download}
		group, reserve := access.Wished{Role: access.OnlineServicesManager}, access.Wished{Role: access.OnlineServicesManager, Part: access.ManageReservation}
		adjust := func(state string, who []ids.ID, list ...access.Adjustment) error {
			_, err := w.AdjustRoles(t.Context(), anna, access.Adjusting{People: who, Adjustments: list}, state)
			return err
		}
		first := []access.Adjustment{{Licensing: one, Grant: []access.Wished{keys, group, reserve}, Remove: []access.Wished{download}}, {Licensing: two, Grant: []access.Wished{keys}}}
		seen, err := w.CompareAdjusted(t.Context(), anna, access.Adjusting{People: people, Adjustments: first})
		if err != nil || len(seen.People) != 2 || seen.People[0].Changes[0].Number != "E-1" {
			t.Fatalf("%+v %v", seen, err)
		}
		w.wants("what was seen", adjust(seen.State, people, first...), "")
		w.wants("what is no longer so", adjust(seen.State, people, first...), "access.roles_changed")
		for address, want := range map[string][]string{"bruno@example.com": {"online_services_manager ", "online_services_manager manage_reservation", "product_keys "},
			"carla@example.com": {"online_services_manager ", "online_services_manager manage_reservation", "product_keys "}} {
			if got := w.holds(one, address); !slices.Equal(got, want) {
				t.Errorf("%s on E-1: %v", address, got)
			}
		}
		if got, want := w.holds(two, "carla@example.com"), []string{"limited ", "product_keys "}; !slices.Equal(got, want) {
			t.Errorf("what an adjustment does not name has changed: %v", got)
		}
		w.wants("the whole group goes with its parts", adjust("", people[:1], access.Adjustment{Licensing: one, Remove: []access.Wished{group}}), "")
		if got, want := w.holds(one, "bruno@example.com"), []string{"product_keys "}; !slices.Equal(got, want) {
			t.Errorf("%v", got)
		}
		// One that cannot be fulfilled undoes the rest.
		w.wants("a foreign one", adjust("", people, access.Adjustment{Licensing: one, Grant: []access.Wished{download}}, access.Adjustment{Licensing: foreign, Grant: []access.Wished{download}}), "licensing_ids.unknown")
		admin := access.Wished{Role: access.Administrator}
		w.wants("the last Administrator", adjust("", append(people, w.row(one, "anna@example.com", access.Administrator)),
			access.Adjustment{Licensing: one, Grant: []access.Wished{download}, Remove: []access.Wished{admin}}), "access.last_administrator")
		w.set(two, "end_on", "2000-01-01")
		w.wants("an expired one", adjust("", people, access.Adjustment{Licensing: one, Grant: []access.Wished{download}}, access.Adjustment{Licensing: two, Remove: []access.Wished{keys}}), "access.inactive")
		if slices.Contains(w.holds(one, "bruno@example.com"), "download ") {
			t.Error("half of a change was saved")
		}
	})
}

// TestAPersonNamedTwice, by the ids of two role rows, is changed once.
func TestAPersonNamedTwice(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		organization := w.organization()
		one, two := w.licensing(organization, "E-1"), w.licensing(organization, "E-2")
		anna := w.user("", "anna@example.com")
		for _, lid := range []ids.ID{one, two} {
			w.grant(lid, "anna@example.com", access.Administrator)
			w.grant(lid, "bruno@example.com", access.Download)
		}
		twice := []ids.ID{w.row(one, "bruno@example.com", access.Download), w.row(two, "bruno@example.com", access.Download)}
		d, err := w.AdjustRoles(t.Context(), anna, access.Adjusting{People: twice, Adjustments: []access.Adjustment{{Licensing: one, Grant: []access.Wished{{Role: access.ProductKeys}}}}}, "")
		if got, want := w.holds(one, "bruno@example.com"), []string{"download ", "product_keys "}; err != nil || len(d.People) != 1 || !slices.Equal(got, want) {
			t.Errorf("%v, %+v, %v", got, d, err)
		}
	})
}
