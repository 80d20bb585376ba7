package accesstest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/activation"
	"chiave/internal/licensing/agreements"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/keys"
	"chiave/internal/licensing/orders"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
	"chiave/verify"
)

// House is an installation whose faces are walked. It has the customers ROSSI, with the Licensing ID E-1001, and HARBOUR, with E-9001; the
// product NIB-STD with the version 2024; and Maker, an Administrator of E-1001.
type House struct {
	DB         *db.DB
	Handler    http.Handler
	Access     *access.Service
	Accounts   *accounts.Service
	Agreements *agreements.Service
	Orders     *orders.Service
	Keys       *keys.Service
	Activation *activation.Service
	Operator   audit.Actor
	Maker      string // address of whoever makes what requests name: Administrator on every Licensing ID, and no principal
}

// numbers of the Licensing IDs.
var numbers = map[Object]string{Own: "E-1001", Child: "E-1777", Sibling: "S-2777", Expired: "L-3777", Other: "E-9001", Unknown: "E-0000"}

// Number returns the number of a Licensing ID.
func (o Object) Number() string { return numbers[o] }

// feedOf adds the Licensing IDs that the house lacks.
const feedOf = `{
  "organizations": [{"code": "RESELLER", "legal_name": "Tecnoponte Persone S.r.l.", "country": "IT", "time_zone": "Europe/Rome", "segment": "commercial"}],
  "agreements": [
    {"licensing_id": "E-1777", "program": "enterprise", "organization": "ROSSI", "partner": "TECNO", "parent": "P-77", "start": "2025-02-01", "end": "2027-12-31", "contacts": [%[1]s]},
    {"licensing_id": "S-2777", "program": "select-plus", "organization": "ROSSI", "start": "2025-01-01", "contacts": [%[1]s]},
    {"licensing_id": "L-3777", "program": "open-license", "organization": "ROSSI", "start": "2018-01-01", "end": "2020-01-31", "authorization_number": "90777175", "contacts": [%[1]s]}
  ]
}`

// World is a house with everybody in it.
type World struct {
	House
	t          testing.TB
	IDs        map[Object]ids.ID
	Key        map[Object]ids.ID // a key with a computer, on each Licensing ID that there is
	principals []Principal
	canaries   []canary
	keep       []string // statements that undo what a request did to the principals
}

// Fill lets everybody arrive and plants what must not be seen.
func Fill(t testing.TB, h House) *World {
	t.Helper()
	w := &World{House: h, t: t, IDs: map[Object]ids.ID{}, Key: map[Object]ids.ID{}}
	contact := fmt.Sprintf(`{"type": "primary", "email": %q, "first_name": "Chiara", "last_name": "Bianchi"}`, h.Maker)
	w.take("agreements.json", fmt.Sprintf(feedOf, contact), h.Agreements.Import)
	for o, number := range numbers {
		if o == Unknown {
			w.IDs[o] = w.newID()
			continue
		}
		id, err := h.Agreements.Find(t.Context(), h.Operator, number)
		w.check(err)
		w.IDs[o] = id
	}
	w.grant(w.IDs[Other], h.Maker, access.Administrator, "")
	for _, o := range Objects() {
		if o != Unknown {
			w.plant(o)
		}
	}
	for _, p := range cast() {
		w.arrive(p)
	}
	w.remember()
	return w
}

func (w *World) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// exec alters the database behind the program's back.
func (w *World) exec(statement string, args ...any) {
	w.t.Helper()
	w.check(w.DB.Housekeep(context.WithoutCancel(w.t.Context()), "a test", func(tx *db.Tx) error {
		_, err := tx.Exec(statement, args...)
		return err
	}))
}

func (w *World) newID() (id ids.ID) {
	w.t.Helper()
	w.check(w.DB.Read(w.t.Context(), func(tx *db.Tx) error { id = tx.NewID(); return nil }))
	return id
}

// maker returns the Administrator that makes things.
func (w *World) maker() audit.Actor {
	w.t.Helper()
	a := audit.Actor{Kind: audit.User, Request: "test"}
	w.check(w.DB.Read(w.t.Context(), func(tx *db.Tx) error {
		return tx.Row("SELECT user_id FROM user_addresses WHERE address = $1", w.Maker).Scan(&a.ID)
	}))
	return a
}

// grant writes a role row as the room would: Limited is none that an Administrator gives.
func (w *World) grant(licensing ids.ID, address string, role access.Role, part string) {
	w.t.Helper()
	w.check(w.DB.Housekeep(w.t.Context(), "a test", func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO role_grants (id, licensing_id, address, role, part, source, source_ref, valid_from, granted_at)
			VALUES ($1, $2, $3, $4, $5, 'assigned', 'test', $6, $6)`, tx.NewID(), licensing, address, string(role), part, tx.Now())
		return err
	}))
}

// arrive makes a principal a user with a session or a token, and gives it its roles.
func (w *World) arrive(p Principal) {
	w.t.Helper()
	if p.Name == anonymous {
		w.principals = append(w.principals, p)
		return
	}
	id := w.newID()
	p.address = strings.ToLower(string(id)) + "@rossi.example"
	organization := map[string]string{"reseller's person": "RESELLER", "other company's administrator": "HARBOUR"}[p.Name]
	if organization == "" && p.Staff == "" {
		organization = "ROSSI"
	}
	w.check(w.DB.Housekeep(w.t.Context(), "a test", func(tx *db.Tx) error {
		var org any
		if organization != "" {
			var o string
			if err := tx.Row("SELECT id FROM organizations WHERE code = $1", organization).Scan(&o); err != nil {
				return err
			}
			org = o
		}
		if _, err := tx.Exec(`INSERT INTO users (id, first_name, last_name, language, staff, organization_id, created_at) VALUES ($1, 'Ada', 'Prova', 'en', $2, $3, $4)`,
			id, string(p.Staff), org, tx.Now()); err != nil {
			return err
		}
		_, err := tx.Exec("INSERT INTO user_addresses (address, user_id, verified_at) VALUES ($1, $2, $3)", p.address, id, tx.Now())
		return err
	}))
	for _, o := range p.On {
		w.grant(w.IDs[o], p.address, p.Role, p.Part)
	}
	w.prove(&p, id)
	w.principals = append(w.principals, p)
}

// prove gives a principal what it shows, and takes from those who have lost something what they had.
func (w *World) prove(p *Principal, id ids.ID) {
	w.t.Helper()
	if p.byToken() {
		w.prime(p, id)
		return
	}
	p.Session = rand.Text()
	sum := sha256.Sum256([]byte(p.Session))
	w.check(w.DB.Housekeep(w.t.Context(), "a test", func(tx *db.Tx) error {
		_, err := tx.Exec("INSERT INTO sessions (id, token_hash, user_id, created_at, used_at) VALUES ($1, $2, $3, $4, $4)", tx.NewID(), sum[:], id, tx.Now())
		return err
	}))
	administrator := func() { w.grant(w.IDs[Own], p.address, access.Administrator, "") }
	switch p.Name {
	case "former":
		administrator()
		w.exec("UPDATE role_grants SET revoked_at = granted_at WHERE address = $1", p.address)
	case "role over":
		administrator()
		w.exec("UPDATE role_grants SET valid_from = 1, valid_until = granted_at WHERE address = $1", p.address)
	case "role to come":
		administrator()
		w.exec("UPDATE role_grants SET valid_from = granted_at + 86400000000 WHERE address = $1", p.address)
	case "address unproven":
		administrator()
		w.exec("UPDATE user_addresses SET verified_at = NULL WHERE address = $1", p.address)
	case "session ended":
		administrator()
		w.exec("UPDATE sessions SET ended_at = created_at WHERE user_id = $1", id)
	case "disabled":
		administrator()
		w.exec("UPDATE users SET disabled_at = created_at WHERE id = $1", id)
	}
}

// prime makes an API token.
func (w *World) prime(p *Principal, id ids.ID) {
	w.t.Helper()
	scopes := p.Scopes
	if len(scopes) == 0 {
		scopes = []access.Action{access.SelfService}
	}
	var err error
	var now = w.now()
	if p.Session, _, err = w.Accounts.CreateToken(w.t.Context(), audit.Actor{Kind: audit.User, ID: id, Request: "test"}, "nightly", scopes, now.AddDate(0, 6, 0)); err != nil {
		w.t.Fatal(err)
	}
	if len(p.Scopes) == 0 {
		w.exec("UPDATE api_tokens SET scopes = '' WHERE user_id = $1", id)
	}
	switch p.Name {
	case "token revoked":
		w.grant(w.IDs[Own], p.address, access.Administrator, "")
		w.exec("UPDATE api_tokens SET revoked_at = created_at WHERE user_id = $1", id)
	case "token expired":
		w.grant(w.IDs[Own], p.address, access.Administrator, "")
		w.exec("UPDATE api_tokens SET expires_at = created_at WHERE user_id = $1", id)
	}
}

// remember notes how the principals' rows are, and restore puts them back after a request that had an effect: whoever has signed out or
// left a Licensing ID walks on.
func (w *World) remember() {
	w.t.Helper()
	for table, column := range map[string]string{"role_grants": "revoked_at", "sessions": "ended_at", "api_tokens": "revoked_at", "users": "disabled_at"} {
		kept := "kept_" + table
		w.exec("CREATE TABLE " + kept + " AS SELECT id FROM " + table + " WHERE " + column + " IS NULL")
		w.keep = append(w.keep, "UPDATE "+table+" SET "+column+" = NULL WHERE "+column+" IS NOT NULL AND id IN (SELECT id FROM "+kept+")")
	}
	w.keep = append(w.keep, "UPDATE sessions SET viewing_id = NULL WHERE viewing_id IS NOT NULL")
}

func (w *World) restore() {
	w.t.Helper()
	w.check(w.DB.Housekeep(context.WithoutCancel(w.t.Context()), "a test", func(tx *db.Tx) error {
		for _, statement := range w.keep {
			if _, err := tx.Exec(statement); err != nil {
				return err
			}
		}
		return nil
	}))
}

func installation(machine string) (string, error) {
	return verify.InstallationID("NIB-STD", []byte("a secret id of a real machine"), []byte(machine))
}
