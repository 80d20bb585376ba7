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
	err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
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
