package seal

import (
	"cmp"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// Purpose says what a key is for; no key serves two.
type Purpose string

// The purposes.
const (
	Wrap    Purpose = "wrap"    // encrypts data
	Lookup  Purpose = "lookup"  // keyed hashes by which sealed data are found
	Signing Purpose = "signing" // activation tokens and confirmations; public halves are published
	Audit   Purpose = "audit"   // checkpoints of the audit log
	Cursor  Purpose = "cursor"  // page cursors
	Link    Purpose = "link"    // links in mails
)

var purposes = []Purpose{Wrap, Lookup, Signing, Audit, Cursor, Link}

// rootCheck is the purpose of the row that keeps the root key's fingerprint instead of a key.
const rootCheck = "root_check"

// key is one opened key.
type key struct {
	id         ids.ID
	purpose    Purpose
	activeFrom time.Time
	secret     []byte             // lookup, cursor, link
	aead       cipher.AEAD        // wrap
	private    ed25519.PrivateKey // signing, audit
}

// keyring is what one look at sealed_keys found. It is never changed.
type keyring struct {
	at        time.Time // when the look was taken
	byID      map[ids.ID]*key
	byPurpose map[Purpose][]*key // in order of activeFrom
}

// active returns the key that serves purpose at the instant now: the last one whose active_from has come. The first key
// serves from the start, even on a replica whose clock is a moment behind that of its maker.
func (r *keyring) active(purpose Purpose, now time.Time) (*key, error) {
	keys := r.byPurpose[purpose]
	for i, k := range slices.Backward(keys) {
		if i == 0 || !k.activeFrom.After(now) {
			return k, nil
		}
	}
	return nil, errs.New(errs.Unavailable, "seal.key_missing", errs.Params{"purpose": string(purpose)})
}

// loadKeyring opens every key of the table.
func loadKeyring(tx *db.Tx, root *root) (*keyring, error) {
	r := &keyring{at: tx.Now(), byID: map[ids.ID]*key{}, byPurpose: map[Purpose][]*key{}}
	err := tx.Each("SELECT id, purpose, sealed, public, active_from FROM sealed_keys WHERE purpose <> $1", []any{rootCheck},
		func(scan func(...any) error) error {
			var k key
			var purpose string
			var sealed, public []byte
			if err := scan(&k.id, &purpose, &sealed, &public, &k.activeFrom); err != nil {
				return err
			}
			k.purpose = Purpose(purpose)
			if err := k.open(root, sealed, public); err != nil {
				return fmt.Errorf("opening key %s (%s): %w", k.id, purpose, err)
			}
			r.byID[k.id] = &k
			r.byPurpose[k.purpose] = append(r.byPurpose[k.purpose], &k)
			return nil
		})
	for _, keys := range r.byPurpose {
		slices.SortFunc(keys, func(a, b *key) int {
			return cmp.Or(a.activeFrom.Compare(b.activeFrom), cmp.Compare(a.id, b.id))
		})
	}
	return r, err
}

// place binds a sealed key to its row and to when it may be used.
func (k *key) place() string {
	return fmt.Sprintf("sealed_keys/%s/%s/%d", k.purpose, k.id, k.activeFrom.UnixMicro())
}

func (k *key) open(root *root, sealed, public []byte) error {
	secret, err := decrypt(root.aead, k.place(), sealed)
	if err != nil {
		return err
	}
	if err := k.use(secret); err != nil {
		return err
	}
	if !slices.Equal(k.public(), public) {
		return ErrDamaged
	}
	return nil
}

// use prepares the key from its 32 secret bytes.
func (k *key) use(secret []byte) (err error) {
	if len(secret) != keySize {
		return ErrDamaged
	}
	switch k.purpose {
	case Wrap:
		k.aead, err = newAEAD(secret)
	case Signing, Audit:
		k.private = ed25519.NewKeyFromSeed(secret)
	default:
		k.secret = secret
	}
	return err
}

// public returns the public half; nil for keys that have none.
func (k *key) public() ed25519.PublicKey {
	if k.private == nil {
		return nil
	}
	return k.private.Public().(ed25519.PublicKey)
}

// makeKey makes a key for purpose that may be used from the instant from on.
func makeKey(tx *db.Tx, root *root, purpose Purpose, from time.Time) (*key, error) {
	secret := make([]byte, keySize)
	rand.Read(secret)
	k := &key{id: tx.NewID(), purpose: purpose, activeFrom: from}
	if err := k.use(secret); err != nil {
		return nil, err
	}
	_, err := tx.Exec("INSERT INTO sealed_keys (id, purpose, sealed, public, created_at, active_from) VALUES ($1, $2, $3, $4, $5, $6)",
		k.id, string(purpose), encrypt(root.aead, k.id, k.place(), secret), []byte(k.public()), tx.Now(), from)
	if err != nil {
		return nil, fmt.Errorf("keeping a new key for %s: %w", purpose, err)
	}
	return k, nil
}

// keyLock is the key of PostgreSQL's advisory lock under which keys are made. SQLite's one writer is the lock there.
const keyLock = 0x6368_6961_7666

func lockKeys(tx *db.Tx) error {
	if lock := tx.Pick("", "SELECT pg_advisory_xact_lock($1)"); lock != "" {
		_, err := tx.Exec(lock, int64(keyLock))
		return err
	}
	return nil
}
