// Package dbtest gives tests a migrated, initialized database of their own on each engine.
//
// SQLite databases are copies of a template file made once a process; PostgreSQL databases are clones of a template
// database made once a cluster, on the server that CHIAVE_TEST_POSTGRES names (./scripts/test starts one and sets it).
// A test that needs PostgreSQL and has none fails: it never passes by not running.
package dbtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// Env names the DSN of the PostgreSQL server for tests: a superuser's, to any database of it.
const Env = "CHIAVE_TEST_POSTGRES"

// Start is where the clock of every test database stands at first.
var Start = time.Date(2026, 3, 31, 9, 0, 0, 0, time.UTC)

// Each runs test on both engines, each with a fresh sandbox database and a clock that stands at Start.
func Each(t *testing.T, test func(t *testing.T, d *db.DB, clk *clock.Manual)) {
	t.Helper()
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(engine.String(), func(t *testing.T) {
			t.Parallel()
			clk := clock.NewManual(Start)
			test(t, Open(t, URL(t, engine), clk), clk)
		})
	}
}

// BoundedWrites proves that work keeps nobody else from writing for long, however much there is to do: its largest write transaction
// runs no more statements for many rows than for few.
func BoundedWrites(t testing.TB, few, many int, work func(ctx context.Context, rows int)) {
	t.Helper()
	var mu sync.Mutex
	largest := map[int]int{}
	for _, rows := range []int{few, few, many} { // twice, since the first finds nothing of another to tidy up
		work(db.Trace(t.Context(), func(statements int, writes bool) {
			mu.Lock()
			defer mu.Unlock()
			if writes {
				largest[rows] = max(largest[rows], statements)
			}
		}), rows)
	}
	if largest[few] == 0 || largest[many] > largest[few] {
		t.Errorf("the largest write transaction runs %d statements for %d rows, and %d for %d", largest[few], few, largest[many], many)
	}
}

// Open opens the database at dsn with clk for its clock and closes it when the test ends.
func Open(t testing.TB, dsn string, clk clock.Clock) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), db.Config{URL: dsn, Clock: clk, FreeClock: true, MaxConns: 4, NoSync: true})
	if err != nil {
		t.Fatalf("opening the test database: %v", err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// URL makes a fresh, migrated, initialized sandbox database on engine and returns its URL.
func URL(t testing.TB, engine db.Engine) string {
	t.Helper()
	if engine == db.Postgres {
		return clonePostgres(t)
	}
	return copySQLite(t)
}

var sqliteTemplate = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "chiave-dbtest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "template.db")
	if err := prepare("sqlite:" + file); err != nil {
		return nil, err
	}
	return os.ReadFile(file) // closing the last connection folded the log into the file
})

func copySQLite(t testing.TB) string {
	t.Helper()
	template, err := sqliteTemplate()
	if err != nil {
		t.Fatalf("making the SQLite template: %v", err)
	}
	file := filepath.Join(t.TempDir(), "chiave.db")
	if err := os.WriteFile(file, template, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + file
}

// prepare migrates and initializes the database at dsn.
func prepare(dsn string) error {
	ctx := context.Background()
	d, err := db.Open(ctx, db.Config{URL: dsn, Clock: clock.NewManual(Start), FreeClock: true, NoSync: true})
	if err != nil {
		return err
	}
	defer d.Close()
	if _, err := d.Migrate(ctx); err != nil {
		return err
	}
	return d.Housekeep(ctx, "initializing a test database", func(tx *db.Tx) error {
		_, err := db.Initialize(tx, true)
		return err
	})
}

var postgresTemplate = sync.OnceValues(func() (string, error) {
	server := os.Getenv(Env)
	if server == "" {
		return "", fmt.Errorf("%s is not set: run the tests through ./scripts/test, which starts a PostgreSQL server for them", Env)
	}
	known, err := db.Migrations()
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, m := range known {
		fmt.Fprintln(sum, m.Version, m.Name, m.Checksum)
	}
	name := "chiave_template_" + hex.EncodeToString(sum.Sum(nil))[:16]
	return name, makePostgresTemplate(server, name)
})

// makePostgresTemplate makes the template unless another process has: packages are tested side by side.
func makePostgresTemplate(server, name string) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(hashtext('chiave dbtest'))"); err != nil {
		return err
	}
	var exists bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1 AND datistemplate)", name).Scan(&exists); err != nil || exists {
		return err
	}
	if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+name); err != nil { // left half-made by a process that died
		return err
	}
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		return err
	}
	if err := prepare(onServer(name)); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "ALTER DATABASE "+name+" IS_TEMPLATE true")
	return err
}

// admin runs one statement on the server itself.
func admin(statement string) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, os.Getenv(Env))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}

func clonePostgres(t testing.TB) string {
	t.Helper()
	template, err := postgresTemplate()
	if err != nil {
		t.Fatalf("making the PostgreSQL template: %v", err)
	}
	return createPostgres(t, " TEMPLATE "+template)
}

func createPostgres(t testing.TB, options string) string {
	t.Helper()
	name := "chiave_test_" + string(ids.New(time.Now()))
	if err := admin("CREATE DATABASE " + name + options); err != nil {
		t.Fatalf("creating a PostgreSQL test database: %v", err)
	}
	t.Cleanup(func() {
		if err := admin("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Errorf("dropping the test database: %v", err)
		}
	})
	return onServer(name)
}

// Empty makes a database on engine that has no schema yet and returns its URL.
func Empty(t testing.TB, engine db.Engine) string {
	t.Helper()
	if engine == db.SQLite {
		return "sqlite:" + filepath.Join(t.TempDir(), "empty.db")
	}
	if os.Getenv(Env) == "" {
		t.Fatalf("%s is not set: run the tests through ./scripts/test", Env)
	}
	return createPostgres(t, "")
}

// onServer returns the test server's URL with another database name.
func onServer(database string) string {
	u, err := url.Parse(os.Getenv(Env))
	if err != nil {
		panic(fmt.Sprintf("%s is not a URL: %v", Env, err))
	}
	u.Path = "/" + strings.TrimPrefix(database, "/")
	return u.String()
}
