package access

import "chiave/internal/platform/db"

// WouldGrantFromContactTx reports whether GrantFromContactTx would give anything now, and changes nothing. Errors: Invalid
// "access.address".
func (s *Service) WouldGrantFromContactTx(tx *db.Tx, c ContactGrant) (bool, error) {
	address, err := NormalizeAddress(c.Address)
	if err != nil || len(c.Roles) == 0 {
		return false, err
	}
	var given int
	err = tx.Row("SELECT count(*) FROM contact_grants WHERE licensing_id = $1 AND address = $2 AND ref = $3", c.Licensing, address, c.Ref).Scan(&given)
	if err != nil || given > 0 {
		return false, err
	}
	for _, role := range c.Roles {
		held, err := holdsForGood(tx, Grant{Licensing: c.Licensing, Address: address, Role: role, From: tx.Now()})
		if err != nil || !held {
			return err == nil, err
		}
	}
	return false, nil
}
