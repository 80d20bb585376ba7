package activation

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
)

// PublicKey is the public half of a signing key, with the id that tokens name it by.
type PublicKey struct {
	ID  string
	Key ed25519.PublicKey
}

// jwk is an Ed25519 public key (RFC 8037, section 2) in the order its members are written in.
type jwk struct {
	KeyType   string `json:"kty"`
	Curve     string `json:"crv"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
	KeyID     string `json:"kid"`
	X         string `json:"x"`
}

// JWKS returns the document (RFC 7517, section 5) that products read their public keys from, the keys in the order
// given. It refuses what would make products refuse the whole document: no key at all, a key without an id or of a wrong
// length, an id given twice.
func JWKS(keys []PublicKey) ([]byte, error) {
	if len(keys) == 0 {
		return nil, fmt.Errorf("publishing signing keys: there is none")
	}
	set := struct {
		Keys []jwk `json:"keys"`
	}{}
	seen := map[string]bool{}
	for i, key := range keys {
		if key.ID == "" || seen[key.ID] || len(key.Key) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("publishing signing keys: key %d has no id of its own or a wrong length", i+1)
		}
		seen[key.ID] = true
		set.Keys = append(set.Keys, jwk{
			KeyType: "OKP", Curve: "Ed25519", Use: "sig", Algorithm: "EdDSA", KeyID: key.ID,
			X: base64.RawURLEncoding.EncodeToString(key.Key),
		})
	}
	return json.Marshal(set)
}
