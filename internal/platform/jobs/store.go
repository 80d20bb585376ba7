package jobs

import (
	"cmp"
	"context"
	"slices"
	"time"

	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// claim gives up to limit due jobs of kinds to this caller until now plus lease. busy are the rows that must not be
// given: those this process is still running.
func claim(ctx context.Context, d *db.DB, kinds, busy []string, limit int, lease time.Duration) ([]Job, error) {
	var taken []Job
	err := d.Housekeep(ctx, "claiming jobs", func(tx *db.Tx) error {
		taken = nil
		token := tx.NewID()
		// Rows that another claim is taking at this moment are passed over on PostgreSQL; SQLite has one writer.
		query := `WITH next (job) AS (
			SELECT id FROM jobs
			WHERE due_at <= $1 AND done_at IS NULL AND dead_at IS NULL AND kind IN ` + tx.In("$2") + ` AND id NOT IN ` + tx.In("$3") + `
			ORDER BY due_at, id LIMIT $4` + tx.Pick("", " FOR UPDATE SKIP LOCKED") + `)
			UPDATE jobs SET lease = $5, due_at = $6, attempts = attempts + 1 FROM next WHERE id = job
			RETURNING id, kind, payload, coalesce(every, 0), attempts, enqueued_at`
		args := []any{tx.Now(), db.List(kinds), db.List(busy), limit, token, tx.Now().Add(lease)}
		return tx.Each(query, args, func(scan func(...any) error) error {
			j := Job{lease: token}
			var every int64
			if err := scan(&j.row, &j.Kind, &j.payload, &every, &j.Attempt, &j.Enqueued); err != nil {
				return err
			}
			j.every = time.Duration(every) * time.Microsecond
			if j.every == 0 {
				j.ID = ids.ID(j.row)
			}
			taken = append(taken, j)
			return nil
		})
	})
	slices.SortFunc(taken, func(a, b Job) int { return cmp.Compare(a.row, b.row) })
	return taken, err
}

// held changes the row of j if its claim still holds it and the work is not done.
func held(tx *db.Tx, j Job, set string, args ...any) (bool, error) {
	n, err := tx.Exec("UPDATE jobs SET lease = NULL, "+set+" WHERE id = $1 AND lease = $2 AND done_at IS NULL", append([]any{j.row, j.lease}, args...)...)
	return n > 0, err
}

// finish records that the work of j is done; a schedule waits for its next slot. A job that is done keeps its claim's
// name: so a handler that ended it in a transaction of its own is told from another runner that took over.
func finish(tx *db.Tx, j Job) (bool, error) {
	if j.every > 0 {
		return held(tx, j, "due_at = $3, attempts = 0, last_error = NULL", nextSlot(tx.Now(), j.every))
	}
	n, err := tx.Exec("UPDATE jobs SET done_at = coalesce(done_at, $1) WHERE id = $2 AND lease = $3", tx.Now(), j.row, j.lease)
	return n > 0, err
}

// retry records a failure after which j is tried again. A schedule is due at its next slot at the latest.
func retry(tx *db.Tx, j Job, reason string) (bool, error) {
	due := tx.Now().Add(backoff(j.Attempt))
	if j.every > 0 {
		due = earlier(due, nextSlot(tx.Now(), j.every))
	}
	return held(tx, j, "due_at = $3, last_error = $4", due, reason)
}

// bury gives j up.
func bury(tx *db.Tx, j Job, reason string) (bool, error) {
	return held(tx, j, "dead_at = $3, last_error = $4", tx.Now(), reason)
}

// release gives j back as if it had not been claimed.
func release(tx *db.Tx, j Job) (bool, error) {
	return held(tx, j, "due_at = $3, attempts = attempts - 1", tx.Now())
}

// schedule makes sure of the row of a schedule. A new one, or one with a new interval, is due at once.
func schedule(tx *db.Tx, kind string, every time.Duration) error {
	_, err := tx.Exec(`INSERT INTO jobs (id, kind, payload, every, enqueued_at, due_at, attempts) VALUES ($1, $2, 'null', $3, $4, $5, 0)
		ON CONFLICT (id) DO UPDATE SET every = excluded.every, due_at = CASE WHEN jobs.lease IS NULL THEN excluded.due_at ELSE jobs.due_at END
		WHERE jobs.every <> excluded.every`, kind, kind, every.Microseconds(), tx.Now(), tx.Now())
	return err
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
