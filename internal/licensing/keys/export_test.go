package keys_test

import (
	"encoding/csv"
	"errors"
	"slices"
	"strings"
	"testing"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/keys"
	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/errs"
)

const header = "Licensing ID\tParent Program\tOrganization\tProduct\tProduct Key\tType\tMAK Activations-Used/Available"

func TestExportedFile(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w, e1 := newWorld(t, d)
		e2 := w.Customer(`=HYPERLINK("x"), tab`+"\there", "-E2", "open-license")
		mak, makCode := w.MAK(e1, 5)
		setup := w.Make(keys.Generation{Licensing: e2, Type: keys.Setup, Products: []string{"SRV"}})[0]
		actor := w.User(access.ProductKeys, e1, e2)
		program := func(code string) string { return "+" + code }
		want := [][]string{
			strings.Split(header, "\t"),
			{"E-1", "'+enterprise", "Rossi S.p.A.", "Nimbus Office Professional, Nimbus Office Standard", makCode.Reveal(), "MAK", "0/5"},
			{"'-E2", "'+open-license", `'=HYPERLINK("x"), tab` + "\there", "Server", w.Code(setup.ID).Reveal(), "Setup key", ""},
		}
		if mak.ID > setup.ID { // made at the same instant: in order of their ids
			want[1], want[2] = want[2], want[1]
		}
		for format, comma := range map[string]rune{"tsv": '\t', "csv": ','} {
			lines := file(t, w, actor, keys.Export{Format: format, ProgramName: program})
			r := csv.NewReader(strings.NewReader(strings.Join(lines, "\n")))
			r.Comma = comma
			got, err := r.ReadAll()
			if err != nil || !slices.EqualFunc(got, want, slices.Equal) {
				t.Errorf("%s: %q, %v\nwant %q", format, got, err, want)
			}
		}
		if lines := file(t, w, actor, keys.Export{Format: "tsv"}); lines[0] != header {
			t.Errorf("header %q", lines[0])
		}
		if lines := file(t, w, actor, keys.Export{Format: "csv", Licensing: e1}); len(lines) != 2 || !strings.HasPrefix(lines[1], "E-1,enterprise,") {
			t.Errorf("of one Licensing ID: %q", lines)
		}
		if records(w, "keys.exported", e1) != 4 || records(w, "keys.exported", e2) != 3 {
			t.Errorf("%d and %d records", records(w, "keys.exported", e1), records(w, "keys.exported", e2))
		}
		if err := w.Keys.Export(t.Context(), actor, keys.Export{Format: "xls"}, &strings.Builder{}); errs.CodeOf(err) != "keys.export_format" {
			t.Errorf("unknown format: %v", err)
		}
		nothing := &strings.Builder{}
		if err := w.Keys.Export(t.Context(), w.User(access.Download, e1), keys.Export{Format: "tsv"}, nothing); errs.CodeOf(err) != "access.role_nowhere" || nothing.Len() > 0 {
			t.Errorf("who may see none gets %q, %v", nothing, err)
		}
	})
}

// TestNoPartOfALineIsAFormula: a spreadsheet may cut the lines at commas, semicolons or tabs, and heeds quotes at the beginning of a cell
// alone.
func TestNoPartOfALineIsAFormula(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w, _ := newWorld(t, d)
		name := `x;=HYPERLINK("y");'@z; a;+1`
		lid := w.Customer(name, "E;-1", "enterprise")
		w.MAK(lid, 5)
		actor := w.User(access.ProductKeys, lid)
		for _, format := range []string{"tsv", "csv"} {
			line := file(t, w, actor, keys.Export{Format: format})[1]
			for _, cell := range strings.Split(line, ";") {
				if strings.ContainsAny(cell[:1], "=+-@\t") {
					t.Errorf("%s: %q has the cell %q", format, line, cell)
				}
			}
		}
	})
}

// watcher is where an export goes; it does something once, after so many bytes.
type watcher struct {
	strings.Builder
	after int
	do    func()
}

func (w *watcher) Write(b []byte) (int, error) {
	n, err := w.Builder.Write(b)
	if do := w.do; do != nil && w.Len() > w.after {
		w.do = nil
		do()
	}
	return n, err
}

func TestManyKeysGoOutOverPages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w, e1 := newWorld(t, d)
		w.Make(keys.Generation{Licensing: e1, Type: keys.Volume, Products: []string{"SRV"}, Count: 1000})
		w.Make(keys.Generation{Licensing: e1, Type: keys.Volume, Products: []string{"SRV"}, Count: 200})
		other := w.Customer("Bianchi", "E-2", "open-license")
		actor := w.User(access.ProductKeys, e1, other)
		lines := file(t, w, actor, keys.Export{Format: "tsv"})
		seen := map[string]bool{}
		for _, line := range lines[1:] {
			seen[strings.Split(line, "\t")[4]] = true
		}
		if len(lines) != 1201 || len(seen) != 1200 {
			t.Fatalf("%d lines with %d different keys", len(lines), len(seen))
		}
		var listed []string
		for f := (keys.Filter{Limit: 500}); ; {
			list, next, err := w.Keys.List(t.Context(), actor, f)
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range list {
				listed = append(listed, k.LastFive)
			}
			if f.After = next; next == "" {
				break
			}
		}
		for i, line := range lines[1:] {
			if len(listed) != 1200 || !strings.Contains(line, listed[i]+"\t") {
				t.Fatalf("line %d of the file is not entry %d of the list", i, i)
			}
		}

		late := &watcher{after: 1000, do: func() { // behind the first page
			w.Make(keys.Generation{Licensing: other, Type: keys.Volume, Products: []string{"SRV"}})
		}}
		if err := w.Keys.Export(t.Context(), actor, keys.Export{Format: "tsv"}, late); err != nil || strings.Contains(late.String(), "\nE-2\t") {
			t.Errorf("a key of a Licensing ID that is on no record went out, %v", err)
		}
		w.Make(keys.Generation{Licensing: other, Type: keys.Volume, Products: []string{"SRV"}, Count: 50})
		part := &watcher{after: 1000, do: func() {
			w.Do(func(tx *db.Tx) error {
				_, err := tx.Exec("UPDATE role_grants SET revoked_at = 2 WHERE licensing_id = $1", other)
				return err
			})
		}}
		if err := w.Keys.Export(t.Context(), actor, keys.Export{Format: "tsv"}, part); err != nil {
			t.Fatal(err)
		}
		lines = strings.Split(part.String(), "\n") // the head and the page that was under way, then the others
		if strings.Contains("\n"+strings.Join(lines[501:], "\n"), "\nE-2\t") || strings.Count(part.String(), "\nE-1\t") != 1200 {
			t.Error("keys of a Licensing ID whose role was lost meanwhile went out, or others did not")
		}
		lose := &watcher{after: 1000, do: func() {
			w.Do(func(tx *db.Tx) error {
				_, err := tx.Exec("UPDATE role_grants SET revoked_at = 2")
				return err
			})
		}}
		err := w.Keys.Export(t.Context(), actor, keys.Export{Format: "tsv", Licensing: e1}, lose)
		if errs.CodeOf(err) != "licensing_ids.unknown" || strings.Count(lose.String(), "\n") != 501 {
			t.Errorf("who lost the right got %d lines, %v", strings.Count(lose.String(), "\n"), err)
		}
		broken := errors.New("the line is cut")
		if err := w.Keys.Export(t.Context(), audit.Itself(), keys.Export{Format: "tsv"}, cut{broken}); !errors.Is(err, broken) {
			t.Errorf("to nowhere: %v", err)
		}
	})
}

type cut struct{ err error }

func (c cut) Write([]byte) (int, error) { return 0, c.err }
