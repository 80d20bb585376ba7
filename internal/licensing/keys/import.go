package keys

import (
	"context"
	"errors"
	"io"
	"regexp"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/feed"
)

// importRoom names the room in the table of imports.
const importRoom = "keys"

// rowsAtOnce is how many rows of a file are settled in one transaction.
const rowsAtOnce = 500

// Import takes foreign keys in: the seven columns of the key file (KEY-15), separated by tabs, commas or semicolons. All or nothing:
// with any bad row, and in a dry run, nothing is kept, and the report says why.
//
// A row is one key for one product on one Licensing ID, which must exist; Parent Program and Organization are for the reader and
// compared with nothing. The same row again changes nothing; another type or count is a change. A key of our own, in a file of our own
// export, is left as it is and counted as unchanged. Errors name file, line and column and never repeat a key.
//
// Errors: those of access.Gate.Staff; Conflict "imports.running", "imports.lost"; Limited "feed.too_large".
func (s *Service) Import(ctx context.Context, actor audit.Actor, file string, r io.Reader, dryRun bool) (feed.Report, error) {
	if err := s.mayImport(ctx, actor); err != nil {
		return feed.Report{}, err
	}
	if err := s.sweep(ctx); err != nil {
		return feed.Report{}, err
	}
	run, err := feed.Begin(ctx, s.db, importRoom, file, dryRun)
	if err != nil {
		return feed.Report{}, err
	}
	in := &intake{service: s, run: run, problems: feed.NewProblems(file), seen: map[string]foreign{},
		report: feed.Report{ID: feed.WireID.Wire(run.ID), DryRun: dryRun, File: file}}
	err = in.read(ctx, r)
	if err == nil && !in.problems.Any() && !dryRun {
		if err = s.publish(ctx, actor, run, in.report); err == nil {
			return in.report, nil
		}
	}
	err = errors.Join(err, run.Abandon(ctx))
	in.problems.Fill(&in.report)
	conceal(in.report.Errors)
	return in.report, err
}

func (s *Service) mayImport(ctx context.Context, actor audit.Actor) error {
	return s.access.Read(ctx, actor, func(_ *db.Tx, g *access.Gate) error { return g.Staff(access.Import) })
}

// sweep removes what unfinished imports have left behind.
func (s *Service) sweep(ctx context.Context) error {
	return s.db.Housekeep(ctx, "removing what unfinished imports of keys left", func(tx *db.Tx) error {
		left, err := feed.Leftovers(tx, importRoom)
		if err != nil {
			return err
		}
		for _, seq := range left {
			if _, err := tx.Exec("DELETE FROM staged_keys WHERE import = $1", seq); err != nil {
				return err
			}
			if err := feed.Purged(tx, importRoom, seq); err != nil {
				return err
			}
		}
		return nil
	})
}

// publish makes the staged keys visible, on the record.
func (s *Service) publish(ctx context.Context, actor audit.Actor, run *feed.Run, report feed.Report) error {
	return s.access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.Staff(access.Import); err != nil {
			return err
		}
		if err := run.Publish(tx, report); err != nil {
			return err
		}
		if err := recordChanges(tx, g.Actor(), run.Seq); err != nil {
			return err
		}
		for _, statement := range []string{publishChanged, publishNew, "DELETE FROM staged_keys WHERE import = $1"} {
			if _, err := tx.Exec(statement, run.Seq); err != nil {
				return err
			}
		}
		tx.SetResult(report.ID)
		return audit.Record(tx, g.Actor(), audit.Event{Action: "imports.published", Object: report.ID, After: run.Record(report)})
	})
}

// keyLike is anything in a text that could be a key.
var keyLike = regexp.MustCompile(`[0-9A-Za-z]{5}(?:[\s\p{Pd}]*[0-9A-Za-z]{5}){4}`)

// conceal takes keys out of what is told about a file: in one without a header, the first key is read as the name of a column.
func conceal(found []feed.RowError) {
	for i, e := range found {
		found[i].Field = keyLike.ReplaceAllString(e.Field, "•••••")
		params := errs.Params{}
		for name, value := range e.Params {
			if text, ok := value.(string); ok {
				value = keyLike.ReplaceAllString(text, "•••••")
			}
			params[name] = value
		}
		found[i].Params = params
	}
}
