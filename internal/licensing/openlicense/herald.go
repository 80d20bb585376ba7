package openlicense

import (
	"slices"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// RolesChangedTx takes it for a denial when somebody else takes the last role away that an addition gave, wherever that is done: the same
// numbers must not give back what an Administrator has withdrawn (OPEN-08, OPEN-09, OPEN-17).
func (s *Service) RolesChangedTx(tx *db.Tx, by audit.Actor, address string, changes []access.RoleChange) error {
	for _, c := range changes {
		for _, id := range taken(c) {
			if err := s.withdrawn(tx, by, address, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// taken returns the additions whose roles a change ends.
func taken(c access.RoleChange) (all []ids.ID) {
	for _, g := range c.Ended {
		if g.Source != access.OpenLicense && g.Source != access.Reseller {
			continue
		}
		if id, err := Wire.Parse(g.SourceRef); err == nil && !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	return all
}

// withdrawn denies an addition of which no role is left, unless its person has dropped it.
func (s *Service) withdrawn(tx *db.Tx, by audit.Actor, address string, id ids.ID) error {
	if by.Kind != audit.User {
		return nil
	}
	n, err := tx.Exec(`UPDATE open_license_additions SET denied_by = $1, denied_at = $2 WHERE id = $3 AND denied_at IS NULL
		AND NOT EXISTS (SELECT 1 FROM user_addresses o WHERE o.user_id = $1 AND o.address = $4)
		AND NOT EXISTS (SELECT 1 FROM role_grants g WHERE g.licensing_id = open_license_additions.licensing_id AND g.source_ref = $5 AND g.revoked_at IS NULL)`,
		by.ID, tx.Now(), id, address, Wire.Wire(id))
	if err != nil || n == 0 {
		return err
	}
	a, err := one(tx, id)
	if err != nil {
		return err
	}
	if err := s.tellDenied(tx, a); err != nil {
		return err
	}
	return audit.Record(tx, by, audit.Event{Action: "openlicense.denied", Object: Wire.Wire(id), LicensingID: a.Licensing})
}
