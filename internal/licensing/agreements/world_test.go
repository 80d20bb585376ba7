package agreements_test

import (
	"fmt"
	"strings"
	"testing"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/agreements"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/partners"
	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/feed"
	"chiave/internal/platform/i18n"
	"chiave/internal/platform/ids"
)

type world struct {
	*agreements.Service
	t      *testing.T
	db     *db.DB
	clk    *clock.Manual
	access *access.Service
}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		who := access.New(d)
		test(t, &world{agreements.New(d, who, accounts.New(d, who, nil, accounts.Config{}), partners.New(who)), t, d, clk, who})
	})
}

// file makes an agreements file around rows of agreements.
func file(agreements string) string {
	return `{"organizations": [
 {"code": "ORG-1", "legal_name": "Alba", "country": "IT", "time_zone": "Europe/Rome", "segment": "commercial",
  "tenant": {"name": "Alba", "primary_domain": "alba.example.com", "id": "0f8fad5b-d9cb-469f-a165-70867728950e"}},
 {"code": "ORG-2", "legal_name": "Scuola", "country": "IT", "segment": "education"}],
 "partners": [{"code": "PAR-1", "name": "Rete"}],
 "agreements": [` + agreements + `]}`
}

func (w *world) take(file string) feed.Report {
	w.t.Helper()
	report, err := w.Import(w.t.Context(), audit.Itself(), "agreements.json", strings.NewReader(file), false)
	if err != nil {
		w.t.Fatal(err)
	}
	return report
}

// good takes a file in that has no problems.
func (w *world) good(file string) feed.Report {
	w.t.Helper()
	report := w.take(file)
	if report.Failed() {
		w.t.Fatalf("refused: %v", told(w.t, report))
	}
	return report
}

func counts(r feed.Report) string {
	return fmt.Sprintf("rows %d created %d changed %d unchanged %d invitations %d errors %d",
		r.Rows, r.Created, r.Changed, r.Unchanged, r.Invitations, len(r.Errors)+r.More)
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

// everything counts the rows that imports make.
func (w *world) everything() (n int) {
	w.t.Helper()
	for _, table := range []string{"organizations", "tenants", "partners", "agreements", "licensing_ids", "agreement_revisions", "contacts", "role_grants", "invitations"} {
		n += w.number("SELECT count(*) FROM " + table)
	}
	return n
}

func (w *world) licensing(number string) (l agreements.LicensingID) {
	w.t.Helper()
	err := w.db.Read(w.t.Context(), func(tx *db.Tx) (err error) {
		l, err = w.ByNumberTx(tx, number)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return l
}

// person makes a user with a verified address.
func (w *world) person(address string) audit.Actor {
	w.t.Helper()
	id := ids.New(w.clk.Now())
	err := w.db.Housekeep(w.t.Context(), "a user", func(tx *db.Tx) error {
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

func (w *world) numbers(actor audit.Actor, f agreements.Filter) (all []string, next string) {
	w.t.Helper()
	rows, next, err := w.Relationship(w.t.Context(), actor, f)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range rows {
		all = append(all, r.Number)
	}
	return all, next
}
