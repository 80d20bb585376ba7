package keys_test

import (
	"fmt"
	"strings"
	"testing"

	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
)

// A large import of keys keeps nobody else from writing for long, activations least of all.
func TestOthersWriteBesideALargeImport(t *testing.T) {
	t.Parallel()
	var rows strings.Builder
	for n := range 3000 {
		fmt.Fprintf(&rows, "E-1\t\t\tOffice\tBCDFG-HJKLM-NOPQR-STUVW-%05d\tMAK\t0/%d\n", n, n)
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w, _ := newWorld(t, d)
		for _, dryRun := range []bool{true, false} {
			longest, whole := dbtest.LongestWrite(t, d, func() { take(t, w, rows.String(), dryRun) })
			if t.Log(dryRun, longest, whole); longest > whole*2/3 {
				t.Errorf("dry run %t: of %v another had to wait %v", dryRun, whole, longest)
			}
		}
	})
}
