package keys_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
)

// A dry run, an import that publishes and one that changes nothing.
func TestOthersWriteBesideALargeImport(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w, _ := newWorld(t, d)
		for _, dryRun := range []bool{true, false, false} {
			dbtest.BoundedWrites(t, 3000, 6000, func(ctx context.Context, rows int) {
				if r, err := w.Keys.Import(ctx, w.Operator, "f", strings.NewReader(header+"\n"+manyKeys(rows)), dryRun); err != nil || r.Failed() {
					t.Error(err, r.Errors)
				}
			})
		}
	})
}

func manyKeys(n int) string {
	var rows strings.Builder
	for i := range n {
		fmt.Fprintf(&rows, "E-1\t\t\tOffice\tBCDFG-HJKLM-NOPQR-STUVW-%05d\tMAK\t0/%d\n", i, i)
	}
	return rows.String()
}
