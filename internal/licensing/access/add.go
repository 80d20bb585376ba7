package access

import (
	"context"
	"errors"
	"time"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// Newcomer is a person who gets first roles on Licensing IDs of an Administrator (ADM-07).
type Newcomer struct {
	Address string // normalised
	First   string // what the Administrator calls the person
	Last    string
	Wishes  []Wish
	Until   time.Time // zero is for good
}

// AddTx gives a newcomer the roles that are wished, tells the person and returns the id of the person for Administrators. ready is asked
// when all else is right, before anything is written. Errors: those of Gate.Scope and Gate.On for ManageUsers; Conflict
// "access.person_listed" with the parameter person for one who holds or held a role on a Licensing ID of the actor; Invalid
// "access.assignment"; those of ready.
func (s *Service) AddTx(tx *db.Tx, g *Gate, n Newcomer, ready func() error) (ids.ID, error) {
	if err := lockAll(tx, g, licensingOf(n.Wishes)); err != nil {
		return "", err
	}
	scope, err := g.Scope(ManageUsers)
	if err != nil {
		return "", err
	}
	if err := unlisted(tx, scope, n.Address); err != nil {
		return "", err
	}
	changes, err := n.changes(tx, g)
	if err != nil {
		return "", err
	}
	if err := ready(); err != nil {
		return "", err
	}
	if err := n.call(tx); err != nil {
		return "", err
	}
	if err := s.apply(tx, g, n.Address, changes); err != nil {
		return "", err
	}
	person := changes[0].Given[0].ID
	for _, c := range changes {
		for _, given := range c.Given {
			person = min(person, given.ID)
		}
	}
	tx.SetResult(string(person))
	return person, nil
}

// unlisted refuses a person whom the Administrator finds under Manage Users already.
func unlisted(tx *db.Tx, scope Scope, address string) error {
	var person ids.ID
	err := tx.Row("SELECT w.id FROM (SELECT g.id FROM role_grants g WHERE g.address = $2 AND "+scope.SQL(tx, "g.licensing_id", "$1")+" UNION SELECT i.id FROM ("+
		inheriting(tx, scope)+") i WHERE i.address = $2) w ORDER BY 1 LIMIT 1", scope.Arg(), address).Scan(&person)
	if errors.Is(err, db.ErrNoRow) {
		return nil
	}
	if err == nil {
		err = errs.New(errs.Conflict, "access.person_listed", errs.Params{"person": People.Wire(person)})
	}
	return err
}

// changes are the roles that the newcomer gets on each Licensing ID.
func (n Newcomer) changes(tx *db.Tx, g *Gate) ([]RoleChange, error) {
	var all []RoleChange
	for _, w := range n.Wishes {
		c, err := w.change(tx, n.Address, nil, n.Until, "")
		if err != nil {
			return nil, err
		}
		for i := range c.Given {
			c.Given[i].SourceRef = string(g.actor.ID)
		}
		if len(c.Given) > 0 {
			all = append(all, c)
		}
	}
	if len(all) == 0 {
		return nil, errs.New(errs.Invalid, "access.assignment").With(errs.Field{Pointer: "role", Code: "access.no_role"})
	}
	return all, nil
}

// call keeps what the Administrator calls the newcomer, for the Administrators of the organizations concerned.
func (n Newcomer) call(tx *db.Tx) error {
	_, err := tx.Exec("INSERT INTO person_names (organization_id, address, first_name, last_name, named_at) SELECT DISTINCT l.organization_id, CAST($1 AS TEXT), CAST($2 AS TEXT), "+
		"CAST($3 AS TEXT), CAST($4 AS BIGINT) FROM licensing_ids l WHERE l.id IN "+tx.In("$5")+" ON CONFLICT (organization_id, address) DO UPDATE SET first_name = excluded.first_name, "+
		"last_name = excluded.last_name, named_at = excluded.named_at", n.Address, n.First, n.Last, tx.Now(), db.List(licensingOf(n.Wishes)))
	return err
}

// NameTx returns what the Administrators of an organization call a person; empty when they never said it.
func (s *Service) NameTx(tx *db.Tx, organization ids.ID, address string) (first, last string, err error) {
	err = tx.Row("SELECT first_name, last_name FROM person_names WHERE organization_id = $1 AND address = $2", organization, address).Scan(&first, &last)
	if errors.Is(err, db.ErrNoRow) {
		err = nil
	}
	return first, last, err
}

// OwnersTx returns the organizations of some Licensing IDs, in the order of their ids. The caller decides access.
func (s *Service) OwnersTx(tx *db.Tx, licensing []ids.ID) ([]ids.ID, error) {
	found, err := texts(tx, "SELECT DISTINCT organization_id FROM licensing_ids WHERE id IN "+tx.In("$1")+" ORDER BY 1", db.List(licensing))
	all := make([]ids.ID, len(found))
	for i, id := range found {
		all[i] = ids.ID(id)
	}
	return all, err
}

// UsesDomainTx reports whether some address of a domain holds or held a role on a Licensing ID of an organization, or the domain is that
// of the organization's tenant. The caller decides access.
func (s *Service) UsesDomainTx(tx *db.Tx, organization ids.ID, domain string) (bool, error) {
	var used bool
	err := tx.Row("SELECT EXISTS (SELECT 1 FROM tenants t WHERE t.organization_id = $1 AND t.primary_domain = $2) OR EXISTS (SELECT 1 FROM role_grants g "+
		"JOIN licensing_ids l ON l.id = g.licensing_id WHERE l.organization_id = $1 AND g.address LIKE $3)", organization, domain, "%@"+domain).Scan(&used)
	return used, err
}

// Administers lets an Administrator of any Licensing ID pass. Errors: those of Gate.Scope for ManageUsers.
func (s *Service) Administers(ctx context.Context, actor audit.Actor) error {
	return s.Read(ctx, actor, func(_ *db.Tx, g *Gate) error {
		_, err := g.Scope(ManageUsers)
		return err
	})
}
