package verify

import (
	"crypto/ed25519"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	// Type is the typ header of an activation token, which no other signed text of a center carries.
	Type = "chiave-activation+jwt"

	// MaxToken is the length of the longest token, in bytes.
	MaxToken = 16 << 10

	// ClockTolerance is how far behind the center a machine's clock may be when a token that expires is checked: enough
	// for a clock that keeps local time as if it were UTC.
	ClockTolerance = 24 * time.Hour

	algorithm = "EdDSA" // RFC 8037, section 3.1
)

// Expect says what a proof must be for. A field left empty matches nothing.
type Expect struct {
	Issuer         string // the center: urn:chiave:<uuid>
	InstallationID string // this installation, as InstallationID returns it
	Product        string // this product's code in the center's catalog

	Now time.Time // the time to check against; zero means the machine's clock
}

// Token checks an activation token: a compact JWS (RFC 7515, section 3.1) of type Type, signed with Ed25519 (RFC 8037) by one of keys,
// for the issuer, installation and product of want.
//
// A token without an end holds for ever, whatever the machine's clock says, since a dead clock battery must not undo
// an activation. A token with an end is refused from that instant on, and while the clock stands more than
// ClockTolerance before its issue.
//
// Errors, in the order of the checks: ErrFormat, ErrAlgorithm, ErrType, ErrUnknownKey, ErrSignature, ErrFormat again
// (of the signed claims), ErrIssuer, ErrInstallation, ErrProduct, ErrNotYet, ErrExpired. With an error the Claims are zero.
func Token(token string, keys Keys, want Expect) (Claims, error) {
	if len(token) > MaxToken {
		return Claims{}, fmt.Errorf("%w: the token is too long", ErrFormat)
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return Claims{}, fmt.Errorf("%w: a token has three parts", ErrFormat)
	}
	header, okHeader := decodeBase64(parts[0])
	payload, okPayload := decodeBase64(parts[1])
	signature, okSignature := decodeBase64(parts[2])
	if !okHeader || !okPayload || !okSignature {
		return Claims{}, fmt.Errorf("%w: a part is not canonical base64url", ErrFormat)
	}
	keyID, err := parseHeader(header)
	if err != nil {
		return Claims{}, err
	}
	key, ok := keys.byID[keyID]
	if !ok {
		return Claims{}, ErrUnknownKey
	}
	signed := token[:len(parts[0])+1+len(parts[1])]
	if !ed25519.Verify(key, []byte(signed), signature) {
		return Claims{}, ErrSignature
	}
	claims, err := parseClaims(payload)
	if err != nil {
		return Claims{}, err
	}
	if err := claims.meet(want); err != nil {
		return Claims{}, err
	}
	return claims, nil
}

// parseHeader returns the name of the signing key. Members that are not known are passed over (RFC 7515, section 4),
// but no critical extension is understood (section 4.1.11), so that crit is refused whatever it lists.
func parseHeader(data []byte) (keyID string, err error) {
	header, ok := parseObject(data)
	if !ok {
		return "", fmt.Errorf("%w: the header is not a JSON object", ErrFormat)
	}
	if alg, _ := stringValue(header["alg"]); alg != algorithm {
		return "", ErrAlgorithm
	}
	if _, critical := header["crit"]; critical {
		return "", fmt.Errorf("%w: the header demands an extension", ErrFormat)
	}
	if typ, _ := stringValue(header["typ"]); typ != Type {
		return "", ErrType
	}
	keyID, ok = stringValue(header["kid"])
	if !ok || keyID == "" {
		return "", fmt.Errorf("%w: the header names no key", ErrFormat)
	}
	return keyID, nil
}

// meet compares signed claims with what the product expects.
func (c Claims) meet(want Expect) error {
	switch {
	case c.Issuer != want.Issuer:
		return ErrIssuer
	case c.InstallationID != want.InstallationID:
		return ErrInstallation
	case !slices.Contains(c.Products, want.Product):
		return ErrProduct
	case c.Expires.IsZero():
		return nil
	}
	now := want.Now
	if now.IsZero() {
		now = time.Now()
	}
	switch {
	case now.Before(c.IssuedAt.Add(-ClockTolerance)):
		return ErrNotYet
	case !now.Before(c.Expires): // RFC 7519, section 4.1.4: "on or after"
		return ErrExpired
	}
	return nil
}
