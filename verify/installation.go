package verify

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"unicode"
)

const (
	installationBytes = 16
	installationTag   = "chiave-installation-v1\n"

	digitGroups      = 8 // of five digits and a check digit: 40 digits hold 128 bits
	digitsInGroup    = 5
	digitGroupLength = digitsInGroup + 1

	// maxTyped bounds what is read of a typed text, in bytes.
	maxTyped = 1 << 10
)

// InstallationID returns the ID of an installation of product on the machine that the facts describe, as 32 lower-case
// hexadecimal digits.
//
// It is the first 128 bits of the SHA-256 of the text "chiave-installation-v1" and a line feed, then the product and each
// fact, each led by its length in bytes as 64 bits, big-endian. Since the product is part of it, the IDs that two
// products send from the same machine cannot be linked by the IDs alone. The facts themselves do not travel, but a fact
// with few possible values can be guessed and tried, so that at least one should be hard to guess (a random machine
// identifier made by the operating system). Facts and their order must stay the same over the life of an installation.
//
// Errors: ErrProduct when product is no product code, ErrInstallation when every fact is empty: all machines would
// share one ID.
func InstallationID(product string, machineFacts ...[]byte) (string, error) {
	if !validText(product) {
		return "", ErrProduct
	}
	var size [8]byte
	some := false
	h := sha256.New()
	h.Write([]byte(installationTag))
	for _, part := range append([][]byte{[]byte(product)}, machineFacts...) {
		binary.BigEndian.PutUint64(size[:], uint64(len(part)))
		h.Write(size[:])
		h.Write(part)
	}
	for _, fact := range machineFacts {
		some = some || len(fact) > 0
	}
	if !some {
		return "", fmt.Errorf("%w: no fact about the machine", ErrInstallation)
	}
	return hex.EncodeToString(h.Sum(nil)[:installationBytes]), nil
}

// ValidInstallationID reports whether id is 32 lower-case hexadecimal digits, the form used on the wire.
func ValidInstallationID(id string) bool {
	if len(id) != 2*installationBytes {
		return false
	}
	for i := range len(id) {
		if !lowerHex(id[i]) {
			return false
		}
	}
	return true
}

// InstallationGroups returns an installation ID to read out on the telephone: eight groups of six digits, the last of
// each a check digit that catches a wrong digit, two neighbours swapped, and a group in another's place.
// Error: ErrInstallation when id is no installation ID.
func InstallationGroups(id string) (string, error) {
	number, err := hex.DecodeString(id)
	if err != nil || !ValidInstallationID(id) {
		return "", ErrInstallation
	}
	digits := fmt.Sprintf("%0*d", digitGroups*digitsInGroup, new(big.Int).SetBytes(number))
	groups := make([]string, digitGroups)
	for i := range groups {
		group := digits[i*digitsInGroup : (i+1)*digitsInGroup]
		groups[i] = group + string('0'+damm(i+1, group))
	}
	return strings.Join(groups, "-"), nil
}

// ParseInstallationID reads an installation ID in digit groups or in hexadecimal, with spaces and dashes anywhere, and
// returns the form used on the wire. Error: ErrFormat, as a *GroupError when a digit group is mistyped.
func ParseInstallationID(typed string) (string, error) {
	text, ok := squeeze(typed)
	if !ok {
		return "", fmt.Errorf("%w: too long", ErrFormat)
	}
	if id := strings.ToLower(text); ValidInstallationID(id) {
		return id, nil
	}
	if strings.Trim(text, "0123456789") != "" {
		return "", fmt.Errorf("%w: neither digit groups nor 32 hexadecimal digits", ErrFormat)
	}
	var digits strings.Builder
	for i := 0; i+digitGroupLength <= len(text) && i < digitGroups*digitGroupLength; i += digitGroupLength {
		group, position := text[i:i+digitGroupLength], i/digitGroupLength+1
		if damm(position, group) != 0 {
			return "", &GroupError{Group: position}
		}
		digits.WriteString(group[:digitsInGroup])
	}
	number, ok := new(big.Int).SetString(digits.String(), 10)
	if len(text) != digitGroups*digitGroupLength || !ok || number.BitLen() > 8*installationBytes {
		return "", fmt.Errorf("%w: not %d groups of %d digits", ErrFormat, digitGroups, digitGroupLength)
	}
	return hex.EncodeToString(number.FillBytes(make([]byte, installationBytes))), nil
}

// squeeze drops the spaces and dashes that people put between groups.
func squeeze(typed string) (string, bool) {
	if len(typed) > maxTyped {
		return "", false
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) {
			return -1
		}
		return r
	}, typed), true
}

// dammTable is a weakly totally anti-symmetric quasigroup of order ten (H. M. Damm, "Total anti-symmetrische
// Quasigruppen", Marburg 2004): its check digit catches every wrong digit and every swap of neighbours.
const dammTable = "" +
	"0317598642" + "7092154863" + "4206871359" + "1750983426" + "6123045978" +
	"3674209581" + "5869720134" + "8945362017" + "9438617205" + "2581436790"

// damm returns the check digit of digits in the group at position; it is 0 for a group that ends with its check digit.
// The position counts as one more digit in front, so that a group in another's place is caught as a wrong digit is.
func damm(position int, digits string) rune {
	interim := dammTable[position]
	for i := range len(digits) {
		interim = dammTable[10*int(interim-'0')+int(digits[i]-'0')]
	}
	return rune(interim - '0')
}
