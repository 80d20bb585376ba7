package entitlements_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	. "chiave/internal/licensing/entitlements"
)

// told writes parts as "line rule quantity[ offer]", parted by commas.
func told(parts []Part) string {
	var texts []string
	for _, p := range parts {
		texts = append(texts, strings.TrimSpace(fmt.Sprint(p.Line, " ", p.Rule, " ", p.Quantity, " ", p.Offer)))
	}
	return strings.Join(texts, ", ")
}

func TestExplanation(t *testing.T) {
	t.Parallel()
	lines := order(t, `
		a L STD@1 10 2021-02-01
		b LSA STD 10 2021-03-01 2021-03-01..2021-12-31
		c SA STD 14 2022-01-01 2022-01-01..2024-12-31
		d UPG STD@2 12 2022-02-01
		e SUP STD>PRO 4 2022-03-01 2022-03-01..2024-12-31
		f SUB STD 2 2022-03-01 2022-03-01..2026-12-31
		g UA STD 3 2022-04-01 2022-04-01..2022-12-31
		h UPG STD@2 9 2022-05-01
		k SUP STD>PRO 20 2022-06-01 2022-06-01..2024-12-31
		l LSA STD@1 3 2021-06-01 2021-06-01..2024-12-31
		m LSA STD@1 3 2021-07-10 2021-07-10..2024-12-31`)
	s := compute(t, office(), lines, date("2024-03-01"))
	for _, c := range []struct {
		product, version string
		granted          bool
		number           Number
		parts, because   string
	}{
		{"PRO", "P2", false, Effective, "e step_up 4, k step_up 19",
			"a base.version_on_line 7, b base.newest_released 10, e coverage.step_up 4, k coverage.step_up 19, l base.version_on_line 3, m base.version_on_line 3"},
		{"PRO", "P2", false, ActiveSA, "e coverage.step_up 4, k coverage.step_up 19", ""},
		{"PRO", "P1", false, Unresolved, "k unresolved.step_up 1", ""},
		{"STD", "2", false, Effective, "a base.version_on_line 3", "d upgrade.not_covered 3"},
		{"STD", "2", false, Unresolved, "d unresolved.upgrade 6, h unresolved.upgrade 9", ""},
		{"STD", "3", false, Effective, "f subscription.newest_released 2", ""},
		{"SRV", "S", true, Effective, "l grant 2 PROMO, m grant.conditional 3 WHILE", ""},
	} {
		i, ok := s.Find(c.product, c.version, c.granted)
		if !ok {
			t.Fatalf("no row %s %s; rows: %s", c.product, c.version, table(s.Rows))
		}
		e := s.Explain(i, c.number)
		if got := told(e.Parts); got != c.parts {
			t.Errorf("%s %s number %d: parts %s; want %s", c.product, c.version, c.number, got, c.parts)
		}
		if got := told(e.Because); got != c.because {
			t.Errorf("%s %s number %d: because %s; want %s", c.product, c.version, c.number, got, c.because)
		}
	}
}

// TestExplanationRules gives for each rule a history in which it stands.
func TestExplanationRules(t *testing.T) {
	t.Parallel()
	cases := map[Rule]string{
		BaseVersionOnLine:     "l L STD@1 1 2023-01-01",
		BaseNewestReleased:    "l L STD 1 2023-01-01",
		BaseFirstVersion:      "l L STD 1 2019-01-01",
		CoverageWithLicense:   "l LSA STD 1 2023-01-01 2023-01-01..2024-12-31",
		CoverageRenewal:       "k LSA STD 1 2021-01-01 2021-01-01..2022-12-31\nl SA STD 1 2023-01-01 2023-01-01..2024-12-31",
		CoverageFirst:         "k L STD 1 2021-01-01\nl SA STD 1 2023-01-01 2023-01-01..2024-12-31",
		CoverageStepUp:        "k LSA STD 1 2022-01-01 2022-01-01..2024-12-31\nl SUP STD>PRO 1 2023-01-01 2023-01-01..2024-12-31",
		UpgradeNotCovered:     "k L STD@1 1 2021-01-01\nl UPG STD@2 1 2023-01-01",
		UpgradeCovered:        "k LSA STD@1 1 2022-02-01 2022-02-01..2024-12-31\nl UPG STD@3 1 2023-01-01",
		StepUpTaken:           "k LSA STD 1 2022-01-01 2022-01-01..2024-12-31\nl SUP STD>PRO 1 2023-01-01 2023-01-01..2024-12-31",
		SubscriptionNewest:    "l SUB STD 1 2023-01-01 2023-01-01..2024-12-31",
		SubscriptionFirst:     "l SUB SRV 1 2023-01-01 2023-01-01..2023-12-31",
		GrantOffer:            "l L STD 3 2021-06-01",
		GrantConditionalOffer: "l LSA STD 3 2021-07-01 2021-07-01..2024-12-31",
		UnresolvedCoverage:    "l MNT STD 3 2021-07-01 2021-07-01..2024-12-31",
		UnresolvedUpgrade:     "l UPG STD@2 1 2023-01-01",
		UnresolvedStepUp:      "l SUP STD>PRO 1 2023-01-01 2023-01-01..2024-12-31",
	}
	codes := map[string]bool{}
	for _, rule := range Rules() {
		asOf := date("2024-02-01")
		if rule == SubscriptionFirst {
			asOf = date("2023-05-01")
		}
		s := compute(t, office(), order(t, cases[rule]), asOf)
		found := false
		for i := range s.Rows {
			for _, n := range []Number{Effective, ActiveSA, Unresolved} {
				e := s.Explain(i, n)
				for _, p := range append(e.Parts, e.Because...) {
					found = found || p.Rule == rule && p.Line == "l" && p.Role == rule.Role()
				}
			}
		}
		if !found {
			t.Errorf("rule %s does not stand in %s", rule, table(s.Rows))
		}
		if codes[rule.String()] || !strings.HasPrefix(strings.ReplaceAll(rule.String(), "_", "-"), string(rule.Role())) {
			t.Errorf("rule %q: code used twice or not of role %s", rule, rule.Role())
		}
		codes[rule.String()] = true
		if text, err := rule.MarshalText(); err != nil || string(text) != rule.String() {
			t.Errorf("rule %q is written as %q, %v", rule, text, err)
		}
	}
}

func TestSummaryJSON(t *testing.T) {
	t.Parallel()
	s := compute(t, office(), order(t, "l LSA STD@3 120 2024-02-01 2024-02-01..2026-12-31\nu UPG SRV@S 2 2024-02-01"), date("2026-03-31"))
	got, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"as_of":"2026-03-31","rows":[` +
		`{"pool":"Applications","family":"Office","product":"STD","version":"3","effective":120,"active_sa":120,"unresolved":0,"granted":false},` +
		`{"pool":"Servers","family":"Server","product":"SRV","version":"S","effective":0,"active_sa":0,"unresolved":2,"granted":false}]}`
	if string(got) != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if got, err := json.Marshal(compute(t, office(), nil, date("2026-03-31"))); err != nil || string(got) != `{"as_of":"2026-03-31","rows":[]}` {
		t.Errorf("empty: %s, %v", got, err)
	}
}

func TestRowOrder(t *testing.T) {
	t.Parallel()
	one := []Version{{"x", day(2)}, {"a", day(1)}}
	w := world{products: []Product{
		{Code: "D", Family: "Y", Pool: Applications, Versions: one}, {Code: "C", Family: "Z", Pool: Applications, Versions: one},
		{Code: "B", Family: "Z", Pool: Applications, Versions: one}, {Code: "A", Family: "A", Pool: Servers, Versions: one},
		{Code: "E", Family: "Z", Pool: Systems, Versions: one},
	}}
	var lines []Line
	for _, p := range w.products {
		w.offers = append(w.offers, Offer{Code: p.Code, Granting: p.Code, Kinds: []Kind{L}, From: day(0), To: day(9), Granted: p.Code, Version: "a", Numerator: 1, Denominator: 1})
		for _, v := range p.Versions {
			lines = append(lines, Line{ID: p.Code + v.Name, Product: p.Code, Version: v.Name, Kind: L, Quantity: 1, OrderDate: day(1)})
		}
	}
	want := "D a 1 0 0, D x 1 0 0, D a 2 0 0*, B a 1 0 0, B x 1 0 0, B a 2 0 0*, C a 1 0 0, C x 1 0 0, C a 2 0 0*, " +
		"E a 1 0 0, E x 1 0 0, E a 2 0 0*, A a 1 0 0, A x 1 0 0, A a 2 0 0*"
	if got := table(compute(t, w, lines, day(3)).Rows); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
