package partners_test

import (
	"testing"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/partners"
	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/errs"
)

func TestSaving(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		s := partners.New(access.New(d))
		steps := []struct {
			name string
			want partners.Saved
		}{{"Alba", partners.Created}, {"Alba", partners.Unchanged}, {"Alba Licenze", partners.Renamed}, {"Alba Licenze", partners.Unchanged}}
		for i, step := range steps {
			var got partners.Saved
			err := d.Write(t.Context(), func(tx *db.Tx) (err error) {
				_, got, err = s.SaveTx(tx, audit.Itself(), partners.Partner{Code: "PAR-1", Name: step.name})
				return err
			})
			if err != nil || got != step.want {
				t.Errorf("step %d: %v (%v), want %v", i, got, err, step.want)
			}
		}
		all, err := s.List(t.Context(), audit.Itself())
		if err != nil || len(all) != 1 || all[0].Name != "Alba Licenze" {
			t.Errorf("partners %v (%v)", all, err)
		}
		if _, err := s.List(t.Context(), audit.Nobody("r")); errs.KindOf(err) != errs.Unauthenticated {
			t.Errorf("anonymous list: %v", err)
		}
	})
}
