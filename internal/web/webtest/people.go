package webtest

import (
	"context"
	"fmt"
	"io"
	"path"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/activation"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/keys"
	"chiave/internal/platform/db"
	"chiave/internal/platform/feed"
	"chiave/internal/platform/i18n"
	"chiave/verify"
)

// Password is everybody's.
const Password = "tre sentieri nel bosco"

// The people, by their addresses.
const (
	Admin    = "chiara.bianchi@rossi.example"  // Administrator of all of Rossi's Licensing IDs; reads Italian
	KeyView  = "luca.verdi@rossi.example"      // Product Keys on Enterprise
	InfoView = "nadia.serra@rossi.example"     // Licensing Info Viewer on Enterprise
	Nobody   = "piero.nessuno@rossi.example"   // no role at all
	Stranger = "amelia.finch@harbour.example"  // Administrator of another company
	Operator = "robin.aldous@aurelia.example"  // the publisher's operator
	Invited  = "paolo.rinaldi@rossi.example"   // named as contact, not registered yet
	secretID = "a secret id of a real machine" // what the product of a computer hashes
)

// fill brings the publisher's data in and lets the people arrive and work.
func (w *World) fill() {
	w.t.Helper()
	w.hire()
	ctx := w.t.Context()
	for _, f := range []struct {
		name string
		take func(ctx context.Context, actor audit.Actor, file string, r io.Reader, dryRun bool) (feed.Report, error)
	}{
		{"catalog.json", w.Rooms.Catalog.Import}, {"agreements.json", w.Rooms.Agreements.Import}, {"orders.csv", w.Rooms.Orders.Import},
	} {
		report, err := f.take(ctx, w.Operator, f.name, Feed(w.t, f.name), false)
		w.check(err)
		if report.Failed() {
			w.t.Fatalf("%s: %+v", f.name, report.Errors)
		}
	}
	for _, number := range []string{Enterprise, Select, Old, Foreign} {
		id, err := w.Rooms.Agreements.Find(ctx, w.Operator, number)
		w.check(err)
		w.IDs[number] = id
	}
	admin := w.arrive(Admin, "Chiara", "Bianchi", i18n.Italian, "ROSSI")
	w.arrive(KeyView, "Luca", "Verdi", i18n.English, "ROSSI")
	w.arrive(InfoView, "Nadia", "Serra", i18n.English, "ROSSI")
	w.arrive(Nobody, "Piero", "Nessuno", i18n.English, "ROSSI")
	stranger := w.arrive(Stranger, "Amelia", "Finch", i18n.English, "HARBOUR")
	w.give(admin, KeyView, access.ProductKeys)
	w.give(admin, InfoView, access.LicensingInfoViewer)
	w.stock(admin, stranger)
}

// hire makes the operator, who uses the link of the first start.
func (w *World) hire() {
	w.t.Helper()
	var link string
	err := w.Rooms.Access.Write(w.t.Context(), audit.Itself(), func(tx *db.Tx, g *access.Gate) error {
		if err := g.Staff(access.MaintainKeys); err != nil {
			return err
		}
		var err error
		link, _, err = w.Rooms.Accounts.CreateOperatorTx(tx, g.Actor(), Operator)
		return err
	})
	w.check(err)
	w.Operator = w.register(Operator, path.Base(link), accounts.Names{First: "Robin", Last: "Aldous"}, i18n.English)
}

func (w *World) arrive(address, first, last string, lang i18n.Lang, code string) audit.Actor {
	w.t.Helper()
	return w.register(address, w.Invite(address, code), accounts.Names{First: first, Last: last}, lang)
}

// Invite invites an address for an organization and returns the secret part of the link.
func (w *World) Invite(address, code string) string {
	w.t.Helper()
	secret, err := w.Rooms.Accounts.SandboxInvitation(w.t.Context(), w.Operator, w.invitation(address, code))
	w.check(err)
	return secret
}

// Queue queues an invitation, as an import does.
func (w *World) Queue(address, code string) {
	w.t.Helper()
	i := w.invitation(address, code)
	w.check(w.Rooms.Access.Write(w.t.Context(), w.Operator, func(tx *db.Tx, g *access.Gate) error {
		if err := g.Staff(access.ReleaseInvitations); err != nil {
			return err
		}
		_, err := w.Rooms.Accounts.InviteTx(tx, g.Actor(), i)
		return err
	}))
}

func (w *World) invitation(address, code string) accounts.Invitation {
	w.t.Helper()
	var organization accounts.Organization
	err := w.Rooms.Access.Read(w.t.Context(), w.Operator, func(tx *db.Tx, g *access.Gate) error {
		if err := g.Staff(access.ReleaseInvitations); err != nil {
			return err
		}
		var err error
		organization, err = w.Rooms.Accounts.OrganizationByCodeTx(tx, code)
		return err
	})
	w.check(err)
	return accounts.Invitation{Address: address, Organization: organization.ID, Reason: "contact"}
}

func (w *World) register(address, secret string, names accounts.Names, lang i18n.Lang) audit.Actor {
	w.t.Helper()
	w.check(w.Rooms.Accounts.AcceptInvitation(w.t.Context(), "test", secret, names, lang, Password))
	_, session, err := w.Rooms.Accounts.SignIn(w.t.Context(), "test", "127.0.0.1:1", address, Password)
	w.check(err)
	w.check(w.DB.Read(w.t.Context(), func(tx *db.Tx) error {
		return tx.Row("SELECT password FROM credentials WHERE user_id = $1", session.Actor.ID).Scan(&w.password)
	}))
	return session.Actor
}

func (w *World) give(by audit.Actor, address string, role access.Role) {
	w.t.Helper()
	_, err := w.Rooms.Access.Assign(w.t.Context(), by, access.Assignment{Licensing: w.IDs[Enterprise], Address: address, Role: role})
	w.check(err)
}

// Give has Admin give somebody a role on a Licensing ID.
func (w *World) Give(number, address string, role access.Role) {
	w.t.Helper()
	_, session, err := w.Rooms.Accounts.SignIn(w.t.Context(), "test", "192.0.2.2:1", Admin, Password)
	w.check(err)
	_, err = w.Rooms.Access.Assign(w.t.Context(), session.Actor, access.Assignment{Licensing: w.IDs[number], Address: address, Role: role})
	w.check(err)
}

// stock makes keys and activates computers with them: some of "office", all of "server", none of "design".
func (w *World) stock(admin, stranger audit.Actor) {
	w.t.Helper()
	for _, k := range []struct {
		name, number, product string
		kind                  keys.Type
		limit                 int64
		used                  int
		by                    audit.Actor
	}{
		{"office", Enterprise, "NIB-STD", keys.MAK, 150, 7, admin},
		{"server", Enterprise, "COR-STD", keys.MAK, 2, 2, admin},
		{"design", Select, "TEL-DRW", keys.Volume, 0, 0, admin},
		{"foreign", Foreign, "NIB-STD", keys.MAK, 40, 1, stranger},
	} {
		made, err := w.Rooms.Keys.Generate(w.t.Context(), w.Operator, keys.Generation{Licensing: w.IDs[k.number], Type: k.kind, Products: []string{k.product}, Limit: k.limit})
		w.check(err)
		w.Keys[k.name] = made[0].ID
		_, text, err := w.Rooms.Keys.Reveal(w.t.Context(), k.by, made[0].ID)
		w.check(err)
		code, err := keys.ParseTyped(text)
		w.check(err)
		w.Codes[k.name] = code
		for n := range k.used {
			w.Activate(k.name, k.product, fmt.Sprintf("rossi-nb-%03d", n+1))
		}
	}
}

// Activate activates a computer with a key.
func (w *World) Activate(key, product, machine string) {
	w.t.Helper()
	id, err := verify.InstallationID(product, []byte(secretID), []byte(machine))
	w.check(err)
	_, err = w.Rooms.Activation.Activate(w.t.Context(), "test", activation.Request{Code: w.Codes[key], InstallationID: id, Product: product, Machine: machine})
	w.check(err)
}
