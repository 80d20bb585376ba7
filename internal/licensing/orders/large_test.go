package orders_test

import (
	"context"
	"testing"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db/dbtest"
)

// A dry run, an import that publishes and one that changes nothing.
func TestOthersWriteBesideALargeImport(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for _, dryRun := range []bool{true, false, false} {
			dbtest.BoundedWrites(t, 5_000, 20_000, func(ctx context.Context, rows int) {
				if r, err := w.Import(ctx, audit.Itself(), "f", ordersFile(rows), dryRun); err != nil || r.Failed() {
					t.Error(err, r.Errors)
				}
			})
		}
	})
}
