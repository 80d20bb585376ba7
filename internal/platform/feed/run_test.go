package feed_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/feed"
)

func begin(t *testing.T, d *db.DB, room string) *feed.Run {
	t.Helper()
	r, err := feed.Begin(t.Context(), d, room, "file", false)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func housekeep(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) error {
	t.Helper()
	return d.Housekeep(t.Context(), "testing", fn)
}

func leftovers(t *testing.T, d *db.DB) (seqs []int64) {
	t.Helper()
	err := housekeep(t, d, func(tx *db.Tx) (err error) {
		seqs, err = feed.Leftovers(tx, "orders")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return seqs
}

func TestOneRunOfARoomAtATime(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		first := begin(t, d, "orders")
		if _, err := feed.Begin(t.Context(), d, "orders", "file", false); !errors.Is(err, errs.New(errs.Conflict, "imports.running")) {
			t.Errorf("a second run of the room: %v", err)
		}
		other := begin(t, d, "catalog")
		if err := housekeep(t, d, func(tx *db.Tx) error { return first.Publish(tx, feed.Report{SHA256: "x", Rows: 3}) }); err != nil {
			t.Fatal(err)
		}
		second := begin(t, d, "orders")
		if second.Seq != first.Seq+1 || other.Seq != 1 {
			t.Errorf("seqs %d, %d, %d", first.Seq, second.Seq, other.Seq)
		}
		if err := first.Abandon(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := leftovers(t, d); len(got) != 0 {
			t.Errorf("a published run is left over: %v", got)
		}
	})
}

func TestASilentRunLosesItsRoom(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		silent := begin(t, d, "orders")
		clk.Advance(time.Minute)
		if err := housekeep(t, d, silent.Renew); err != nil {
			t.Fatal(err)
		}
		clk.Advance(time.Minute + time.Second)
		if _, err := feed.Begin(t.Context(), d, "orders", "file", false); errs.CodeOf(err) != "imports.running" {
			t.Errorf("a run that was renewed lost its room: %v", err)
		}
		clk.Advance(time.Minute)
		if got := leftovers(t, d); !slices.Equal(got, []int64{silent.Seq}) {
			t.Errorf("leftovers %v, want the silent run", got)
		}
		next := begin(t, d, "orders")
		lost := errs.New(errs.Conflict, "imports.lost")
		if err := housekeep(t, d, func(tx *db.Tx) error { return silent.Publish(tx, feed.Report{}) }); !errors.Is(err, lost) {
			t.Errorf("the silent run published: %v", err)
		}
		if err := silent.Abandon(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := housekeep(t, d, next.Renew); err != nil {
			t.Errorf("the end of the silent run freed a room that was not its own: %v", err)
		}
	})
}

func TestAbandonedRunsArePurgedOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		r := begin(t, d, "orders")
		gone, hangUp := context.WithCancel(t.Context())
		hangUp()
		if err := r.Abandon(gone); err != nil {
			t.Fatal(err)
		}
		if got := leftovers(t, d); !slices.Equal(got, []int64{r.Seq}) {
			t.Fatalf("leftovers %v", got)
		}
		if err := housekeep(t, d, func(tx *db.Tx) error { return feed.Purged(tx, "orders", r.Seq) }); err != nil {
			t.Fatal(err)
		}
		if got := leftovers(t, d); len(got) != 0 {
			t.Errorf("leftovers %v after the purge", got)
		}
		begin(t, d, "orders")
	})
}

func TestARunThatWasGivenUpIsNeverPublished(t *testing.T) {
	t.Parallel()
	lost := errs.New(errs.Conflict, "imports.lost")
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		late := begin(t, d, "orders")
		clk.Advance(2*time.Minute + time.Second)
		if err := housekeep(t, d, late.Renew); !errors.Is(err, lost) {
			t.Errorf("a lease that had run out was renewed: %v", err)
		}
		if got := leftovers(t, d); !slices.Equal(got, []int64{late.Seq}) {
			t.Fatalf("leftovers %v, want the late run", got)
		}
		clk.Advance(-time.Minute) // on the late run's server the lease has not run out yet
		for what, try := range map[string]func(*db.Tx) error{
			"renewed":   late.Renew,
			"published": func(tx *db.Tx) error { return late.Publish(tx, feed.Report{}) },
		} {
			if err := housekeep(t, d, try); !errors.Is(err, lost) {
				t.Errorf("a run whose rows are being purged was %s: %v", what, err)
			}
		}
	})
}

func TestKeepRenewsOnlyWhenItIsTime(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		r := begin(t, d, "orders")
		for range 10 { // ten minutes without staging anything
			clk.Advance(time.Minute)
			if err := r.Keep(t.Context(), clk.Now()); err != nil {
				t.Fatal(err)
			}
		}
		clk.Advance(time.Second)
		var before, after int64
		until := func(to *int64) func(*db.Tx) error {
			return func(tx *db.Tx) error { return tx.Row("SELECT until FROM import_leases").Scan(to) }
		}
		if err := errors.Join(housekeep(t, d, until(&before)), r.Keep(t.Context(), clk.Now()), housekeep(t, d, until(&after))); err != nil || before != after {
			t.Errorf("a fresh lease was renewed: %d, then %d (%v)", before, after, err)
		}
	})
}
