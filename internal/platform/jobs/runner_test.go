package jobs_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/jobs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func enqueue(t *testing.T, d *db.DB, kind string, payload any, at time.Time) {
	t.Helper()
	if err := d.Housekeep(t.Context(), "test", func(tx *db.Tx) error { return jobs.Enqueue(tx, kind, payload, at) }); err != nil {
		t.Fatal(err)
	}
}

func depth(t *testing.T, d *db.DB) (c jobs.Depth) {
	t.Helper()
	if err := d.Read(t.Context(), func(tx *db.Tx) (err error) { c, err = jobs.Count(tx); return err }); err != nil {
		t.Fatal(err)
	}
	return c
}

// drain runs what is due; handlers count their runs themselves.
func drain(t *testing.T, r *jobs.Runner) error {
	t.Helper()
	_, err := r.Drain(t.Context())
	return err
}

func start(t *testing.T, r *jobs.Runner) {
	t.Helper()
	r.Start(context.Background())
	t.Cleanup(r.Stop)
	<-r.Started()
}

func TestThreeRunnersRunEachOf2000JobsOnce(t *testing.T) {
	t.Parallel()
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(engine.String(), func(t *testing.T) {
			t.Parallel()
			const total = 2000
			url, clk := dbtest.URL(t, engine), clock.NewManual(dbtest.Start)
			var mu sync.Mutex
			seen, all := map[int]int{}, make(chan struct{})
			work := func(_ context.Context, j jobs.Job) error {
				var n int
				if err := j.Into(&n); err != nil {
					return err
				}
				mu.Lock()
				defer mu.Unlock()
				seen[n]++
				if len(seen) == total && seen[n] == 1 {
					close(all)
				}
				return nil
			}
			first := dbtest.Open(t, url, clk)
			if err := first.Housekeep(t.Context(), "test", func(tx *db.Tx) error {
				for n := range total {
					if err := jobs.Enqueue(tx, "work", n, time.Time{}); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			var runners []*jobs.Runner
			for range 3 {
				r := jobs.New(dbtest.Open(t, url, clk), jobs.Config{})
				r.Handle("work", work)
				runners = append(runners, r)
				r.Start(context.Background())
				t.Cleanup(r.Stop)
			}
			<-all
			for _, r := range runners {
				r.Stop()
			}
			for n := range total {
				if seen[n] != 1 {
					t.Fatalf("job %d ran %d times, want once", n, seen[n])
				}
			}
			if c := depth(t, first); c != (jobs.Depth{}) {
				t.Errorf("left in the queue: %+v", c)
			}
		})
	}
}

func TestAnotherRunnerTakesOverWhenALeaseEnds(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		enqueue(t, d, "work", nil, time.Time{})
		lost := make(chan jobs.Outcome, 1)
		stuck := jobs.New(d, jobs.Config{Observe: func(kind string, o jobs.Outcome) {
			if kind == "work" {
				lost <- o
			}
		}})
		running, letGo := make(chan struct{}), make(chan struct{})
		stuck.Handle("work", func(context.Context, jobs.Job) error { close(running); <-letGo; return nil })
		start(t, stuck)
		<-running

		ran := 0
		other := jobs.New(d, jobs.Config{})
		other.Handle("work", func(_ context.Context, j jobs.Job) error {
			if j.Attempt != 2 {
				t.Errorf("attempt %d, want 2", j.Attempt)
			}
			ran++
			return nil
		})
		clk.Advance(2*time.Minute - time.Microsecond)
		if err := drain(t, other); err != nil || ran != 0 {
			t.Fatalf("before the lease ended: ran %d times, %v", ran, err)
		}
		clk.Advance(time.Microsecond)
		stuck.Wake() // the runner that holds the job does not start it a second time
		if err := drain(t, other); err != nil || ran != 1 {
			t.Fatalf("after the lease ended: ran %d times, %v", ran, err)
		}
		close(letGo)
		if got := <-lost; got != jobs.Lost {
			t.Errorf("the late runner's outcome is %s, want lost", got)
		}
		if err := drain(t, other); err != nil || ran != 1 {
			t.Errorf("ran %d times in the end, %v", ran, err)
		}
	})
}

func TestAttemptsCutShortCountAndEndInDeath(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		enqueue(t, d, "work", nil, time.Time{})
		for attempt := 1; attempt <= 2; attempt++ { // two processes in turn take the job and are killed
			killed := jobs.New(d, jobs.Config{Attempts: 2})
			running, release := make(chan struct{}), make(chan struct{})
			killed.Handle("work", func(context.Context, jobs.Job) error { close(running); <-release; return nil })
			killed.Start(context.Background())
			t.Cleanup(func() { close(release); killed.Stop() })
			<-running
			clk.Advance(2 * time.Minute)
		}
		r := jobs.New(d, jobs.Config{Attempts: 2})
		var told string
		r.HandleWith("work", jobs.Handler{
			Run: func(context.Context, jobs.Job) error {
				t.Error("started although all attempts are used up")
				return nil
			},
			Dead: func(_ *db.Tx, _ jobs.Job, reason string) error { told = reason; return nil },
		})
		if err := drain(t, r); err == nil {
			t.Error("Drain hides that the job was given up")
		}
		if told != "the last attempt was cut short" || depth(t, d) != (jobs.Depth{Dead: 1}) {
			t.Errorf("told %q, depth %+v", told, depth(t, d))
		}
	})
}

func TestFailuresAreRepeatedWithBackoffUntilDead(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		boom := errors.New("boom")
		ran, dead := 0, 0
		r := jobs.New(d, jobs.Config{Attempts: 4})
		r.HandleWith("work", jobs.Handler{
			Run:  func(context.Context, jobs.Job) error { ran++; return boom },
			Dead: func(*db.Tx, jobs.Job, string) error { dead++; return nil },
		})
		enqueue(t, d, "work", nil, dbtest.Start.Add(time.Hour))
		for step, wait := range []time.Duration{time.Hour, 10 * time.Second, 30 * time.Second, 90 * time.Second} {
			clk.Advance(wait - time.Microsecond)
			if drain(t, r); ran != step {
				t.Fatalf("step %d: ran %d times too early", step, ran)
			}
			clk.Advance(time.Microsecond)
			if err := drain(t, r); !errors.Is(err, boom) || ran != step+1 {
				t.Fatalf("step %d: ran %d times, error %v", step, ran, err)
			}
		}
		clk.Advance(24 * time.Hour)
		if drain(t, r); ran != 4 || dead != 1 || depth(t, d) != (jobs.Depth{Dead: 1}) {
			t.Errorf("ran %d times, told of death %d times, depth %+v", ran, dead, depth(t, d))
		}
		revive(t, d, "boom")
		if drain(t, r); ran != 5 {
			t.Errorf("a revived job ran %d times more, want 1", ran-4)
		}
	})
}

func revive(t *testing.T, d *db.DB, reason string) {
	t.Helper()
	err := d.Housekeep(t.Context(), "test", func(tx *db.Tx) error {
		dead, err := jobs.ListDead(tx, 10)
		if err != nil || len(dead) != 1 || dead[0].Reason != reason || dead[0].Kind != "work" {
			t.Fatalf("dead jobs %+v, %v", dead, err)
		}
		return jobs.ReviveTx(tx, dead[0].ID)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPermanentErrorsAndPanics(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		r := jobs.New(d, jobs.Config{})
		r.Handle("malformed", func(_ context.Context, j jobs.Job) error { var n int; return j.Into(&n) })
		r.Handle("panics", func(context.Context, jobs.Job) error { panic("out of range") })
		enqueue(t, d, "malformed", "not a number", time.Time{})
		enqueue(t, d, "panics", nil, time.Time{})
		enqueue(t, d, "unknown to this replica", nil, time.Time{})
		if n, err := r.Drain(t.Context()); n != 3 || err == nil { // the third is the purge schedule
			t.Errorf("%d runs, %v", n, err)
		}
		if got, want := depth(t, d), (jobs.Depth{Due: 1, Later: 1, Dead: 1}); got != want {
			t.Errorf("depth %+v, want %+v", got, want)
		}
	})
}

func TestEnqueueWakesTheRunnerAndFollowsTheTransaction(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		r := jobs.New(d, jobs.Config{Poll: time.Hour})
		got := make(chan int, 10)
		r.Handle("work", func(_ context.Context, j jobs.Job) error {
			var n int
			err := j.Into(&n)
			got <- n
			return err
		})
		start(t, r)
		undone := errors.New("rolled back")
		put := func(n int, result error) error {
			return d.Housekeep(context.Background(), "test", func(tx *db.Tx) error {
				return errors.Join(r.Enqueue(tx, "work", n, time.Time{}), result)
			})
		}
		if err := put(1, undone); !errors.Is(err, undone) {
			t.Fatal(err)
		}
		if err := put(2, nil); err != nil {
			t.Fatal(err)
		}
		if n := <-got; n != 2 {
			t.Errorf("job %d ran, want 2", n)
		}
	})
}

func TestPollingFindsWorkOfOtherProcesses(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		r := jobs.New(d, jobs.Config{Poll: 10 * time.Millisecond})
		got := make(chan struct{})
		r.Handle("work", func(context.Context, jobs.Job) error { close(got); return nil })
		start(t, r)
		enqueue(t, d, "work", nil, time.Time{}) // wakes nobody
		<-got
	})
}

func TestStopCancelsWaitsAndGivesBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		enqueue(t, d, "work", nil, time.Time{})
		r := jobs.New(d, jobs.Config{})
		running, returned := make(chan struct{}), false
		r.Handle("work", func(ctx context.Context, _ jobs.Job) error {
			close(running)
			<-ctx.Done()
			returned = true
			return ctx.Err()
		})
		r.Stop() // before Start: nothing to do
		r.Start(context.Background())
		<-running
		r.Stop()
		r.Stop()
		if !returned || depth(t, d) != (jobs.Depth{Due: 1}) {
			t.Errorf("handler returned: %v, depth %+v", returned, depth(t, d))
		}
		next := jobs.New(d, jobs.Config{})
		attempt := 0
		next.Handle("work", func(_ context.Context, j jobs.Job) error { attempt = j.Attempt; return nil })
		if err := drain(t, next); err != nil || attempt != 1 {
			t.Errorf("attempt %d after a stop, want 1 (%v)", attempt, err)
		}
	})
}

func TestDoneTxLetsOneEffectHappen(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		enqueue(t, d, "work", nil, time.Time{})
		effect := func(j jobs.Job) error {
			return d.Housekeep(context.Background(), "test", func(tx *db.Tx) error {
				if _, err := tx.Exec("INSERT INTO idempotency (principal, key, route, body_hash, object, created_at) VALUES ('p', $1, '', '', '', $2)", strconv.Itoa(j.Attempt), tx.Now()); err != nil {
					return err
				}
				return j.DoneTx(tx)
			})
		}
		late, other := jobs.New(d, jobs.Config{}), jobs.New(d, jobs.Config{})
		other.Handle("work", func(_ context.Context, j jobs.Job) error { return effect(j) })
		late.Handle("work", func(_ context.Context, j jobs.Job) error {
			clk.Advance(3 * time.Minute) // longer than the lease: the other replica does the work meanwhile
			if err := drain(t, other); err != nil {
				t.Error(err)
			}
			return effect(j)
		})
		if err := drain(t, late); err == nil {
			t.Error("the late runner's effect was not refused")
		}
		var keys string
		if err := d.Read(t.Context(), func(tx *db.Tx) error {
			return tx.Row("SELECT string_agg(key, ',') FROM idempotency").Scan(&keys)
		}); err != nil || keys != "2" {
			t.Errorf("effects of attempts %q, want only of attempt 2 (%v)", keys, err)
		}
		if depth(t, d) != (jobs.Depth{}) {
			t.Errorf("depth %+v", depth(t, d))
		}
	})
}
