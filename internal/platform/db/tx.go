package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"chiave/internal/platform/ids"
)

// ErrNoRow is returned by Row.Scan when the query found nothing.
var ErrNoRow = errors.New("no row")

// attempts is how often a transaction that lost a deadlock or a serialization race is run before it gives up.
const attempts = 5

// Tx is one transaction. It belongs to one goroutine and ends with the function it was handed to.
type Tx struct {
	ctx     context.Context
	db      *DB
	tx      *sql.Tx
	now     time.Time
	writes  bool // the transaction may write
	wrote   bool
	audited bool
	result  string
	after   []func()

	statements int // run so far, without BEGIN and COMMIT
}

// Read runs fn in a read-only transaction over one snapshot. fn may run more than once.
func (d *DB) Read(ctx context.Context, fn func(*Tx) error) error {
	return d.run(ctx, false, fn)
}

// Write runs fn in a transaction and commits it durably. fn may run more than once, so it must have no effect outside the
// transaction but through AfterCommit. A change without an audit record is refused. Errors: those of fn; Unavailable
// "db.unavailable" (nothing happened) and "db.outcome_unknown" (repeat with the same key).
func (d *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	return d.run(ctx, true, func(tx *Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		if err := tx.runHook(); err != nil {
			return err
		}
		if tx.wrote && !tx.audited {
			return errors.New("a change without an audit record was refused")
		}
		return nil
	})
}

// Housekeep runs fn in a write transaction that needs no audit record. why says what it is for: queues, sealing,
// staging that nobody can see yet, last-use marks. Business changes go through Write.
func (d *DB) Housekeep(ctx context.Context, why string, fn func(*Tx) error) error {
	if err := d.run(ctx, true, fn); err != nil {
		return fmt.Errorf("%s: %w", why, err)
	}
	return nil
}

func (d *DB) run(ctx context.Context, writes bool, fn func(*Tx) error) error {
	var err error
	for range attempts {
		if err = d.once(ctx, writes, fn); !retryable(err) {
			break
		}
	}
	return mapError(err)
}

func (d *DB) once(ctx context.Context, writes bool, fn func(*Tx) error) error {
	pool := d.writes
	if !writes && d.reads != nil {
		pool = d.reads
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return notBegun(ctx, err)
	}
	defer conn.Close()
	if d.time.stale() {
		err := d.time.hold(ctx, conn)
		d.time.renewed()
		if err != nil {
			return notBegun(ctx, err)
		}
	}
	opts := &sql.TxOptions{}
	if !writes && d.engine == Postgres {
		opts = &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	}
	// The transaction outlives the request's cancellation: only statements are cancelled, never a COMMIT on its way.
	stx, err := conn.BeginTx(context.WithoutCancel(ctx), opts)
	if err != nil {
		return notBegun(ctx, err)
	}
	tx := &Tx{ctx: ctx, db: d, tx: stx, writes: writes}
	return tx.finish(conn, fn)
}

// finish runs fn and commits, or rolls back when fn fails or panics.
func (tx *Tx) finish(conn *sql.Conn, fn func(*Tx) error) error {
	done := false
	defer func() {
		if !done {
			tx.tx.Rollback()
		}
		tx.trace()
	}()
	if err := tx.setNow(); err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		return err
	}
	if !tx.writes {
		return nil
	}
	tx.db.notices.take(conn)
	done = true
	if err := tx.tx.Commit(); err != nil {
		if definite(err) {
			return err
		}
		return errOutcomeUnknown.Wrap(err)
	}
	if tx.db.notices.take(conn) {
		return errOutcomeUnknown
	}
	for _, f := range tx.after {
		f()
	}
	return nil
}

// setNow takes the transaction's instant.
func (tx *Tx) setNow() error {
	tx.now = tx.db.time.now()
	mark, err := tx.db.installation(tx)
	if err != nil || mark == nil || !mark.Sandbox {
		return err
	}
	var offset int64
	if err := tx.Row("SELECT clock_offset FROM installation").Scan(&offset); err != nil {
		return fmt.Errorf("reading the sandbox clock: %w", err)
	}
	tx.now = tx.now.Add(time.Duration(offset) * time.Microsecond)
	return nil
}

// Now returns the transaction's instant: the same however often it is asked, in UTC and whole microseconds.
func (tx *Tx) Now() time.Time { return tx.now }

// NewID returns a fresh id made at the transaction's instant.
func (tx *Tx) NewID() ids.ID { return ids.New(tx.now) }

// Context returns the context the transaction runs under.
func (tx *Tx) Context() context.Context { return tx.ctx }

// Writes reports whether the transaction may write.
func (tx *Tx) Writes() bool { return tx.writes }

// Pick returns the text for the engine in use.
func (tx *Tx) Pick(sqlite, postgres string) string {
	if tx.db.engine == Postgres {
		return postgres
	}
	return sqlite
}

// AfterCommit runs f once the transaction is durable.
func (tx *Tx) AfterCommit(f func()) { tx.after = append(tx.after, f) }

// Audited marks that the transaction carries its audit record. Only the audit room calls it.
func (tx *Tx) Audited() { tx.audited = true }

// Exec runs a statement and returns how many rows it changed.
func (tx *Tx) Exec(query string, args ...any) (int64, error) {
	if !tx.writes {
		return 0, errors.New("a read transaction cannot write")
	}
	tx.statements++
	res, err := tx.tx.ExecContext(tx.ctx, query, bind(args)...)
	if err != nil {
		return 0, mapStatement(err)
	}
	n, err := res.RowsAffected()
	if n > 0 {
		tx.wrote = true
	}
	return n, err
}

// Row runs a query that gives at most one row. A statement that writes and returns a row goes through Returning.
func (tx *Tx) Row(query string, args ...any) Row {
	tx.wrote = tx.wrote || mayWrite(query)
	tx.statements++
	return Row{tx.tx.QueryRowContext(tx.ctx, query, bind(args)...)}
}

// Returning runs a writing statement with a RETURNING clause that gives at most one row.
func (tx *Tx) Returning(query string, args ...any) Row {
	tx.wrote = true
	return tx.Row(query, args...)
}

// changing is a word that a query has somewhere when one of its WITH clauses writes, or what they lead to.
var changing = regexp.MustCompile(`(?i)\b(INSERT|UPDATE|DELETE|MERGE|REPLACE)\b`)

// mayWrite reports whether a statement that returns rows may change some: all but those that begin as queries do. A lock
// (FOR UPDATE) behind WITH is taken for a change, which only asks for a record too many.
func mayWrite(query string) bool {
	query = strings.TrimLeft(query, " \t\r\n(")
	begins := func(word string) bool { return len(query) >= len(word) && strings.EqualFold(query[:len(word)], word) }
	switch {
	case begins("SELECT"), begins("VALUES"):
		return false
	case begins("WITH"):
		return changing.MatchString(query)
	}
	return true
}

// Row is the result of Tx.Row.
type Row struct{ row *sql.Row }

// Scan reads the row. Errors: ErrNoRow when there is none.
func (r Row) Scan(dest ...any) error {
	err := r.row.Scan(receive(dest)...)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNoRow
	}
	return mapStatement(err)
}

// Each runs a query and calls row for each of its rows with a scan function.
func (tx *Tx) Each(query string, args []any, row func(scan func(dest ...any) error) error) error {
	tx.wrote = tx.wrote || mayWrite(query)
	tx.statements++
	rows, err := tx.tx.QueryContext(tx.ctx, query, bind(args)...)
	if err != nil {
		return mapStatement(err)
	}
	defer rows.Close()
	scan := func(dest ...any) error { return rows.Scan(receive(dest)...) }
	for rows.Next() {
		if err := row(scan); err != nil {
			return err
		}
	}
	return mapStatement(rows.Err())
}

// Try runs fn inside a savepoint: when fn fails, its changes are undone and the transaction goes on. The error is fn's.
func (tx *Tx) Try(fn func() error) error {
	if _, err := tx.tx.ExecContext(tx.ctx, "SAVEPOINT try"); err != nil {
		return mapStatement(err)
	}
	failed := fn()
	if failed != nil {
		if _, err := tx.tx.ExecContext(tx.ctx, "ROLLBACK TO SAVEPOINT try"); err != nil {
			return mapStatement(err)
		}
	}
	if _, err := tx.tx.ExecContext(tx.ctx, "RELEASE SAVEPOINT try"); err != nil {
		return mapStatement(err)
	}
	return failed
}
