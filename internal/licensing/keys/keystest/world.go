// Package keystest gives tests a small world of customers, people and products around the room keys, on a database of their own.
//
// Rows of rooms that keys stands beside are written as those rooms store them. The package decides nothing and checks nothing.
package keystest

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/keys"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
	"chiave/internal/platform/seal"
)

// Licenses answers with what a test has put in, by Licensing ID and product.
type Licenses map[ids.ID]map[string]int64

// LicensesTx adds up the licenses of the products.
func (l Licenses) LicensesTx(_ *db.Tx, licensing ids.ID, products []string) (sum int64, err error) {
	for _, p := range products {
		sum += l[licensing][p]
	}
	return sum, nil
}

// World is one installation.
type World struct {
	DB       *db.DB
	Root     string // file of the root key
	Sealer   *seal.Sealer
	Access   *access.Service
	Keys     *keys.Service
	Licenses Licenses
	Operator audit.Actor
	t        testing.TB
	people   int
}

// New returns a world with an operator and the products NIB-STD, NIB-PRO and SRV.
func New(t testing.TB, d *db.DB) *World {
	t.Helper()
	w := &World{t: t, DB: d, Root: filepath.Join(t.TempDir(), "root.key"), Licenses: Licenses{}}
	if err := seal.CreateRootKey(w.Root); err != nil {
		t.Fatal(err)
	}
	w.Join(d)
	for i, name := range []string{"Nimbus Office Standard", "Nimbus Office Professional", "Server"} {
		w.Do(func(tx *db.Tx) error {
			_, err := tx.Exec("INSERT INTO products (code, revision, name, family, pool, class, import_id, recorded_at) VALUES ($1, 1, $2, $2, 'Applications', 'client', '', 1)",
				[]string{"NIB-STD", "NIB-PRO", "SRV"}[i], name)
			return err
		})
	}
	w.Operator = w.Staff(access.Operator)
	return w
}

// Join opens the rooms on another handle of the same database, as a further server does.
func (w *World) Join(d *db.DB) {
	w.t.Helper()
	sealer, err := seal.Open(context.Background(), d, w.Root, seal.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	w.DB, w.Sealer, w.Access = d, sealer, access.New(d)
	w.Keys = keys.New(d, w.Access, sealer, w.Licenses)
}

// Do changes rows.
func (w *World) Do(fn func(tx *db.Tx) error) {
	w.t.Helper()
	if err := w.DB.Housekeep(context.Background(), "testing", fn); err != nil {
		w.t.Fatal(err)
	}
}

// Count returns the number that a query gives.
func (w *World) Count(query string, args ...any) (n int64) {
	w.t.Helper()
	err := w.DB.Read(context.Background(), func(tx *db.Tx) error { return tx.Row(query, args...).Scan(&n) })
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// Customer makes an organization of that name with one Licensing ID.
func (w *World) Customer(name, number, program string) (licensing ids.ID) {
	w.t.Helper()
	w.Do(func(tx *db.Tx) error {
		organization := tx.NewID()
		licensing = tx.NewID()
		if _, err := tx.Exec("INSERT INTO organizations (id, code, legal_name, country, time_zone, segment, recorded_at, version) VALUES ($1, $2, $3, 'IT', 'UTC', 'commercial', 1, 1)",
			organization, "ORG-"+number, name); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO licensing_ids (id, number, number_folded, program, organization_id, agreement_number, enrollment_number, authorization_number, owner_id, start_on, end_on, version, created_at, changed_at)
			VALUES ($1, $2, $2, $3, $4, '', '', '', '', '', '', 1, 1, 1)`, licensing, number, program, organization)
		return err
	})
	return licensing
}

// User makes a person with a verified address who holds a role on Licensing IDs.
func (w *World) User(role access.Role, on ...ids.ID) audit.Actor {
	w.t.Helper()
	return w.person("", role, on)
}

// Staff makes a member of the publisher's staff.
func (w *World) Staff(kind access.Staff) audit.Actor {
	w.t.Helper()
	return w.person(kind, "", nil)
}

func (w *World) person(staff access.Staff, role access.Role, on []ids.ID) audit.Actor {
	w.t.Helper()
	actor := audit.Actor{Kind: audit.User, Request: "req"}
	w.people++
	address := fmt.Sprintf("person%d@example.com", w.people)
	w.Do(func(tx *db.Tx) error {
		actor.ID = tx.NewID()
		if _, err := tx.Exec("INSERT INTO users (id, first_name, last_name, language, staff, created_at) VALUES ($1, '', '', 'en', $2, 1)", actor.ID, string(staff)); err != nil {
			return err
		}
		if _, err := tx.Exec("INSERT INTO user_addresses (address, user_id, verified_at) VALUES ($1, $2, 1)", address, actor.ID); err != nil {
			return err
		}
		for _, licensing := range on {
			if _, err := tx.Exec("INSERT INTO role_grants (id, licensing_id, address, role, part, source, source_ref, valid_from, granted_at) VALUES ($1, $2, $3, $4, '', 'assigned', '', 1, 1)",
				tx.NewID(), licensing, address, string(role)); err != nil {
				return err
			}
		}
		return nil
	})
	return actor
}

// Make generates keys.
func (w *World) Make(g keys.Generation) []keys.Key {
	w.t.Helper()
	made, err := w.Keys.Generate(context.Background(), w.Operator, g)
	if err != nil {
		w.t.Fatal(err)
	}
	return made
}

// MAK generates one MAK for NIB-STD and NIB-PRO and returns it with its text.
func (w *World) MAK(licensing ids.ID, limit int64) (keys.Key, keys.Code) {
	w.t.Helper()
	k := w.Make(keys.Generation{Licensing: licensing, Type: keys.MAK, Products: []string{"NIB-STD", "NIB-PRO"}, Limit: limit})[0]
	return k, w.Code(k.ID)
}

// Code opens a key.
func (w *World) Code(key ids.ID) keys.Code {
	w.t.Helper()
	_, text, err := w.Keys.Reveal(context.Background(), audit.Itself(), key)
	if err != nil {
		w.t.Fatal(err)
	}
	code, err := keys.ParseTyped(text)
	if err != nil {
		w.t.Fatal(err)
	}
	return code
}
