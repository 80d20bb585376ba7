package access

import (
	"context"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// Drop takes a whole Licensing ID out of the actor's own permissions (PERM-18); it comes back only as a role that somebody gives. Expired
// ones can be dropped too. Errors: those of Gate.SignedIn; NotFound ErrUnknownLicensingID where the actor holds no role; Conflict
// "access.contact_stays" while an agreement names the actor, "access.last_administrator".
func (s *Service) Drop(ctx context.Context, actor audit.Actor, licensing ids.ID) error {
	return s.Write(ctx, actor, func(tx *db.Tx, g *Gate) error {
		if err := g.SignedIn(); err != nil {
			return err
		}
		held, err := g.rolesOn(licensing)
		if err != nil {
			return err
		}
		if len(held) == 0 {
			return g.refuse(SeeLicensingID, licensing, ErrUnknownLicensingID)
		}
		if err := bumpRoles(tx, licensing); err != nil {
			return err
		}
		if err := mayDrop(tx, actor.ID, licensing); err != nil {
			return err
		}
		own, err := rolesOfUser(tx, actor.ID, licensing)
		if err != nil {
			return err
		}
		if len(own) == 0 { // taken away meanwhile
			return ErrUnknownLicensingID
		}
		return s.apply(tx, g, own[0].Address, []RoleChange{{Licensing: licensing, Ended: own}})
	})
}

// mayDrop refuses while the user is named on the Licensing ID or above it (PERM-19).
func mayDrop(tx *db.Tx, user, licensing ids.ID) error {
	var number string
	err := tx.Each("SELECT l.number FROM named_contacts n JOIN licensing_ids l ON l.id = n.subject_id "+owned+" WHERE n.ended_at IS NULL AND l.id = $2 UNION "+
		inherited("l.number", owned, "l.id = $2"), []any{user, licensing}, func(scan func(...any) error) error { return scan(&number) })
	if err == nil && number != "" {
		return errs.New(errs.Conflict, "access.contact_stays", errs.Params{"licensing_id": number})
	}
	return err
}

// rolesOfUser returns the role rows that a user holds, or will, on a Licensing ID by any verified address.
func rolesOfUser(tx *db.Tx, user, licensing ids.ID) ([]Grant, error) {
	var all []Grant
	err := tx.Each("SELECT "+grantColumns+" FROM role_grants g JOIN user_addresses a ON a.address = g.address AND a.user_id = $1 AND a.verified_at IS NOT NULL "+
		"WHERE g.licensing_id = $2 AND g.revoked_at IS NULL AND (g.valid_until IS NULL OR g.valid_until > $3) ORDER BY g.address, g.role, g.part",
		[]any{user, licensing, tx.Now()}, func(scan func(...any) error) error {
			grant, err := scanGrant(scan)
			all = append(all, grant)
			return err
		})
	return all, err
}
