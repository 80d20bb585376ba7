package seal

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"
	"time"

	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// RefreshEvery is how long a replica relies on one look at the table of keys.
const RefreshEvery = time.Minute

// Options says how a Sealer is opened. The zero value is that of a replica on a database that exists.
type Options struct {
	// NewDatabase says that the caller has just made the SQLite database: a missing root key file is then made.
	NewDatabase bool
}

// Sealer seals, opens, hashes and signs with the installation's keys. It is safe for concurrent use.
type Sealer struct {
	db      *db.DB
	root    *root
	ring    atomic.Pointer[keyring]
	lookup  *key // never rotated, like audit
	audit   *key
	missing sync.Mutex // one look at a time after a key that is not known
}

// Open reads the root key from rootKeyFile, compares it with the database's, makes the keys that are not there yet and opens
// them all. Errors: Unavailable "seal.root_key_missing" and "seal.root_key_unreadable"; Conflict "seal.root_key_malformed",
// "seal.wrong_root_key", and "seal.damaged" when a stored key was altered.
func Open(ctx context.Context, d *db.DB, rootKeyFile string, opts Options) (*Sealer, error) {
	if opts.NewDatabase {
		if err := createBesideNew(ctx, d, rootKeyFile); err != nil {
			return nil, err
		}
	}
	root, err := readRoot(rootKeyFile)
	if err != nil {
		return nil, err
	}
	s := &Sealer{db: d, root: root}
	if err := s.loadOrMake(ctx, rootKeyFile); err != nil {
		return nil, err
	}
	ring := s.ring.Load()
	if s.lookup, err = ring.active(Lookup, ring.at); err != nil {
		return nil, err
	}
	if s.audit, err = ring.active(Audit, ring.at); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Sealer) loadOrMake(ctx context.Context, file string) error {
	complete := false
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		known, err := s.check(tx, file)
		if err != nil || !known {
			return err
		}
		complete, err = s.look(tx)
		return err
	})
	if err != nil || complete {
		return err
	}
	err = s.db.Housekeep(ctx, "making the installation's keys", func(tx *db.Tx) error { return s.makeMissing(tx, file) })
	if err != nil {
		return err
	}
	return s.Refresh(ctx)
}

// createBesideNew makes the root key file unless it is there, or the database already has a root key: then the file is
// lost, and a new one would open nothing.
func createBesideNew(ctx context.Context, d *db.DB, file string) error {
	if d.Engine() != db.SQLite {
		return nil
	}
	var rows int
	err := d.Read(ctx, func(tx *db.Tx) error { return tx.Row("SELECT count(*) FROM sealed_keys").Scan(&rows) })
	if err != nil || rows > 0 {
		return err
	}
	if err := createRootKey(file); err != nil && !errors.Is(err, fs.ErrExist) {
		return errs.New(errs.Unavailable, "seal.root_key_unwritable", errs.Params{"file": file}).Wrap(err)
	}
	return nil
}

// check compares the root key with the database's fingerprint; known is false when the database has none yet.
func (s *Sealer) check(tx *db.Tx, file string) (known bool, err error) {
	var fingerprint []byte
	err = tx.Row("SELECT sealed FROM sealed_keys WHERE id = $1", rootCheck).Scan(&fingerprint)
	if errors.Is(err, db.ErrNoRow) {
		return false, nil
	}
	if err == nil && !bytes.Equal(fingerprint, s.root.fingerprint) {
		err = errs.New(errs.Conflict, "seal.wrong_root_key", errs.Params{"file": file})
	}
	return true, err
}

// makeMissing records the fingerprint and makes the keys that no other replica has made.
func (s *Sealer) makeMissing(tx *db.Tx, file string) error {
	if err := lockKeys(tx); err != nil {
		return err
	}
	known, err := s.check(tx, file)
	if err != nil {
		return err
	}
	if !known {
		_, err := tx.Exec("INSERT INTO sealed_keys (id, purpose, sealed, created_at, active_from) VALUES ($1, $1, $2, $3, $3)",
			rootCheck, s.root.fingerprint, tx.Now())
		if err != nil {
			return fmt.Errorf("keeping the root key's fingerprint: %w", err)
		}
	}
	ring, err := loadKeyring(tx, s.root)
	if err != nil {
		return err
	}
	for _, p := range purposes {
		if len(ring.byPurpose[p]) > 0 {
			continue
		}
		if _, err := makeKey(tx, s.root, p, tx.Now()); err != nil {
			return err
		}
	}
	return nil
}

// look takes a new look at the table and reports whether there is a key for every purpose.
func (s *Sealer) look(tx *db.Tx) (complete bool, err error) {
	ring, err := loadKeyring(tx, s.root)
	if err != nil {
		return false, err
	}
	s.ring.Store(ring)
	return len(ring.byPurpose) == len(purposes), nil
}

// Refresh takes a new look at the table of keys.
func (s *Sealer) Refresh(ctx context.Context) error {
	return s.db.Read(ctx, func(tx *db.Tx) error {
		_, err := s.look(tx)
		return err
	})
}

// Run refreshes every RefreshEvery until ctx ends, and hands failures to failed: the keys known so far stay in use.
func (s *Sealer) Run(ctx context.Context, failed func(error)) {
	ticks := time.NewTicker(RefreshEvery)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
			if err := s.Refresh(ctx); err != nil && ctx.Err() == nil {
				failed(err)
			}
		}
	}
}

// Seal encrypts plaintext for place, which names the row it is kept in: "product_keys/" + id. Errors: Unavailable
// "seal.key_missing".
func (s *Sealer) Seal(place string, plaintext []byte) ([]byte, error) {
	ring := s.ring.Load()
	k, err := ring.active(Wrap, ring.at)
	if err != nil {
		return nil, err
	}
	return encrypt(k.aead, k.id, place, plaintext), nil
}

// Open decrypts what Seal made for the same place. Errors: Conflict "seal.damaged"; Unavailable "seal.key_missing" when
// the key is not in the database.
func (s *Sealer) Open(place string, sealed []byte) ([]byte, error) {
	id, ok := envelopeKey(sealed)
	if !ok {
		return nil, ErrDamaged
	}
	k, err := s.wrapKey(id)
	if err != nil {
		return nil, err
	}
	return decrypt(k.aead, place, sealed)
}

// missTimeout bounds the look taken for a key that is not known: it needs a connection of its own.
const missTimeout = 5 * time.Second

// wrapKey finds a key by id and looks again when it is not known: another replica may have made it since.
func (s *Sealer) wrapKey(id ids.ID) (*key, error) {
	before := s.ring.Load()
	if k := before.byID[id]; k != nil && k.purpose == Wrap {
		return k, nil
	}
	s.missing.Lock()
	defer s.missing.Unlock()
	if s.ring.Load() == before {
		ctx, cancel := context.WithTimeout(context.Background(), missTimeout)
		defer cancel()
		if err := s.Refresh(ctx); err != nil {
			return nil, fmt.Errorf("looking for a key: %w", err)
		}
	}
	if k := s.ring.Load().byID[id]; k != nil && k.purpose == Wrap {
		return k, nil
	}
	return nil, errs.New(errs.Unavailable, "seal.key_missing", errs.Params{"purpose": string(Wrap)})
}

// Lookup returns the keyed hash (HMAC-SHA-256, 32 bytes) by which a sealed value is found; equal values give equal hashes
// within one purpose ("product_keys"), which keeps the hashes of different columns apart.
func (s *Sealer) Lookup(purpose string, value []byte) []byte {
	return tag(s.lookup, purpose, value)
}

// MAC returns an authentication tag over message by the Cursor or the Link key; it says which key made it.
func (s *Sealer) MAC(purpose Purpose, message []byte) ([]byte, error) {
	ring := s.ring.Load()
	if purpose != Cursor && purpose != Link {
		return nil, fmt.Errorf("keys for %s make no tags", purpose)
	}
	k, err := ring.active(purpose, ring.at)
	if err != nil {
		return nil, err
	}
	return append([]byte(k.id), tag(k, string(purpose), message)...), nil
}

// CheckMAC reports whether tag is one that MAC made over message for purpose. It never looks at the database, so that
// invented tags cost nothing; every replica knows a key before any uses it.
func (s *Sealer) CheckMAC(purpose Purpose, message, mac []byte) bool {
	if len(mac) < idSize {
		return false
	}
	k := s.ring.Load().byID[ids.ID(mac[:idSize])]
	return k != nil && k.purpose == purpose && k.secret != nil && hmac.Equal(mac[idSize:], tag(k, string(purpose), message))
}

// tag is HMAC-SHA-256 (RFC 2104) over the label's length, the label and the message.
func tag(k *key, label string, message []byte) []byte {
	h := hmac.New(sha256.New, k.secret)
	h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(label))))
	h.Write([]byte(label))
	h.Write(message)
	return h.Sum(nil)
}
