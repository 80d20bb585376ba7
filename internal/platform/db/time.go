package db

import (
	"context"
	"database/sql"
	"sync"
	"time"

	"chiave/internal/platform/clock"
)

// holdEvery is how long a measurement of the database's clock is trusted. Between measurements the process's monotonic
// clock carries the time, so setting the machine's clock changes nothing.
const holdEvery = 30 * time.Second

// timekeeper turns the machine's clock into the database's.
type timekeeper struct {
	local clock.Clock
	free  bool

	mu      sync.Mutex
	taken   time.Time // local reading of the measurement, with its monotonic part
	ahead   time.Duration
	renewal bool // somebody is measuring

	told time.Time // the last instant given out
	seen time.Time // local reading at which it was
}

// now returns the present instant in whole microseconds. It never goes back while the process lives: where a measurement, or a
// machine's clock that was set, would take it back, time goes on at half its speed until it is caught up with.
func (k *timekeeper) now() time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	local := k.local.Now()
	t := local
	if !k.free {
		if !k.taken.IsZero() {
			t = k.taken.Add(local.Sub(k.taken)).Add(k.ahead)
		}
		if slow := k.told.Add(max(0, local.Sub(k.seen)) / 2); t.Before(slow) {
			t = slow
		}
		k.told, k.seen = t, local
	}
	return t.UTC().Truncate(time.Microsecond)
}

// hold measures how far the database's clock is ahead of the machine's, taking the middle of the round trip.
func (k *timekeeper) hold(ctx context.Context, q interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}) error {
	if k.free {
		return nil
	}
	before := k.local.Now()
	var micros int64
	if err := q.QueryRowContext(ctx, "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)").Scan(&micros); err != nil {
		return err
	}
	trip := k.local.Now().Sub(before)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.taken = before
	k.ahead = time.UnixMicro(micros).Add(-trip / 2).Sub(before.Round(0))
	return nil
}

// stale reports, to one caller at a time, that the measurement should be taken again.
func (k *timekeeper) stale() bool {
	if k.free {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.renewal || k.taken.IsZero() || k.local.Now().Sub(k.taken) < holdEvery {
		return false
	}
	k.renewal = true
	return true
}

func (k *timekeeper) renewed() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.renewal = false
}
