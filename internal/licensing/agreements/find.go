package agreements

import (
	"context"
	"errors"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// Find returns the row id of a Licensing ID that the actor may see, by its number. Errors: those of FindFor, for SeeLicensingID.
func (s *Service) Find(ctx context.Context, actor audit.Actor, number string) (ids.ID, error) {
	return s.FindFor(ctx, actor, access.SeeLicensingID, number)
}

// FindFor returns the row id of a Licensing ID on which the actor may do action, by its number: a token needs no scope but that of what it is
// used for. Errors: those of Gate.On; a number that does not exist, one that the actor may not know of and one of a program that is managed
// elsewhere are the same NotFound "licensing_ids.unknown".
func (s *Service) FindFor(ctx context.Context, actor audit.Actor, action access.Action, number string) (ids.ID, error) {
	var id ids.ID
	if !storable(number) {
		number = ""
	}
	err := s.access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		id = "" // which is refused like a Licensing ID of somebody else
		err := tx.Row("SELECT l.id FROM licensing_ids l WHERE l.number IN "+tx.In("$1")+" AND "+access.Shown, db.List([]string{number})).Scan(&id)
		if err != nil && !errors.Is(err, db.ErrNoRow) {
			return err
		}
		return g.On(action, id)
	})
	if err != nil {
		return "", err
	}
	return id, nil
}
