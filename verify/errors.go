package verify

import (
	"errors"
	"fmt"
)

// The reasons for a refusal, to be told apart with errors.Is.
var (
	// ErrFormat: the text is not a token, a confirmation or an installation ID at all, or was mistyped or cut off.
	ErrFormat = errors.New("verify: malformed")
	// ErrAlgorithm: the token is not signed with Ed25519.
	ErrAlgorithm = errors.New("verify: unexpected signature algorithm")
	// ErrType: the token is of another type, for example a lease.
	ErrType = errors.New("verify: not an activation token")
	// ErrUnknownKey: none of the product's keys has the name that the token gives; newer keys may be needed.
	ErrUnknownKey = errors.New("verify: unknown signing key")
	// ErrSignature: the signature does not fit: the proof was altered, or made for something else.
	ErrSignature = errors.New("verify: wrong signature")
	// ErrIssuer: the token comes from another license center, or the issuer asked for is no issuer name.
	ErrIssuer = errors.New("verify: another issuer")
	// ErrInstallation: the token belongs to another installation, or the one asked for is no installation ID.
	ErrInstallation = errors.New("verify: another installation")
	// ErrProduct: the token is not for this product, or the one asked for is no product code.
	ErrProduct = errors.New("verify: another product")
	// ErrExpired: the token's time is over.
	ErrExpired = errors.New("verify: expired")
	// ErrNotYet: the token has an end, and by this machine's clock it was issued more than ClockTolerance in the future.
	ErrNotYet = errors.New("verify: issued in the future")
	// ErrKeys: the JWKS document is malformed, holds no usable key, or holds a private one.
	ErrKeys = errors.New("verify: unusable key set")
)

// GroupError names the group that a person mistyped in a confirmation or an installation ID. It is an ErrFormat.
type GroupError struct {
	Group int // counted from 1
}

// Error returns the sentence.
func (e *GroupError) Error() string { return fmt.Sprintf("verify: group %d is mistyped", e.Group) }

// Unwrap returns ErrFormat.
func (e *GroupError) Unwrap() error { return ErrFormat }
