package entitlements_test

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	. "chiave/internal/licensing/entitlements"
)

// TestTheExampleInTheDocs computes the example of docs/license-summary.md from its own tables.
func TestTheExampleInTheDocs(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../docs/license-summary.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := tables(string(text))
	w := world{stepUps: []StepUp{{"NIB-STD", "NIB-PRO"}}, offers: []Offer{{Code: "PROMO-1", Granting: "NIB-SRV", Kinds: []Kind{LSA, SA},
		From: date("2024-01-01"), To: date("2024-12-31"), Granted: "NIB-CHAT", Version: "2024", Numerator: 1, Denominator: 1, Conditional: true}}}
	for _, r := range doc["product family pool versions"] {
		w.products = append(w.products, productOf(t, r))
	}
	var lines []Line
	for _, r := range doc["line ordered product version kind quantity coverage"] {
		lines = append(lines, lineOf(t, r))
	}
	summary := compute(t, w, lines, date("2026-03-31"))
	var got [][]string
	for _, r := range summary.Rows {
		mark := ""
		if r.Granted {
			mark = " *"
		}
		got = append(got, []string{r.Product + mark, r.Version, number(r.Effective), number(r.ActiveSA), number(r.Unresolved)})
	}
	same(t, "the summary", got, doc["product version effective active SA unresolved"])
	same(t, "the lines behind NIB-STD 2024", behind(t, summary), doc["figure line role quantity"])
}

func same(t *testing.T, what string, got, want [][]string) {
	t.Helper()
	if len(want) == 0 || !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("%s: computed %q, the docs say %q", what, got, want)
	}
}

// behind opens the three numbers of NIB-STD 2024.
func behind(t *testing.T, s *Summary) (all [][]string) {
	t.Helper()
	row, ok := s.Find("NIB-STD", "2024", false)
	if !ok {
		t.Fatal("there is no NIB-STD 2024")
	}
	for _, n := range []struct {
		name   string
		number Number
	}{{"effective", Effective}, {"active SA", ActiveSA}, {"unresolved", Unresolved}} {
		for _, p := range s.Explain(row, n.number).Parts {
			all = append(all, []string{n.name, p.Line, string(p.Role), number(p.Quantity)})
		}
	}
	return all
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// tables returns the rows of each table of a Markdown text, by the words of its header.
func tables(text string) map[string][][]string {
	all := map[string][][]string{}
	head := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			head = ""
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case head == "":
			head = strings.Join(cells, " ")
		case !strings.HasPrefix(cells[0], "---"):
			all[head] = append(all[head], cells)
		}
	}
	return all
}

// productOf reads "code | family | pool | name (day), name (day)".
func productOf(t *testing.T, cells []string) Product {
	t.Helper()
	p := Product{Code: cells[0], Name: cells[0], Family: cells[1]}
	if err := p.Pool.UnmarshalText([]byte(cells[2])); err != nil {
		t.Fatal(err)
	}
	for v := range strings.SplitSeq(cells[3], ", ") {
		name, day, _ := strings.Cut(strings.TrimSuffix(v, ")"), " (")
		p.Versions = append(p.Versions, Version{name, date(day)})
	}
	return p
}

// lineOf reads "line | ordered | product > target | version | kind | quantity | first to last".
func lineOf(t *testing.T, cells []string) Line {
	t.Helper()
	l := Line{ID: cells[0], LicensingID: "E-1001", OrderDate: date(cells[1]), Version: cells[3]}
	l.Product, l.ToProduct, _ = strings.Cut(cells[2], " > ")
	var known bool
	if l.Kind, known = ParseKind(cells[4]); !known {
		t.Fatalf("kind %q", cells[4])
	}
	var err error
	if l.Quantity, err = strconv.ParseInt(cells[5], 10, 64); err != nil {
		t.Fatal(err)
	}
	if first, last, covered := strings.Cut(cells[6], " to "); covered {
		l.CoverageStart, l.CoverageEnd = date(first), date(last)
	}
	return l
}
