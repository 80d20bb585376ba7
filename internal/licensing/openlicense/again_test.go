package openlicense_test

import "testing"

// TestALicenseThatIsAddedAgainEndsNoRow: who drops a license and adds it again has proven nothing (OPEN-12).
func TestALicenseThatIsAddedAgainEndsNoRow(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.add(t, w.dario, pair(other, otherNumber))
		for range 4 {
			w.fails(t, "openlicense.wrong_pair", w.dario, pair("69999999", "99999999ZZE2801"))
		}
		if err := w.Access.Drop(t.Context(), w.dario, w.ID(other)); err != nil {
			t.Fatal(err)
		}
		w.add(t, w.dario, pair(other, otherNumber))
		w.fails(t, "openlicense.suspended", w.dario, pair("69999999", "99999999ZZE2801"))
	})
}
