package reports

import (
	"context"
	"errors"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/feed"
)

// ImportReport returns the report of a published import, by its id on the wire. Errors: those of Gate.Staff for Import; NotFound
// "imports.unknown".
func (s *Service) ImportReport(ctx context.Context, actor audit.Actor, wire string) (feed.Report, error) {
	r := feed.Report{ID: wire}
	err := s.gates.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.Staff(access.Import); err != nil {
			return err
		}
		unknown := errs.New(errs.NotFound, "imports.unknown")
		id, err := feed.WireID.Parse(wire)
		if err != nil {
			return unknown.Wrap(err)
		}
		err = tx.Row("SELECT file, sha256, rows_read, created, changed, unchanged FROM imports WHERE id = $1 AND state = 'published'", id).
			Scan(&r.File, &r.SHA256, &r.Rows, &r.Created, &r.Changed, &r.Unchanged)
		if errors.Is(err, db.ErrNoRow) {
			return unknown
		}
		return err
	})
	return r, err
}
