package entitlements_test

import (
	"fmt"
	"strings"
	"testing"

	. "chiave/internal/licensing/entitlements"
)

// office is the catalog of the worked cases: a standard and a professional edition and a server.
func office() world {
	versions := []Version{{"1", date("2020-01-01")}, {"2", date("2022-01-01")}, {"3", date("2024-01-01")}}
	return world{
		products: []Product{
			{Code: "STD", Family: "Office", Pool: Applications, Versions: versions},
			{Code: "PRO", Family: "Office", Pool: Applications, Versions: []Version{{"P1", date("2021-01-01")}, {"P2", date("2023-01-01")}}},
			{Code: "SRV", Family: "Server", Pool: Servers, Versions: []Version{{"S", date("2023-06-01")}}},
		},
		stepUps: []StepUp{{"STD", "PRO"}},
		offers: []Offer{
			{Code: "PROMO", Granting: "STD", Kinds: []Kind{L, LSA, SUP}, From: date("2021-06-01"), To: date("2021-06-30"),
				Granted: "SRV", Version: "S", Numerator: 2, Denominator: 3},
			{Code: "WHILE", Granting: "STD", Kinds: []Kind{L, LSA, SA}, From: date("2021-07-01"), To: date("2021-07-31"),
				Granted: "SRV", Version: "S", Numerator: 1, Denominator: 1, Conditional: true},
		},
	}
}

// order reads order lines written as "id kind product[>to][@version] quantity date [first..last] [of=line] [shown]".
func order(t *testing.T, text string) []Line {
	t.Helper()
	var lines []Line
	for row := range strings.Lines(text) {
		f := strings.Fields(row)
		if len(f) == 0 {
			continue
		}
		l := Line{ID: f[0], LicensingID: "E-1", OrderDate: date(f[4])}
		var ok bool
		if l.Kind, ok = ParseKind(f[1]); !ok {
			t.Fatalf("kind of %q", row)
		}
		l.Product, l.Version, _ = strings.Cut(f[2], "@")
		l.Product, l.ToProduct, _ = strings.Cut(l.Product, ">")
		if _, err := fmt.Sscan(f[3], &l.Quantity); err != nil {
			t.Fatalf("quantity of %q: %v", row, err)
		}
		for _, more := range f[5:] {
			if first, last, ok := strings.Cut(more, ".."); ok {
				l.CoverageStart, l.CoverageEnd = date(first), date(last)
			} else if id, ok := strings.CutPrefix(more, "of="); ok {
				l.Returns = id
			} else {
				l.ShownOnOrder = more == "shown"
			}
		}
		lines = append(lines, l)
	}
	return lines
}

// table writes rows as "product version effective active unresolved[*]", parted by commas.
func table(rows []Row) string {
	var texts []string
	for _, r := range rows {
		text := fmt.Sprint(r.Product, " ", r.Version, " ", r.Effective, " ", r.ActiveSA, " ", r.Unresolved)
		if r.Granted {
			text += "*"
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, ", ")
}

type worked struct {
	name, asOf, lines, want string
}

func (c worked) run(t *testing.T) {
	t.Parallel()
	w, lines := office(), order(t, c.lines)
	if got := table(compute(t, w, lines, date(c.asOf)).Rows); got != c.want {
		t.Errorf("rows: %s; want %s", got, c.want)
	}
	if got := table(computeByTheBook(w, lines, date(c.asOf)).summaryRows()); got != c.want {
		t.Errorf("rows by the book: %s; want %s", got, c.want)
	}
	for _, l := range lines {
		if l.Kind == RET {
			continue
		}
		if found := CheckLine(w.catalog(t), l, nil); len(found) > 0 {
			t.Errorf("line %s would be refused: %v", l.ID, found)
		}
	}
}

// TestCheckValues holds the check values of LSUM-09.
func TestCheckValues(t *testing.T) {
	t.Parallel()
	for _, c := range []worked{
		{"120 upgrades for 100 licenses", "2024-06-01", `
			l L STD@1 100 2020-02-01
			u UPG STD@2 120 2022-02-01`, "STD 2 100 0 20"},
		{"coverage without licenses", "2020-06-01", `
			s SA STD 50 2020-02-01 2020-02-01..2023-01-31`, "STD 1 0 0 50"},
		{"a Licensing ID with 20 more", "2024-06-01", `
			l L STD@1 100 2020-02-01
			m L STD@1 20 2020-03-01
			u UPG STD@2 120 2022-02-01`, "STD 2 120 0 0"},
	} {
		t.Run(c.name, c.run)
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	for _, c := range []worked{
		{"L in the newest version", "2022-06-01", "l L STD 5 2022-01-01", "STD 2 5 0 0"},
		{"L before anything is released", "2019-06-01", "l L STD 5 2019-05-01", "STD 1 5 0 0"},
		{"L in a version not yet released", "2021-06-01", "l L STD@3 5 2021-01-01", "STD 3 5 0 0"},
		{"L with coverage dates counts from the first", "2021-01-31", "l L STD 5 2021-01-01 2021-02-01..2021-02-28", ""},
		{"L with coverage dates is not covered", "2022-06-01", "l L STD 5 2021-01-01 2021-02-01..2023-02-28", "STD 1 5 0 0"},
		{"LSA lifts on the day of release", "2022-01-01", "l LSA STD 5 2021-08-30 2021-08-30..2022-01-01", "STD 2 5 5 0"},
		{"LSA keeps the version after the last day", "2024-02-01", "l LSA STD 5 2021-08-01 2021-08-01..2022-01-01", "STD 2 5 0 0"},
		{"LSA over the day before a release", "2024-02-01", "l LSA STD 5 2021-08-01 2021-08-01..2021-12-31", "STD 1 5 0 0"},
		{"a version released before it took hold does not lift", "2022-02-01", `
			l LSA STD@1 5 2022-01-02 2021-12-01..2022-12-31 shown`, "STD 1 5 5 0"},
		{"a version released on the day it took hold lifts", "2022-02-01", `
			l LSA STD@1 5 2022-01-01 2021-12-01..2022-12-31 shown`, "STD 2 5 5 0"},
		{"UA lifts and is no SA", "2022-02-01", `
			l L STD 5 2021-01-01
			s UA STD 5 2021-02-01 2021-02-01..2022-12-31`, "STD 2 5 0 0"},
		{"MNT without licenses, version on the line", "2022-02-01", "s MNT STD@3 5 2021-02-01 2021-02-01..2022-12-31", "STD 3 0 0 5"},
		{"SA and licenses in part", "2021-02-01", `
			l L STD 5 2021-01-01
			s SA STD 7 2021-01-01 2021-01-01..2022-12-31`, "STD 1 5 5 2"},
		{"SA ordered before the license", "2021-03-01", `
			s SA STD 7 2021-01-01 2021-01-01..2022-12-31
			l L STD 5 2021-01-02`, "STD 1 5 0 7"},
		{"UPG not of the same version", "2022-06-01", `
			l L STD@2 5 2022-01-01
			u UPG STD@2 3 2022-02-01`, "STD 2 5 0 3"},
		{"UPG of covered licenses", "2022-06-01", `
			l LSA STD@1 5 2022-02-01 2022-02-01..2023-01-31
			u UPG STD@2 3 2022-03-01`, "STD 1 2 2 0, STD 2 3 3 0"},
		{"UPG where a coverage began before a release, and the license after it", "2022-06-01", `
			l L STD@1 5 2022-02-01
			s SA STD 5 2022-03-01 2021-12-01..2022-12-31 shown
			u UPG STD@2 5 2022-04-01`, "STD 2 5 5 0"},
		{"UPG effective on its first day", "2022-02-15", `
			l L STD@1 5 2021-01-01
			u UPG STD@2 3 2022-02-01 2022-03-01..2022-03-31`, "STD 1 5 0 0"},
		{"SUP in part", "2022-06-01", `
			l LSA STD 5 2021-08-01 2021-08-01..2023-07-31
			p SUP STD>PRO 3 2022-03-01 2022-03-01..2023-07-31`, "PRO P1 3 3 0, STD 2 2 2 0"},
		{"SUP of licenses that are not covered", "2022-06-01", `
			l L STD 5 2021-08-01
			p SUP STD>PRO 3 2022-03-01 2022-03-01..2023-07-31`, "PRO P1 0 0 3, STD 1 5 0 0"},
		{"SUP before the target is released", "2020-06-01", `
			l LSA STD 5 2020-02-01 2020-02-01..2020-12-31
			p SUP STD>PRO 3 2020-03-01 2020-03-01..2023-07-31`, "PRO P1 3 3 0, STD 1 2 2 0"},
		{"SUP shown on order, coverage later", "2022-06-01", `
			l LSA STD 5 2021-08-01 2021-08-01..2022-03-31
			p SUP STD>PRO 3 2022-03-01 2022-07-01..2023-07-31 shown`, "PRO P1 3 0 0, STD 2 2 0 0"},
		{"SUB on its last day", "2022-06-01", "b SUB STD@1 5 2022-03-01 2022-04-01..2022-06-01", "STD 2 5 0 0"},
		{"SUB the day after", "2022-06-02", "b SUB STD 5 2022-03-01 2022-04-01..2022-06-01", ""},
		{"SUB shown on order before its coverage", "2022-03-31", "b SUB STD 5 2022-03-01 2022-04-01..2022-06-01 shown", ""},
		{"SUB shown on order, before a late order", "2022-04-30", "b SUB STD 5 2022-05-01 2022-04-01..2022-06-01 shown", ""},
		{"SUB shown on order, on the day of a late order", "2022-05-01", "b SUB STD 5 2022-05-01 2022-04-01..2022-06-01 shown", "STD 2 5 0 0"},
		{"SUB is not covered by SA", "2022-05-01", `
			b SUB STD 5 2022-04-01 2022-04-01..2022-06-01
			s SA STD 5 2022-04-02 2022-04-02..2023-04-01`, "STD 2 5 0 5"},
		{"RET in part", "2022-06-01", `
			l L STD@1 5 2021-01-01
			r RET STD 2 2022-06-01 of=l`, "STD 1 3 0 0"},
		{"RET the day after the question", "2022-05-31", `
			l L STD@1 5 2021-01-01
			r RET STD 2 2022-06-01 of=l`, "STD 1 5 0 0"},
		{"RET of a whole coverage", "2022-06-01", `
			l L STD@1 5 2021-01-01
			s SA STD 5 2021-01-01 2021-01-01..2022-12-31
			r RET STD 5 2022-05-01 of=s`, "STD 1 5 0 0"},
		{"RET of more than there is", "2022-06-01", `
			l L STD@1 5 2021-01-01
			q RET STD 4 2022-05-01 of=l
			r RET STD 4 2022-05-01 of=l`, ""},
	} {
		t.Run(c.name, c.run)
	}
}

func TestTieBreaks(t *testing.T) {
	t.Parallel()
	for _, c := range []worked{
		{"coverage: a renewal before licenses without any", "2023-02-01", `
			l LSA STD@1 5 2021-02-01 2021-02-01..2021-12-31
			m L STD@2 5 2022-02-01
			s SA STD 5 2023-01-01 2023-01-01..2023-12-31`, "STD 1 5 5 0, STD 2 5 0 0"},
		{"coverage: the latest last day first", "2023-02-01", `
			l LSA STD@2 5 2021-02-01 2021-02-01..2021-11-30
			m LSA STD@1 5 2021-02-01 2021-02-01..2021-12-31
			s SA STD 5 2023-01-01 2023-01-01..2023-12-31`, "STD 1 5 5 0, STD 2 5 0 0"},
		{"coverage: not while another shares its last day", "2023-02-01", `
			l LSA STD@1 5 2021-02-01 2021-02-01..2021-12-31
			m L STD@2 5 2021-02-01
			s SA STD 5 2021-12-31 2021-12-31..2023-12-31`, "STD 1 5 0 0, STD 2 5 5 0"},
		{"coverage: before one that starts later", "2021-07-01", `
			l LSA STD@1 5 2021-02-01 2023-01-01..2023-12-31 shown
			m L STD@2 5 2021-02-01
			s SA STD 5 2021-06-01 2021-06-01..2022-12-31`, "STD 1 5 5 0, STD 2 5 0 0"},
		{"coverage: newest version first", "2023-02-01", `
			l L STD@1 5 2022-02-01
			m L STD@2 5 2022-02-01
			s SA STD 5 2023-01-01 2023-01-01..2023-12-31`, "STD 1 5 0 0, STD 2 5 5 0"},
		{"coverage: took hold earliest first", "2022-03-01", `
			a L STD@1 5 2022-01-02
			z L STD@1 5 2021-02-01
			s SA STD 5 2022-02-01 2021-12-01..2023-12-31 shown`, "STD 1 5 0 0, STD 2 5 5 0"},
		{"upgrade: not covered before covered", "2022-06-01", `
			l LSA STD@2 5 2022-02-01 2022-02-01..2023-01-31
			m L STD@1 5 2022-02-01
			u UPG STD@3 5 2022-03-01`, "STD 2 5 5 0, STD 3 5 0 0"},
		{"upgrade: newest version first", "2022-06-01", `
			l L STD@1 5 2022-02-01
			m L STD@2 5 2022-02-01
			u UPG STD@3 5 2022-03-01`, "STD 1 5 0 0, STD 3 5 0 0"},
		{"upgrade: earlier coverages before later ones", "2022-02-15", `
			a LSA STD@1 5 2021-03-01 2021-03-01..2021-04-30 shown
			b LSA STD@1 5 2021-03-01 2021-03-01..2021-05-31 shown
			u UPG STD@2 5 2021-06-01
			s SA STD 5 2022-02-01 2021-05-01..2022-12-31 shown`, "STD 1 5 0 0, STD 2 5 5 0"},
		{"upgrade: Software Assurance before Upgrade Advantage", "2021-06-01", `
			a L STD@1 10 2021-02-01
			s SA STD 5 2021-03-01 2021-03-01..2021-12-31
			m UA STD 5 2021-03-01 2021-03-01..2021-12-31
			u UPG STD@2 5 2021-05-01`, "STD 1 5 0 0, STD 2 5 5 0"},
		{"step-up: newest version first", "2023-06-01", `
			l LSA STD@1 5 2022-02-01 2022-02-01..2025-01-31
			m LSA STD@2 5 2022-02-01 2022-02-01..2024-01-31
			p SUP STD>PRO 5 2022-03-01 2022-03-01..2023-12-31`, "PRO P2 5 5 0, STD 1 5 5 0"},
		{"step-up: then the latest last day first", "2024-06-01", `
			l LSA STD@2 5 2022-02-01 2022-02-01..2023-01-31
			m LSA STD@2 5 2022-02-01 2022-02-01..2025-01-31
			p SUP STD>PRO 5 2022-03-01 2022-03-01..2023-12-31`, "PRO P2 5 0 0, STD 2 5 0 0"},
		{"one day: licenses, coverage, upgrade, step-up", "2022-02-01", `
			a SUP STD>PRO 3 2022-02-01 2022-02-01..2023-12-31
			b UPG STD@3 4 2022-02-01
			c SA STD 5 2022-02-01 2022-02-01..2023-12-31
			d L STD 6 2022-02-01`, "PRO P1 3 3 0, STD 2 2 2 0, STD 3 1 0 0"},
		{"one day: the older version first", "2022-02-01", `
			l L STD@1 5 2021-02-01
			a UPG STD@3 5 2022-02-01
			b UPG STD@2 5 2022-02-01`, "STD 3 5 0 0"},
	} {
		t.Run(c.name, c.run)
	}
}

func TestGrants(t *testing.T) {
	t.Parallel()
	for _, c := range []worked{
		{"rounded down", "2022-02-01", "l L STD@1 5 2021-06-01", "STD 1 5 0 0, SRV S 3 0 0*"},
		{"to nothing", "2022-02-01", "l L STD@1 1 2021-06-30", "STD 1 1 0 0"},
		{"line by line", "2022-02-01", `
			l L STD@1 2 2021-06-01
			m L STD@1 2 2021-06-01`, "STD 1 4 0 0, SRV S 2 0 0*"},
		{"outside the window", "2022-02-01", "l L STD@1 5 2021-05-31", "STD 1 5 0 0"},
		{"after a return", "2022-02-01", `
			l L STD@1 5 2021-06-01
			r RET STD 2 2021-09-01 of=l`, "STD 1 3 0 0, SRV S 2 0 0*"},
		{"conditional on its last day", "2021-12-31", `
			l LSA STD@1 5 2021-07-01 2021-07-01..2021-12-31`, "STD 1 5 5 0, SRV S 5 0 0*"},
		{"conditional the day after, license covered by another line", "2022-01-01", `
			l LSA STD@1 5 2021-07-01 2021-07-01..2021-12-31
			s SA STD 5 2022-01-01 2022-01-01..2022-12-31`, "STD 2 5 5 0"},
		{"conditional on a kind without coverage", "2021-08-01", "l L STD@1 5 2021-07-01 2021-07-01..2021-12-31", "STD 1 5 0 0"},
		{"step-up by the product it comes from, also unresolved", "2022-02-01", `
			p SUP STD>PRO 3 2021-06-15 2021-06-15..2022-06-14`, "PRO P1 0 0 3, SRV S 2 0 0*"},
		{"beside bought ones", "2024-02-01", `
			g L SRV 7 2023-07-01
			l L STD@1 3 2021-06-01`, "STD 1 3 0 0, SRV S 7 0 0, SRV S 2 0 0*"},
	} {
		t.Run(c.name, c.run)
	}
}
