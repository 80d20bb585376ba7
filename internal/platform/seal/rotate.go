package seal

import (
	"context"
	"time"

	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
)

// How long a new key is known before it is used: products keep the public key set for hours, replicas look at the
// table every RefreshEvery.
const (
	signingLead = 24 * time.Hour
	sharedLead  = 5 * RefreshEvery
)

// lead returns how long a new key of purpose is published before it is used; no for purposes that are never rotated.
func lead(purpose Purpose) (d time.Duration, ok bool) {
	switch purpose {
	case Signing:
		return signingLead, true
	case Wrap, Cursor, Link:
		return sharedLead, true
	}
	return 0, false
}

// Rotate makes a new key for Wrap, Signing, Cursor or Link and returns it: published now, in use from its ActiveFrom on.
// What older keys made stays readable. record writes the audit record in the same transaction. Errors: those of
// record; Invalid "seal.not_rotated" for other purposes; Conflict "seal.rotation_pending" when a new key is waiting already.
func (s *Sealer) Rotate(ctx context.Context, purpose Purpose, record func(tx *db.Tx, made Key) error) (Key, error) {
	var made Key
	err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
		if made, err = s.rotate(tx, purpose); err != nil {
			return err
		}
		return record(tx, made)
	})
	if err != nil {
		return Key{}, err
	}
	return made, s.Refresh(ctx)
}

func (s *Sealer) rotate(tx *db.Tx, purpose Purpose) (Key, error) {
	ahead, ok := lead(purpose)
	if !ok {
		return Key{}, errs.New(errs.Invalid, "seal.not_rotated", errs.Params{"purpose": string(purpose)})
	}
	if err := lockKeys(tx); err != nil {
		return Key{}, err
	}
	var waiting int
	err := tx.Row("SELECT count(*) FROM sealed_keys WHERE purpose = $1 AND active_from > $2", string(purpose), tx.Now()).Scan(&waiting)
	if err != nil {
		return Key{}, err
	}
	if waiting > 0 {
		return Key{}, errs.New(errs.Conflict, "seal.rotation_pending", errs.Params{"purpose": string(purpose)})
	}
	k, err := makeKey(tx, s.root, purpose, tx.Now().Add(ahead))
	if err != nil {
		return Key{}, err
	}
	return k.describe(Published), nil
}
