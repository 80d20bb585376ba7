package access

import (
	"slices"

	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// WithdrawTx ends the roles on a Licensing ID that another room gave under a reference, on the record, and leaves it to the caller to tell
// the person. Whoever the agreement names as contact keeps the reports. The caller has decided and holds LockTx.
func (s *Service) WithdrawTx(tx *db.Tx, g *Gate, licensing ids.ID, source Source, ref string) error {
	given, err := givenAs(tx, licensing, source, ref)
	if err != nil || len(given) == 0 {
		return err
	}
	address := given[0].Address
	left, err := rolesOf(tx, address, []ids.ID{licensing})
	if err != nil {
		return err
	}
	named, err := namedOn(tx, []ids.ID{licensing}, address)
	if err != nil {
		return err
	}
	left = slices.DeleteFunc(left, func(o Grant) bool { return slices.ContainsFunc(given, func(e Grant) bool { return e.ID == o.ID }) })
	c := RoleChange{Licensing: licensing, Ended: given}
	if kind := named[licensing]; kind != "" && !slices.ContainsFunc(left, Grant.views) {
		c.Given = append(c.Given, viewing(tx, licensing, address, kind))
	}
	return settle(tx, g, []RoleChange{c})
}

// givenAs returns the role rows of a source and a reference that nobody took away.
func givenAs(tx *db.Tx, licensing ids.ID, source Source, ref string) ([]Grant, error) {
	var all []Grant
	err := tx.Each("SELECT "+grantColumns+" FROM role_grants g WHERE g.licensing_id = $1 AND g.source = $2 AND g.source_ref = $3 AND g.revoked_at IS NULL ORDER BY g.role",
		[]any{licensing, string(source), ref}, func(scan func(...any) error) error {
			grant, err := scanGrant(scan)
			all = append(all, grant)
			return err
		})
	return all, err
}
