// Package requeststest gives tests of the rooms that let people ask for access two customers, a publisher and their people, on the real
// rooms below. Mails are written and stay in the database, where Mails reads what they say.
package requeststest

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/agreements"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/notify"
	"chiave/internal/licensing/partners"
	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/i18n"
	"chiave/internal/platform/ids"
	"chiave/internal/platform/jobs"
	"chiave/internal/platform/mail"
)

// BaseURL is the portal's address in mails.
const BaseURL = "https://licensing.example.com"

// agreementsFile has, for Alba, an enterprise enrollment and two Open Licenses; for Borealis one of each.
const agreementsFile = `{"organizations": [
 {"code": "ALBA", "legal_name": "Alba Tessuti S.p.A.", "country": "IT", "time_zone": "Europe/Rome", "segment": "commercial"},
 {"code": "BOREALIS", "legal_name": "Borealis Laiva Oy", "country": "FI", "time_zone": "Europe/Helsinki", "segment": "commercial"}],
 "partners": [{"code": "PONTE", "name": "Ponte Software S.r.l."}],
 "agreements": [
 {"licensing_id": "E-1001", "program": "enterprise", "organization": "ALBA", "start": "2024-01-01", "enrollment_number": "ENR-7",
  "contacts": [{"type": "primary", "email": "anna@alba.example"}, {"type": "notices", "email": "carla@alba.example"}]},
 {"licensing_id": "61000001", "program": "open-license", "organization": "ALBA", "start": "2026-01-01", "authorization_number": "90000001ZZE2801",
  "contacts": [{"type": "primary", "email": "anna@alba.example"}, {"type": "notices", "email": "carla@alba.example"}]},
 {"licensing_id": "61000002", "program": "open-license", "organization": "ALBA", "start": "2026-01-01", "authorization_number": "90000002ZZE2801",
  "contacts": [{"type": "primary", "email": "anna@alba.example"}]},
 {"licensing_id": "E-9001", "program": "enterprise", "organization": "BOREALIS", "start": "2024-01-01", "contacts": [{"type": "primary", "email": "bruno@borealis.example"}]},
 {"licensing_id": "62000001", "program": "open-license", "organization": "BOREALIS", "start": "2026-01-01", "authorization_number": "91000001ZZE2801",
  "contacts": [{"type": "primary", "email": "bruno@borealis.example"}]}]}`

// World is the rooms with people in them.
type World struct {
	T          testing.TB
	DB         *db.DB
	Clock      *clock.Manual
	Access     *access.Service
	Accounts   *accounts.Service
	Agreements *agreements.Service
	Notify     *notify.Service
	Queue      *jobs.Runner

	Anna, Carla, Bruno, Olga audit.Actor // Administrators of Alba (both), of Borealis; the publisher's operator
}

// New makes the world on a database.
func New(t testing.TB, d *db.DB, clk *clock.Manual) *World {
	t.Helper()
	texts, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	post, err := mail.New(mail.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w := &World{T: t, DB: d, Clock: clk, Access: access.New(d), Queue: jobs.New(d, jobs.Config{})}
	w.Notify = notify.New(notify.Needs{DB: d, Access: w.Access, Queue: w.Queue, Sealer: open{}, Mail: post, Texts: texts})
	w.Accounts = accounts.New(d, w.Access, w.Notify, accounts.Config{BaseURL: BaseURL})
	w.Agreements = agreements.New(d, w.Access, w.Accounts, partners.New(w.Access))
	w.Take(agreementsFile)
	w.Anna, w.Carla = w.Person("anna@alba.example", "Anna", "Rossi"), w.Person("carla@alba.example", "Carla", "Bianchi")
	w.Bruno, w.Olga = w.Person("bruno@borealis.example", "Bruno", "Virtanen"), w.Person("olga@publisher.example", "Olga", "Neri")
	w.Exec("UPDATE users SET staff = 'operator' WHERE id = $1", w.Olga.ID)
	return w
}

// open is a sealer that tests can read behind.
type open struct{}

func (open) Seal(_ string, text []byte) ([]byte, error) { return text, nil }
func (open) Open(_ string, text []byte) ([]byte, error) { return text, nil }

func (w *World) check(err error) {
	w.T.Helper()
	if err != nil {
		w.T.Fatal(err)
	}
}

// Take imports an agreements file.
func (w *World) Take(file string) {
	w.T.Helper()
	report, err := w.Agreements.Import(w.T.Context(), audit.Itself(), "agreements.json", strings.NewReader(file), false)
	w.check(err)
	if report.Failed() {
		w.T.Fatalf("%+v", report.Errors)
	}
}

// Person makes a user with a verified address.
func (w *World) Person(address, first, last string) audit.Actor {
	w.T.Helper()
	id := ids.New(w.Clock.Now())
	w.Exec("INSERT INTO users (id, first_name, last_name, language, staff, created_at) VALUES ($1, $2, $3, 'it', '', 1)", id, first, last)
	w.Exec("INSERT INTO user_addresses (address, user_id, verified_at) VALUES ($1, $2, 1)", address, id)
	return audit.Actor{Kind: audit.User, ID: id, Request: "req"}
}

// Exec writes rows of other rooms.
func (w *World) Exec(query string, args ...any) {
	w.T.Helper()
	w.check(w.DB.Housekeep(w.T.Context(), "a row of another room", func(tx *db.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	}))
}

// Give assigns a role, as the installation itself.
func (w *World) Give(address, number string, role access.Role) ids.ID {
	w.T.Helper()
	id, err := w.Access.Assign(w.T.Context(), audit.Itself(), access.Assignment{Licensing: w.ID(number), Address: address, Role: role})
	w.check(err)
	return id
}

// ID returns the row id of a Licensing ID.
func (w *World) ID(number string) (id ids.ID) {
	w.T.Helper()
	w.check(w.DB.Read(w.T.Context(), func(tx *db.Tx) error {
		return tx.Row("SELECT id FROM licensing_ids WHERE number = $1", number).Scan(&id)
	}))
	return id
}

// May asks the gate.
func (w *World) May(actor audit.Actor, action access.Action, number string) error {
	w.T.Helper()
	id := w.ID(number)
	return w.Access.Read(w.T.Context(), actor, func(_ *db.Tx, g *access.Gate) error { return g.On(action, id) })
}

// Mail is a mail that was written.
type Mail struct {
	Event, To, Lang string
	Params          map[string]string
}

// Mails runs the queue and returns the mails of the events, those to the earlier addresses first, and forgets them.
func (w *World) Mails(events ...string) (all []Mail) {
	w.T.Helper()
	_, err := w.Queue.Drain(w.T.Context())
	w.check(err)
	w.check(w.DB.Housekeep(w.T.Context(), "reading the mails of a test", func(tx *db.Tx) error {
		all = nil
		err := tx.Each("SELECT event, recipient, lang, body FROM messages ORDER BY recipient, id", nil, func(scan func(...any) error) error {
			var m Mail
			var body []byte
			if err := scan(&m.Event, &m.To, &m.Lang, &body); err != nil {
				return err
			}
			var said struct{ Params map[string]string }
			err := json.Unmarshal(body, &said)
			if m.Params = said.Params; slices.Contains(events, m.Event) {
				all = append(all, m)
			}
			return err
		})
		if err != nil {
			return err
		}
		_, err = tx.Exec("DELETE FROM messages")
		return err
	}))
	return all
}

// To returns the addresses of mails, in their order.
func To(mails []Mail) string {
	var all []string
	for _, m := range mails {
		all = append(all, m.To)
	}
	return strings.Join(all, " ")
}

// Recorded returns the bodies of the audit records with an action.
func (w *World) Recorded(action string) (bodies []string) {
	w.T.Helper()
	w.check(w.DB.Read(w.T.Context(), func(tx *db.Tx) error {
		bodies = nil
		return tx.Each("SELECT body FROM audit_records WHERE action = $1 ORDER BY at, id", []any{action}, func(scan func(...any) error) error {
			var body []byte
			err := scan(&body)
			bodies = append(bodies, string(body))
			return err
		})
	}))
	return bodies
}

// Each runs test in a world of its own on both engines.
func Each(t *testing.T, test func(t *testing.T, w *World)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) { test(t, New(t, d, clk)) })
}
