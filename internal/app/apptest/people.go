package apptest

import (
	"context"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/activation"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/keys"
	"chiave/internal/platform/db"
	"chiave/internal/platform/feed"
	"chiave/internal/platform/i18n"
	"chiave/internal/platform/ids"
	"chiave/verify"
)

// Password is everybody's.
const Password = "tre sentieri nel bosco"

// The people, by their addresses.
const (
	Operator   = "robin.aldous@aurelia.example" // the publisher's operator
	Admin      = "chiara.bianchi@rossi.example" // Administrator of both of Rossi's Licensing IDs
	KeyView    = "luca.verdi@rossi.example"     // Product Keys on Enterprise
	ReportView = "nadia.serra@rossi.example"    // Licensing Info Viewer on Enterprise
	Nobody     = "piero.nessuno@rossi.example"  // signed in, without any role
	Stranger   = "amelia.finch@harbour.example" // Administrator of Harbour
)

// fill brings the publisher's data in and lets the people arrive and work.
func (w *World) fill() {
	w.t.Helper()
	w.hire()
	for _, f := range []struct {
		name, text string
		take       func(ctx context.Context, actor audit.Actor, file string, r io.Reader, dryRun bool) (feed.Report, error)
	}{
		{"catalog.json", Catalog, w.App.Catalog.Import}, {"agreements.json", Agreements, w.App.Agreements.Import},
		{"orders.csv", Orders, w.App.Orders.Import}, {"keys.tsv", Keys, w.App.Keys.Import},
	} {
		report, err := f.take(w.t.Context(), w.Actors[Operator], f.name, strings.NewReader(f.text), false)
		w.check(err)
		if report.Failed() {
			w.t.Fatalf("%s: %+v", f.name, report.Errors)
		}
	}
	for _, number := range []string{Enterprise, Select, Foreign} {
		id, err := w.App.Agreements.Find(w.t.Context(), w.Actors[Operator], number)
		w.check(err)
		w.IDs[number] = id
	}
	w.arrive(Admin, "Chiara", "Bianchi", "ROSSI")
	w.arrive(KeyView, "Luca", "Verdi", "ROSSI")
	w.arrive(ReportView, "Nadia", "Serra", "ROSSI")
	w.arrive(Nobody, "Piero", "Nessuno", "ROSSI")
	w.arrive(Stranger, "Amelia", "Finch", "HARBOUR")
	w.Invited = w.Invite("paolo.rinaldi@rossi.example", "ROSSI")
	w.give("keys", Admin, KeyView, access.ProductKeys, Enterprise)
	w.give("viewer", Admin, ReportView, access.LicensingInfoViewer, Enterprise)
	w.give("foreign", Stranger, "helper@harbour.example", access.Download, Foreign)
	w.Owned["viewer"], _ = w.Token(Admin, access.Everything)
	w.Owned["foreign"], _ = w.Token(Stranger, access.Everything)
	w.stock()
}

// hire makes the operator, who uses the link of the first start.
func (w *World) hire() {
	w.t.Helper()
	var link string
	w.check(w.App.Access.Write(w.t.Context(), audit.Itself(), func(tx *db.Tx, g *access.Gate) error {
		if err := g.Staff(access.MaintainKeys); err != nil {
			return err
		}
		var err error
		link, _, err = w.App.Accounts.CreateOperatorTx(tx, g.Actor(), Operator)
		return err
	}))
	w.register(Operator, path.Base(link), accounts.Names{First: "Robin", Last: "Aldous"})
}

func (w *World) arrive(address, first, last, code string) {
	w.t.Helper()
	w.register(address, w.Invite(address, code), accounts.Names{First: first, Last: last})
}

// Invite invites an address for an organization, by its code, and returns the secret part of the link.
func (w *World) Invite(address, code string) string {
	w.t.Helper()
	var organization accounts.Organization
	w.check(w.App.Access.Read(w.t.Context(), w.Actors[Operator], func(tx *db.Tx, g *access.Gate) error {
		if err := g.Staff(access.ReleaseInvitations); err != nil {
			return err
		}
		var err error
		organization, err = w.App.Accounts.OrganizationByCodeTx(tx, code)
		return err
	}))
	secret, err := w.App.Accounts.SandboxInvitation(w.t.Context(), w.Actors[Operator], accounts.Invitation{Address: address, Organization: organization.ID, Reason: "contact"})
	w.check(err)
	return secret
}

// register uses an invitation and makes a token for whoever it was for.
func (w *World) register(address, secret string, names accounts.Names) {
	w.t.Helper()
	w.check(w.App.Accounts.AcceptInvitation(w.t.Context(), "test", secret, names, i18n.English, Password))
	var id ids.ID
	w.check(w.App.DB.Read(w.t.Context(), func(tx *db.Tx) error {
		return tx.Row("SELECT user_id FROM user_addresses WHERE address = $1", address).Scan(&id)
	}))
	w.Actors[address] = audit.Actor{Kind: audit.User, ID: id, Request: "test"}
	w.check(w.App.DB.Read(w.t.Context(), func(tx *db.Tx) error {
		return tx.Row("SELECT password FROM credentials WHERE user_id = $1", id).Scan(&w.password)
	}))
	_, w.Tokens[address] = w.Token(address, access.Everything)
}

// Token makes an API token of somebody and returns its row id and its text.
func (w *World) Token(address string, scopes ...access.Action) (id ids.ID, text string) {
	w.t.Helper()
	var now time.Time
	w.check(w.App.DB.Read(w.t.Context(), func(tx *db.Tx) error { now = tx.Now(); return nil }))
	text, id, err := w.App.Accounts.CreateToken(w.t.Context(), w.Actors[address], "test", scopes, now.AddDate(0, 6, 0))
	w.check(err)
	return id, text
}

func (w *World) give(name, by, address string, role access.Role, number string) {
	w.t.Helper()
	id, err := w.App.Access.Assign(w.t.Context(), w.Actors[by], access.Assignment{Licensing: w.IDs[number], Address: address, Role: role})
	w.check(err)
	w.Roles[name] = id
}

// stock makes keys and activates computers with them: some of "office", all of "server".
func (w *World) stock() {
	w.t.Helper()
	for _, k := range []struct {
		name, number, product, by string
		limit                     int64
		used                      int
	}{
		{"office", Enterprise, "NIB-STD", Admin, 150, 3}, {"server", Enterprise, "COR-STD", Admin, 2, 2}, {"foreign", Foreign, "NIB-STD", Stranger, 40, 1},
	} {
		made, err := w.App.Keys.Generate(w.t.Context(), w.Actors[Operator], keys.Generation{Licensing: w.IDs[k.number], Type: keys.MAK, Products: []string{k.product}, Limit: k.limit})
		w.check(err)
		w.Keys[k.name] = made[0].ID
		_, w.Texts[k.name], err = w.App.Keys.Reveal(w.t.Context(), w.Actors[k.by], made[0].ID)
		w.check(err)
		for n := range k.used {
			w.Activate(k.name, k.product, fmt.Sprintf("rossi-nb-%03d", n+1))
		}
	}
}

// Activate activates a computer with a key.
func (w *World) Activate(key, product, machine string) {
	w.t.Helper()
	code, err := keys.ParseTyped(w.Texts[key])
	w.check(err)
	_, err = w.App.Activation.Activate(w.t.Context(), "test", activation.Request{Code: code, InstallationID: InstallationID(product, machine), Product: product, Machine: machine})
	w.check(err)
}

// InstallationID is the one that a product makes on a machine.
func InstallationID(product, machine string) string {
	id, err := verify.InstallationID(product, []byte("a secret id of a real machine"), []byte(machine))
	if err != nil {
		return err.Error()
	}
	return id
}

// Session signs somebody in and returns the session's token.
func (w *World) Session(address string) string {
	w.t.Helper()
	token, _ := w.Enter(address)
	return token
}

// Queue queues an invitation for an address, as an import does.
func (w *World) Queue(address string) {
	w.t.Helper()
	w.check(w.App.Access.Write(w.t.Context(), w.Actors[Operator], func(tx *db.Tx, g *access.Gate) error {
		if err := g.Staff(access.ReleaseInvitations); err != nil {
			return err
		}
		organization, err := w.App.Accounts.OrganizationByCodeTx(tx, "ROSSI")
		if err != nil {
			return err
		}
		_, err = w.App.Accounts.InviteTx(tx, g.Actor(), accounts.Invitation{Address: address, Organization: organization.ID, Reason: "contact"})
		return err
	}))
}
