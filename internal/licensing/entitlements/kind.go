package entitlements

import "fmt"

// Kind is what an order line buys. The zero Kind is unknown.
type Kind uint8

// The kinds of order lines.
const (
	L   Kind = iota + 1 // full license
	LSA                 // license with Software Assurance
	SA                  // Software Assurance alone, also a renewal
	UA                  // Upgrade Advantage
	MNT                 // Maintenance
	UPG                 // version upgrade; names its version
	SUP                 // step-up from the line's product to its ToProduct
	SUB                 // subscription, a right during its coverage only
	RET                 // return of an earlier line, whole or part
)

// Kinds lists all kinds in the order above.
func Kinds() []Kind { return []Kind{L, LSA, SA, UA, MNT, UPG, SUP, SUB, RET} }

// ParseKind reads the name of a kind, in capitals; false when there is none of that name.
func ParseKind(name string) (Kind, bool) {
	for _, k := range Kinds() {
		if k.String() == name {
			return k, true
		}
	}
	return 0, false
}

// String returns the name of the kind as order files write it, or "" when unknown.
func (k Kind) String() string {
	switch k {
	case L:
		return "L"
	case LSA:
		return "LSA"
	case SA:
		return "SA"
	case UA:
		return "UA"
	case MNT:
		return "MNT"
	case UPG:
		return "UPG"
	case SUP:
		return "SUP"
	case SUB:
		return "SUB"
	case RET:
		return "RET"
	}
	return ""
}

// MarshalText writes the name of the kind.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads the name of a kind.
func (k *Kind) UnmarshalText(text []byte) error {
	parsed, ok := ParseKind(string(text))
	if !ok {
		return fmt.Errorf("entitlements: %q is not a kind of order line", text)
	}
	*k = parsed
	return nil
}

// CreatesBase reports whether a line of the kind is a right of its own: L, LSA, and SUB while it lasts.
func (k Kind) CreatesBase() bool { return k == L || k == LSA || k == SUB }

// HasCoverage reports whether a line of the kind must name a first and a last day of coverage.
func (k Kind) HasCoverage() bool {
	return k == LSA || k == SA || k == UA || k == MNT || k == SUP || k == SUB
}

// CountsAsSA reports whether a coverage of the kind counts in Active SA. Upgrade Advantage and Maintenance
// lift versions, but do not.
func (k Kind) CountsAsSA() bool { return k == LSA || k == SA || k == SUP }

// rank orders the kinds among lines that are effective on the same day.
func (k Kind) rank() uint64 {
	switch k {
	case SA, UA, MNT:
		return 1
	case UPG:
		return 2
	case SUP:
		return 3
	}
	return 0
}
