package db_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// keep writes one row of a table that takes any text.
func keep(tx *db.Tx, key string) error {
	_, err := tx.Exec("INSERT INTO idempotency (principal, key, route, body_hash, object, created_at) VALUES ('p', $1, '', '', '', $2)", key, tx.Now())
	tx.Audited()
	return err
}

func count(t *testing.T, d *db.DB) int {
	t.Helper()
	var n int
	if err := d.Read(t.Context(), func(tx *db.Tx) error { return tx.Row("SELECT count(*) FROM idempotency").Scan(&n) }); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWriteCommitsAndRollsBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		boom := errors.New("boom")
		woken := 0
		if err := d.Write(t.Context(), func(tx *db.Tx) error { tx.AfterCommit(func() { woken++ }); return keep(tx, "a") }); err != nil {
			t.Fatal(err)
		}
		if err := d.Write(t.Context(), func(tx *db.Tx) error { tx.AfterCommit(func() { woken++ }); return errors.Join(keep(tx, "b"), boom) }); !errors.Is(err, boom) {
			t.Errorf("error %v, want boom", err)
		}
		func() {
			defer func() { recover() }()
			d.Write(t.Context(), func(tx *db.Tx) error { keep(tx, "c"); panic("dropped") })
		}()
		if got := count(t, d); got != 1 || woken != 1 {
			t.Errorf("%d rows, woken %d times; want 1 and 1", got, woken)
		}
	})
}

func TestChangeThatReturnsRowsNeedsAnAuditRecordToo(t *testing.T) {
	t.Parallel()
	const update = "UPDATE idempotency SET object = 'changed' WHERE key = 'k' RETURNING key"
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return keep(tx, "k") }); err != nil {
			t.Fatal(err)
		}
		var key string
		each := func(query string) func(tx *db.Tx) error {
			return func(tx *db.Tx) error {
				return tx.Each(query, nil, func(scan func(...any) error) error { return scan(&key) })
			}
		}
		row := func(query string) func(tx *db.Tx) error {
			return func(tx *db.Tx) error { return tx.Row(query).Scan(&key) }
		}
		for name, c := range map[string]struct {
			statement func(tx *db.Tx) error
			refused   bool
		}{
			"row":             {row(update), true},
			"each":            {each("\n\t" + update), true},
			"behind a with":   {each("WITH k (v) AS (SELECT 'k') " + update), true},
			"query":           {row("SELECT key FROM idempotency"), false},
			"query of a with": {each("with k (v) AS (SELECT 'k') SELECT v FROM k"), false},
			"values":          {row("VALUES ('k')"), false},
		} {
			if err := d.Write(t.Context(), c.statement); (err != nil) != c.refused {
				t.Errorf("%s: %v", name, err)
			}
		}
		var object string
		if err := d.Read(t.Context(), func(tx *db.Tx) error { return tx.Row("SELECT object FROM idempotency").Scan(&object) }); err != nil || object != "" {
			t.Errorf("a change without an audit record was kept: %q, %v", object, err)
		}
	})
}

func TestChangeWithoutAuditRecordIsRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		silent := func(tx *db.Tx) error {
			_, err := tx.Exec("INSERT INTO idempotency (principal, key, route, body_hash, object, created_at) VALUES ('p', 'k', '', '', '', 1)")
			return err
		}
		if err := d.Write(t.Context(), silent); err == nil || count(t, d) != 0 {
			t.Errorf("silent change: error %v, %d rows", err, count(t, d))
		}
		if err := d.Housekeep(t.Context(), "a test", silent); err != nil || count(t, d) != 1 {
			t.Errorf("housekeeping: error %v, %d rows", err, count(t, d))
		}
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return nil }); err != nil {
			t.Errorf("a transaction that changes nothing needs no record: %v", err)
		}
	})
}

func TestReadCannotWrite(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		if err := d.Read(t.Context(), func(tx *db.Tx) error { return keep(tx, "a") }); err == nil {
			t.Error("Exec in a read transaction succeeded")
		}
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			var k string
			return tx.Row("INSERT INTO idempotency (principal, key, route, body_hash, object, created_at) VALUES ('p', 'q', '', '', '', 1) RETURNING key").Scan(&k)
		})
		if err == nil || count(t, d) != 0 {
			t.Errorf("a writing query in a read transaction: %v, %d rows", err, count(t, d))
		}
	})
}

func TestReadSeesOneSnapshot(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			var before, after int
			if err := tx.Row("SELECT count(*) FROM idempotency").Scan(&before); err != nil {
				return err
			}
			if err := d.Write(t.Context(), func(tx *db.Tx) error { return keep(tx, "later") }); err != nil {
				return err
			}
			if err := tx.Row("SELECT count(*) FROM idempotency").Scan(&after); err != nil {
				return err
			}
			if before != after {
				t.Errorf("saw %d rows, then %d", before, after)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestErrorsAreMapped(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		err := d.Write(t.Context(), func(tx *db.Tx) error { return errors.Join(keep(tx, "same"), keep(tx, "same")) })
		if !errors.Is(err, db.ErrDuplicate) {
			t.Errorf("duplicate row: %v", err)
		}
		err = d.Read(t.Context(), func(tx *db.Tx) error {
			var k string
			return tx.Row("SELECT key FROM idempotency WHERE key = $1", "none").Scan(&k)
		})
		if !errors.Is(err, db.ErrNoRow) {
			t.Errorf("no row: %v", err)
		}
	})
	for _, url := range []string{"postgres://127.0.0.1:1/none?connect_timeout=1", "sqlite:/nonexistent-directory/x.db"} {
		if _, err := db.Open(t.Context(), db.Config{URL: url}); errs.CodeOf(err) != "db.unavailable" {
			t.Errorf("opening %s: %v", url, err)
		}
	}
	if _, err := db.Open(t.Context(), db.Config{URL: "mysql:x"}); errs.CodeOf(err) != "db.url" {
		t.Errorf("unknown scheme: %v", err)
	}
}

func TestValuesRoundTrip(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		at := time.Date(1994, 2, 28, 23, 59, 59, 123456000, time.FixedZone("x", 3600))
		id := ids.New(at)
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			var gotAt, noAt time.Time
			var gotID, noID ids.ID
			var s, noS string
			var yes bool
			row := tx.Row("SELECT CAST($1 AS "+tx.Pick("INTEGER", "BIGINT")+"), CAST($2 AS "+tx.Pick("INTEGER", "BIGINT")+"), CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS TEXT), CAST(NULL AS TEXT), CAST($6 AS "+tx.Pick("INTEGER", "BOOLEAN")+")",
				at, time.Time{}, id, ids.ID(""), "perché", true)
			if err := row.Scan(&gotAt, &noAt, &gotID, &noID, &s, &noS, &yes); err != nil {
				return err
			}
			if !gotAt.Equal(at) || gotAt.Location() != time.UTC || !noAt.IsZero() || gotID != id || noID != "" || s != "perché" || noS != "" || !yes {
				t.Errorf("got %v %v %v %v %q %q %v", gotAt, noAt, gotID, noID, s, noS, yes)
			}
			var n int
			if err := tx.Row("SELECT count(*) FROM "+tx.In("$1")+" AS l WHERE value IN ('a', 'ü')", db.List([]string{"a", "ü", "z"})).Scan(&n); err != nil || n != 2 {
				t.Errorf("In found %d (%v), want 2", n, err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	if got := db.Values(3, 2, 2); got != "($3,$4),($5,$6)" {
		t.Errorf("Values = %s", got)
	}
}

func TestTryUndoesOnlyItsPart(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			if err := keep(tx, "kept"); err != nil {
				return err
			}
			failed := tx.Try(func() error { return errors.Join(keep(tx, "undone"), keep(tx, "undone")) })
			if !errors.Is(failed, db.ErrDuplicate) {
				t.Errorf("Try returned %v", failed)
			}
			return tx.Try(func() error { return keep(tx, "kept too") })
		})
		if err != nil || count(t, d) != 2 {
			t.Errorf("error %v, %d rows; want 2", err, count(t, d))
		}
	})
}

func TestCancelledCallerLeavesNothingHalfDone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		ctx, cancel := context.WithCancel(t.Context())
		err := d.Write(ctx, func(tx *db.Tx) error {
			err := keep(tx, "a")
			cancel()
			return errors.Join(err, keep(tx, "b"))
		})
		if err == nil || count(t, d) != 0 {
			t.Errorf("cancelled in the middle: error %v, %d rows", err, count(t, d))
		}
		ctx, cancel = context.WithCancel(t.Context())
		if err := d.Write(ctx, func(tx *db.Tx) error { defer cancel(); return keep(tx, "c") }); err != nil || count(t, d) != 1 {
			t.Errorf("cancelled before COMMIT: error %v, %d rows; the COMMIT must not be cut", err, count(t, d))
		}
	})
}

func TestHookRunsInTheEffectsTransaction(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		var seen []string
		ctx := db.BeforeCommit(t.Context(), func(tx *db.Tx, result string) error { seen = append(seen, result); return keep(tx, "hook") })
		d.Write(ctx, func(tx *db.Tx) error { return keep(tx, "other") })
		d.Write(ctx, func(tx *db.Tx) error { tx.SetResult("key_1"); return keep(tx, "effect") })
		if len(seen) != 1 || seen[0] != "key_1" || count(t, d) != 3 {
			t.Errorf("hook saw %v, %d rows", seen, count(t, d))
		}
	})
}

func TestSandboxClockMovesForEverybody(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		move := func(by time.Duration) error {
			return d.Write(t.Context(), func(tx *db.Tx) error { tx.Audited(); return db.MoveClock(tx, by) })
		}
		if err := move(72 * time.Hour); err != nil {
			t.Fatal(err)
		}
		if err := move(-time.Second); errs.CodeOf(err) != "db.clock_backward" {
			t.Errorf("backward: %v", err)
		}
		if err := move(199 * 8766 * time.Hour); err != nil {
			t.Fatal(err)
		}
		if err := move(199 * 8766 * time.Hour); errs.CodeOf(err) != "db.clock_far" { // what overflows would lead back
			t.Errorf("too far: %v", err)
		}
		if err := move(1<<63 - 1); errs.CodeOf(err) != "db.clock_far" {
			t.Errorf("for ever: %v", err)
		}
		var got time.Time
		d.Read(t.Context(), func(tx *db.Tx) error { got = tx.Now(); return nil })
		if want := clk.Now().Add((72 + 199*8766) * time.Hour); !got.Equal(want) {
			t.Errorf("now %v, want %v", got, want)
		}
	})
}

func TestMigrateTogetherAppliesOnce(t *testing.T) {
	t.Parallel()
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(engine.String(), func(t *testing.T) {
			t.Parallel()
			url := dbtest.Empty(t, engine)
			var wg sync.WaitGroup
			var mu sync.Mutex
			applied := 0
			for range 4 {
				d := dbtest.Open(t, url, clock.NewManual(dbtest.Start))
				wg.Go(func() {
					steps, err := d.Migrate(t.Context())
					mu.Lock()
					defer mu.Unlock()
					applied += len(steps)
					if err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			known, _ := db.Migrations()
			if applied != len(known) {
				t.Errorf("%d steps applied by all, want %d", applied, len(known))
			}
			d := dbtest.Open(t, url, clock.NewManual(dbtest.Start))
			if err := d.CheckSchema(t.Context()); err != nil {
				t.Error(err)
			}
			if _, err := d.Installation(t.Context()); !errors.Is(err, db.ErrNotInitialized) {
				t.Errorf("an empty database has no installation: %v", err)
			}
		})
	}
}

func TestSchemaOlderNewerAndAlteredAreTold(t *testing.T) {
	t.Parallel()
	for change, want := range map[string]string{
		"UPDATE schema_migrations SET checksum = 'x' WHERE version = 1": "db.schema_altered",
		"DELETE FROM schema_migrations":                                 "db.not_initialized",
		"DELETE FROM schema_migrations WHERE version = 1":               "db.schema_older",
		"INSERT INTO schema_migrations (version, name, checksum, applied_at) SELECT max(version) + 1, 'n', 'c', 1 FROM schema_migrations": "",
		"INSERT INTO schema_migrations (version, name, checksum, applied_at) SELECT max(version) + 2, 'n', 'c', 1 FROM schema_migrations": "db.schema_newer",
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
				if err := d.Housekeep(t.Context(), "a test", func(tx *db.Tx) error { _, err := tx.Exec(change); return err }); err != nil {
					t.Fatal(err)
				}
				err := d.CheckSchema(t.Context())
				if got := errs.CodeOf(err); err == nil && want != "" || err != nil && got != want {
					t.Errorf("CheckSchema: %v, want code %q", err, want)
				}
			})
		})
	}
}

func TestReplicasWithWrongClocksAgree(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t, db.Postgres)
	var now [2]time.Time
	for i, skew := range []time.Duration{-5 * time.Minute, 5 * time.Minute} {
		d, err := db.Open(t.Context(), db.Config{URL: url, Clock: clock.Skewed{Of: clock.System{}, By: skew}, MaxConns: 2})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if err := d.Read(t.Context(), func(tx *db.Tx) error { now[i] = tx.Now(); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if diff := now[1].Sub(now[0]).Abs(); diff > time.Minute {
		t.Errorf("two replicas are %v apart", diff)
	}
}

func TestTimeNeverGoesBack(t *testing.T) {
	t.Parallel()
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(engine.String(), func(t *testing.T) {
			t.Parallel()
			clk := clock.NewManual(time.Now())
			d, err := db.Open(t.Context(), db.Config{URL: dbtest.URL(t, engine), Clock: clk, MaxConns: 2})
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			now := func() (at time.Time) {
				if err := d.Read(t.Context(), func(tx *db.Tx) error { at = tx.Now(); return nil }); err != nil {
					t.Fatal(err)
				}
				return at
			}
			now()
			clk.Advance(29 * time.Second)
			before := now()
			if engine == db.SQLite {
				clk.Advance(-25 * time.Second) // somebody sets the machine's clock
			} else {
				clk.Advance(time.Second) // the database's clock is measured again, and is some 30 seconds behind
			}
			if at := now(); at.Before(before) {
				t.Errorf("time went back by %v", before.Sub(at))
			} else {
				before = at
			}
			clk.Advance(10 * time.Second)
			if step := now().Sub(before); step != 5*time.Second {
				t.Errorf("while it is behind, ten seconds were %v, want half of them", step)
			}
			if engine == db.Postgres {
				return // its clock stands still beside this one and is measured again and again
			}
			clk.Advance(40 * time.Second) // caught up with by now
			before = now()
			clk.Advance(time.Second)
			if step := now().Sub(before); step != time.Second {
				t.Errorf("once caught up with, a second was %v", step)
			}
		})
	}
}

func TestSandboxClockStartsWhereItIsTold(t *testing.T) {
	t.Parallel()
	for _, sandbox := range []bool{true, false} {
		url := dbtest.Empty(t, db.SQLite)
		clk := clock.NewManual(dbtest.Start)
		d := dbtest.Open(t, url, clk)
		if _, err := d.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		at := time.Date(1999, 12, 31, 23, 0, 0, 0, time.UTC)
		err := d.Housekeep(t.Context(), "a test", func(tx *db.Tx) error {
			if _, err := db.Initialize(tx, sandbox); err != nil {
				return err
			}
			return db.StartClock(tx, at)
		})
		if !sandbox {
			if errs.CodeOf(err) != "db.not_sandbox" {
				t.Errorf("a real installation: %v", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		clk.Advance(time.Hour)
		var got time.Time
		d.Read(t.Context(), func(tx *db.Tx) error { got = tx.Now(); return nil })
		if want := at.Add(time.Hour); !got.Equal(want) {
			t.Errorf("now %v, want %v", got, want)
		}
		if err := d.Housekeep(t.Context(), "a test", func(tx *db.Tx) error { return db.StartClock(tx, at) }); errs.CodeOf(err) != "db.not_sandbox" {
			t.Errorf("set again later: %v", err)
		}
	}
}
