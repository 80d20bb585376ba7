package agreements

import (
	"context"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// Find returns the row id of a Licensing ID that the actor may see, by its number. Errors: those of Gate.On for
// SeeLicensingID; a number that does not exist and one that the actor may not know of are the same NotFound
// "licensing_ids.unknown".
func (s *Service) Find(ctx context.Context, actor audit.Actor, number string) (id ids.ID, err error) {
	err = s.access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		l, err := s.ByNumberTx(tx, number)
		if errs.KindOf(err) == errs.NotFound {
			return g.On(access.SeeLicensingID, "") // refuses like a Licensing ID of somebody else
		}
		if err != nil {
			return err
		}
		id = l.ID
		return g.On(access.SeeLicensingID, l.ID)
	})
	return id, err
}
