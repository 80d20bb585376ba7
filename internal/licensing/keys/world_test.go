package keys_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/keys"
	"chiave/internal/licensing/keys/keystest"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// nobody is an id that no row has.
const nobody ids.ID = "01hk153x00fzzvzzzzzzzzzzzz"

func newWorld(t *testing.T, d *db.DB) (w *keystest.World, licensing ids.ID) {
	t.Helper()
	w = keystest.New(t, d)
	return w, w.Customer("Rossi S.p.A.", "E-1", "enterprise")
}

func records(w *keystest.World, action string, on ids.ID) int64 {
	return w.Count("SELECT count(*) FROM audit_records WHERE action = $1 AND licensing_id = $2", action, on)
}

// fields returns the wrong fields of an error as "pointer code".
func fields(err error) string {
	e, ok := errors.AsType[*errs.Error](err)
	if !ok {
		return ""
	}
	var all []string
	for _, f := range e.Fields {
		all = append(all, f.Pointer+" "+f.Code)
	}
	return strings.Join(all, ", ")
}

// file exports and returns the file's rows, the header first.
func file(t *testing.T, w *keystest.World, actor audit.Actor, e keys.Export) []string {
	t.Helper()
	var out strings.Builder
	if err := w.Keys.Export(context.Background(), actor, e, &out); err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}

// breakAudit takes the table of records away until the function it returns is called.
func breakAudit(w *keystest.World) (mend func()) {
	rename := func(from, to string) {
		w.Do(func(tx *db.Tx) error {
			_, err := tx.Exec("ALTER TABLE " + from + " RENAME TO " + to)
			return err
		})
	}
	rename("audit_records", "audit_records_gone")
	return func() { rename("audit_records_gone", "audit_records") }
}
