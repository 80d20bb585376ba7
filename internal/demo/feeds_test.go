package demo

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"chiave/internal/licensing/entitlements"
)

// allOf are the Licensing IDs of the Italian company.
var allOf = []string{"71204488", "E-4410937", "E-5561048"}

// wanted are rows worked out by hand from the feeds, with versions counted from a product's first.
//
// Nimbus Office Standard, for one: 140 less 20 returned are bases of the 1st version; 110 of them are upgraded to the 2nd, all 120 are
// covered when the 3rd comes, 100 are renewed and 60 bought with assurance when the 4th comes; 40 of these 160 step up to Professional.
// 25 more begin two months ahead.
var wanted = []struct {
	product                         string
	version                         int
	granted                         bool
	effective, activeSA, unresolved int64
}{
	{"NIB-CHT", 2, true, 130, 0, 0}, // 80 renewals and 50 new coverages of Professional in the offer's window
	{"NIB-PRO", 3, false, 0, 0, 20}, // 50 coverages for 30 bases
	{"NIB-PRO", 4, false, 150, 150, 0},
	{"NIB-STD", 3, false, 20, 0, 0},
	{"NIB-STD", 4, false, 120, 120, 0},
	{"TEL-DRW", 3, false, 30, 0, 2}, // 15 by maintenance, 10 of 12 upgrades, 8 new less 3 returned
	{"ALB-ENT", 3, false, 90, 90, 0},
	{"ALB-PRO", 3, false, 195, 195, 0}, // 250 renewed, 90 stepped up, 35 new
	{"COR-CAL", 1, false, 50, 0, 0},
	{"COR-CAL", 4, false, 300, 300, 0},
	{"COR-CAL", 2, true, 50, 0, 0}, // five for each of ten servers
	{"COR-DC", 4, false, 4, 4, 0},
	{"COR-STD", 1, false, 2, 0, 0},
	{"COR-STD", 4, false, 10, 10, 0},
	{"PON-SRV", 2, false, 3, 0, 0},
}

// wantRows returns the wanted rows with the names of their versions.
func wantRows(versions map[string][]string) []string {
	var rows []string
	for _, w := range wanted {
		rows = append(rows, fmt.Sprint(w.product, " ", versions[w.product][w.version-1], " ", w.granted, " ", w.effective, " ", w.activeSA, " ", w.unresolved))
	}
	return rows
}

func gotRows(rows []entitlements.Row) []string {
	var all []string
	for _, r := range rows {
		all = append(all, fmt.Sprint(r.Product, " ", r.Version, " ", r.Granted, " ", r.Effective, " ", r.ActiveSA, " ", r.Unresolved))
	}
	return all
}

// TestSummaryOnAnyDay computes the summary from the feeds made around the turn and in the middle of each month of two years, one of them a leap year,
// also as a zone a day ahead or behind sees it.
func TestSummaryOnAnyDay(t *testing.T) {
	t.Parallel()
	for day := time.Date(2027, 1, 1, 23, 30, 0, 0, time.UTC); day.Year() < 2029; day = day.AddDate(0, 0, 1) {
		if d := day.Day(); d > 2 && d < 28 && d != 15 {
			continue
		}
		catalog, versions := readCatalog(t, day)
		lines := readLines(t, "orders.csv", day)
		lines = append(lines, readLines(t, "orders-later.csv", day)...)
		today := entitlements.DateOf(day)
		for _, asOf := range []entitlements.Date{today.AddDays(-1), today, today.AddDays(1)} {
			s, err := entitlements.Compute(catalog, lines, asOf)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := strings.Join(gotRows(s.Rows), "\n"), strings.Join(wantRows(versions), "\n"); got != want {
				t.Fatalf("made on %s, as of %s:\n%s\nwant\n%s", day.Format(time.DateOnly), asOf, got, want)
			}
		}
	}
}

// readCatalog reads the rendered catalog.
func readCatalog(t *testing.T, day time.Time) (*entitlements.Catalog, map[string][]string) {
	t.Helper()
	var doc struct {
		Products []entitlements.Product
		StepUps  []entitlements.StepUp `json:"step_ups"`
		Offers   []entitlements.Offer
	}
	text, err := render("catalog.json", day)
	if err == nil {
		err = json.Unmarshal(text, &doc)
	}
	if err != nil {
		t.Fatal(err)
	}
	versions := map[string][]string{}
	for _, p := range doc.Products {
		for _, v := range p.Versions {
			versions[p.Code] = append(versions[p.Code], v.Name)
		}
	}
	catalog, err := entitlements.NewCatalog(doc.Products, doc.StepUps, doc.Offers)
	if err != nil {
		t.Fatal(err)
	}
	return catalog, versions
}

// readLines reads the order lines of the Italian company.
func readLines(t *testing.T, name string, day time.Time) []entitlements.Line {
	t.Helper()
	text, err := render(name, day)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var lines []entitlements.Line
	for _, row := range rows[1:] {
		if !strings.Contains(strings.Join(allOf, " "), row[1]) {
			continue
		}
		l := entitlements.Line{ID: row[0], LicensingID: row[1], Product: row[5], Version: row[6], ToProduct: row[12], Returns: row[13], ShownOnOrder: row[1] == "71204488"}
		l.Kind, _ = entitlements.ParseKind(row[7])
		l.Quantity, _ = strconv.ParseInt(row[8], 10, 64)
		for i, date := range []*entitlements.Date{&l.OrderDate, &l.CoverageStart, &l.CoverageEnd} {
			if err := date.UnmarshalText([]byte(row[[]int{3, 9, 10}[i]])); err != nil {
				t.Fatal(err)
			}
		}
		lines = append(lines, l)
	}
	return lines
}

// TestEveryKindIsOrdered keeps the demo worth explaining.
func TestEveryKindIsOrdered(t *testing.T) {
	t.Parallel()
	ordered := map[entitlements.Kind]bool{}
	for _, l := range readLines(t, "orders.csv", time.Now()) {
		ordered[l.Kind] = true
	}
	for _, k := range entitlements.Kinds() {
		if !ordered[k] {
			t.Errorf("no line is of kind %s", k)
		}
	}
}
