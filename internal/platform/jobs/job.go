package jobs

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// Job is one claim on a piece of work, as its handler sees it.
type Job struct {
	ID       ids.ID // empty for a run of a schedule
	Kind     string
	Attempt  int       // 1 for the first
	Enqueued time.Time // the instant of the transaction that wanted it
	payload  string
	row      string
	lease    ids.ID
	every    time.Duration
}

// Into decodes the payload into v. The error is Permanent: trying again would not help.
func (j Job) Into(v any) error {
	if err := json.Unmarshal([]byte(j.payload), v); err != nil {
		return Permanent(fmt.Errorf("reading the payload of a %s job: %w", j.Kind, err))
	}
	return nil
}

// DoneTx ends the job in the handler's own transaction, so that its effect happens once however often it is started.
// The handler then returns nil. Errors: Conflict "jobs.lease_lost" when another runner has taken over; the
// transaction must then be rolled back.
func (j Job) DoneTx(tx *db.Tx) error {
	n, err := tx.Exec("UPDATE jobs SET done_at = $1 WHERE id = $2 AND lease = $3 AND every IS NULL AND done_at IS NULL", tx.Now(), j.row, j.lease)
	if err == nil && n == 0 {
		return errs.New(errs.Conflict, "jobs.lease_lost", errs.Params{"kind": j.Kind})
	}
	return err
}

// Enqueue adds work to the queue as part of tx. at is the earliest instant it may run; the zero time means now. A runner
// finds it within a second; Runner.Enqueue wakes the one of this process at once. payload becomes JSON, without secrets.
func Enqueue(tx *db.Tx, kind string, payload any, at time.Time) error {
	body, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("writing the payload of a %s job: %w", kind, err)
	}
	if at.IsZero() {
		at = tx.Now()
	}
	_, err = tx.Exec("INSERT INTO jobs (id, kind, payload, enqueued_at, due_at, attempts) VALUES ($1, $2, $3, $4, $5, 0)",
		tx.NewID(), kind, string(body), tx.Now(), at)
	if err != nil {
		return fmt.Errorf("enqueuing a %s job: %w", kind, err)
	}
	return nil
}

// permanent marks an error that no repetition mends.
type permanent struct{ error }

// Unwrap returns the marked error.
func (p permanent) Unwrap() error { return p.error }

// Permanent marks err as one that no repetition mends: the job is dead at once. Permanent(nil) is nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return permanent{err}
}

func isPermanent(err error) bool {
	_, ok := errors.AsType[permanent](err)
	return ok
}

const (
	firstDelay = 10 * time.Second
	lastDelay  = 6 * time.Hour
)

// backoff is how long a job waits after its attempt-th failure: 10 s, three times as long each time, at most 6 hours.
func backoff(attempt int) time.Duration {
	delay := firstDelay
	for range attempt - 1 {
		if delay *= 3; delay >= lastDelay {
			return lastDelay
		}
	}
	return delay
}

// nextSlot is the first slot of a schedule after at. Slots are the whole multiples of every since 1970 in UTC, so that
// all replicas agree on them.
func nextSlot(at time.Time, every time.Duration) time.Time {
	step := every.Microseconds()
	return time.UnixMicro((at.UnixMicro()/step + 1) * step).UTC()
}
