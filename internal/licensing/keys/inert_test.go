package keys

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestInertCellsComeBack: no part of an inert cell is a formula, and making it active gives back what it was.
func TestInertCellsComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.StringOf(rapid.SampledFrom([]rune("'=+-@;, \t\"ax1"))).Draw(t, "cell")
		safe := inert(cell)
		for part := range strings.SplitSeq(safe, ";") {
			if part != "" && strings.ContainsAny(part[:1], "=+-@\t\r") {
				t.Errorf("%q has the part %q", safe, part)
			}
		}
		if got := active(safe); got != cell {
			t.Errorf("%q became %q and came back as %q", cell, safe, got)
		}
	})
}
