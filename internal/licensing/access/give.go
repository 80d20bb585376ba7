package access

import (
	"errors"
	"fmt"

	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// Giving is roles that another room gives by a rule of its own, at once and for good.
type Giving struct {
	Licensing ids.ID
	Address   string // normalised
	Roles     []Role
	Source    Source
	Ref       string
}

// Given is how a role row that was given so appears in the record of what gave it.
type Given struct {
	ID string `json:"id"`
	change
}

// GiveTx gives an address roles on a Licensing ID, but those that it holds for good already, and returns the new rows for the record
// that the caller writes. The caller decides access.
func (s *Service) GiveTx(tx *db.Tx, g Giving) ([]Given, error) {
	if err := bumpRoles(tx, g.Licensing); err != nil {
		return nil, err
	}
	var given []Given
	for _, role := range g.Roles {
		if !role.Valid() {
			return nil, fmt.Errorf("there is no role %q to give", role)
		}
		grant := Grant{Licensing: g.Licensing, Address: g.Address, Role: role, Source: g.Source, SourceRef: g.Ref, From: tx.Now(), GrantedAt: tx.Now()}
		held, err := holdsForGood(tx, grant)
		if err != nil {
			return nil, err
		}
		if held {
			continue
		}
		id, err := insert(tx, grant)
		if err != nil {
			return nil, err
		}
		given = append(given, Given{roles.Wire(id), grant.change()})
	}
	return given, nil
}

// LockTx makes this transaction the only one that changes the roles of a Licensing ID and decides again on what it then finds. Errors:
// those of Gate.On for ManageUsers.
func (s *Service) LockTx(tx *db.Tx, g *Gate, licensing ids.ID) error {
	return lockRoles(tx, g, licensing)
}

// TakeTx takes a role row away and reports whether it still counted. The caller has decided and holds LockTx.
func (s *Service) TakeTx(tx *db.Tx, grant Grant) (bool, error) {
	n, err := tx.Exec("UPDATE role_grants SET revoked_at = $1 WHERE licensing_id = $2 AND id = $3 AND revoked_at IS NULL", tx.Now(), grant.Licensing, grant.ID)
	return n > 0, err
}

// GrantTx returns a role row, which may be revoked already. The caller decides access. Errors: NotFound "access.role_unknown".
func (s *Service) GrantTx(tx *db.Tx, role ids.ID) (Grant, error) {
	grant, err := find(tx, role)
	if errors.Is(err, db.ErrNoRow) {
		err = errUnknownGrant
	}
	return grant, err
}

// AdministratorsTx returns the addresses of the Administrators of record of a Licensing ID, in their order. The caller decides access.
func (s *Service) AdministratorsTx(tx *db.Tx, licensing ids.ID) ([]string, error) {
	return texts(tx, "SELECT g.address FROM role_grants g WHERE g.licensing_id = $1 AND g.role = $3 AND g.revoked_at IS NULL AND g.valid_from <= $2"+
		" AND (g.valid_until IS NULL OR g.valid_until > $2) UNION "+inherited("n.address", "", "l.id = $1 AND r.role = $3")+" ORDER BY 1", licensing, tx.Now(), string(Administrator))
}

// RolesOfAddressTx returns the roles that an address holds now or will, by Licensing ID, those inherited left out. The caller decides access.
func (s *Service) RolesOfAddressTx(tx *db.Tx, address string) ([]RoleChange, error) {
	var all []RoleChange
	err := tx.Each("SELECT "+grantColumns+", l.number FROM role_grants g JOIN licensing_ids l ON l.id = g.licensing_id WHERE g.address = $1 AND "+counts+" AND "+Shown+
		" ORDER BY l.number, g.role, g.part", []any{address, tx.Now()}, func(scan func(...any) error) error {
		var number string
		grant, err := scanGrant(scan, &number)
		if n := len(all); n == 0 || all[n-1].Licensing != grant.Licensing {
			all = append(all, RoleChange{Licensing: grant.Licensing, Number: number})
		}
		last := &all[len(all)-1]
		last.Given = append(last.Given, grant)
		return err
	})
	return all, err
}

// ProgramsHeldTx returns the programs of the Licensing IDs on which a user holds any role now.
func (s *Service) ProgramsHeldTx(tx *db.Tx, user ids.ID) ([]string, error) {
	return texts(tx, "SELECT l.program FROM role_grants g JOIN user_addresses a ON a.address = g.address JOIN licensing_ids l ON l.id = g.licensing_id"+
		heldNow+" AND "+Shown+" UNION "+inherited("l.program", owned, Shown), user, tx.Now())
}

// RolesHeldTx returns the roles that a user holds now on a Licensing ID.
func (s *Service) RolesHeldTx(tx *db.Tx, user, licensing ids.ID) ([]Role, error) {
	held, err := texts(tx, "SELECT g.role"+held+" AND g.licensing_id = $3 UNION "+inherited("r.role", owned, "l.id = $3"), user, tx.Now(), licensing)
	var all []Role
	for _, r := range held {
		all = append(all, Role(r))
	}
	return all, err
}

func texts(tx *db.Tx, query string, args ...any) ([]string, error) {
	var all []string
	err := tx.Each(query, args, func(scan func(...any) error) error {
		var text string
		err := scan(&text)
		all = append(all, text)
		return err
	})
	return all, err
}
