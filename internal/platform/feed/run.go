package feed

import (
	"context"
	"errors"
	"fmt"
	"time"

	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

const (
	// WireID is the prefix of a run's id on the wire.
	WireID ids.Prefix = "imp"

	// lease is how long a run holds its room after its last sign of life; a server that dies frees it by then.
	lease = 2 * time.Minute
	// goodbye bounds how long ending a run may take after the request itself is over.
	goodbye = 10 * time.Second
)

// States of a run.
const (
	staging   = "staging"
	published = "published"
	abandoned = "abandoned" // what it staged may still lie there
	purged    = "purged"    // nothing of it is left
)

// ErrNotPublished ends the transaction of an import that shall leave nothing behind: a dry run, or a file with problems.
// It never reaches a caller.
var ErrNotPublished = errors.New("the import was not to be published")

// Run is one import on its way. Begin it, let the transactions that stage rows Renew it, and end it by Publish, inside
// the transaction that makes the rows visible, or by Abandon.
type Run struct {
	ID    ids.ID
	Seq   int64 // later runs of a room have higher ones
	room  string
	db    *db.DB
	until time.Time // end of the lease
}

// Begin opens a run of room and keeps all others of it out. Errors: Conflict "imports.running".
func Begin(ctx context.Context, d *db.DB, room, file string, dryRun bool) (*Run, error) {
	r := &Run{room: room, db: d}
	err := d.Housekeep(ctx, "opening an import", func(tx *db.Tx) error {
		r.ID = tx.NewID()
		took, err := tx.Exec("INSERT INTO import_leases (room, import_id, until) VALUES ($1, $2, $3) ON CONFLICT (room) DO UPDATE "+
			"SET import_id = excluded.import_id, until = excluded.until WHERE import_leases.until < $4", room, r.ID, tx.Now().Add(lease), tx.Now())
		if err != nil {
			return err
		}
		if took == 0 {
			return errs.New(errs.Conflict, "imports.running", errs.Params{"room": room})
		}
		if err := tx.Row("SELECT coalesce(max(seq), 0) + 1 FROM imports WHERE room = $1", room).Scan(&r.Seq); err != nil {
			return err
		}
		_, err = tx.Exec("INSERT INTO imports (id, room, seq, file, sha256, dry_run, state, rows_read, created, changed, unchanged, started_at) "+
			"VALUES ($1, $2, $3, $4, '', $5, $6, 0, 0, 0, 0, $7)", r.ID, room, r.Seq, file, dryRun, staging, tx.Now())
		r.until = tx.Now().Add(lease)
		return err
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// Renew holds the room for longer. A lease that has run out is not renewed, even if nobody has taken the room since: what
// the run had staged may be gone. Errors: Conflict "imports.lost".
func (r *Run) Renew(tx *db.Tx) error {
	until := tx.Now().Add(lease)
	n, err := tx.Exec("UPDATE import_leases SET until = $1 WHERE room = $2 AND import_id = $3 AND until >= $4", until, r.room, r.ID, tx.Now())
	if err == nil && n > 0 {
		// Taken with its row, the run cannot be given up while this transaction adds to it (Leftovers).
		n, err = tx.Exec("UPDATE imports SET state = $1 WHERE id = $2 AND state = $3", staging, r.ID, staging)
	}
	if err == nil && n == 0 {
		err = errs.New(errs.Conflict, "imports.lost", errs.Params{"room": r.room})
	}
	tx.AfterCommit(func() { r.until = until })
	return err
}

// Keep renews the run in a transaction of its own when half of its lease is over at the instant now. Work that stages nothing for
// long calls it as it goes. Errors: Conflict "imports.lost".
func (r *Run) Keep(ctx context.Context, now time.Time) error {
	if now.Before(r.until.Add(-lease / 2)) {
		return nil
	}
	return r.db.Housekeep(ctx, "holding the room of an import", r.Renew)
}

// Publish marks the run as published, with the figures of its report, and frees the room. Errors: Conflict
// "imports.lost".
func (r *Run) Publish(tx *db.Tx, report Report) error {
	if err := r.Renew(tx); err != nil {
		return err
	}
	n, err := tx.Exec("UPDATE imports SET state = $1, published_at = $2, sha256 = $3, rows_read = $4, created = $5, changed = $6, unchanged = $7 "+
		"WHERE id = $8 AND state = $9", published, tx.Now(), report.SHA256, report.Rows, report.Created, report.Changed, report.Unchanged, r.ID, staging)
	if err != nil {
		return err
	}
	if n == 0 {
		return errs.New(errs.Conflict, "imports.lost", errs.Params{"room": r.room})
	}
	return r.free(tx)
}

// Abandon ends a run that was not published and frees the room. For one that was, it does nothing. It works on after
// ctx is done, so that a caller who hangs up does not keep the room closed.
func (r *Run) Abandon(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	return r.db.Housekeep(ctx, "abandoning an import", func(tx *db.Tx) error {
		if _, err := tx.Exec("UPDATE imports SET state = $1 WHERE id = $2 AND state = $3", abandoned, r.ID, staging); err != nil {
			return err
		}
		return r.free(tx)
	})
}

// Record is what the audit log keeps of a published run.
type Record struct {
	Room      string `json:"room"`
	File      string `json:"file"`
	SHA256    string `json:"sha256"`
	Rows      int    `json:"rows"`
	Created   int    `json:"created"`
	Changed   int    `json:"changed"`
	Unchanged int    `json:"unchanged"`
}

// Record returns what the audit log keeps of the run.
func (r *Run) Record(report Report) Record {
	return Record{r.room, report.File, report.SHA256, report.Rows, report.Created, report.Changed, report.Unchanged}
}

func (r *Run) free(tx *db.Tx) error {
	_, err := tx.Exec("DELETE FROM import_leases WHERE room = $1 AND import_id = $2", r.room, r.ID)
	return err
}

// Leftovers returns the runs of room that ended without being published and whose rows may still lie there: those
// abandoned, and those whose server went silent. It gives the silent ones up first, so that none of them is published once
// its rows begin to go.
func Leftovers(tx *db.Tx, room string) ([]int64, error) {
	_, err := tx.Exec("UPDATE imports SET state = $1 WHERE room = $2 AND state = $3 AND NOT EXISTS "+
		"(SELECT 1 FROM import_leases l WHERE l.import_id = imports.id AND l.until >= $4)", abandoned, room, staging, tx.Now())
	if err != nil {
		return nil, fmt.Errorf("giving up silent imports: %w", err)
	}
	var all []int64
	err = tx.Each("SELECT seq FROM imports WHERE room = $1 AND state = $2 ORDER BY seq", []any{room, abandoned}, func(scan func(...any) error) error {
		var seq int64
		err := scan(&seq)
		all = append(all, seq)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("looking for unfinished imports: %w", err)
	}
	return all, nil
}

// Purged marks that nothing is left of a run that Leftovers named.
func Purged(tx *db.Tx, room string, seq int64) error {
	_, err := tx.Exec("UPDATE imports SET state = $1 WHERE room = $2 AND seq = $3 AND state <> $4", purged, room, seq, published)
	return err
}
