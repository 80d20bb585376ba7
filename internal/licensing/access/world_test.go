package access_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/ids"
)

// world is a database with the rows of other rooms that decisions look at.
type world struct {
	t   *testing.T
	db  *db.DB
	clk *clock.Manual
	*access.Service
	made int
}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		test(t, &world{t: t, db: d, clk: clk, Service: access.New(d)})
	})
}

// exec runs a statement; $1 is bound to a fresh id, which exec returns.
func (w *world) exec(query string, args ...any) ids.ID {
	w.t.Helper()
	id := ids.New(w.clk.Now())
	w.made++
	err := w.db.Housekeep(w.t.Context(), "a row of another room", func(tx *db.Tx) error {
		if strings.HasPrefix(query, "ALTER") {
			_, err := tx.Exec(query)
			return err
		}
		_, err := tx.Exec(query, append([]any{id}, args...)...)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// user makes a user who owns a verified address.
func (w *world) user(staff access.Staff, address string) audit.Actor {
	w.t.Helper()
	id := w.exec("INSERT INTO users (id, first_name, last_name, language, staff, created_at) VALUES ($1, 'A', 'B', 'en', $2, 1)", string(staff))
	w.address(id, address, true)
	return audit.Actor{Kind: audit.User, ID: id, Request: "req"}
}

func (w *world) address(user ids.ID, address string, verified bool) {
	w.t.Helper()
	w.exec("INSERT INTO user_addresses (address, user_id, verified_at) SELECT CAST($2 AS TEXT), CAST($3 AS TEXT), CASE WHEN $4 THEN 1 END WHERE CAST($1 AS TEXT) IS NOT NULL",
		address, user, verified)
}

// organization and licensing make rows whose numbers are told by their count.
func (w *world) organization() ids.ID {
	w.t.Helper()
	return w.exec("INSERT INTO organizations (id, code, legal_name, country, time_zone, segment, recorded_at, version) VALUES ($1, $2, 'Example', 'IT', 'UTC', 'commercial', 1, 1)",
		fmt.Sprint("ORG-", w.made))
}

func (w *world) licensing(organization ids.ID, number string) ids.ID {
	w.t.Helper()
	return w.exec(`INSERT INTO licensing_ids (id, number, number_folded, program, organization_id, agreement_number, enrollment_number, authorization_number, owner_id, start_on, end_on, version, created_at, changed_at)
		VALUES ($1, $2, lower($2), 'enterprise', $3, '', '', '', '', '', '', 1, 1, 1)`, number, organization)
}

// grant gives a role without asking anybody, as an import does.
func (w *world) grant(licensing ids.ID, address string, role access.Role) {
	w.t.Helper()
	err := w.db.Write(w.t.Context(), func(tx *db.Tx) error {
		ok, err := w.GrantFromContactTx(tx, audit.Itself(), access.ContactGrant{Address: address, Licensing: licensing, Roles: []access.Role{role}, Ref: "test " + string(role)})
		if !ok && err == nil {
			err = fmt.Errorf("%s had %s already", address, role)
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// ask returns the gate's answer in a read transaction.
func (w *world) ask(actor audit.Actor, question func(g *access.Gate) error) error {
	return w.Read(w.t.Context(), actor, func(_ *db.Tx, g *access.Gate) error { return question(g) })
}

func (w *world) on(actor audit.Actor, action access.Action, licensing ids.ID) error {
	return w.ask(actor, func(g *access.Gate) error { return g.On(action, licensing) })
}

// logged is what tests look at in an audit record.
type logged struct {
	ActorID     ids.ID          `json:"actor_id"`
	For         ids.ID          `json:"for"`
	Action      string          `json:"action"`
	Object      string          `json:"object"`
	LicensingID ids.ID          `json:"licensing_id"`
	Refused     bool            `json:"refused"`
	After       json.RawMessage `json:"after"`
}

// log returns the audit records with action, oldest first.
func (w *world) log(action string) []logged {
	w.t.Helper()
	var all []logged
	err := w.db.Read(w.t.Context(), func(tx *db.Tx) error {
		all = nil
		return tx.Each("SELECT body FROM audit_records WHERE action = $1 ORDER BY at, id", []any{action}, func(scan func(...any) error) error {
			var body []byte
			var l logged
			if err := scan(&body); err != nil {
				return err
			}
			err := json.Unmarshal(body, &l)
			all = append(all, l)
			return err
		})
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}
