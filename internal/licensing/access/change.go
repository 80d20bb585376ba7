package access

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// Wish is every role that a person shall hold on one Licensing ID, beside those inherited.
type Wish struct {
	Licensing ids.ID
	Roles     []Wished
}

// Wished is a role, or a part of a role group.
type Wished struct {
	Role Role
	Part string
}

// Difference is what fulfilling wishes changes. State stands for the roles that it was worked out from.
type Difference struct {
	Changes []RoleChange
	State   string
}

var errStateChanged = errs.New(errs.Conflict, "access.roles_changed")

// CompareRoles tells what ChangeRoles would do now, and changes nothing. New roles end at until; zero is never. Errors: as ChangeRoles.
func (s *Service) CompareRoles(ctx context.Context, actor audit.Actor, person ids.ID, wishes []Wish, until time.Time) (Difference, error) {
	var d Difference
	err := s.Read(ctx, actor, func(tx *db.Tx, g *Gate) (err error) {
		_, d, err = compare(tx, g, person, wishes, until)
		return err
	})
	return d, err
}

// ChangeRoles makes the roles of a person what is wished on each of the Licensing IDs, all or nothing, if they are still those of which state
// was told. Errors: those of Gate.Scope and Gate.On for ManageUsers; NotFound "access.person_unknown"; Invalid "access.assignment"; Conflict
// "access.roles_changed", "access.inactive", "access.last_administrator".
func (s *Service) ChangeRoles(ctx context.Context, actor audit.Actor, person ids.ID, wishes []Wish, until time.Time, state string) error {
	return s.Write(ctx, actor, func(tx *db.Tx, g *Gate) error {
		slices.SortFunc(wishes, func(a, b Wish) int { return cmp.Compare(a.Licensing, b.Licensing) })
		if err := lockAll(tx, g, licensingOf(wishes)); err != nil {
			return err
		}
		address, d, err := compare(tx, g, person, wishes, until)
		if err != nil {
			return err
		}
		if d.State != state {
			return errStateChanged
		}
		tx.SetResult(string(person))
		return s.apply(tx, g, address, d.Changes)
	})
}

func licensingOf(wishes []Wish) []ids.ID {
	all := make([]ids.ID, len(wishes))
	for i, w := range wishes {
		all[i] = w.Licensing
	}
	return all
}

// lockAll bumps the roles of several Licensing IDs and decides on each, in one order, so that two changes do not wait for each other.
func lockAll(tx *db.Tx, g *Gate, licensing []ids.ID) error {
	for _, id := range slices.Compact(slices.Sorted(slices.Values(licensing))) {
		if err := lockRoles(tx, g, id); err != nil {
			return err
		}
	}
	return nil
}

func compare(tx *db.Tx, g *Gate, person ids.ID, wishes []Wish, until time.Time) (address string, d Difference, err error) {
	scope, err := g.Scope(ManageUsers)
	if err != nil {
		return "", d, err
	}
	return compareIn(tx, g, scope, person, wishes, until)
}

func compareIn(tx *db.Tx, g *Gate, scope Scope, person ids.ID, wishes []Wish, until time.Time) (address string, d Difference, err error) {
	if address, err = addressOf(tx, g, scope, person); err != nil {
		return "", d, err
	}
	all := licensingOf(wishes)
	for _, id := range all {
		if !scope.Has(id) {
			return "", d, g.On(ManageUsers, id)
		}
	}
	held, err := rolesOf(tx, address, all)
	if err != nil {
		return "", d, err
	}
	past, err := inactive(tx, all)
	if err != nil {
		return "", d, err
	}
	named, err := namedOn(tx, all, address)
	if err != nil {
		return "", d, err
	}
	for _, w := range wishes {
		c, err := w.change(tx, address, of(held, w.Licensing), until, named[w.Licensing])
		if err != nil {
			return "", d, err
		}
		if number := past[w.Licensing]; number != "" && len(c.Ended) > 0 {
			return "", d, errInactive(number)
		}
		for i := range c.Given {
			if c.Given[i].Source == Assigned {
				c.Given[i].SourceRef = string(g.actor.ID)
			}
		}
		if len(c.Given)+len(c.Ended) > 0 {
			d.Changes = append(d.Changes, c)
		}
	}
	d.State = stateOf(held, named)
	numbers, err := numbersOf(tx, d.Changes)
	for i := range d.Changes {
		d.Changes[i].Number = numbers[d.Changes[i].Licensing]
	}
	return address, d, err
}

func of(held []Grant, licensing ids.ID) []Grant {
	var some []Grant
	for _, g := range held {
		if g.Licensing == licensing {
			some = append(some, g)
		}
	}
	return some
}

// change works out what the wish changes. The whole of a role group stands for its parts but Manage Reservation, which needs the group.
func (w Wish) change(tx *db.Tx, address string, held []Grant, until time.Time, named string) (RoleChange, error) {
	c := RoleChange{Licensing: w.Licensing}
	slices.SortFunc(w.Roles, func(a, b Wished) int { return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.Part, b.Part)) })
	w.Roles = slices.Compact(w.Roles)
	wished := func(role Role, part string) bool { return slices.Contains(w.Roles, Wished{role, part}) }
	reserves := wished(OnlineServicesManager, ManageReservation)
	if manages := slices.ContainsFunc(w.Roles, func(r Wished) bool { return r.Role == OnlineServicesManager && r.Part != ManageReservation }); reserves && !manages {
		return c, errs.New(errs.Invalid, "access.assignment").With(errs.Field{Pointer: "part", Code: "access.reservation_alone"})
	}
	views := false
	for _, r := range w.Roles {
		if r.Part != "" && r.Part != ManageReservation && wished(r.Role, "") {
			continue
		}
		views = views || (r.Role == Administrator || r.Role == LicensingInfoViewer) && until.IsZero()
		if slices.ContainsFunc(held, func(g Grant) bool { return g.Role == r.Role && g.Part == r.Part }) {
			continue
		}
		grant, err := Assignment{Licensing: w.Licensing, Address: address, Role: r.Role, Part: r.Part, Until: until}.grant(tx.Now())
		if err != nil {
			return c, err
		}
		c.Given = append(c.Given, grant)
	}
	for _, g := range held {
		covered := g.Part != "" && g.Part != ManageReservation && wished(g.Role, "")
		switch {
		case wished(g.Role, g.Part) && !covered:
			views = views || g.views()
		case named != "" && g.Role == LicensingInfoViewer && g.views(): // a contact keeps the reports
			views = true
		default:
			c.Ended = append(c.Ended, g)
		}
	}
	if named != "" && !views && len(held) > 0 {
		c.Given = append(c.Given, viewing(tx, w.Licensing, address, named))
	}
	return c, nil
}

// stateOf is a digest of roles, by which it is told whether they are still the same.
func stateOf(held []Grant, named map[ids.ID]string) string {
	sum := sha256.New()
	for _, g := range held {
		fmt.Fprintf(sum, "%s %d\n", g.ID, g.Until.UnixMicro())
	}
	var kinds []string
	for id, kind := range named {
		kinds = append(kinds, string(id)+" "+kind)
	}
	slices.Sort(kinds)
	fmt.Fprintln(sum, kinds)
	return hex.EncodeToString(sum.Sum(nil)[:16])
}
