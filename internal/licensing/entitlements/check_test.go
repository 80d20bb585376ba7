package entitlements_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	. "chiave/internal/licensing/entitlements"
)

// codes writes problems as "code field", parted by commas.
func codes(found []Problem) string {
	var texts []string
	for _, p := range found {
		texts = append(texts, string(p.Code)+" "+p.Field)
	}
	return strings.Join(texts, ", ")
}

func TestCheckLine(t *testing.T) {
	t.Parallel()
	w := office()
	w.products = append(w.products, Product{Code: "NONE", Family: "Office", Pool: Applications})
	w.stepUps = append(w.stepUps, StepUp{"STD", "NONE"})
	c := w.catalog(t)
	stored := map[string]Returnable{
		"l": {Line: Line{ID: "l", LicensingID: "E-1", Kind: L, Quantity: 10}, Returned: 4},
		"f": {Line: Line{ID: "f", LicensingID: "E-2", Kind: RET, Quantity: 10}},
		"r": {Line: Line{ID: "r", LicensingID: "E-1", Kind: RET, Quantity: 10}},
	}
	find := func(id string) (Returnable, bool) { r, ok := stored[id]; return r, ok }
	good := Line{ID: "x", LicensingID: "E-1", Product: "STD", Kind: LSA, Quantity: 1, OrderDate: day(1), CoverageStart: day(1), CoverageEnd: day(1)}
	for _, c2 := range []struct {
		name   string
		change func(l *Line)
		want   string
	}{
		{"good", func(*Line) {}, ""},
		{"license dated in part", func(l *Line) { l.Kind, l.CoverageEnd = L, 0 }, ""},
		{"kind", func(l *Line) { l.Kind = 0 }, "line.kind_unknown kind"},
		{"kind out of range", func(l *Line) { l.Kind = 99 }, "line.kind_unknown kind"},
		{"quantity zero", func(l *Line) { l.Quantity = 0 }, "line.quantity_not_positive quantity"},
		{"quantity negative", func(l *Line) { l.Quantity = -1 }, "line.quantity_not_positive quantity"},
		{"quantity largest", func(l *Line) { l.Quantity = MaxQuantity }, ""},
		{"quantity too large", func(l *Line) { l.Quantity = MaxQuantity + 1 }, "line.quantity_too_large quantity"},
		{"order date", func(l *Line) { l.OrderDate = 0 }, "line.order_date_missing order_date"},
		{"product", func(l *Line) { l.Product, l.Version = "?", "1" }, "line.product_unknown product"},
		{"product without versions", func(l *Line) { l.Product = "NONE" }, "line.product_without_versions product"},
		{"version", func(l *Line) { l.Version = "P1" }, "line.version_unknown version"},
		{"upgrade without version", func(l *Line) { l.Kind = UPG }, "line.version_missing version"},
		{"coverage start", func(l *Line) { l.CoverageStart = 0 }, "line.coverage_missing coverage_start"},
		{"coverage end", func(l *Line) { l.CoverageEnd = 0 }, "line.coverage_missing coverage_end"},
		{"coverage", func(l *Line) { l.Kind, l.CoverageStart, l.CoverageEnd = SUB, 0, 0 },
			"line.coverage_missing coverage_start, line.coverage_missing coverage_end"},
		{"coverage reversed", func(l *Line) { l.CoverageStart = day(2) }, "line.coverage_reversed coverage_end"},
		{"coverage reversed on a license", func(l *Line) { l.Kind, l.CoverageStart = L, day(2) }, "line.coverage_reversed coverage_end"},
		{"step-up", func(l *Line) { l.Kind, l.ToProduct = SUP, "PRO" }, ""},
		{"step-up without target", func(l *Line) { l.Kind = SUP }, "line.to_product_missing to_product"},
		{"step-up to unknown", func(l *Line) { l.Kind, l.ToProduct = SUP, "?" }, "line.to_product_unknown to_product"},
		{"step-up without path", func(l *Line) { l.Kind, l.ToProduct = SUP, "SRV" }, "line.step_up_unknown to_product"},
		{"step-up backwards", func(l *Line) { l.Kind, l.Product, l.ToProduct = SUP, "PRO", "STD" }, "line.step_up_unknown to_product"},
		{"step-up to a product without versions", func(l *Line) { l.Kind, l.ToProduct = SUP, "NONE" }, "line.product_without_versions to_product"},
		{"unknown target of another kind", func(l *Line) { l.ToProduct = "?" }, "line.to_product_unknown to_product"},
		{"return", func(l *Line) {
			*l = Line{ID: "x", LicensingID: "E-1", Kind: RET, Quantity: 6, OrderDate: day(1), Returns: "l"}
		}, ""},
		{"return of more than is left", func(l *Line) { l.Kind, l.Returns, l.Quantity = RET, "l", 7 }, "line.return_too_much quantity"},
		{"return of nothing", func(l *Line) { l.Kind = RET }, "line.return_missing returns_line"},
		{"return of an unknown line", func(l *Line) { l.Kind, l.Returns = RET, "?" }, "line.return_unknown returns_line"},
		{"return of a return", func(l *Line) { l.Kind, l.Returns = RET, "r" }, "line.return_of_return returns_line"},
		{"return of another Licensing ID's line", func(l *Line) { l.Kind, l.Returns, l.LicensingID = RET, "l", "E-2" }, "line.return_foreign returns_line"},
		{"return of another Licensing ID's return", func(l *Line) { l.Kind, l.Returns = RET, "f" }, "line.return_foreign returns_line"},
		{"several", func(l *Line) { l.Quantity, l.Version = 0, "?" }, "line.version_unknown version, line.quantity_not_positive quantity"},
	} {
		t.Run(c2.name, func(t *testing.T) {
			t.Parallel()
			line := good
			c2.change(&line)
			if got := codes(CheckLine(c, line, find)); got != c2.want {
				t.Errorf("got %q, want %q", got, c2.want)
			}
		})
	}
}

// TestComputeRefusesWhatCheckLineRefuses: a line is computed exactly when CheckLine accepts it, paths and the
// largest quantity aside, and otherwise the reason is one of CheckLine's.
func TestComputeRefusesWhatCheckLineRefuses(t *testing.T) {
	t.Parallel()
	c := office().catalog(t)
	rapid.Check(t, func(t *rapid.T) {
		days := rapid.SampledFrom([]Date{0, day(1), day(2)})
		products := rapid.SampledFrom([]string{"", "STD", "PRO", "SRV", "?"})
		line := Line{ID: "x", Product: products.Draw(t, "product"), ToProduct: products.Draw(t, "to"), Version: rapid.SampledFrom([]string{"", "1", "P1"}).Draw(t, "version"),
			Kind: Kind(rapid.IntRange(0, 10).Filter(func(k int) bool { return Kind(k) != RET }).Draw(t, "kind")), Quantity: rapid.Int64Range(-1, 2).Draw(t, "quantity"),
			OrderDate: days.Draw(t, "ordered"), CoverageStart: days.Draw(t, "start"), CoverageEnd: days.Draw(t, "end")}
		found := slices.DeleteFunc(CheckLine(c, line, nil), func(p Problem) bool { return p.Code == StepUpUnknown && line.Product != line.ToProduct })
		_, err := Compute(c, []Line{line}, day(9))
		var refused *LineError
		if errors.As(err, &refused) != (len(found) > 0) {
			t.Fatalf("%+v: Compute says %v, CheckLine %v", line, err, found)
		}
		if err != nil && (refused.Line != "x" || !slices.Contains(found, refused.Problem)) {
			t.Fatalf("%+v: Compute says %v, CheckLine %v", line, err, found)
		}
	})
}

func TestComputeRefusals(t *testing.T) {
	t.Parallel()
	c := office().catalog(t)
	huge := Line{ID: "x", Product: "STD", Kind: L, Quantity: math.MaxInt64, OrderDate: date("2022-01-01")}
	more := huge
	more.ID, more.Quantity = "y", 1
	granting := huge
	granting.OrderDate = date("2021-06-01")
	for _, tc := range []struct {
		name  string
		lines []Line
		asOf  Date
		want  Code
	}{
		{"no day", nil, 0, AsOfMissing},
		{"as much as fits", []Line{huge}, date("2022-01-01"), ""},
		{"too much", []Line{huge, more}, date("2022-01-01"), QuantityOverflow},
		{"too much with grants", []Line{granting}, date("2022-01-01"), QuantityOverflow},
	} {
		_, err := Compute(c, tc.lines, tc.asOf)
		var got Code
		if refused := (*LineError)(nil); errors.As(err, &refused) {
			got = refused.Problem.Code
		}
		if got != tc.want {
			t.Errorf("%s: got %q (%v), want %q", tc.name, got, err, tc.want)
		}
	}
}

func TestErrorTexts(t *testing.T) {
	t.Parallel()
	_, err := NewCatalog(nil, []StepUp{{"A", "B"}}, nil)
	if got, want := fmt.Sprint(err), `entitlements: catalog refused: catalog.value_unknown: step_ups[0].from "A"; catalog.value_unknown: step_ups[0].to "B"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	_, err = Compute(office().catalog(t), []Line{{ID: "x", Product: "?", Kind: L, Quantity: 1, OrderDate: day(1)}}, day(2))
	if got, want := fmt.Sprint(err), `entitlements: order line "x": line.product_unknown: product "?"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestNewCatalog(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change func(w *world)
		want   string
	}{
		{"good", func(*world) {}, ""},
		{"product", func(w *world) { w.products = append(w.products, Product{Versions: []Version{{}}}) },
			"catalog.value_missing products[3].code, catalog.value_missing products[3].family, catalog.value_unknown products[3].pool, " +
				"catalog.value_missing products[3].versions[0].name, catalog.value_missing products[3].versions[0].released"},
		{"product twice", func(w *world) { w.products = append(w.products, w.products[0]) }, "catalog.value_duplicate products[3].code"},
		{"version twice", func(w *world) { w.products[2].Versions = append(w.products[2].Versions, Version{"S", day(1)}) },
			"catalog.value_duplicate products[2].versions[1].name"},
		{"release twice", func(w *world) {
			w.products[2].Versions = append(w.products[2].Versions, Version{"T", w.products[2].Versions[0].Released})
		}, "catalog.release_shared products[2].versions[1].released"},
		{"step-up to unknown", func(w *world) { w.stepUps[0].To = "?" }, "catalog.value_unknown step_ups[0].to"},
		{"step-up to itself", func(w *world) { w.stepUps[0].To = "STD" }, "catalog.step_up_to_itself step_ups[0].to"},
		{"step-up twice", func(w *world) { w.stepUps = append(w.stepUps, w.stepUps[0]) }, "catalog.value_duplicate step_ups[1]"},
		{"offer", func(w *world) { w.offers[0] = Offer{} },
			"catalog.value_missing offers[0].code, catalog.value_missing offers[0].granting, catalog.value_missing offers[0].granted, " +
				"catalog.value_unknown offers[0].version, catalog.value_missing offers[0].kinds, catalog.value_missing offers[0].from, " +
				"catalog.value_missing offers[0].to, catalog.ratio_out_of_range offers[0].numerator, catalog.ratio_out_of_range offers[0].denominator"},
		{"offer twice", func(w *world) { w.offers[1].Code = "PROMO" }, "catalog.value_duplicate offers[1].code"},
		{"offer to returns", func(w *world) { w.offers[0].Kinds[1] = RET }, "catalog.value_unknown offers[0].kinds[1]"},
		{"offer of another product's version", func(w *world) { w.offers[0].Version = "P1" }, "catalog.value_unknown offers[0].version"},
		{"offer that ends first", func(w *world) { w.offers[0].To = w.offers[0].From - 1 }, "catalog.window_reversed offers[0].to"},
		{"offer too generous", func(w *world) { w.offers[0].Numerator = 1_000_001 }, "catalog.ratio_out_of_range offers[0].numerator"},
	} {
		w := office()
		tc.change(&w)
		c, err := NewCatalog(w.products, w.stepUps, w.offers)
		got := ""
		if refused := (*CatalogError)(nil); errors.As(err, &refused) {
			got = codes(refused.Problems)
		}
		if got != tc.want || (c == nil) != (err != nil) {
			t.Errorf("%s: got %q (%v), want %q", tc.name, got, err, tc.want)
		}
	}
}

func TestCatalogProduct(t *testing.T) {
	t.Parallel()
	w := world{products: []Product{{Code: "A", Family: "F", Pool: Systems, Versions: []Version{{"new", day(5)}, {"old", day(1)}}}}}
	c := w.catalog(t)
	p, ok := c.Product("A")
	if got := fmt.Sprint(ok, p.Versions); got != "true [{old 2024-01-02} {new 2024-01-06}]" {
		t.Errorf("got %s", got)
	}
	if _, ok := c.Product("B"); ok {
		t.Error("found a product that does not exist")
	}
	if w.products[0].Versions[0].Name != "new" {
		t.Error("the caller's list was sorted")
	}
}
