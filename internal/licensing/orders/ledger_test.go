package orders_test

import (
	"testing"
	"unsafe"

	"chiave/internal/licensing/entitlements"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// A summary may be over millions of lines: what they share is in memory once, and the list is no longer than it has to be.
func TestWhatLinesHaveInCommonIsHeldOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.good("1,E-1,P,2020-01-01,,STD,1,L,1,,,,,\n2,E-1,P,2020-01-01,,STD,1,L,2,,,,,\n3,E-1,P,2020-01-01,,STD,1,L,2,,,,,\n")
		var lines []entitlements.Line
		err := w.db.Read(t.Context(), func(tx *db.Tx) (err error) {
			lines, err = w.LinesTx(tx, map[ids.ID]bool{w.licensing("E-1").ID: true})
			return err
		})
		if err != nil || len(lines) != 3 || cap(lines) != 3 {
			t.Fatalf("%d lines in room for %d: %v", len(lines), cap(lines), err)
		}
		for _, l := range lines[1:] {
			if !l.ShownOnOrder || unsafe.StringData(l.LicensingID) != unsafe.StringData(lines[0].LicensingID) || unsafe.StringData(l.Product) != unsafe.StringData(lines[0].Product) ||
				unsafe.StringData(l.Version) != unsafe.StringData(lines[0].Version) {
				t.Errorf("line %s has copies of its own: %+v", l.ID, l)
			}
		}
	})
}
