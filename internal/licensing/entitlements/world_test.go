package entitlements_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	. "chiave/internal/licensing/entitlements"
)

// world is a catalog before it is indexed.
type world struct {
	products []Product
	stepUps  []StepUp
	offers   []Offer
}

func (w world) catalog(t interface {
	Helper()
	Fatalf(string, ...any)
}) *Catalog {
	t.Helper()
	c, err := NewCatalog(w.products, w.stepUps, w.offers)
	if err != nil {
		t.Fatalf("NewCatalog: %v", err)
	}
	return c
}

func day(n int) Date { return date("2024-01-01").AddDays(n) }

func date(text string) Date {
	d, err := ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

// span is how many days random histories play on: few, so that everything meets.
const span = 24

// worlds draws catalogs of three products in a ring of step-ups, two to four versions each.
func worlds(t *rapid.T) world {
	w := world{stepUps: []StepUp{{"A", "B"}, {"B", "C"}, {"C", "A"}, {"A", "C"}}}
	for i, code := range []string{"A", "B", "C"} {
		p := Product{Code: code, Name: "Product " + code, Family: "F" + code, Pool: Pool(3 - i)}
		days := rapid.SliceOfNDistinct(rapid.IntRange(0, span), 1, 4, rapid.ID[int]).Draw(t, "releases "+code)
		for j, d := range days {
			p.Versions = append(p.Versions, Version{Name: fmt.Sprintf("v%d", j), Released: day(d)})
		}
		w.products = append(w.products, p)
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "offers") {
		from := rapid.IntRange(0, span).Draw(t, "from")
		granted := rapid.SampledFrom(w.products).Draw(t, "granted")
		w.offers = append(w.offers, Offer{
			Code: fmt.Sprintf("O%d", i), Granting: rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "granting"),
			Kinds: rapid.SliceOfN(rapid.SampledFrom([]Kind{L, LSA, SA, UA, UPG, SUP, SUB}), 1, 4).Draw(t, "kinds"),
			From:  day(from), To: day(from + rapid.IntRange(0, span).Draw(t, "window")),
			Granted: granted.Code, Version: rapid.SampledFrom(granted.Versions).Draw(t, "version").Name,
			Numerator: rapid.Int64Range(1, 3).Draw(t, "numerator"), Denominator: rapid.Int64Range(1, 3).Draw(t, "denominator"),
			Conditional: rapid.Bool().Draw(t, "conditional"),
		})
	}
	return w
}

// histories draws up to n lines that CheckLine accepts. Half of the histories keep to one product, so
// that more lines meet.
func histories(t *rapid.T, w world, n int) []Line {
	var lines []Line
	left := map[string]int64{}
	products := w.products
	if rapid.Bool().Draw(t, "one product") {
		products = products[:1]
	}
	shown := rapid.SampledFrom([]int{0, 1, 2}).Draw(t, "shown on order: never, sometimes, always")
	for i := range rapid.IntRange(0, n).Draw(t, "lines") {
		line := drawLine(t, products, lines, left)
		// Ids in an order of their own, so that it is not the order of lines.
		line.ID = fmt.Sprintf("%c%d", 'a'+rapid.IntRange(0, 25).Draw(t, "id"), i)
		line.ShownOnOrder = shown == 2 || shown == 1 && rapid.Bool().Draw(t, "shown")
		if line.Kind == RET {
			left[line.Returns] -= line.Quantity
		}
		left[line.ID] = line.Quantity
		lines = append(lines, line)
	}
	return lines
}

func drawLine(t *rapid.T, products []Product, earlier []Line, left map[string]int64) Line {
	days := rapid.IntRange(1, span)
	if rapid.IntRange(0, 7).Draw(t, "return") == 0 {
		for _, target := range earlier {
			if target.Kind != RET && left[target.ID] > 0 && rapid.Bool().Draw(t, "this one") {
				return Line{LicensingID: target.LicensingID, Kind: RET, Returns: target.ID, OrderDate: day(days.Draw(t, "returned")),
					Quantity: rapid.Int64Range(1, left[target.ID]).Draw(t, "back"), Product: target.Product}
			}
		}
	}
	p := rapid.SampledFrom(products).Draw(t, "product")
	line := Line{LicensingID: "E-1", Product: p.Code, Quantity: rapid.Int64Range(1, 4).Draw(t, "quantity"), OrderDate: day(days.Draw(t, "ordered")),
		Kind: rapid.SampledFrom([]Kind{L, L, LSA, LSA, SA, SA, SA, UA, MNT, UPG, UPG, SUP, SUP, SUB}).Draw(t, "kind")}
	if line.Kind == UPG || rapid.Bool().Draw(t, "names version") {
		line.Version = rapid.SampledFrom(p.Versions).Draw(t, "version").Name
	}
	if line.Kind.HasCoverage() || rapid.IntRange(0, 9).Draw(t, "dated") == 0 {
		start := days.Draw(t, "start")
		line.CoverageStart, line.CoverageEnd = day(start), day(start+rapid.SampledFrom([]int{0, 1, 2, 3, 5, 9}).Draw(t, "days"))
	}
	if line.Kind == SUP {
		line.ToProduct = map[string]string{"A": rapid.SampledFrom([]string{"B", "C"}).Draw(t, "to"), "B": "C", "C": "A"}[p.Code]
	}
	return line
}

func compute(t interface {
	Helper()
	Fatalf(string, ...any)
}, w world, lines []Line, asOf Date) *Summary {
	t.Helper()
	s, err := Compute(w.catalog(t), lines, asOf)
	if err != nil {
		t.Fatalf("Compute: %v", err)
	}
	return s
}

// plain are the rows that are not grants.
func plain(rows []Row) []Row {
	var kept []Row
	for _, r := range rows {
		if !r.Granted {
			kept = append(kept, r)
		}
	}
	return kept
}

func checkSame(t testing.TB, what string, got, want []Row) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}
