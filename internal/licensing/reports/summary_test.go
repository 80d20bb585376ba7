package reports_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/agreements"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/catalog"
	"chiave/internal/licensing/entitlements"
	"chiave/internal/licensing/orders"
	"chiave/internal/licensing/partners"
	"chiave/internal/licensing/reports"
	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/feed"
)

const summaryCatalog = `{"products": [
 {"code": "APP", "name": "Nimbus", "family": "Nimbus", "pool": "Applications", "class": "office",
  "versions": [{"name": "1", "released": "2010-01-01"}, {"name": "2", "released": "2015-01-01"}]},
 {"code": "SRV", "name": "Cumulus", "family": "Cumulus", "pool": "Servers", "class": "server", "versions": [{"name": "1", "released": "2010-01-01"}]}]}`

// The check values of LSUM-09 stand on E-1 and E-2; O-1 shows its lines on order, X-1 is managed elsewhere.
const summaryAgreements = `{"organizations": [
  {"code": "ORG-1", "legal_name": "Alba", "country": "IT", "time_zone": "Pacific/Auckland", "segment": "commercial"},
  {"code": "ORG-2", "legal_name": "Bora", "country": "IT", "segment": "commercial"}],
 "agreements": [
  {"licensing_id": "E-1", "program": "enterprise", "organization": "ORG-1", "contacts": [{"type": "primary", "email": "anna@example.com"}]},
  {"licensing_id": "E-2", "program": "enterprise", "organization": "ORG-1", "contacts": [{"type": "notices", "email": "anna@example.com"}]},
  {"licensing_id": "O-1", "program": "open-license", "organization": "ORG-2", "contacts": [{"type": "primary", "email": "ugo@example.com"}]},
  {"licensing_id": "S-1", "program": "select", "organization": "ORG-1", "contacts": [{"type": "software_assurance_manager", "email": "anna@example.com"}]},
  {"licensing_id": "X-1", "program": "products-and-services", "organization": "ORG-1", "contacts": [{"type": "primary", "email": "anna@example.com"}]}]}`

const summaryOrders = `line_id;licensing_id;order_number;order_date;partner;product;version;kind;quantity;coverage_start;coverage_end;usage_date;to_product;returns_line
1;E-1;A;2011-01-01;;APP;1;L;100;;;;;
2;E-1;A;2016-01-01;;APP;2;UPG;120;;;;;
3;E-1;A;2020-01-01;;SRV;;SA;50;2020-01-01;2029-12-31;;;
4;E-2;B;2011-01-01;;APP;1;L;20;;;;;
5;O-1;C;2026-03-31;;APP;2;LSA;7;2026-05-01;2027-04-30;;;
6;X-1;D;2011-01-01;;APP;1;L;1000;;;;;
7;S-1;E;2026-04-01;;APP;2;L;3;;;;;
`

type summaries struct {
	*reports.Service
	t   *testing.T
	db  *db.DB
	clk *clock.Manual
}

func eachSummaries(t *testing.T, test func(t *testing.T, w *summaries)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		who := access.New(d)
		goods := catalog.New(d, who)
		contracts := agreements.New(d, who, accounts.New(d, who, nil, accounts.Config{}), partners.New(who))
		lines := orders.New(d, who, goods, contracts)
		take := func(r feed.Report, err error) {
			t.Helper()
			if err != nil || r.Failed() {
				t.Fatalf("%v %v", r.Errors, err)
			}
		}
		take(goods.Import(t.Context(), audit.Itself(), "c", strings.NewReader(summaryCatalog), false))
		take(contracts.Import(t.Context(), audit.Itself(), "a", strings.NewReader(summaryAgreements), false))
		take(lines.Import(t.Context(), audit.Itself(), "o", strings.NewReader(summaryOrders), false))
		test(t, &summaries{reports.New(who, goods, contracts, lines), t, d, clk})
	})
}

// person makes a user with a verified address.
func (w *summaries) person(address string) audit.Actor {
	w.t.Helper()
	actor := audit.Actor{Kind: audit.User, Request: "req"}
	err := w.db.Housekeep(w.t.Context(), "a user", func(tx *db.Tx) error {
		actor.ID = tx.NewID()
		if _, err := tx.Exec("INSERT INTO users (id, first_name, last_name, language, staff, created_at) VALUES ($1, 'A', 'B', 'en', '', 1)", actor.ID); err != nil {
			return err
		}
		_, err := tx.Exec("INSERT INTO user_addresses (address, user_id, verified_at) VALUES ($1, $2, 1)", address, actor.ID)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return actor
}

func tellSummary(s reports.LicenseSummary) (all []string) {
	for _, r := range s.Rows {
		all = append(all, fmt.Sprintf("%s %s %s %s %d %d %d %v", r.Pool, r.ProductName, r.Product, r.Version, r.Effective, r.ActiveSA, r.Unresolved, r.Granted))
	}
	return all
}

func date(t *testing.T, s string) entitlements.Date {
	t.Helper()
	d, err := entitlements.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Proves LSUM-01 to LSUM-03, LSUM-09, LSUM-15, ORD-06 and REL-11 from the files to the rows.
func TestLicenseSummary(t *testing.T) {
	t.Parallel()
	eachSummaries(t, func(t *testing.T, w *summaries) {
		anna, ugo, stranger := w.person("anna@example.com"), w.person("ugo@example.com"), w.person("stranger@example.com")
		day := date(t, "2026-03-31")
		cases := []struct {
			name  string
			actor audit.Actor
			q     reports.Question
			ids   []string
			want  []string
		}{
			{"one Licensing ID", anna, reports.Question{Numbers: []string{"E-1"}, AsOf: day}, []string{"E-1"},
				[]string{"Applications Nimbus APP 2 100 0 20 false", "Servers Cumulus SRV 1 0 0 50 false"}},
			{"with the missing licenses", anna, reports.Question{Numbers: []string{"E-2", "E-1"}, AsOf: day}, []string{"E-1", "E-2"},
				[]string{"Applications Nimbus APP 2 120 0 0 false", "Servers Cumulus SRV 1 0 0 50 false"}},
			{"all that Anna may see", anna, reports.Question{AsOf: day}, []string{"E-1", "E-2"},
				[]string{"Applications Nimbus APP 2 120 0 0 false", "Servers Cumulus SRV 1 0 0 50 false"}},
			{"years ago", anna, reports.Question{AsOf: date(t, "2012-01-01")}, []string{"E-1", "E-2"}, []string{"Applications Nimbus APP 1 120 0 0 false"}},
			{"shown on order, before the coverage starts", ugo, reports.Question{AsOf: day}, []string{"O-1"}, []string{"Applications Nimbus APP 2 7 0 0 false"}},
			{"a stranger", stranger, reports.Question{AsOf: day}, nil, nil},
			{"the installation", audit.Itself(), reports.Question{AsOf: day}, []string{"E-1", "E-2", "O-1", "S-1"},
				[]string{"Applications Nimbus APP 2 127 0 0 false", "Servers Cumulus SRV 1 0 0 50 false"}},
		}
		for _, c := range cases {
			got, err := w.LicenseSummary(t.Context(), c.actor, c.q)
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			if !slices.Equal(got.LicensingIDs, c.ids) || !slices.Equal(tellSummary(got), c.want) || got.AsOf != c.q.AsOf {
				t.Errorf("%s: of %q %q, want of %q %q", c.name, got.LicensingIDs, tellSummary(got), c.ids, c.want)
			}
		}
		for number, want := range map[string]string{"O-1": "licensing_ids.unknown", "NONE": "licensing_ids.unknown", "X-1": "licensing_ids.unknown", "S-1": "access.role_missing"} {
			if _, err := w.LicenseSummary(t.Context(), anna, reports.Question{Numbers: []string{"E-1", number}, AsOf: day}); errs.CodeOf(err) != want {
				t.Errorf("%s: %v, want %s", number, err, want)
			}
		}
		if _, err := w.LicenseSummary(t.Context(), audit.Nobody("r"), reports.Question{}); errs.KindOf(err) != errs.Unauthenticated {
			t.Errorf("anonymous: %v", err)
		}
	})
}

func TestExplain(t *testing.T) {
	t.Parallel()
	eachSummaries(t, func(t *testing.T, w *summaries) {
		anna := w.person("anna@example.com")
		q := reports.Question{Numbers: []string{"E-1"}, AsOf: date(t, "2026-03-31")}
		e, err := w.Explain(t.Context(), anna, q, reports.RowKey{Product: "APP", Version: "2"})
		if err != nil {
			t.Fatal(err)
		}
		tell := func(parts []reports.ExplainedPart) (all []string) {
			for _, p := range parts {
				all = append(all, fmt.Sprint(p.LicensingID, " ", p.Kind, " ", p.Line, " ", p.Role, " ", p.Rule, " ", p.Quantity))
			}
			return all
		}
		if got := tell(e.Effective.Parts); !slices.Equal(got, []string{"E-1 L 1 base base.version_on_line 100"}) {
			t.Errorf("effective: %q", got)
		}
		if got := tell(e.Effective.Because); !slices.Equal(got, []string{"E-1 UPG 2 upgrade upgrade.not_covered 100"}) {
			t.Errorf("because: %q", got)
		}
		if got := tell(e.Unresolved.Parts); !slices.Equal(got, []string{"E-1 UPG 2 unresolved unresolved.upgrade 20"}) || len(e.ActiveSA.Parts) != 0 {
			t.Errorf("unresolved: %q", got)
		}
		if e.Row.ProductName != "Nimbus" || e.Row.Effective != 100 {
			t.Errorf("row %+v", e.Row)
		}
		if _, err := w.Explain(t.Context(), anna, q, reports.RowKey{Product: "APP", Version: "1"}); errs.CodeOf(err) != "summary.row_unknown" {
			t.Errorf("a row that is not there: %v", err)
		}
	})
}

func TestTodayOfASummary(t *testing.T) {
	t.Parallel()
	eachSummaries(t, func(t *testing.T, w *summaries) {
		w.clk.Advance(time.Date(2026, 3, 31, 23, 30, 0, 0, time.UTC).Sub(w.clk.Now())) // the next noon in Auckland
		cases := []struct {
			name      string
			q         reports.Question
			day, zone string
		}{
			{"one: its organization's", reports.Question{Numbers: []string{"E-1"}, TimeZone: "Europe/Rome"}, "2026-04-01", "Pacific/Auckland"},
			{"one of UTC", reports.Question{Numbers: []string{"O-1"}, TimeZone: "Europe/Rome"}, "2026-03-31", "UTC"},
			{"several: the viewer's", reports.Question{Numbers: []string{"E-1", "O-1"}, TimeZone: "America/New_York"}, "2026-03-31", "America/New_York"},
			{"several of one zone, viewer unknown", reports.Question{Numbers: []string{"E-1", "E-2"}}, "2026-04-01", "Pacific/Auckland"},
			{"several zones, viewer unknown", reports.Question{TimeZone: "Nowhere/Land"}, "2026-03-31", "UTC"},
			{"a day asked for", reports.Question{Numbers: []string{"E-1"}, AsOf: date(t, "2020-05-05")}, "2020-05-05", "Pacific/Auckland"},
		}
		for _, c := range cases {
			got, err := w.LicenseSummary(t.Context(), audit.Itself(), c.q)
			if err != nil || got.AsOf.String() != c.day || got.TimeZone != c.zone {
				t.Errorf("%s: %v in %s (%v), want %s in %s", c.name, got.AsOf, got.TimeZone, err, c.day, c.zone)
			}
		}
	})
}
