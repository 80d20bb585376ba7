package db

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"chiave/internal/platform/errs"
)

// Installation is the one row that says what this database is.
type Installation struct {
	UUID    string    // names the installation for ever: "urn:chiave:" + UUID is the issuer of its tokens
	Sandbox bool      // the clock may be moved; the mark can never be taken away
	Created time.Time // real time
}

// ErrNotInitialized says that the database has no installation yet: `chiave init` makes it.
var ErrNotInitialized = errs.New(errs.Unavailable, "db.not_initialized")

// Initialize gives an empty, migrated database its identity. Errors: Conflict "db.initialized" when it has one.
func Initialize(tx *Tx, sandbox bool) (Installation, error) {
	var u [16]byte
	rand.Read(u[:])
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80 // UUID version 4 (RFC 9562, section 5.4)
	in := Installation{UUID: fmt.Sprintf("%x-%x-%x-%x-%x", u[0:4], u[4:6], u[6:8], u[8:10], u[10:]), Sandbox: sandbox, Created: tx.Now()}
	_, err := tx.Exec("INSERT INTO installation (one, uuid, sandbox, created_at, clock_offset) VALUES (1, $1, $2, $3, 0)", in.UUID, in.Sandbox, in.Created)
	if errors.Is(err, ErrDuplicate) {
		return Installation{}, errs.New(errs.Conflict, "db.initialized")
	}
	return in, err
}

// Installation returns what this database is. Errors: ErrNotInitialized.
func (d *DB) Installation(ctx context.Context) (Installation, error) {
	var in Installation
	err := d.Read(ctx, func(tx *Tx) error {
		mark, err := d.installation(tx)
		if err == nil && mark == nil {
			return ErrNotInitialized
		}
		if err == nil {
			in = *mark
		}
		return err
	})
	return in, err
}

// installation reads the mark once and keeps it: it never changes. nil when the database is not initialized yet.
func (d *DB) installation(tx *Tx) (*Installation, error) {
	d.markOnce.Lock()
	defer d.markOnce.Unlock()
	if d.mark != nil {
		return d.mark, nil
	}
	var exists int
	if err := tx.Row(tx.Pick("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'installation'",
		"SELECT count(*) FROM pg_catalog.pg_class WHERE oid = to_regclass('installation')")).Scan(&exists); err != nil || exists == 0 {
		return nil, err
	}
	var in Installation
	err := tx.Row("SELECT uuid, sandbox, created_at FROM installation").Scan(&in.UUID, &in.Sandbox, &in.Created)
	if errors.Is(err, ErrNoRow) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	d.mark = &in
	return d.mark, nil
}

// MoveClock moves the clock of a sandbox database forward by d for everybody. Errors: Denied "db.not_sandbox"; Invalid
// "db.clock_backward", "db.clock_far".
func MoveClock(tx *Tx, by time.Duration) error {
	if !tx.Sandbox() {
		return errs.New(errs.Denied, "db.not_sandbox")
	}
	if by < 0 {
		return errs.New(errs.Invalid, "db.clock_backward")
	}
	n, err := tx.Exec("UPDATE installation SET clock_offset = clock_offset + $1 WHERE clock_offset <= $2", by.Microseconds(), (farthest - by).Microseconds())
	if err == nil && n == 0 {
		return errs.New(errs.Invalid, "db.clock_far", errs.Params{"years": farthestYears})
	}
	return err
}

// How far the clock of a sandbox can be ahead. A Duration ends at 292 years.
const (
	farthestYears = 200
	farthest      = farthestYears * 8766 * time.Hour
)

// StartClock lets the clock of a sandbox start at an instant of the caller's choice, so that what happens in it does not
// depend on the day it is run. Only the transaction that initializes the database may do so, and it goes on at that instant. Errors:
// Denied "db.not_sandbox".
func StartClock(tx *Tx, at time.Time) error {
	n, err := tx.Exec("UPDATE installation SET clock_offset = $1 WHERE sandbox AND created_at = $2", at.Sub(tx.Now()).Microseconds(), tx.Now())
	if err == nil && n == 0 {
		return errs.New(errs.Denied, "db.not_sandbox")
	}
	if err == nil {
		tx.now = at.UTC().Truncate(time.Microsecond)
	}
	return err
}

// Sandbox reports whether the database is a sandbox: no real person's rights depend on it.
func (tx *Tx) Sandbox() bool { return tx.db.mark != nil && tx.db.mark.Sandbox }
