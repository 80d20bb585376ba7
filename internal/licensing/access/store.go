package access

import (
	"context"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

const grantColumns = "g.id, g.licensing_id, g.address, g.role, g.part, g.source, g.source_ref, g.valid_from, g.valid_until, g.granted_at, '' AS above"

func scanGrant(scan func(...any) error, more ...any) (Grant, error) {
	var g Grant
	var role, source string
	err := scan(append([]any{&g.ID, &g.Licensing, &g.Address, &role, &g.Part, &source, &g.SourceRef, &g.From, &g.Until, &g.GrantedAt, &g.Above}, more...)...)
	g.Role, g.Source = Role(role), Source(source)
	return g, err
}

// bumpRoles makes the changes of a Licensing ID's roles come one after the other: whoever bumps the row holds it until
// the transaction ends.
func bumpRoles(tx *db.Tx, licensing ids.ID) error {
	_, err := tx.Exec("INSERT INTO role_sets (licensing_id, version) VALUES ($1, 1) ON CONFLICT (licensing_id) DO UPDATE SET version = role_sets.version + 1", licensing)
	return err
}

func insert(tx *db.Tx, g Grant) (ids.ID, error) {
	id := tx.NewID()
	_, err := tx.Exec("INSERT INTO role_grants (id, licensing_id, address, role, part, source, source_ref, valid_from, valid_until, granted_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
		id, g.Licensing, g.Address, string(g.Role), g.Part, string(g.Source), g.SourceRef, g.From, g.Until, g.GrantedAt)
	return id, err
}

// overlaps reports whether the address holds the role at some instant of g's time. The caller has bumped the roles.
func overlaps(tx *db.Tx, g Grant) (bool, error) {
	var n int
	err := tx.Row(`SELECT count(*) FROM role_grants WHERE licensing_id = $1 AND address = $2 AND role = $3 AND part = $4 AND revoked_at IS NULL
		AND (valid_until IS NULL OR valid_until > $5) AND (CAST($6 AS BIGINT) IS NULL OR valid_from < $6)`,
		g.Licensing, g.Address, string(g.Role), g.Part, g.From, g.Until).Scan(&n)
	return n > 0, err
}

// holdsForGood reports whether the address holds the role from g's beginning on without an end. The caller has bumped the roles.
func holdsForGood(tx *db.Tx, g Grant) (bool, error) {
	var n int
	err := tx.Row(`SELECT count(*) FROM role_grants WHERE licensing_id = $1 AND address = $2 AND role = $3 AND part = $4 AND revoked_at IS NULL
		AND valid_until IS NULL AND valid_from <= $5`, g.Licensing, g.Address, string(g.Role), g.Part, g.From).Scan(&n)
	return n > 0, err
}

// find returns a role row that may be revoked already. Errors: db.ErrNoRow.
func find(tx *db.Tx, id ids.ID) (Grant, error) {
	return scanGrant(tx.Row("SELECT "+grantColumns+" FROM role_grants g WHERE g.id = $1", id).Scan)
}

// ListRoles returns the role rows of a Licensing ID that nobody took away: those that count now, did or will (see
// Grant.Counts), and those inherited. Errors: those of Gate.On for ManageUsers.
func (s *Service) ListRoles(ctx context.Context, actor audit.Actor, licensing ids.ID) ([]Grant, error) {
	var all []Grant
	err := s.Read(ctx, actor, func(tx *db.Tx, g *Gate) error {
		all = nil
		if err := g.On(ManageUsers, licensing); err != nil {
			return err
		}
		return tx.Each("SELECT "+grantColumns+" FROM role_grants g WHERE g.licensing_id = $1 AND g.revoked_at IS NULL UNION "+
			inherited(inheritedColumns, from, "l.id = $1")+" ORDER BY address, role, part, id",
			[]any{licensing}, func(scan func(...any) error) error {
				grant, err := scanGrant(scan)
				all = append(all, grant)
				return err
			})
	})
	return all, err
}
