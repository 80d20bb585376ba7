package catalog_test

import (
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

// A large catalog keeps nobody else from writing for long: not a dry run, nor one that publishes, nor one that changes nothing.
func TestOthersWriteBesideALargeImport(t *testing.T) {
	t.Parallel()
	var rows strings.Builder
	for i := range 5000 {
		if i > 0 {
			rows.WriteString(",\n")
		}
		fmt.Fprintf(&rows, `{"code": "P-%d", "name": "P", "family": "F", "pool": "Servers", "class": "server", "versions": [{"name": "1", "released": "2020-01-01"}, {"name": "2", "released": "2021-01-01"}]}`, i)
	}
	in := `{"products": [` + rows.String() + `]}`
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		s := catalog.New(d, access.New(d))
		for _, dryRun := range []bool{true, false, false} {
			longest, whole := dbtest.LongestWrite(t, d, func() {
				if r, err := s.Import(t.Context(), audit.Itself(), "f", strings.NewReader(in), dryRun); err != nil || r.Failed() {
					t.Error(err, r.Errors)
				}
			})
			if t.Log(dryRun, longest, whole); longest > whole*2/3 {
				t.Errorf("dry run %t: of %v another had to wait %v", dryRun, whole, longest)
			}
		}
	})
}
