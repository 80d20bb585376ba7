package jobs

import (
	"context"
	"time"

	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

const (
	keepDone   = 7 * 24 * time.Hour
	keepDead   = 90 * 24 * time.Hour
	purgeBatch = 1000
)

// Purge removes jobs that were done a week ago or given up 90 days ago, in small transactions.
func Purge(ctx context.Context, d *db.DB) error {
	for {
		var gone int64
		err := d.Housekeep(ctx, "purging jobs", func(tx *db.Tx) (err error) {
			gone, err = tx.Exec("DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE done_at < $1 UNION ALL SELECT id FROM jobs WHERE dead_at < $2 LIMIT $3)",
				tx.Now().Add(-keepDone), tx.Now().Add(-keepDead), purgeBatch)
			return err
		})
		if err != nil || gone < purgeBatch {
			return err
		}
	}
}

// Depth says how full the queue is. Schedules are not counted.
type Depth struct {
	Due     int // ready to run and not taken
	Later   int // waiting for their time or for another attempt
	Running int // held by a runner
	Dead    int // given up and kept for somebody to look at
}

// Count returns the depth of the queue.
func Count(tx *db.Tx) (Depth, error) {
	var c Depth
	err := tx.Row(`SELECT count(*) FILTER (WHERE dead_at IS NULL AND due_at <= $1), count(*) FILTER (WHERE dead_at IS NULL AND due_at > $2 AND lease IS NULL),
		count(*) FILTER (WHERE dead_at IS NULL AND due_at > $3 AND lease IS NOT NULL), count(*) FILTER (WHERE dead_at IS NOT NULL)
		FROM jobs WHERE done_at IS NULL AND every IS NULL`, tx.Now(), tx.Now(), tx.Now()).Scan(&c.Due, &c.Later, &c.Running, &c.Dead)
	return c, err
}

// Failure is a job that was given up.
type Failure struct {
	ID     ids.ID
	Kind   string
	At     time.Time
	Reason string // the last error's text, without addresses
}

// ListDead returns the jobs that were given up, the latest first.
func ListDead(tx *db.Tx, limit int) ([]Failure, error) {
	var all []Failure
	err := tx.Each("SELECT id, kind, dead_at, last_error FROM jobs WHERE dead_at IS NOT NULL ORDER BY dead_at DESC, id DESC LIMIT $1", []any{limit},
		func(scan func(...any) error) error {
			var f Failure
			if err := scan(&f.ID, &f.Kind, &f.At, &f.Reason); err != nil {
				return err
			}
			all = append(all, f)
			return nil
		})
	return all, err
}

// ReviveTx gives a dead job all its attempts again. Errors: NotFound "jobs.not_dead".
func ReviveTx(tx *db.Tx, id ids.ID) error {
	n, err := tx.Exec("UPDATE jobs SET dead_at = NULL, attempts = 0, due_at = $1 WHERE id = $2 AND dead_at IS NOT NULL", tx.Now(), id)
	if err == nil && n == 0 {
		return errs.New(errs.NotFound, "jobs.not_dead")
	}
	return err
}
