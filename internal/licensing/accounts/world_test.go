package accounts_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/notify"
	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/ids"
	"chiave/internal/platform/seal"
)

const (
	base     = "https://licenses.example"
	password = "a quiet walk along the Adda"
	remote   = "192.0.2.7:49152"
)

// outbox keeps the messages that were wanted. A transaction that is rolled back leaves its message here too, which the
// tests that count messages would notice.
type outbox struct{ messages []notify.Message }

func (o *outbox) EnqueueTx(_ *db.Tx, m notify.Message) error {
	o.messages = append(o.messages, m)
	return nil
}

// link returns the token of the newest invitation mailed to an address.
func (o *outbox) link(t *testing.T, to string) string {
	t.Helper()
	return o.linkOf(t, to, notify.Invitation, accounts.InvitationPath)
}

// linkOf returns what follows path in the newest link of an event that was mailed to an address.
func (o *outbox) linkOf(t *testing.T, to, event, path string) string {
	t.Helper()
	for i := len(o.messages) - 1; i >= 0; i-- {
		if m := o.messages[i]; m.To == to && m.Event == event {
			token, ok := strings.CutPrefix(m.Params["link"], base+path)
			if !ok {
				t.Fatalf("the link to %s leads elsewhere", to)
			}
			return token
		}
	}
	t.Fatalf("nothing was mailed to %s", to)
	return ""
}

// asked keeps the answers that are owed.
type asked struct{ all []accounts.Asked }

func (a *asked) Enqueue(_ *db.Tx, kind string, payload any, _ time.Time) error {
	if kind == accounts.AskedKind {
		a.all = append(a.all, payload.(accounts.Asked))
	}
	return nil
}

// answer gives the answers that are owed.
func (w *world) answer() {
	w.t.Helper()
	for _, a := range w.asked.all {
		if err := w.Answer(w.t.Context(), "job", a); err != nil {
			w.t.Fatal(err)
		}
	}
	w.asked.all = nil
}

type world struct {
	*accounts.Service
	asked  *asked
	t      *testing.T
	db     *db.DB
	clk    *clock.Manual
	access *access.Service
	outbox *outbox
	config accounts.Config
}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		w := &world{t: t, db: d, clk: clk, access: access.New(d), outbox: &outbox{}, asked: &asked{}}
		root := filepath.Join(t.TempDir(), "root.key")
		if err := seal.CreateRootKey(root); err != nil {
			t.Fatal(err)
		}
		sealer, err := seal.Open(t.Context(), d, root, seal.Options{})
		if err != nil {
			t.Fatal(err)
		}
		w.config = accounts.Config{BaseURL: base + "/", Queue: w.asked, Sealer: sealer}
		w.Service = accounts.New(d, w.access, w.outbox, w.config)
		test(t, w)
	})
}

// write runs fn as the installation itself.
func (w *world) write(fn func(tx *db.Tx) error) {
	w.t.Helper()
	if err := w.db.Write(w.t.Context(), fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	err := w.db.Housekeep(w.t.Context(), "what no use case does", func(tx *db.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) number(query string, args ...any) (n int) {
	w.t.Helper()
	if err := w.db.Read(w.t.Context(), func(tx *db.Tx) error { return tx.Row(query, args...).Scan(&n) }); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// operator makes the first operator and returns the session of the token.
func (w *world) operator() audit.Actor {
	w.t.Helper()
	var token string
	w.write(func(tx *db.Tx) (err error) {
		_, token, err = w.CreateOperatorTx(tx, audit.Itself(), "operator@publisher.example")
		return err
	})
	session, err := w.Token(w.t.Context(), token)
	if err != nil {
		w.t.Fatal(err)
	}
	return session.Actor
}

var example = accounts.Organization{Code: "ORG-1", LegalName: "Esempio S.p.A.", Country: "IT", TimeZone: "Europe/Rome", Segment: "commercial"}

func (w *world) organization(o accounts.Organization) (id ids.ID, changed bool) {
	w.t.Helper()
	w.write(func(tx *db.Tx) (err error) {
		id, changed, err = w.SaveOrganizationTx(tx, audit.Itself(), o)
		return err
	})
	return id, changed
}

func (w *world) invite(address string) (queued bool) {
	w.t.Helper()
	organization, _ := w.organization(example)
	w.write(func(tx *db.Tx) (err error) {
		queued, err = w.InviteTx(tx, audit.Itself(), accounts.Invitation{Address: address, FirstName: "Anna", LastName: "Rossi", Organization: organization, Reason: "contact"})
		return err
	})
	return queued
}

// member makes a registered user.
func (w *world) member(operator audit.Actor, address string) {
	w.t.Helper()
	w.invite(address)
	if _, err := w.ReleaseInvitations(w.t.Context(), operator, accounts.InvitationFilter{}); err != nil {
		w.t.Fatal(err)
	}
	if err := w.AcceptInvitation(w.t.Context(), "req", w.outbox.link(w.t, address), accounts.Names{First: "Anna", Last: "Rossi"}, "it", password); err != nil {
		w.t.Fatal(err)
	}
}

// leaks fails when one of the texts is anywhere in the audit log.
func (w *world) leaks(texts ...string) {
	w.t.Helper()
	err := w.db.Read(w.t.Context(), func(tx *db.Tx) error {
		return tx.Each("SELECT body FROM audit_records", nil, func(scan func(...any) error) error {
			var body []byte
			err := scan(&body)
			for _, s := range texts {
				if bytes.Contains(body, []byte(s)) {
					w.t.Errorf("an audit record says %q: %s", s, body)
				}
			}
			return err
		})
	})
	if err != nil {
		w.t.Fatal(err)
	}
}
