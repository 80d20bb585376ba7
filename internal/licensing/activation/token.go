package activation

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"

	"chiave/verify"
)

// Signer signs with the center's current Ed25519 key. Sign is given the message itself, never a hash of it (RFC 8032,
// section 5.1, not Ed25519ph). The key must have been published in the JWKS before it signs.
type Signer interface {
	KeyID() string
	Sign(message []byte) ([]byte, error)
}

// Issue makes the activation token that says claims: what verify.Token accepts. It refuses claims that verify would not
// read back (verify.ErrFormat); any other error is the signer's.
func Issue(signer Signer, claims verify.Claims) (string, error) {
	input, err := verify.SigningInput(signer.KeyID(), claims)
	if err != nil {
		return "", fmt.Errorf("writing an activation token: %w", err)
	}
	signature, err := sign(signer, input)
	if err != nil {
		return "", fmt.Errorf("signing an activation token: %w", err)
	}
	return string(base64.RawURLEncoding.AppendEncode(append(input, '.'), signature)), nil
}

// Confirm makes the confirmation that a person types into a product without a network: what verify.Confirmation accepts
// for the same want. It refuses what verify would not take: verify.ErrIssuer, ErrInstallation, ErrProduct; any other
// error is the signer's.
func Confirm(signer Signer, want verify.Expect) (string, error) {
	message, err := verify.ConfirmationMessage(want)
	if err != nil {
		return "", fmt.Errorf("writing a confirmation: %w", err)
	}
	signature, err := sign(signer, message)
	if err != nil {
		return "", fmt.Errorf("signing a confirmation: %w", err)
	}
	return verify.FormatConfirmation(signature)
}

// sign refuses a signature of another length, which would go out as a proof that nobody accepts.
func sign(signer Signer, message []byte) ([]byte, error) {
	signature, err := signer.Sign(message)
	if err != nil {
		return nil, err
	}
	if len(signature) != ed25519.SignatureSize {
		return nil, fmt.Errorf("the signer returned %d bytes, not %d", len(signature), ed25519.SignatureSize)
	}
	return signature, nil
}
