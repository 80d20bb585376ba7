package jobs_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/jobs"
)

// told passes on that something was logged.
type told chan struct{}

func (t told) Write(p []byte) (int, error) {
	select {
	case t <- struct{}{}:
	default:
	}
	return len(p), nil
}

// A COMMIT that the server refuses rolls the claim back: nobody holds the job, so nobody may run it. SQLite has no check that waits
// for the COMMIT.
func TestAClaimThatIsRolledBackRunsNothing(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.URL(t, db.Postgres), clock.NewManual(dbtest.Start))
	enqueue(t, d, "work", nil, time.Time{})
	statement := func(text string) {
		t.Helper()
		if err := d.Housekeep(t.Context(), "test", func(tx *db.Tx) error { _, err := tx.Exec(text); return err }); err != nil {
			t.Fatal(err)
		}
	}
	statement(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '23514'; END $$`)
	statement(`CREATE CONSTRAINT TRIGGER refuse AFTER UPDATE ON jobs DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()`)

	away := make(told, 1)
	var ran atomic.Int32
	r := jobs.New(d, jobs.Config{Log: slog.New(slog.NewTextHandler(away, nil))})
	r.Handle("work", func(context.Context, jobs.Job) error { ran.Add(1); return nil })
	r.Start(context.Background())
	<-away   // the first look has failed
	r.Stop() // waits for what it has begun
	if n := ran.Load(); n != 0 {
		t.Errorf("the handler ran %d times although its claim was rolled back", n)
	}
	statement("DROP TRIGGER refuse ON jobs")
	if err := drain(t, r); err != nil || ran.Load() != 1 {
		t.Errorf("once claims hold again, the job ran %d times (%v)", ran.Load(), err)
	}
}
