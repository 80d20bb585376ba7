package db

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strings"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// sqliteOldest is the first release without the write-ahead-log corruption that earlier ones can cause.
const sqliteOldest = 3_051_003

const sqliteReaders = 4 // more readers than this starve the one writer

// openSQLite opens one writer and a few readers on the file. WAL with synchronous=FULL: a commit is on the disk when it returns.
func (d *DB) openSQLite(ctx context.Context, cfg Config) error {
	d.engine, d.path = SQLite, strings.TrimPrefix(cfg.URL, "sqlite:")
	sync := "FULL"
	if cfg.NoSync {
		sync = "OFF"
	}
	pragmas := url.Values{"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(" + sync + ")", "foreign_keys(ON)", "temp_store(MEMORY)"}}
	open := func(lock, extra string) (*sql.DB, error) {
		return sql.Open("sqlite", "file:"+(&url.URL{Path: d.path}).EscapedPath()+"?_txlock="+lock+"&"+pragmas.Encode()+extra)
	}
	var err error
	if d.writes, err = open("immediate", ""); err != nil {
		return err
	}
	d.writes.SetMaxOpenConns(1)
	if d.reads, err = open("deferred", "&_pragma=query_only(ON)"); err != nil {
		return err
	}
	d.reads.SetMaxOpenConns(sqliteReaders)
	d.reads.SetMaxIdleConns(sqliteReaders)
	if err := d.writes.PingContext(ctx); err != nil { // the writer first: it creates the file
		return err
	}
	return checkSQLiteVersion(ctx, d.writes)
}

func checkSQLiteVersion(ctx context.Context, pool *sql.DB) error {
	var v string
	if err := pool.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&v); err != nil {
		return err
	}
	var major, minor, patch int
	if _, err := fmt.Sscanf(v, "%d.%d.%d", &major, &minor, &patch); err != nil {
		return fmt.Errorf("reading the SQLite version %q: %w", v, err)
	}
	if major*1_000_000+minor*1_000+patch < sqliteOldest {
		return fmt.Errorf("SQLite %s can corrupt a write-ahead log; 3.51.3 or newer is needed", v)
	}
	return nil
}
