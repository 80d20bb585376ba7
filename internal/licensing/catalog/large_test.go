package catalog_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/catalog"
	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
)

func manyProducts(n int) string {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = fmt.Sprintf(`{"code": "P-%d", "name": "P", "family": "F", "pool": "Servers", "class": "server", "versions": [{"name": "1", "released": "2020-01-01"}, {"name": "2", "released": "2021-01-01"}]}`, i)
	}
	return `{"products": [` + strings.Join(rows, ",\n") + `]}`
}

// A dry run, an import that publishes and one that changes nothing.
func TestOthersWriteBesideALargeImport(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		s := catalog.New(d, access.New(d))
		for _, dryRun := range []bool{true, false, false} {
			dbtest.BoundedWrites(t, 100, 1000, func(ctx context.Context, rows int) {
				if r, err := s.Import(ctx, audit.Itself(), "f", strings.NewReader(manyProducts(rows)), dryRun); err != nil || r.Failed() {
					t.Error(err, r.Errors)
				}
			})
		}
	})
}
