package orders_test

import (
	"fmt"
	"strings"
	"testing"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/agreements"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/catalog"
	"chiave/internal/licensing/orders"
	"chiave/internal/licensing/partners"
	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/feed"
	"chiave/internal/platform/i18n"
	"chiave/internal/platform/ids"
)

const products = `{"products": [
  {"code": "STD", "name": "Nimbus Standard", "family": "Nimbus", "pool": "Applications", "class": "office",
   "versions": [{"name": "1", "released": "2010-01-01"}, {"name": "2", "released": "2015-01-01"}]},
  {"code": "PRO", "name": "Nimbus Pro", "family": "Nimbus", "pool": "Applications", "class": "office", "versions": [{"name": "2", "released": "2015-01-01"}]},
  {"code": "NEW", "name": "Unborn", "family": "Nimbus", "pool": "Applications", "class": "office"}],
 "step_ups": [{"from": "STD", "to": "PRO"}]}`

const contracts = `{"organizations": [{"code": "ORG-1", "legal_name": "Alba", "country": "IT", "time_zone": "Europe/Rome", "segment": "commercial"}],
 "partners": [{"code": "PAR-1", "name": "Rete"}],
 "agreements": [
  {"licensing_id": "E-1", "program": "enterprise", "organization": "ORG-1", "contacts": [{"type": "primary", "email": "anna@example.com"}]},
  {"licensing_id": "E-2", "program": "enterprise", "organization": "ORG-1"},
  {"licensing_id": "X-1", "program": "products-and-services", "organization": "ORG-1", "contacts": [{"type": "primary", "email": "anna@example.com"}]}]}`

const header = "line_id,licensing_id,order_number,order_date,partner,product,version,kind,quantity,coverage_start,coverage_end,usage_date,to_product,returns_line\n"

type world struct {
	*orders.Service
	t      testing.TB
	db     *db.DB
	access *access.Service
	rooms  struct {
		catalog    *catalog.Service
		agreements *agreements.Service
	}
}

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	who := access.New(d)
	w := &world{t: t, db: d, access: who}
	w.rooms.catalog = catalog.New(d, who)
	w.rooms.agreements = agreements.New(d, who, accounts.New(d, who, nil, accounts.Config{}), partners.New(who))
	w.Service = orders.New(d, who, w.rooms.catalog, w.rooms.agreements)
	for name, take := range map[string]func() (feed.Report, error){
		"products": func() (feed.Report, error) {
			return w.rooms.catalog.Import(t.Context(), audit.Itself(), "c", strings.NewReader(products), false)
		},
		"contracts": func() (feed.Report, error) {
			return w.rooms.agreements.Import(t.Context(), audit.Itself(), "a", strings.NewReader(contracts), false)
		},
	} {
		if r, err := take(); err != nil || r.Failed() {
			t.Fatalf("%s: %v %v", name, r.Errors, err)
		}
	}
	return w
}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) { test(t, newWorld(t, d)) })
}

// take imports rows under the usual header.
func (w *world) take(rows string) feed.Report {
	w.t.Helper()
	report, err := w.Import(w.t.Context(), audit.Itself(), "orders.csv", strings.NewReader(header+rows), false)
	if err != nil {
		w.t.Fatal(err)
	}
	return report
}

func (w *world) good(rows string) feed.Report {
	w.t.Helper()
	report := w.take(rows)
	if report.Failed() {
		w.t.Fatalf("refused: %v", told(w.t, report))
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

func (w *world) number(query string, args ...any) (n int) {
	w.t.Helper()
	if err := w.db.Read(w.t.Context(), func(tx *db.Tx) error { return tx.Row(query, args...).Scan(&n) }); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) licensing(number string) (l agreements.LicensingID) {
	w.t.Helper()
	err := w.db.Read(w.t.Context(), func(tx *db.Tx) (err error) {
		l, err = w.rooms.agreements.ByNumberTx(tx, number)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return l
}

// ledger returns the lines that count on a Licensing ID as "line product kind quantity".
func (w *world) ledger(number string) (all []string) {
	w.t.Helper()
	id := w.licensing(number).ID
	err := w.db.Read(w.t.Context(), func(tx *db.Tx) error {
		all = nil
		lines, err := w.LinesTx(tx, map[ids.ID]bool{id: false})
		for _, l := range lines {
			all = append(all, fmt.Sprint(l.ID, " ", l.Product, " ", l.Kind, " ", l.Quantity))
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// person makes a user with a verified address.
func (w *world) person(address string) audit.Actor {
	w.t.Helper()
	var id ids.ID
	err := w.db.Housekeep(w.t.Context(), "a user", func(tx *db.Tx) error {
		id = tx.NewID()
		if _, err := tx.Exec("INSERT INTO users (id, first_name, last_name, language, staff, created_at) VALUES ($1, 'A', 'B', 'en', '', 1)", id); err != nil {
			return err
		}
		_, err := tx.Exec("INSERT INTO user_addresses (address, user_id, verified_at) VALUES ($1, $2, 1)", address, id)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return audit.Actor{Kind: audit.User, ID: id, Request: "req"}
}
