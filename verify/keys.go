package verify

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// maxKeysDocument bounds a JWKS document, in bytes.
const maxKeysDocument = 256 << 10

// Keys are the public keys that a product trusts, by their names. The zero Keys trust nobody.
type Keys struct {
	byID map[string]ed25519.PublicKey
}

// ParseKeys reads a JWKS document (RFC 7517, section 5) such as a center publishes at /.well-known/jwks.json. It takes
// the Ed25519 keys (RFC 8037, section 2) whose use is "sig" and passes over keys of other kinds. Error: ErrKeys.
func ParseKeys(document []byte) (Keys, error) {
	if len(document) > maxKeysDocument {
		return Keys{}, fmt.Errorf("%w: the document is too long", ErrKeys)
	}
	set, ok := parseObject(document)
	if !ok {
		return Keys{}, fmt.Errorf("%w: not a JSON object", ErrKeys)
	}
	var list []map[string]json.RawMessage
	if json.Unmarshal(set["keys"], &list) != nil {
		return Keys{}, fmt.Errorf("%w: no list of keys", ErrKeys)
	}
	keys := Keys{byID: map[string]ed25519.PublicKey{}}
	for i, jwk := range list {
		if _, private := jwk["d"]; private {
			return Keys{}, fmt.Errorf("%w: key %d of the list is a private key", ErrKeys, i+1)
		}
		if !signsEd25519(jwk) {
			continue
		}
		id, named := stringValue(jwk["kid"])
		x, _ := stringValue(jwk["x"])
		public, ok := decodeBase64(x)
		if !named || !validText(id) || !ok || len(public) != ed25519.PublicKeySize {
			return Keys{}, fmt.Errorf("%w: key %d of the list is malformed", ErrKeys, i+1)
		}
		if _, twice := keys.byID[id]; twice {
			return Keys{}, fmt.Errorf("%w: key %d of the list has the name of another", ErrKeys, i+1)
		}
		keys.byID[id] = public
	}
	if len(keys.byID) == 0 {
		return Keys{}, fmt.Errorf("%w: no Ed25519 key for signatures", ErrKeys)
	}
	return keys, nil
}

// signsEd25519 reports whether a key is of the kind that tokens are signed with.
func signsEd25519(jwk map[string]json.RawMessage) bool {
	for name, want := range map[string]string{"kty": "OKP", "crv": "Ed25519", "use": "sig"} {
		if got, _ := stringValue(jwk[name]); got != want {
			return false
		}
	}
	alg, present := jwk["alg"]
	got, _ := stringValue(alg)
	return !present || got == algorithm
}

// IDs returns the names of the keys in order.
func (k Keys) IDs() []string { return slices.Sorted(maps.Keys(k.byID)) }
