package db

import (
	"context"
	"database/sql"
	"log/slog"
	"strings"
	"sync"
	"time"

	"chiave/internal/platform/clock"
	"chiave/internal/platform/errs"
)

// Engine names the database engine behind a DB.
type Engine uint8

// The two engines.
const (
	SQLite Engine = iota
	Postgres
)

// String returns "sqlite" or "postgres".
func (e Engine) String() string {
	if e == Postgres {
		return "postgres"
	}
	return "sqlite"
}

// Config says which database to open and how.
type Config struct {
	// URL is "sqlite:PATH" or a PostgreSQL URL ("postgres://…"), which may name several hosts.
	URL string
	// Clock is the machine's clock; clock.System when nil.
	Clock clock.Clock
	// FreeClock takes instants from Clock alone instead of holding them to the database's clock. For tests that move time.
	FreeClock bool
	// MaxConns bounds the PostgreSQL pool; 32 when zero.
	MaxConns int
	// NoSync gives up durability for speed (SQLite synchronous=OFF). For tests and as the control of durability proofs.
	NoSync bool
	// Log receives what an operator must know; discarded when nil.
	Log *slog.Logger
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	engine  Engine
	writes  *sql.DB // one connection on SQLite
	reads   *sql.DB
	notices *notices // PostgreSQL only: warnings by connection
	time    timekeeper
	log     *slog.Logger
	path    string // SQLite only

	markOnce sync.Mutex
	mark     *Installation
}

// Open opens the database and checks that it answers. It does not migrate. Errors: Invalid "db.url"; Unavailable
// "db.unavailable".
func Open(ctx context.Context, cfg Config) (*DB, error) {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	d := &DB{log: cfg.Log, time: timekeeper{local: cfg.Clock, free: cfg.FreeClock}}
	var err error
	switch {
	case strings.HasPrefix(cfg.URL, "sqlite:"):
		err = d.openSQLite(ctx, cfg)
	case strings.HasPrefix(cfg.URL, "postgres://"), strings.HasPrefix(cfg.URL, "postgresql://"):
		err = d.openPostgres(ctx, cfg)
	default:
		return nil, errs.New(errs.Invalid, "db.url")
	}
	if err != nil {
		d.Close()
		return nil, mapError(err)
	}
	return d, nil
}

// Engine returns which engine this is.
func (d *DB) Engine() Engine { return d.engine }

// Path returns the file of an SQLite database, "" for PostgreSQL.
func (d *DB) Path() string { return d.path }

// Close closes all connections.
func (d *DB) Close() error {
	var first error
	for _, pool := range []*sql.DB{d.reads, d.writes} {
		if pool == nil {
			continue
		}
		if err := pool.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// Ping answers nil when the database can be read. Errors: Unavailable "db.unavailable".
func (d *DB) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	return d.Read(ctx, func(tx *Tx) error {
		var one int
		return tx.Row("SELECT 1").Scan(&one)
	})
}
