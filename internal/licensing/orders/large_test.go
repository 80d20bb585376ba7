package orders_test

import (
	"testing"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db/dbtest"
)

// A large import keeps nobody else from writing for long: not a dry run, nor one that publishes, nor one that changes nothing.
func TestOthersWriteBesideALargeImport(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for _, dryRun := range []bool{true, false, false} {
			longest, whole := dbtest.LongestWrite(t, w.db, func() {
				if r, err := w.Import(t.Context(), audit.Itself(), "f", ordersFile(10_000), dryRun); err != nil || r.Failed() {
					t.Error(err, r.Errors)
				}
			})
			if t.Log(dryRun, longest, whole); longest > whole*2/3 {
				t.Errorf("dry run %t: of %v another had to wait %v", dryRun, whole, longest)
			}
		}
	})
}
