package jobs_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/jobs"
)

func TestEachSlotRunsOnOneReplica(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		var mu sync.Mutex
		ran := 0
		var replicas []*jobs.Runner
		for range 3 {
			r := jobs.New(d, jobs.Config{})
			r.Every("seal", time.Minute, func(context.Context) error {
				mu.Lock()
				defer mu.Unlock()
				ran++
				return nil
			})
			replicas = append(replicas, r)
		}
		round := func() {
			var all sync.WaitGroup
			for _, r := range replicas {
				all.Go(func() {
					if err := drain(t, r); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
		}
		for slot := range 10 {
			if round(); ran != slot+1 {
				t.Fatalf("slot %d: ran %d times", slot, ran)
			}
			clk.Advance(time.Minute)
		}
		clk.Advance(60 * 24 * time.Hour) // missed slots are not made up for one by one
		if round(); ran != 11 {
			t.Errorf("after 60 days: ran %d times, want 11", ran)
		}
	})
}

func TestAFailedScheduleIsTriedAgainBeforeItsNextSlotAndNeverDies(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		ran, broken := 0, true
		r := jobs.New(d, jobs.Config{Attempts: 2})
		r.Every("daily", 24*time.Hour, func(context.Context) error {
			ran++
			if broken {
				return errors.New("not now")
			}
			return nil
		})
		for _, wait := range []time.Duration{0, 10 * time.Second, 30 * time.Second, 90 * time.Second} {
			clk.Advance(wait)
			drain(t, r)
		}
		if ran != 4 || depth(t, d).Dead != 0 {
			t.Fatalf("ran %d times, depth %+v", ran, depth(t, d))
		}
		broken = false
		clk.Advance(270 * time.Second)
		if err := drain(t, r); err != nil || ran != 5 {
			t.Fatalf("ran %d times, %v", ran, err)
		}
		midnight := dbtest.Start.Truncate(24 * time.Hour).Add(24 * time.Hour)
		clk.Advance(midnight.Sub(clk.Now()) - time.Microsecond)
		if drain(t, r); ran != 5 {
			t.Error("ran again before the next slot")
		}
		clk.Advance(time.Microsecond)
		if drain(t, r); ran != 6 {
			t.Error("did not run at the next slot")
		}
	})
}

func TestANewIntervalCountsAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		ran := 0
		with := func(every time.Duration) *jobs.Runner {
			r := jobs.New(d, jobs.Config{})
			r.Every("tidy", every, func(context.Context) error { ran++; return nil })
			return r
		}
		drain(t, with(24*time.Hour))
		drain(t, with(24*time.Hour))
		if ran != 1 {
			t.Fatalf("ran %d times with the same interval", ran)
		}
		drain(t, with(time.Hour))
		clk.Advance(time.Hour)
		drain(t, with(time.Hour))
		if ran != 3 {
			t.Errorf("ran %d times, want 3", ran)
		}
	})
}

func TestPurgeKeepsAWeek(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		r := jobs.New(d, jobs.Config{})
		r.Handle("work", func(context.Context, jobs.Job) error { return nil })
		r.Handle("fails", func(context.Context, jobs.Job) error { return jobs.Permanent(errors.New("never")) })
		enqueue(t, d, "work", nil, time.Time{})
		enqueue(t, d, "fails", nil, time.Time{})
		enqueue(t, d, "work", nil, dbtest.Start.Add(365*24*time.Hour))
		rows := func() (n int) {
			if err := d.Read(t.Context(), func(tx *db.Tx) error {
				return tx.Row("SELECT count(*) FROM jobs WHERE every IS NULL").Scan(&n)
			}); err != nil {
				t.Fatal(err)
			}
			return n
		}
		drain(t, r)
		for _, step := range []struct {
			wait time.Duration
			want int
		}{{7 * 24 * time.Hour, 3}, {time.Hour, 2}, {83 * 24 * time.Hour, 1}} {
			clk.Advance(step.wait)
			drain(t, r)
			if got := rows(); got != step.want {
				t.Errorf("%s later: %d rows, want %d", step.wait, got, step.want)
			}
		}
	})
}
