package access

import (
	"context"
	"errors"
	"slices"
	"strings"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// People is the wire prefix by which a person is named to Administrators: the id of any row that gave the address a role.
const People ids.Prefix = "prs"

// Person is an address that holds, or once held, roles on Licensing IDs of an Administrator (ADM-14).
type Person struct {
	ID         ids.ID
	Address    string
	Name       string // as the Administrator may know it; see namesOf
	Active     bool   // holds a role now or will
	Licensings int    // Licensing IDs of the Administrator on which that is so
}

// PeopleFilter chooses people.
type PeopleFilter struct {
	Inactive bool   // those without a role instead of those with one
	Search   string // part of address or name
	On       ids.ID // a Licensing ID on which the role is or was held; empty is any
	After    string // address of the last one of the page before
	Limit    int    // 25 when zero, 100 at most
}

var errUnknownPerson = errs.New(errs.NotFound, "access.person_unknown")

// inheriting are the people who inherit a role on a Licensing ID in the scope bound to $1.
func inheriting(tx *db.Tx, scope Scope) string {
	return inherited("n.address, n.id, l.id AS licensing_id, 1 AS holds", "", scope.SQL(tx, "l.id", "$1"))
}

// like is a pattern that finds the text anywhere.
func like(search string) string {
	return "%" + strings.NewReplacer("%", "", "_", "").Replace(strings.ToLower(strings.TrimSpace(search))) + "%"
}

// Standing is a person with the roles on Licensing IDs of the actor.
type Standing struct {
	Person
	Grants  []Grant           // that count now or will, inherited ones among them, by Licensing ID
	Numbers map[ids.ID]string // of those Licensing IDs
}

// GetPerson returns a person by the id that ListPeople gave. Errors: those of Gate.Scope for ManageUsers; NotFound "access.person_unknown" for
// one who never held a role on a Licensing ID of the actor.
func (s *Service) GetPerson(ctx context.Context, actor audit.Actor, person ids.ID) (Standing, error) {
	var found Standing
	err := s.Read(ctx, actor, func(tx *db.Tx, g *Gate) error {
		scope, err := g.Scope(ManageUsers)
		if err != nil {
			return err
		}
		found = Standing{Person: Person{ID: person}}
		if found.Address, err = addressOf(tx, g, scope, person); err != nil {
			return err
		}
		if found.Grants, err = grantsOf(tx, scope, []string{found.Address}); err != nil {
			return err
		}
		found.Active = len(found.Grants) > 0
		if found.Numbers, err = numbersIn(tx, found.Grants); err != nil {
			return err
		}
		found.Licensings = len(found.Numbers)
		names, err := namesOf(tx, scope, []string{found.Address})
		found.Name = names[found.Address]
		return err
	})
	return found, err
}

// addressOf returns the address of a person whom the scope knows.
func addressOf(tx *db.Tx, g *Gate, scope Scope, person ids.ID) (string, error) {
	var address string
	err := tx.Row("SELECT w.address FROM (SELECT address FROM role_grants WHERE id = $2 UNION SELECT address FROM named_contacts WHERE id = $2) w WHERE EXISTS "+
		"(SELECT 1 FROM role_grants g WHERE g.address = w.address AND "+scope.SQL(tx, "g.licensing_id", "$1")+") OR EXISTS (SELECT 1 FROM ("+
		inheriting(tx, scope)+") i WHERE i.address = w.address)", scope.Arg(), person).Scan(&address)
	if errors.Is(err, db.ErrNoRow) {
		return "", g.refuse(ManageUsers, "", errUnknownPerson)
	}
	return address, err
}

// RolesOfPeople returns the roles of some addresses on the actor's own Licensing IDs that count now or will. Errors: those of Gate.Scope for ManageUsers.
func (s *Service) RolesOfPeople(ctx context.Context, actor audit.Actor, licensing []ids.ID, addresses []string) ([]Grant, error) {
	var all []Grant
	err := s.Read(ctx, actor, func(tx *db.Tx, g *Gate) error {
		scope, err := g.Scope(ManageUsers)
		if err != nil {
			return err
		}
		if !scope.All {
			scope.IDs = slices.DeleteFunc(scope.IDs, func(id ids.ID) bool { return !slices.Contains(licensing, id) })
		}
		all, err = grantsOf(tx, scope, addresses)
		return err
	})
	return all, err
}

func grantsOf(tx *db.Tx, scope Scope, addresses []string) ([]Grant, error) {
	if len(addresses) == 0 {
		return nil, nil
	}
	var all []Grant
	err := tx.Each("SELECT "+grantColumns+" FROM role_grants g WHERE g.address >= $4 AND g.address <= $5 AND g.revoked_at IS NULL AND (g.valid_until IS NULL OR g.valid_until > $3) AND g.address IN "+tx.In("$2")+
		" AND "+scope.SQL(tx, filtered, "$1")+" UNION "+inherited(inheritedColumns, from, scope.SQL(tx, "l.id", "$1")+" AND n.address IN "+tx.In("$2"))+
		" ORDER BY licensing_id, address, role, part, id", []any{scope.Arg(), db.List(addresses), tx.Now(), slices.Min(addresses), slices.Max(addresses)}, func(scan func(...any) error) error {
		grant, err := scanGrant(scan)
		all = append(all, grant)
		return err
	})
	return all, err
}
