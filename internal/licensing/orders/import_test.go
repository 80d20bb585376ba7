package orders_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/errs"
)

const story = `1,E-1,PO-1,1994-03-01,PAR-1,STD,1,L,100,,,,,
2,E-1,PO-2,2020-01-01,PAR-1,STD,2,UPG,120,,,,,
3,E-2,PO-3,2020-01-01,,STD,,SA,50,2020-01-01,2022-12-31,2020-02-01,,
4,E-1,PO-4,2020-02-01,,STD,,SUP,10,2020-02-01,2020-12-31,,PRO,
5,E-1,PO-5,2020-03-01,,STD,,RET,30,,,,,1
6,X-1,PO-6,2020-03-01,,STD,1,L,5,,,,,
`

func TestImportIsRepeatable(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		dry, err := w.Import(t.Context(), audit.Itself(), "orders.csv", strings.NewReader(header+story), true)
		if err != nil {
			t.Fatal(err)
		}
		const first = "rows 6 created 6 changed 0 unchanged 0 errors 0"
		if got := counts(dry); got != first || w.ledger("E-1") != nil {
			t.Errorf("dry run: %s, want %s; it shows %q", got, first, w.ledger("E-1"))
		}
		if err := w.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := w.number("SELECT count(*) FROM order_lines"); n != 0 {
			t.Errorf("the purge left %d rows of the dry run", n)
		}
		if got := counts(w.take(story)); got != first {
			t.Errorf("first: %s, want %s", got, first)
		}
		want := []string{"1 STD L 100", "2 STD UPG 120", "4 STD SUP 10", "5 STD RET 30"}
		if got := w.ledger("E-1"); !slices.Equal(got, want) {
			t.Errorf("E-1 has %q, want %q", got, want)
		}
		if got, want := counts(w.take(story)), "rows 6 created 0 changed 0 unchanged 6 errors 0"; got != want || w.number("SELECT count(*) FROM order_lines") != 6 {
			t.Errorf("again: %s, want %s", got, want)
		}
		if n := w.number("SELECT count(*) FROM audit_records WHERE action = 'imports.published' AND object LIKE 'imp_%'"); n != 4 {
			t.Errorf("%d audit records of imports, want 4: catalog, agreements and two of orders", n)
		}
	})
}

func TestSeparatorsAndColumnsAreFree(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for i, file := range []string{
			"kind;quantity;line_id;licensing_id;order_number;order_date;product\nL;1;a;E-1;P;2020-01-01;STD\n",
			"\xef\xbb\xbfline_id\tlicensing_id\torder_number\torder_date\tproduct\tkind\tquantity\r\nb\tE-1\tP\t2020-01-01\tSTD\tL\t1\r\n",
		} {
			report, err := w.Import(t.Context(), audit.Itself(), "f", strings.NewReader(file), false)
			if err != nil || report.Created != 1 {
				t.Errorf("file %d: %s %q %v", i, counts(report), told(t, report), err)
			}
		}
	})
}

func TestAChangedRowBecomesARevision(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.good(story)
		steps := []struct {
			name, rows, want string
			e1, e2           []string
		}{
			{"quantity", "1,E-1,PO-1,1994-03-01,PAR-1,STD,1,L,90,,,,,\n", "rows 1 created 0 changed 1 unchanged 0 errors 0",
				[]string{"1 STD L 90", "2 STD UPG 120", "4 STD SUP 10", "5 STD RET 30"}, []string{"3 STD SA 50"}},
			{"another Licensing ID", "2,E-2,PO-2,2020-01-01,PAR-1,STD,2,UPG,120,,,,,\n", "rows 1 created 0 changed 1 unchanged 0 errors 0",
				[]string{"1 STD L 90", "4 STD SUP 10", "5 STD RET 30"}, []string{"2 STD UPG 120", "3 STD SA 50"}},
			{"and back", "2,E-1,PO-2,2020-01-01,PAR-1,STD,2,UPG,120,,,,,\n", "rows 1 created 0 changed 1 unchanged 0 errors 0",
				[]string{"1 STD L 90", "2 STD UPG 120", "4 STD SUP 10", "5 STD RET 30"}, []string{"3 STD SA 50"}},
			{"a line with its return", "1,E-2,PO-1,1994-03-01,PAR-1,STD,1,L,30,,,,,\n5,E-2,PO-5,2020-03-01,,STD,,RET,30,,,,,1\n",
				"rows 2 created 0 changed 2 unchanged 0 errors 0", []string{"2 STD UPG 120", "4 STD SUP 10"}, []string{"1 STD L 30", "3 STD SA 50", "5 STD RET 30"}},
		}
		for _, step := range steps {
			if got := counts(w.good(step.rows)); got != step.want {
				t.Errorf("%s: %s, want %s", step.name, got, step.want)
			}
			if e1, e2 := w.ledger("E-1"), w.ledger("E-2"); !slices.Equal(e1, step.e1) || !slices.Equal(e2, step.e2) {
				t.Errorf("%s: E-1 %q, E-2 %q, want %q, %q", step.name, e1, e2, step.e1, step.e2)
			}
		}
	})
}

func TestImportNamesEveryProblem(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, row, want string }{
		{"no line id", ",E-1,P,2020-01-01,,STD,,L,1,,,,,", "3:1 line_id feed.missing"},
		{"no Licensing ID", "9,,P,2020-01-01,,STD,,L,1,,,,,", "3:3 licensing_id feed.missing"},
		{"unknown Licensing ID", "9,E-9,P,2020-01-01,,STD,,L,1,,,,,", "3:3 licensing_id orders.licensing_id_unknown"},
		{"no order date", "9,E-1,P,,,STD,,L,1,,,,,", "3:9 order_date feed.missing"},
		{"broken order date", "9,E-1,P,2020-02-30,,STD,,L,1,,,,,", "3:9 order_date feed.not_date"},
		{"unknown partner", "9,E-1,P,2020-01-01,PAR-9,STD,,L,1,,,,,", "3:20 partner orders.partner_unknown"},
		{"unknown product", "9,E-1,P,2020-01-01,,ZZZ,,L,1,,,,,", "3:21 product line.product_unknown"},
		{"a product without versions", "9,E-1,P,2020-01-01,,NEW,,L,1,,,,,", "3:21 product line.product_without_versions"},
		{"unknown version", "9,E-1,P,2020-01-01,,STD,7,L,1,,,,,", "3:25 version line.version_unknown"},
		{"an upgrade without version", "9,E-1,P,2020-01-01,,STD,,UPG,1,,,,,", "3:25 version line.version_missing"},
		{"unknown kind", "9,E-1,P,2020-01-01,,STD,,FREE,1,,,,,", "3:26 kind line.kind_unknown"},
		{"no kind", "9,E-1,P,2020-01-01,,STD,,,1,,,,,", "3:26 kind feed.missing"},
		{"no quantity", "9,E-1,P,2020-01-01,,STD,,L,,,,,,", "3:28 quantity feed.missing"},
		{"quantity of nothing", "9,E-1,P,2020-01-01,,STD,,L,0,,,,,", "3:28 quantity line.quantity_not_positive"},
		{"quantity below zero", "9,E-1,P,2020-01-01,,STD,,L,-1,,,,,", "3:28 quantity line.quantity_not_positive"},
		{"half a license", "9,E-1,P,2020-01-01,,STD,,L,1.5,,,,,", "3:28 quantity feed.not_whole"},
		{"too many", "9,E-1,P,2020-01-01,,STD,,L,1000000000001,,,,,", "3:28 quantity line.quantity_too_large"},
		{"no coverage", "9,E-1,P,2020-01-01,,STD,,SA,1,,2020-12-31,,,", "3:31 coverage_start line.coverage_missing"},
		{"broken coverage", "9,E-1,P,2020-01-01,,STD,,SA,1,today,2020-12-31,,,", "3:31 coverage_start feed.not_date"},
		{"coverage that ends before it starts", "9,E-1,P,2020-01-01,,STD,,SA,1,2020-01-01,2019-12-31,,,", "3:42 coverage_end line.coverage_reversed"},
		{"broken usage date", "9,E-1,P,2020-01-01,,STD,,L,1,,,soon,,", "3:32 usage_date feed.not_date"},
		{"a step-up to nowhere", "9,E-1,P,2020-01-01,,STD,,SUP,1,2020-01-01,2020-12-31,,,", "3:55 to_product line.to_product_missing"},
		{"a step-up without path", "9,E-1,P,2020-01-01,,PRO,,SUP,1,2020-01-01,2020-12-31,,STD,", "3:55 to_product line.step_up_unknown"},
		{"a license that returns", "9,E-1,P,2020-01-01,,STD,,L,1,,,,,1", "3:34 returns_line orders.not_a_return"},
		{"a return of nothing", "9,E-1,P,2020-01-01,,STD,,RET,1,,,,,", "3:36 returns_line line.return_missing"},
		{"a return of no line", "9,E-1,P,2020-01-01,,STD,,RET,1,,,,,77", "3:36 returns_line line.return_unknown"},
		{"a return of another's line", "9,E-2,P,2020-01-01,,STD,,RET,1,,,,,1", "3:36 returns_line line.return_foreign"},
		{"a return of a return", "9,E-1,P,2020-01-01,,STD,,RET,1,,,,,5", "3:36 returns_line line.return_of_return"},
		{"more than is left", "9,E-1,P,2020-01-01,,STD,,RET,71,,,,,1", "3:30 quantity line.return_too_much"},
		{"a line smaller than its returns", "1,E-1,PO-1,1994-03-01,PAR-1,STD,1,L,29,,,,,", "3:1 line_id orders.breaks_return"},
		{"a line that leaves its returns", "1,E-2,PO-1,1994-03-01,PAR-1,STD,1,L,100,,,,,", "3:1 line_id orders.breaks_return"},
		{"a row that contradicts another", "8,E-1,P,2020-01-01,,STD,,L,2,,,,,", "3:1 line_id orders.row_twice"},
		{"too few values", "9,E-1", "3:1  feed.cells"},
		{"letters that are none", "9,E-1,\xff,2020-01-01,,STD,,L,1,,,,,", "3:7  feed.not_utf8"},
	}
	each(t, func(t *testing.T, w *world) {
		w.good(story)
		shown := w.ledger("E-1")
		for _, c := range cases {
			// A good row beside the bad one shows nothing either.
			report := w.take("8,E-1,P,2020-01-01,,STD,,L,1,,,,,\n" + c.row + "\n")
			if got := told(t, report); !slices.Equal(got, []string{c.want}) {
				t.Errorf("%s: %q, want %q", c.name, got, c.want)
			}
			if report.Created+report.Changed > 0 || !slices.Equal(w.ledger("E-1"), shown) {
				t.Fatalf("%s: something of the file shows: %s %q", c.name, counts(report), w.ledger("E-1"))
			}
		}
		if err := w.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := w.number("SELECT count(*) FROM order_lines"); n != 6 {
			t.Errorf("%d rows are left, want 6", n)
		}
	})
}

func TestReturnsInAnyOrder(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		got := counts(w.good("r1,E-1,P,2020-02-01,,,,RET,60,,,,,a\na,E-1,P,2020-01-01,,STD,,L,100,,,,,\nr2,E-1,P,2020-02-02,,,,RET,40,,,,,a\n"))
		if want := "rows 3 created 3 changed 0 unchanged 0 errors 0"; got != want {
			t.Errorf("returns before and after their line: %s, want %s", got, want)
		}
		if got := told(t, w.take("r3,E-1,P,2020-02-03,,,,RET,1,,,,,a\n")); !slices.Equal(got, []string{"2:28 quantity line.return_too_much"}) {
			t.Errorf("one too many: %q", got)
		}
		if got := told(t, w.take("r4,E-1,P,2020-02-03,,,,RET,1,,,,,b\nb,E-1,P,2020-01-01,,ZZZ,,L,1,,,,,\n")); !slices.Equal(got, []string{"3:21 product line.product_unknown"}) {
			t.Errorf("a return of a refused line of the file: %q", got)
		}
		w.good("r1,E-1,P,2020-02-01,,,,RET,59,,,,,a\nr3,E-1,P,2020-02-03,,,,RET,1,,,,,a\n") // room made by the same file
	})
}

func TestManyProblemsAndManyBatches(t *testing.T) {
	t.Parallel()
	var file, again strings.Builder
	for i := range 2500 {
		fmt.Fprintf(&file, "%d,E-1,P,2020-01-01,,STD,1,L,1,,,,,\n", i)
		fmt.Fprintf(&again, "%d,E-1,P,2020-01-01,,ZZZ,1,L,1,,,,,\n", i)
	}
	each(t, func(t *testing.T, w *world) {
		if got := w.good(file.String()); got.Created != 2500 || len(w.ledger("E-1")) != 2500 {
			t.Errorf("%s", counts(got))
		}
		got := w.take(again.String())
		if len(got.Errors) != 1000 || got.More != 1500 || got.Errors[999].Line != 1001 {
			t.Errorf("%d listed and %d more", len(got.Errors), got.More)
		}
		if got := told(t, w.take("0,E-1,P,2020-01-01,,STD,1,L,2,,,,,\n"+file.String())); len(got) != 1 || got[0] != "3:1 line_id orders.row_twice" {
			t.Errorf("a row that contradicts another: %q", got)
		}
	})
}

// broken is a reader that fails in the middle of a file.
type broken struct{ head io.Reader }

var errLine = errors.New("the line went dead")

func (b broken) Read(p []byte) (int, error) {
	n, err := b.head.Read(p)
	if errors.Is(err, io.EOF) {
		err = errLine
	}
	return n, err
}

func TestAFileThatBreaksOffShowsNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		if _, err := w.Import(t.Context(), audit.Itself(), "f", broken{strings.NewReader(header + story)}, false); !errors.Is(err, errLine) {
			t.Errorf("got %v", err)
		}
		if got := w.ledger("E-1"); got != nil {
			t.Errorf("it shows %q", got)
		}
		w.good(story) // the room is free again
	})
}

// nested imports while it is read.
type nested struct {
	io.Reader
	during func()
}

func (n *nested) Read(p []byte) (int, error) {
	if n.during != nil {
		n.during()
		n.during = nil
	}
	return n.Reader.Read(p)
}

func TestImportsOfTheRoomDoNotOverlap(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		var second error
		file := &nested{strings.NewReader(header + story), func() {
			_, second = w.Import(t.Context(), audit.Itself(), "second", strings.NewReader(header), false)
		}}
		if _, err := w.Import(t.Context(), audit.Itself(), "first", file, false); err != nil {
			t.Fatal(err)
		}
		if errs.CodeOf(second) != "imports.running" {
			t.Errorf("a second import at the same time: %v", second)
		}
		ctx, hangUp := context.WithCancel(t.Context())
		file = &nested{strings.NewReader(header + story), hangUp}
		if _, err := w.Import(ctx, audit.Itself(), "third", file, false); !errors.Is(err, context.Canceled) {
			t.Errorf("a caller who hangs up: %v", err)
		}
		w.good(story)
	})
}

func TestImportIsForOperators(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for _, actor := range []audit.Actor{audit.Nobody("r"), w.person("anna@example.com")} {
			_, err := w.Import(t.Context(), actor, "f", strings.NewReader(header+story), false)
			if kind := errs.KindOf(err); kind != errs.Unauthenticated && kind != errs.Denied {
				t.Errorf("%s: %v", actor.Kind, err)
			}
		}
		if n := w.number("SELECT count(*) FROM order_lines"); n != 0 {
			t.Errorf("%d lines are stored", n)
		}
	})
}
