package entitlements_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	. "chiave/internal/licensing/entitlements"
)

// million is the history that the benchmarks compute: twenty years of orders, all kinds.
const million = 1_000_000

// largeWorld is a catalog of pairs of products, a step-up from one to the other, eight versions each.
func largeWorld(products int) world {
	var w world
	for i := range products {
		p := Product{Code: fmt.Sprintf("P%03d", i), Family: fmt.Sprintf("Family %02d", i/4), Pool: Pool(i%3 + 1)}
		for v := range 8 {
			p.Versions = append(p.Versions, Version{Name: fmt.Sprint(2004 + 3*v), Released: date("2004-01-01").AddDays(v*1000 + i)})
		}
		w.products = append(w.products, p)
		if i%2 == 1 {
			w.stepUps = append(w.stepUps, StepUp{w.products[i-1].Code, p.Code})
		}
	}
	return w
}

// largeHistory draws lines with ids in the order of their places. Of 100 lines, the given number is shown on order.
func largeHistory(w world, lines, shown int, seed uint64) []Line {
	random := rand.New(rand.NewPCG(seed, 2))
	kinds := []Kind{L, L, L, L, LSA, LSA, LSA, LSA, SA, SA, SA, SA, SA, UA, MNT, UPG, UPG, SUP, SUB, RET}
	all := make([]Line, lines)
	for i := range all {
		p := random.IntN(len(w.products))
		l := Line{ID: fmt.Sprintf("OL-%08d", i), LicensingID: fmt.Sprintf("E-%04d", random.IntN(500)), Product: w.products[p].Code, Kind: kinds[random.IntN(len(kinds))],
			Quantity: 1 + random.Int64N(100), OrderDate: date("2004-06-01").AddDays(random.IntN(7300)), ShownOnOrder: random.IntN(100) < shown}
		switch {
		case l.Kind == SUP && p%2 == 1:
			l.Kind = SA
		case l.Kind == SUP:
			l.ToProduct = w.products[p+1].Code
		case l.Kind == UPG:
			l.Version = w.products[p].Versions[random.IntN(8)].Name
		case l.Kind == RET:
			l.Returns = all[random.IntN(i+1)].ID
		}
		if l.Kind.HasCoverage() {
			l.CoverageStart = l.OrderDate.AddDays(random.IntN(40) - 5)
			l.CoverageEnd = l.CoverageStart.AddDays(365*(1+random.IntN(3)) - 1)
		}
		all[i] = l
	}
	return all
}

func benchmarkHistory(b *testing.B, products, shown int, shape func([]Line)) {
	w := largeWorld(products)
	c := w.catalog(b)
	lines := largeHistory(w, million, shown, 1)
	if shape != nil {
		shape(lines)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compute(c, lines, date("2024-03-31")); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/million, "ns/line")
}

// scatter moves the coverages of lines shown on order away from their order date.
func scatter(lines []Line) {
	for i := range lines {
		if l := &lines[i]; l.ShownOnOrder && l.CoverageStart != 0 {
			l.CoverageStart, l.CoverageEnd = l.CoverageStart.AddDays(i%3000), l.CoverageEnd.AddDays(i%3000)
		}
	}
}

func BenchmarkMillionLines(b *testing.B) {
	b.Run("300 products", func(b *testing.B) { benchmarkHistory(b, 300, 0, nil) })
	b.Run("300 products, a third shown on order", func(b *testing.B) { benchmarkHistory(b, 300, 33, nil) })
	b.Run("2 products", func(b *testing.B) { benchmarkHistory(b, 2, 0, nil) })
	b.Run("2 products, all shown on order", func(b *testing.B) { benchmarkHistory(b, 2, 100, nil) })
	b.Run("300 products, half of the coverages far from their order", func(b *testing.B) { benchmarkHistory(b, 300, 50, scatter) })
	b.Run("2 products, large renewals of small licenses", func(b *testing.B) {
		benchmarkHistory(b, 2, 0, func(lines []Line) {
			for i := range lines {
				if l := &lines[i]; l.Kind == SA || l.Kind == UPG {
					l.Quantity *= 100_000
				} else {
					l.Quantity = 1
				}
			}
		})
	})
}
