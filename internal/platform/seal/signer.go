package seal

import (
	"crypto/ed25519"
	"slices"
	"time"

	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// Signer signs with one Ed25519 key (RFC 8032).
type Signer struct{ key *key }

// KeyID names the key.
func (s Signer) KeyID() string { return string(s.key.id) }

// Public returns the public half.
func (s Signer) Public() ed25519.PublicKey { return s.key.public() }

// Sign returns the signature of message itself, 64 bytes.
func (s Signer) Sign(message []byte) ([]byte, error) {
	return ed25519.Sign(s.key.private, message), nil
}

// Signer returns the key that signs activation tokens at the transaction's instant. Errors: Unavailable
// "seal.key_missing".
func (s *Sealer) Signer(tx *db.Tx) (Signer, error) {
	ring, err := s.fresh(tx)
	if err != nil {
		return Signer{}, err
	}
	k, err := ring.active(Signing, tx.Now())
	return Signer{k}, err
}

// AuditSigner returns the key that signs checkpoints of the audit log: always the same.
func (s *Sealer) AuditSigner() Signer { return Signer{s.audit} }

// fresh returns the keys, looking again through tx when the last look is too old for its instant.
func (s *Sealer) fresh(tx *db.Tx) (*keyring, error) {
	ring := s.ring.Load()
	if age := tx.Now().Sub(ring.at); age < RefreshEvery && age > -RefreshEvery {
		return ring, nil
	}
	if _, err := s.look(tx); err != nil {
		return nil, err
	}
	return s.ring.Load(), nil
}

// State says where a key stands in its life.
type State string

// The states. A key is published before it is used, and stays for what it made when another has followed it.
const (
	Published State = "published"
	Active    State = "active"
	Retired   State = "retired"
)

// Key is what may be known of a key.
type Key struct {
	ID         ids.ID
	Purpose    Purpose
	State      State
	ActiveFrom time.Time
	Public     ed25519.PublicKey // nil for keys without a public half
}

// PublicKeys returns every signing key that products should know, the active one first, then those to come, then older
// ones, newest first.
func (s *Sealer) PublicKeys(tx *db.Tx) ([]Key, error) {
	all, err := s.Keys(tx)
	if err != nil {
		return nil, err
	}
	var sorted []Key
	for _, state := range []State{Active, Published, Retired} {
		for _, k := range all {
			if k.Purpose == Signing && k.State == state {
				sorted = append(sorted, k)
			}
		}
	}
	return sorted, nil
}

// Keys returns what is known of every key: by purpose, newest first.
func (s *Sealer) Keys(tx *db.Tx) ([]Key, error) {
	ring, err := s.fresh(tx)
	if err != nil {
		return nil, err
	}
	var all []Key
	for _, p := range purposes {
		state := Published
		for i, k := range slices.Backward(ring.byPurpose[p]) {
			if state == Active {
				state = Retired
			}
			if state == Published && (i == 0 || !k.activeFrom.After(tx.Now())) {
				state = Active
			}
			all = append(all, k.describe(state))
		}
	}
	return all, nil
}

func (k *key) describe(state State) Key {
	return Key{ID: k.id, Purpose: k.purpose, State: state, ActiveFrom: k.activeFrom, Public: k.public()}
}
