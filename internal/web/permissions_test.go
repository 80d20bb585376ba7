package web

import (
	"fmt"
	"testing"

	"chiave/internal/licensing/access"
	"chiave/internal/platform/ids"
)

// TestPermissionsGoOnWhereTheyEnded: page by page everything is shown once, and a search finds any of them.
func TestPermissionsGoOnWhereTheyEnded(t *testing.T) {
	t.Parallel()
	const many = 2*permissionsPage + 7
	var all []access.Permission
	for n := range many {
		all = append(all, access.Permission{Licensing: ids.ID(fmt.Sprintf("%026d", n)), Number: fmt.Sprintf("E-%03d", n), Active: n%10 != 0})
	}
	for _, inactive := range []bool{true, false} {
		var seen []string
		for after := ""; ; {
			h := holdings{list: all, all: inactive, after: after}
			h.turn()
			if !h.many || len(h.list) > permissionsPage {
				t.Fatalf("%d on a page of %d", len(h.list), permissionsPage)
			}
			for _, p := range h.list {
				seen = append(seen, p.Number)
			}
			if after = h.next; after == "" {
				break
			}
		}
		want := map[bool]int{true: many, false: many - 11}[inactive]
		for i := 1; i < len(seen); i++ {
			if seen[i] <= seen[i-1] {
				t.Errorf("%s follows %s", seen[i], seen[i-1])
			}
		}
		if len(seen) != want {
			t.Errorf("%d shown, want %d", len(seen), want)
		}
	}
	h := holdings{list: all, search: "e-10", all: true}
	if h.turn(); len(h.list) != 7 || h.next != "" {
		t.Errorf("found %d, want 7", len(h.list))
	}
}
