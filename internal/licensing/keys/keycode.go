package keys

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"unicode"

	"chiave/internal/platform/errs"
)

// A code is 24 random symbols (120 bits) and one check symbol. Read as elements of GF(32), the 25 symbols s₀…s₂₄ obey
//
//	s₀·α²⁴ + s₁·α²³ + … + s₂₃·α + s₂₄ = 0
//
// where α generates the field's 31 non-zero elements. The 25 weights are therefore all different and none is zero: one
// wrong symbol leaves e·αⁱ ≠ 0, and two symbols in each other's place leave (a+b)(αⁱ+αʲ) ≠ 0, so that every typing error
// of these two sorts is caught without a look-up.
const (
	codeSymbols  = 25
	groupSymbols = 5

	// codeAlphabet is Crockford's base 32 (https://www.crockford.com/base32.html): no I, L, O or U.
	codeAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

	// maxCodeText bounds what ParseCode looks at, in bytes; 25 symbols never need as much, however they are spaced.
	maxCodeText = 256
)

// The refusals of ParseCode; none of them carries any part of the input.
var (
	ErrCodeLength = errs.New(errs.Invalid, "keys.code_length") // not 25 symbols
	ErrCodeSymbol = errs.New(errs.Invalid, "keys.code_symbol") // a character that no code contains
	ErrCodeCheck  = errs.New(errs.Invalid, "keys.code_check")  // mistyped: the check symbol does not fit
)

var errCodeText = errors.New("keys: a product key is not written as text by itself; use Reveal or Masked")

// Code is the text of a product key: a secret. However it is printed, logged or encoded it shows its last five
// characters at most; Reveal alone gives it away. The zero Code is no key.
type Code struct {
	_ [0]func() // forbids ==, which would compare the addresses below; use Equal

	// The canonical text lives behind a pointer because fmt prints unexported fields without asking their methods: of a
	// struct that holds a Code it can print this address and no more. (A pointer to an array or a struct it would follow.)
	text *string
}

// Generate draws a new code from random, which is crypto/rand.Reader outside tests. The error is random's.
func Generate(random io.Reader) (Code, error) {
	var symbols [codeSymbols]byte
	if _, err := io.ReadFull(random, symbols[:codeSymbols-1]); err != nil {
		return Code{}, fmt.Errorf("drawing a product key: %w", err)
	}
	var sum byte
	for i := range symbols[:codeSymbols-1] {
		symbols[i] &= 31 // 32 divides 256, so every symbol is as likely as the others
		sum = timesAlpha(sum) ^ symbols[i]
	}
	symbols[codeSymbols-1] = timesAlpha(sum)
	return newCode(symbols), nil
}

// ParseCode reads a code as people type and paste it: in either case, with spaces and dashes of any sort anywhere or
// nowhere, O for 0, and I or L for 1. Errors: ErrCodeLength, ErrCodeSymbol, ErrCodeCheck.
func ParseCode(typed string) (Code, error) {
	if len(typed) > maxCodeText {
		return Code{}, ErrCodeLength
	}
	var symbols [codeSymbols]byte
	var sum byte
	n := 0
	for _, r := range typed {
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) {
			continue
		}
		symbol, ok := codeSymbol(r)
		if !ok {
			return Code{}, ErrCodeSymbol
		}
		if n == codeSymbols {
			return Code{}, ErrCodeLength
		}
		sum = timesAlpha(sum) ^ symbol
		symbols[n] = symbol
		n++
	}
	if n != codeSymbols {
		return Code{}, ErrCodeLength
	}
	if sum != 0 {
		return Code{}, ErrCodeCheck
	}
	return newCode(symbols), nil
}

// ParseTyped reads whatever key a person may hold: one of ours as ParseCode does, or else the 25 letters and digits of a
// foreign one, which no check symbol protects. Errors: those of ParseCode.
func ParseTyped(typed string) (Code, error) {
	own, err := ParseCode(typed)
	if err == nil {
		return own, nil
	}
	if foreign, ok := parseForeign(typed); ok {
		return foreign, nil
	}
	return Code{}, err
}

// parseForeign reads 25 letters and digits, spaced in any way; the letters stay what they are.
func parseForeign(typed string) (Code, bool) {
	if len(typed) > maxCodeText {
		return Code{}, false
	}
	var symbols [codeSymbols]byte
	n := 0
	for _, r := range typed {
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) {
			continue
		}
		r = unicode.ToUpper(r)
		if n == codeSymbols || (r < '0' || r > '9') && (r < 'A' || r > 'Z') {
			return Code{}, false
		}
		symbols[n] = byte(r)
		n++
	}
	return group(symbols), n == codeSymbols
}

// newCode writes the canonical text of one of our keys.
func newCode(symbols [codeSymbols]byte) Code {
	for i, symbol := range symbols {
		symbols[i] = codeAlphabet[symbol]
	}
	return group(symbols)
}

// group sets characters in five groups of five.
func group(characters [codeSymbols]byte) Code {
	var b strings.Builder
	for i, c := range characters {
		if i > 0 && i%groupSymbols == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(c)
	}
	text := b.String()
	return Code{text: &text}
}

// folded is the text by which a key is found: with the letters that ParseCode reads as digits written so, in a foreign key too.
func (c Code) folded() string {
	return strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(c.Reveal())
}

// codeSymbol returns the value of a typed character.
func codeSymbol(r rune) (byte, bool) {
	if r > unicode.MaxASCII {
		return 0, false
	}
	switch r = unicode.ToUpper(r); r {
	case 'O':
		r = '0'
	case 'I', 'L':
		r = '1'
	}
	i := strings.IndexByte(codeAlphabet, byte(r))
	return byte(i), i >= 0
}

// timesAlpha multiplies by α in GF(32), taken modulo the primitive polynomial x⁵+x²+1.
func timesAlpha(x byte) byte {
	x <<= 1
	if x&0b10_0000 != 0 {
		x ^= 0b10_0101
	}
	return x
}

// Reveal returns the canonical text, AAAAA-AAAAA-AAAAA-AAAAA-AAAAA, or "" for the zero Code. Whoever calls it hands out
// the key and owes the record of that.
func (c Code) Reveal() string {
	if c.IsZero() {
		return ""
	}
	return *c.text
}

// LastFive returns the last group, by which people tell their keys apart, or "" for the zero Code.
func (c Code) LastFive() string {
	if c.IsZero() {
		return ""
	}
	return (*c.text)[len(*c.text)-groupSymbols:]
}

// Masked returns the code with all but its last five characters hidden, or "" for the zero Code.
func (c Code) Masked() string {
	if c.IsZero() {
		return ""
	}
	return strings.Repeat("*****-", codeSymbols/groupSymbols-1) + c.LastFive()
}

// IsZero reports whether c is no key.
func (c Code) IsZero() bool { return c.text == nil }

// Equal reports whether both are the same key, in a time that does not depend on where they differ.
func (c Code) Equal(other Code) bool {
	if c.IsZero() || other.IsZero() {
		return c.IsZero() && other.IsZero()
	}
	return subtle.ConstantTimeCompare([]byte(*c.text), []byte(*other.text)) == 1
}

// String returns the masked code.
func (c Code) String() string { return c.Masked() }

// Format writes the masked code for every verb, %#v and %x among them.
func (c Code) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.Masked()) }

// LogValue returns the masked code.
func (c Code) LogValue() slog.Value { return slog.StringValue(c.Masked()) }

// MarshalText refuses, so that no encoder writes a key by accident, nor a mask where a key was meant.
func (c Code) MarshalText() ([]byte, error) { return nil, errCodeText }
