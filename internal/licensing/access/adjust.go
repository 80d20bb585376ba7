package access

import (
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

// Adjustment is what people are to get and to lose on one Licensing ID; what it does not name stays.
type Adjustment struct {
	Licensing ids.ID
	Grant     []Wished
	Remove    []Wished // the whole of a role group stands for all its parts
}

// Adjusting is one change of several people on several Licensing IDs.
type Adjusting struct {
	People      []ids.ID
	Adjustments []Adjustment
	Until       time.Time // new roles end then; zero is never
}

// PersonChange is what changes for one person.
type PersonChange struct {
	Person
	Changes []RoleChange
}

// Adjusted is what an adjustment changes. State stands for the roles that it was worked out from.
type Adjusted struct {
	People []PersonChange // those for whom something changes
	State  string
}

// mostAdjusted is how many people times Licensing IDs one change may touch.
const mostAdjusted = 10_000

// CompareAdjusted tells what AdjustRoles would do now, and changes nothing. Errors: as AdjustRoles.
func (s *Service) CompareAdjusted(ctx context.Context, actor audit.Actor, a Adjusting) (d Adjusted, err error) {
	err = s.Read(ctx, actor, func(tx *db.Tx, g *Gate) (err error) {
		d, err = a.compare(tx, g)
		return err
	})
	return d, err
}

// AdjustRoles gives and takes roles, all or nothing, if the roles are still those of which state was told; an empty state stands for
// whatever they are. Errors: those of Gate.Scope and Gate.On for ManageUsers; NotFound "access.person_unknown"; Invalid "access.assignment",
// "access.too_many"; Conflict "access.roles_changed", "access.inactive", "access.last_administrator".
func (s *Service) AdjustRoles(ctx context.Context, actor audit.Actor, a Adjusting, state string) (d Adjusted, err error) {
	err = s.Write(ctx, actor, func(tx *db.Tx, g *Gate) error {
		if _, err := g.Scope(ManageUsers); err != nil {
			return err
		}
		all := make([]ids.ID, len(a.Adjustments))
		for i, one := range a.Adjustments {
			all[i] = one.Licensing
		}
		if err := lockAll(tx, g, all); err != nil {
			return err
		}
		if d, err = a.compare(tx, g); err != nil {
			return err
		}
		if state != "" && d.State != state {
			return errStateChanged
		}
		for _, p := range d.People {
			if err := s.apply(tx, g, p.Address, p.Changes); err != nil {
				return err
			}
		}
		if len(d.People) > 0 {
			tx.SetResult(string(d.People[0].ID))
		}
		return nil
	})
	return d, err
}

func (a Adjusting) compare(tx *db.Tx, g *Gate) (Adjusted, error) {
	var d Adjusted
	scope, err := g.Scope(ManageUsers)
	if err != nil {
		return d, err
	}
	if len(a.People)*len(a.Adjustments) > mostAdjusted {
		return d, errs.New(errs.Invalid, "access.too_many", errs.Params{"max": mostAdjusted})
	}
	a.Adjustments = merged(a.Adjustments)
	sum, seen := sha256.New(), map[string]bool{}
	for _, person := range slices.Compact(slices.Sorted(slices.Values(a.People))) {
		address, one, err := a.compareOne(tx, g, scope, person)
		if err != nil {
			return d, err
		}
		if seen[address] { // a person has as many ids as rows that gave a role
			continue
		}
		seen[address] = true
		fmt.Fprintln(sum, one.State)
		if len(one.Changes) > 0 {
			d.People = append(d.People, PersonChange{Person{ID: person, Address: address, Active: true}, one.Changes})
		}
	}
	d.State = hex.EncodeToString(sum.Sum(nil)[:16])
	addresses := make([]string, len(d.People))
	for i, p := range d.People {
		addresses[i] = p.Address
	}
	names, err := namesOf(tx, scope, addresses)
	for i := range d.People {
		d.People[i].Name = names[d.People[i].Address]
	}
	return d, err
}

// compareOne makes the wishes of the adjustment out of what a person holds.
func (a Adjusting) compareOne(tx *db.Tx, g *Gate, scope Scope, person ids.ID) (string, Difference, error) {
	address, err := addressOf(tx, g, scope, person)
	if err != nil {
		return "", Difference{}, err
	}
	all := make([]ids.ID, len(a.Adjustments))
	for i, one := range a.Adjustments {
		all[i] = one.Licensing
	}
	held, err := rolesOf(tx, address, all)
	if err != nil {
		return "", Difference{}, err
	}
	wishes := make([]Wish, len(a.Adjustments))
	for i, one := range a.Adjustments {
		wishes[i] = one.wish(of(held, one.Licensing))
	}
	return compareIn(tx, g, scope, person, wishes, a.Until)
}

// merged puts what is said of one Licensing ID together.
func merged(list []Adjustment) []Adjustment {
	var all []Adjustment
	for _, a := range list {
		i := slices.IndexFunc(all, func(b Adjustment) bool { return b.Licensing == a.Licensing })
		if i < 0 {
			all = append(all, Adjustment{Licensing: a.Licensing})
			i = len(all) - 1
		}
		all[i].Grant, all[i].Remove = append(all[i].Grant, a.Grant...), append(all[i].Remove, a.Remove...)
	}
	return all
}

func (a Adjustment) wish(held []Grant) Wish {
	w := Wish{Licensing: a.Licensing}
	for _, g := range held {
		if !slices.ContainsFunc(a.Remove, func(r Wished) bool { return r.Role == g.Role && (r.Part == "" || r.Part == g.Part) }) {
			w.Roles = append(w.Roles, Wished{g.Role, g.Part})
		}
	}
	w.Roles = append(w.Roles, a.Grant...)
	return w
}
