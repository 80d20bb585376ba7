package catalog_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/catalog"
	"chiave/internal/licensing/entitlements"
	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/feed"
	"chiave/internal/platform/i18n"
)

const good = `{"products": [
  {"code": "NIB-STD", "name": "Nimbus Office Standard", "family": "Nimbus Office", "pool": "Applications", "class": "office",
   "versions": [{"name": "2019", "released": "2018-09-24"}, {"name": "2024", "released": "2024-10-01"}]},
  {"code": "NIB-PRO", "name": "Nimbus Office Professional", "family": "Nimbus Office", "pool": "Applications", "class": "office",
   "versions": [{"name": "2024", "released": "2024-10-01"}]}],
 "step_ups": [{"from": "NIB-STD", "to": "NIB-PRO"}],
 "offers": [{"code": "PROMO-1", "granting": "NIB-STD", "kinds": ["SA", "LSA"], "from": "2024-01-01", "to": "2024-12-31",
   "granted": "NIB-PRO", "version": "2024", "numerator": 1, "denominator": 2, "conditional": true}]}`

func load(t *testing.T, s *catalog.Service, file string, dryRun bool) feed.Report {
	t.Helper()
	report, err := s.Import(t.Context(), audit.Itself(), "catalog.json", strings.NewReader(file), dryRun)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func counts(r feed.Report) string {
	return fmt.Sprintf("rows %d created %d changed %d unchanged %d errors %d", r.Rows, r.Created, r.Changed, r.Unchanged, len(r.Errors)+r.More)
}

// told writes the errors as "line:column field code", once each has its sentence in both languages.
func told(t testing.TB, r feed.Report) (all []string) {
	t.Helper()
	texts, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range r.Errors {
		for _, lang := range i18n.Langs() {
			if s := texts.For(lang).Error(e.Code, e.Params); strings.Contains(s, "⟦") {
				t.Errorf("%s: %s", e.Code, s)
			}
		}
		all = append(all, fmt.Sprintf("%d:%d %s %s", e.Line, e.Column, e.Field, e.Code))
	}
	return all
}

func products(t *testing.T, s *catalog.Service) (all []string) {
	t.Helper()
	list, err := s.Products(t.Context(), audit.Itself())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		all = append(all, fmt.Sprint(p))
	}
	return all
}

func TestImportIsRepeatable(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		s := catalog.New(d, access.New(d))
		steps := []struct {
			name, file string
			dryRun     bool
			want       string
			revisions  int
		}{
			{"dry run", good, true, "rows 4 created 4 changed 0 unchanged 0 errors 0", 0},
			{"first", good, false, "rows 4 created 4 changed 0 unchanged 0 errors 0", 7},
			{"again", good, false, "rows 4 created 0 changed 0 unchanged 4 errors 0", 7},
			{"a name changed", strings.Replace(good, "Office Standard", "Office Std", 1), false, "rows 4 created 0 changed 1 unchanged 3 errors 0", 8},
			{"a version's day changed", strings.Replace(good, "2018-09-24", "2018-09-25", 1), false, "rows 4 created 0 changed 1 unchanged 3 errors 0", 10},
			{"an offer changed", strings.Replace(good, "true", "false", 1), false, "rows 4 created 0 changed 2 unchanged 2 errors 0", 12},
			{"absence takes nothing away", `{"step_ups": [{"from": "NIB-STD", "to": "NIB-PRO"}]}`, false, "rows 1 created 0 changed 0 unchanged 1 errors 0", 12},
			{"a row twice, alike", `{"step_ups": [{"from": "NIB-PRO", "to": "NIB-STD"}, {"from": "NIB-PRO", "to": "NIB-STD"}]}`, false,
				"rows 2 created 1 changed 0 unchanged 1 errors 0", 13},
		}
		for _, step := range steps {
			if got := counts(load(t, s, step.file, step.dryRun)); got != step.want {
				t.Errorf("%s: %s, want %s", step.name, got, step.want)
			}
			if got := revisions(t, d); got != step.revisions {
				t.Errorf("%s: %d revisions are stored, want %d", step.name, got, step.revisions)
			}
		}
		want := []string{"{NIB-PRO Nimbus Office Professional Nimbus Office Applications office [{2024 2024-10-01}]}",
			"{NIB-STD Nimbus Office Standard Nimbus Office Applications office [{2019 2018-09-24} {2024 2024-10-01}]}"}
		if got := products(t, s); !slices.Equal(got, want) {
			t.Errorf("products %q, want %q", got, want)
		}
		offerCounts(t, d, s)
	})
}

func revisions(t *testing.T, d *db.DB) (n int) {
	t.Helper()
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		return tx.Row("SELECT (SELECT count(*) FROM products) + (SELECT count(*) FROM product_versions) + " +
			"(SELECT count(*) FROM step_ups) + (SELECT count(*) FROM grant_offers)").Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// offerCounts checks that Current hands the stored offer to the computation.
func offerCounts(t *testing.T, d *db.DB, s *catalog.Service) {
	t.Helper()
	var c *entitlements.Catalog
	err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
		c, err = s.Current(tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	day, _ := entitlements.NewDate(2024, 11, 1)
	line := entitlements.Line{ID: "1", Product: "NIB-STD", Kind: entitlements.LSA, Quantity: 10, OrderDate: day, CoverageStart: day, CoverageEnd: day}
	summary, err := entitlements.Compute(c, []entitlements.Line{line}, day.AddDays(5))
	if err != nil {
		t.Fatal(err)
	}
	if i, ok := summary.Find("NIB-PRO", "2024", true); !ok || summary.Rows[i].Effective != 5 {
		t.Errorf("the offer grants %+v, want 5", summary.Rows)
	}
}

func TestImportNamesEveryProblem(t *testing.T) {
	t.Parallel()
	const bad = `{"products": [
 {"code": "A", "name": "A", "family": "F", "pool": "Games", "class": "toy", "versions": [{"name": "1", "released": "2020-02-30"}]},
 {"code": "B", "name": "B", "pool": "Servers", "class": "server", "colour": "red",
  "versions": [{"name": "1", "released": "2020-01-01"}, {"name": "2", "released": "2020-01-01"}, {"name": "1", "released": "2021-01-01"}]},
 {"code": "C", "name": "C", "family": "F", "pool": "Servers", "class": "server"},
 {"code": "C", "name": "D", "family": "F", "pool": "Servers", "class": "server"}],
 "step_ups": [{"from": "A", "to": "Z"}, {"from": "B", "to": "B"}],
 "offers": [{"code": "P", "granting": "A", "kinds": ["L"], "from": "2024-02-01", "to": "2024-01-31", "granted": "B", "version": "9", "numerator": 0, "denominator": 1},
  {"code": "Q", "granting": "A", "kinds": ["RET", "X"], "from": "2024", "to": "2024-01-31", "granted": "B", "version": "1", "numerator": 1.5, "denominator": 1},
  {"code": "R", "kinds": [], "from": "2024-01-01", "to": "2024-01-31", "granted": "B", "version": "1", "numerator": 1, "denominator": 1}],
 "extra": 1}`
	want := []string{
		"2:52 products[0].pool catalog.pool_unknown",
		"2:70 products[0].class catalog.class_unknown",
		"2:116 products[0].versions[0].released feed.not_date",
		"3:2 products[1].family feed.missing",
		"3:67 products[1].colour feed.member_unknown",
		"4:83 products[1].versions[1].released catalog.release_shared",
		"4:107 products[1].versions[2].name catalog.value_duplicate",
		"6:11 products[3].code feed.row_twice",
		"7:35 step_ups[0].to catalog.value_unknown",
		"7:61 step_ups[1].to catalog.step_up_to_itself",
		"8:88 offers[0].to catalog.window_reversed",
		"8:129 offers[0].version catalog.value_unknown",
		"8:147 offers[0].numerator catalog.ratio_out_of_range",
		"9:44 offers[1].kinds[0] catalog.kind_unknown",
		"9:51 offers[1].kinds[1] catalog.kind_unknown",
		"9:65 offers[1].from feed.not_date",
		"9:138 offers[1].numerator feed.not_whole",
		"10:3 offers[2].granting feed.missing",
		"10:3 offers[2].kinds feed.missing",
		"11:2 extra feed.member_unknown",
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		s := catalog.New(d, access.New(d))
		if got := told(t, load(t, s, bad, false)); !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if n := revisions(t, d); n != 0 {
			t.Errorf("%d revisions of a refused file are stored", n)
		}
		load(t, s, good, false)
		clash := `{"products": [{"code": "NIB-STD", "name": "x", "family": "F", "pool": "Servers", "class": "server", "versions": [{"name": "R2", "released": "2024-10-01"}]}]}`
		if got := told(t, load(t, s, clash, false)); !slices.Equal(got, []string{"1:141 products[0].versions[0].released catalog.release_shared"}) {
			t.Errorf("a release on the day of a stored one: %q", got)
		}
	})
}

func TestImportIsForOperators(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		s := catalog.New(d, access.New(d))
		_, err := s.Import(t.Context(), audit.Nobody("r"), "catalog.json", strings.NewReader(good), false)
		if errs.KindOf(err) != errs.Unauthenticated {
			t.Errorf("anonymous import: %v", err)
		}
		if n := revisions(t, d); n != 0 {
			t.Errorf("%d revisions are stored", n)
		}
	})
}
