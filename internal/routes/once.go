package routes

import (
	"context"
	"errors"

	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
)

// Done is a request that had its effect: a row of the table idempotency, by which its repetition is recognised. It holds
// no body, only a hash of it.
type Done struct {
	Principal string // whose key this is: two callers may use the same value
	Key       string // chosen by the caller, or made for the form that was sent
	Route     string // method, pattern and address
	Hash      string // of what was sent
}

// ValidKey reports whether an idempotency key is 8 to 128 visible characters of ASCII.
func ValidKey(key string) bool {
	if len(key) < 8 || len(key) > 128 {
		return false
	}
	for _, b := range []byte(key) {
		if b <= ' ' || b > '~' {
			return false
		}
	}
	return true
}

// Find returns the object that an earlier request with the same key made, "" when there was none. Errors: Invalid
// "idempotency.other_request" when that was a different request.
func (d Done) Find(ctx context.Context, from *db.DB) (object string, err error) {
	var route, hash string
	err = from.Read(ctx, func(tx *db.Tx) error {
		return tx.Row("SELECT route, body_hash, object FROM idempotency WHERE principal = $1 AND key = $2", d.Principal, d.Key).Scan(&route, &hash, &object)
	})
	switch {
	case errors.Is(err, db.ErrNoRow):
		return "", nil
	case err != nil:
		return "", err
	case route != d.Route || hash != d.Hash:
		return "", errs.New(errs.Invalid, "idempotency.other_request")
	}
	return object, nil
}

// Record writes the row; it is a hook for db.BeforeCommit, so that effect and row exist together or not at all. Errors:
// Conflict "idempotency.running" when the same request commits at this moment elsewhere.
func (d Done) Record(tx *db.Tx, object string) error {
	_, err := tx.Exec("INSERT INTO idempotency (principal, key, route, body_hash, object, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
		d.Principal, d.Key, d.Route, d.Hash, object, tx.Now())
	if errors.Is(err, db.ErrDuplicate) {
		return errs.New(errs.Conflict, "idempotency.running")
	}
	return err
}
