package keys_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/keys"
	"chiave/internal/licensing/keys/keystest"
	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/feed"
)

const someKey = "BCDFG-HJKLM-NOPQR-STUVW-XYZ23"

// take imports rows below the header and returns the figures as "created changed unchanged".
func take(t *testing.T, w *keystest.World, rows string, dryRun bool) (string, feed.Report) {
	t.Helper()
	r, err := w.Keys.Import(t.Context(), w.Operator, "keys.tsv", strings.NewReader(header+"\n"+rows), dryRun)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(r.Created, r.Changed, r.Unchanged), r
}

// importOne takes one row in and returns the text of its key.
func importOne(t *testing.T, w *keystest.World, row string) string {
	t.Helper()
	if got, r := take(t, w, row, false); got != "1 0 0" {
		t.Fatalf("import %s: %+v", got, r)
	}
	return strings.Split(row, "\t")[4]
}

func TestImportTakesForeignKeysIntoCustody(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w, e1 := newWorld(t, d)
		rows := "E-1\tAny\tAnybody\tOffice 2019\t" + someKey + "\tMAK\t3/7\n" +
			"E-1\t\t\tServer\t" + strings.ToLower(strings.ReplaceAll("ZZZZZ-YYYYY-XXXXX-WWWWW-V2345", "-", "")) + "\tkms host\tn/a\n" +
			"E-1\t\t\tServer 2022\t" + someKey + "\tMultiple Activation Key\t3 / 7\n" +
			"E-1\tAny\tAnybody\tOffice 2019\t" + someKey + "\tMAK\t3/7\n"
		if got, r := take(t, w, rows, true); got != "3 0 1" || !r.DryRun || r.Rows != 4 || w.Count("SELECT count(*) FROM product_keys") != 0 {
			t.Errorf("dry run: %s of %d rows", got, r.Rows)
		}
		got, r := take(t, w, rows, false)
		if got != "3 0 1" || r.Failed() || r.SHA256 == "" || !strings.HasPrefix(r.ID, "imp_") {
			t.Fatalf("import: %s %+v", got, r)
		}
		list, _, err := w.Keys.List(t.Context(), w.User(access.ProductKeys, e1), keys.Filter{})
		if err != nil || len(list) != 3 {
			t.Fatalf("%d keys, %v", len(list), err)
		}
		for _, k := range list {
			if counted := k.Type == keys.MAK; k.Origin != keys.Foreign || k.Counted != counted || counted && (k.Limit != 10 || k.Used != 3 || k.Available() != 7) {
				t.Errorf("key %+v", k)
			}
			if _, err := w.Keys.SetLimit(t.Context(), w.Operator, k.ID, 50, k.Version); errs.CodeOf(err) != "keys.foreign" {
				t.Errorf("the limit of a foreign key: %v", err)
			}
		}
		if got, _ := take(t, w, rows, false); got != "0 0 4" {
			t.Errorf("again: %s", got)
		}
		if got, _ := take(t, w, "E-1\t\t\tOffice 2019\t"+someKey+"\tMAK\t4/6\n", false); got != "0 1 0" || records(w, "keys.import_changed", e1) != 1 {
			t.Errorf("another count: %s, %d records", got, records(w, "keys.import_changed", e1))
		}
		if n := w.Count("SELECT imported_used FROM product_keys WHERE product_text = 'Office 2019'"); n != 4 {
			t.Errorf("%d used, want 4", n)
		}
		if n := w.Count("SELECT count(*) FROM audit_records WHERE action = 'imports.published'"); n != 3 {
			t.Errorf("%d imports on record, want 3", n)
		}
		if n := w.Count("SELECT count(*) FROM staged_keys"); n != 0 {
			t.Errorf("%d rows left in staging", n)
		}
	})
}

func TestImportNamesEveryBadRowAndNoKey(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w, e1 := newWorld(t, d)
		w.Customer("Bianchi", "E-2", "open-license")
		own, code := w.MAK(e1, 5)
		importOne(t, w, "E-1\t\t\tOffice\tAAAAA-AAAAA-AAAAA-AAAAA-AAAAO\tMAK\t1/2\n")
		rows := []string{
			"E-9\t\t\tOffice\t" + someKey + "\tMAK\t1/2",
			"E-1\t\t\tOffice\t" + someKey + "X\tMAK\t1/2",
			"E-1\t\t\tOffice\tÄ" + someKey[1:] + "\tMAK\t1/2",
			"E-1\t\t\tOffice\t" + someKey + "\tTicket\t1/2",
			"E-1\t\t\tOffice\t" + someKey + "\tMAK\tmany",
			"E-1\t\t\tOffice\t" + someKey + "\tSetup key\t1/2",
			"\t\t\t\t\t\t1/2",
			"E-2\t\t\tOffice\t" + code.Reveal() + "\tMAK\t0/5",
			"E-1\t\t\tOffice\tAAAAA-AAAAA-AAAAA-AAAAA-AAAA0\tMAK\t1/2",
			"E-1\t\t\tTwice\t" + someKey + "\tMAK\t1/2",
			"E-1\t\t\tTwice\t" + someKey + "\tMAK\t2/2",
			"E-1\t\t\tshort\t" + someKey,
		}
		want := []string{"2:1 keys.import_licensing_id", "3:14 keys.import_key", "4:14 keys.import_key", "5:44 keys.import_type", "6:48 keys.import_count",
			"7:54 keys.import_count", "8:1 feed.missing", "8:4 feed.missing", "8:5 feed.missing", "8:6 feed.missing",
			"9:14 keys.import_own_elsewhere", "10:14 keys.import_alike", "12:13 keys.import_twice", "13:1 feed.cells"}
		_, r := take(t, w, strings.Join(rows, "\n"), false)
		var got []string
		for _, e := range r.Errors {
			got = append(got, fmt.Sprintf("%d:%d %s", e.Line, e.Column, e.Code))
		}
		if !slices.Equal(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
		silent(t, r, someKey, code.Reveal())
		if n := w.Count("SELECT count(*) FROM product_keys"); n != 2 || own.ID == "" {
			t.Errorf("%d keys, want the two from before", n)
		}
		headless, err := w.Keys.Import(t.Context(), w.Operator, "keys.csv", strings.NewReader("E-1,a,b,c,"+someKey+",MAK,1/2\n"), false)
		if err != nil || !headless.Failed() {
			t.Errorf("a file without a header: %+v, %v", headless, err)
		}
		silent(t, headless, someKey)
	})
}

// silent checks that a report does not repeat keys.
func silent(t *testing.T, r feed.Report, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if said := strings.ToUpper(fmt.Sprintf("%+v", r)); strings.Contains(said, text[:11]) || strings.Contains(said, text[12:23]) {
			t.Errorf("the report repeats a key: %s", said)
		}
	}
}

func TestOurOwnExportComesBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w, e1 := newWorld(t, d)
		odd := w.Customer("'=Odd, & Co", "=E2", "open-license")
		for _, kind := range keys.Types() {
			g := keys.Generation{Licensing: odd, Type: kind, Products: []string{"SRV"}}
			if kind == keys.MAK || kind == keys.KMSHost {
				g.Limit = 50
			}
			w.Make(g)
		}
		w.MAK(e1, 5)
		if got, _ := take(t, w, "=E2\t\t\t\"=Office, \"\"2019\"\"\"\t"+someKey+"\tMAK\t3/7\n=E2\t\t\t'=Office\t"+someKey+"\tVLK\t\n", false); got != "2 0 0" {
			t.Fatalf("foreign keys: %s", got)
		}
		before := w.Count("SELECT sum(version) FROM product_keys")
		for _, format := range []string{"tsv", "csv"} {
			var out strings.Builder
			if err := w.Keys.Export(t.Context(), w.User(access.ProductKeys, e1, odd), keys.Export{Format: format}, &out); err != nil {
				t.Fatal(err)
			}
			r, err := w.Keys.Import(t.Context(), w.Operator, "keys."+format, strings.NewReader("\ufeff"+out.String()), false)
			if err != nil || r.Failed() || r.Unchanged != 8 || r.Rows != 8 {
				t.Errorf("%s: %+v, %v", format, r, err)
			}
		}
		if after := w.Count("SELECT sum(version) FROM product_keys"); after != before || w.Count("SELECT count(*) FROM product_keys") != 8 {
			t.Error("the way back changed keys")
		}
	})
}

func TestALargeImportIsAllOrNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w, _ := newWorld(t, d)
		var rows strings.Builder
		for n := range 1300 {
			fmt.Fprintf(&rows, "E-1\t\t\tOffice\tBCDFG-HJKLM-NOPQR-STUVW-%05d\tMAK\t0/%d\n", n, n)
		}
		if got, r := take(t, w, rows.String()+"E-1\t\t\tOffice\tbad\tMAK\t\n", false); r.Errors[0].Line != 1302 || w.Count("SELECT count(*) FROM product_keys") != 0 {
			t.Errorf("with one bad row: %s %+v", got, r.Errors)
		}
		if got, _ := take(t, w, rows.String(), false); got != "1300 0 0" || w.Count("SELECT count(*) FROM product_keys") != 1300 {
			t.Errorf("import %s", got)
		}
		if got, _ := take(t, w, strings.ReplaceAll(rows.String(), "\t0/", "\t1/"), false); got != "0 1300 0" || w.Count("SELECT sum(imported_used) FROM product_keys") != 1300 {
			t.Errorf("change %s", got)
		}
		if n := w.Count("SELECT count(*) FROM staged_keys"); n != 0 {
			t.Errorf("%d rows left in staging", n)
		}
		w.Code(firstKey(t, w).ID)
	})
}

func firstKey(t *testing.T, w *keystest.World) keys.Key {
	t.Helper()
	list, _, err := w.Keys.List(t.Context(), audit.Itself(), keys.Filter{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	return list[0]
}

func TestWhoMayImport(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w, e1 := newWorld(t, d)
		for _, actor := range []audit.Actor{audit.Nobody(""), w.User(access.Administrator, e1), w.Staff(access.Support)} {
			_, err := w.Keys.Import(t.Context(), actor, "keys.tsv", strings.NewReader(header), false)
			if errs.KindOf(err) != errs.Denied && errs.KindOf(err) != errs.Unauthenticated {
				t.Errorf("%s %s: %v", actor.Kind, actor.ID, err)
			}
		}
		run, err := feed.Begin(t.Context(), d, "keys", "other.tsv", false)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Keys.Import(t.Context(), w.Operator, "keys.tsv", strings.NewReader(header), false); errs.CodeOf(err) != "imports.running" {
			t.Errorf("two imports at once: %v", err)
		}
		if err := run.Abandon(t.Context()); err != nil {
			t.Fatal(err)
		}
		mend := breakAudit(w)
		rows := header + "\nE-1\t\t\tOffice\t" + someKey + "\tMAK\t1/2\n"
		if _, err := w.Keys.Import(t.Context(), audit.Itself(), "keys.tsv", strings.NewReader(rows), false); err == nil {
			t.Error("imported without a record")
		}
		mend()
		if n := w.Count("SELECT count(*) FROM product_keys"); n != 0 {
			t.Errorf("%d keys came in without a record", n)
		}
		if got, _ := take(t, w, rows[len(header)+1:], false); got != "1 0 0" || w.Count("SELECT count(*) FROM staged_keys") != 0 {
			t.Errorf("afterwards: %s, %d staged", got, w.Count("SELECT count(*) FROM staged_keys"))
		}
	})
}
