package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"chiave/internal/platform/errs"
)

var (
	// ErrDuplicate says that a unique constraint refused a row; rooms turn it into a code of their own.
	ErrDuplicate = errs.New(errs.Conflict, "db.duplicate")
	// ErrReference says that a row names another that does not exist, or that others still name it.
	ErrReference = errs.New(errs.Conflict, "db.reference")

	errUnavailable    = errs.New(errs.Unavailable, "db.unavailable")
	errOutcomeUnknown = errs.New(errs.Unavailable, "db.outcome_unknown")
)

// mapError gives driver errors that a caller may tell apart their place in errs; the rest stays internal.
func mapError(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*errs.Error](err); ok {
		return err
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return mapPostgres(pg, err)
	}
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		return mapSQLite(lite, err)
	}
	var connect *pgconn.ConnectError
	var network *net.OpError
	if errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) {
		return errUnavailable.Wrap(err)
	}
	return err
}

// mapStatement is mapError for what a statement returned. Only there is the end of a stream the server's hanging up: elsewhere it may be
// the end of what a caller reads.
func mapStatement(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errUnavailable.Wrap(err)
	}
	return mapError(err)
}

func mapPostgres(pg *pgconn.PgError, err error) error {
	switch {
	case pg.Code == "23505":
		return ErrDuplicate.Wrap(err)
	case pg.Code == "23503":
		return ErrReference.Wrap(err)
	case strings.HasPrefix(pg.Code, "08"), strings.HasPrefix(pg.Code, "53"), strings.HasPrefix(pg.Code, "57P"), pg.Code == "25006":
		return errUnavailable.Wrap(err)
	}
	return err
}

func mapSQLite(lite *sqlite.Error, err error) error {
	switch lite.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return ErrDuplicate.Wrap(err)
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return ErrReference.Wrap(err)
	}
	switch lite.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY:
		return errUnavailable.Wrap(err)
	}
	return err
}

// retryable reports a transaction that certainly did nothing and may succeed when run again.
func retryable(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pg.Code == "40001" || pg.Code == "40P01")
}

// definite reports an error of COMMIT by which the engine says that it rolled back.
func definite(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return strings.HasPrefix(pg.Code, "23") || strings.HasPrefix(pg.Code, "40") && pg.Code != "40003"
	}
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		return lite.Code()&0xff == sqlite3.SQLITE_CONSTRAINT
	}
	return false
}

// notBegun is the error of a transaction that could not start: nothing happened.
func notBegun(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if mapped := mapError(err); errs.KindOf(mapped) != errs.Internal {
		return mapped
	}
	return errUnavailable.Wrap(err)
}
