package access

import (
	"context"
	"errors"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// GetRole returns one role row. Errors: NotFound "access.role_unknown" for one that does not exist or stands on a Licensing ID that
// the actor may not know of; those of Gate.On for ManageUsers.
func (s *Service) GetRole(ctx context.Context, actor audit.Actor, role ids.ID) (Grant, error) {
	var grant Grant
	err := s.Read(ctx, actor, func(tx *db.Tx, g *Gate) error {
		var err error
		grant, err = find(tx, role)
		if errors.Is(err, db.ErrNoRow) {
			err = g.On(ManageUsers, "")
		} else if err == nil {
			err = g.On(ManageUsers, grant.Licensing)
		}
		if errors.Is(err, ErrUnknownLicensingID) {
			return errUnknownGrant.Wrap(err)
		}
		return err
	})
	if err != nil {
		return Grant{}, err
	}
	return grant, nil
}
