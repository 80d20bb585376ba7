package verify

import (
	"crypto/ed25519"
	"fmt"
	"strings"
	"unicode"
)

const (
	confirmationTag     = "chiave-confirmation-v1\n"
	confirmationVersion = 1

	// 65 bytes (the version and the signature) are exactly 104 symbols of 5 bits: 26 groups of four and a check symbol.
	confirmationBytes  = 1 + ed25519.SignatureSize
	symbolGroups       = 26
	symbolsInGroup     = 4
	symbolGroupLength  = symbolsInGroup + 1
	confirmationLength = symbolGroups * symbolGroupLength

	// alphabet is Crockford's base 32 (https://www.crockford.com/base32.html): no I, L, O or U.
	alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)

// Confirmation checks an activation that a person typed in: an Ed25519 signature over want's issuer, installation and
// product. Nothing else travels, since the product knows these already; it has no end and want.Now is not looked at.
// Capitals and small letters, spaces and dashes, O for 0 and I or L for 1 are all the same.
//
// Errors: ErrFormat, as a *GroupError when a group is mistyped; ErrIssuer, ErrInstallation or ErrProduct when that field of want is
// malformed; ErrUnknownKey when keys is empty; ErrSignature when the confirmation is not for want, or by none of keys.
func Confirmation(typed string, keys Keys, want Expect) error {
	signature, err := parseConfirmation(typed)
	if err != nil {
		return err
	}
	message, err := ConfirmationMessage(want)
	if err != nil {
		return err
	}
	if len(keys.byID) == 0 {
		return ErrUnknownKey
	}
	for _, key := range keys.byID {
		if ed25519.Verify(key, message, signature) {
			return nil
		}
	}
	return ErrSignature
}

// ConfirmationMessage returns what a center signs to make a confirmation: the line "chiave-confirmation-v1", which no
// other signed text of a center begins with, then issuer, installation ID and product, each ended by a line feed.
// Products do not need it. Errors: ErrIssuer, ErrInstallation or ErrProduct when that field is malformed.
func ConfirmationMessage(want Expect) ([]byte, error) {
	switch {
	case !validIssuer(want.Issuer):
		return nil, ErrIssuer
	case !ValidInstallationID(want.InstallationID):
		return nil, ErrInstallation
	case !validText(want.Product): // without line feeds, so that the lines can be read in one way only
		return nil, ErrProduct
	}
	return []byte(confirmationTag + want.Issuer + "\n" + want.InstallationID + "\n" + want.Product + "\n"), nil
}

// FormatConfirmation writes an Ed25519 signature as a person types it: 26 groups of five, the last symbol of each a
// check that catches every wrong symbol, every swap within the group, and a group in another's place.
// Products do not need it. Error: ErrSignature when signature is not 64 bytes.
func FormatConfirmation(signature []byte) (string, error) {
	if len(signature) != ed25519.SignatureSize {
		return "", ErrSignature
	}
	var b strings.Builder
	var bits uint32
	held, inGroup, group := 0, 0, 0
	check := byte(group)
	for _, octet := range append([]byte{confirmationVersion}, signature...) {
		bits = bits<<8 | uint32(octet)
		for held += 8; held >= 5; {
			held -= 5
			symbol := byte(bits>>held) & 31
			check = timesAlpha(check) ^ symbol
			b.WriteByte(alphabet[symbol])
			if inGroup++; inGroup < symbolsInGroup {
				continue
			}
			b.WriteByte(alphabet[timesAlpha(check)])
			if group++; group < symbolGroups {
				b.WriteByte('-')
			}
			inGroup, check = 0, byte(group)
		}
	}
	return b.String(), nil
}

// parseConfirmation returns the signature. Whole groups are checked before the length, so that the first group that is
// mistyped is named even when a symbol was left out after it.
func parseConfirmation(typed string) ([]byte, error) {
	text, ok := squeeze(typed)
	if !ok {
		return nil, fmt.Errorf("%w: too long", ErrFormat)
	}
	var out []byte
	var bits uint32
	var check byte
	held, n := 0, 0
	for _, r := range text {
		group, place := n/symbolGroupLength, n%symbolGroupLength
		if group == symbolGroups {
			return nil, fmt.Errorf("%w: more than %d groups", ErrFormat, symbolGroups)
		}
		symbol, ok := symbolValue(r)
		if !ok {
			return nil, &GroupError{Group: group + 1}
		}
		n++
		if place == 0 {
			check = byte(group)
		}
		check = timesAlpha(check) ^ symbol
		if place == symbolsInGroup {
			if check != 0 {
				return nil, &GroupError{Group: group + 1}
			}
			continue
		}
		bits = bits<<5 | uint32(symbol)
		if held += 5; held >= 8 {
			held -= 8
			out = append(out, byte(bits>>held))
		}
	}
	if n != confirmationLength {
		return nil, fmt.Errorf("%w: fewer than %d groups of %d", ErrFormat, symbolGroups, symbolGroupLength)
	}
	if len(out) != confirmationBytes || out[0] != confirmationVersion {
		return nil, fmt.Errorf("%w: a confirmation of another version", ErrFormat)
	}
	return out[1:], nil
}

// symbolValue returns the value of a typed character.
func symbolValue(r rune) (byte, bool) {
	if r > unicode.MaxASCII {
		return 0, false
	}
	switch r = unicode.ToUpper(r); r {
	case 'O':
		r = '0'
	case 'I', 'L':
		r = '1'
	}
	i := strings.IndexByte(alphabet, byte(r))
	return byte(i), i >= 0
}

// timesAlpha multiplies by a generator of GF(32), taken modulo the primitive polynomial x⁵+x²+1. A group obeys
// p·α⁵ + s₀·α⁴ + s₁·α³ + s₂·α² + s₃·α + check = 0 for its place p, counted from 0: all weights differ and none is zero.
func timesAlpha(x byte) byte {
	x <<= 1
	if x&0b10_0000 != 0 {
		x ^= 0b10_0101
	}
	return x
}
