package demo

import (
	"context"
	"fmt"
	"path"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/i18n"
)

// SignIn is a person whom whoever tries the demo can be.
type SignIn struct {
	Role         string // key of the text that says who it is
	Address      string
	Password     string
	Organization string
}

// password is everybody's. The demo is a sandbox on the machine of whoever tries it.
const password = "tre-sentieri-nel-bosco"

// person is somebody who signs in.
type person struct {
	SignIn
	names    accounts.Names
	language i18n.Lang
	code     string // of the organization; "" for staff
}

const (
	brambilla = "DEMO-BRAMBILLA"
	harbour   = "DEMO-HARBOUR"
)

// The people, in the order in which they are shown.
func people() (giulia, luca, amelia, operator person) {
	giulia = person{SignIn{"demo.customer_administrator", "giulia.ferraris@brambilla.example", password, "Officine Brambilla S.p.A. (demo)"},
		accounts.Names{First: "Giulia", Last: "Ferraris"}, i18n.Italian, brambilla}
	luca = person{SignIn{"demo.key_viewer", "luca.moretti@brambilla.example", password, "Officine Brambilla S.p.A. (demo)"},
		accounts.Names{First: "Luca", Last: "Moretti"}, i18n.Italian, brambilla}
	amelia = person{SignIn{"demo.other_administrator", "amelia.finch@harbourfinch.example", password, "Harbour & Finch Publishing Ltd (demo)"},
		accounts.Names{First: "Amelia", Last: "Finch"}, i18n.English, harbour}
	operator = person{SignIn{"demo.operator", "operator@aurelia.example", password, publisherName},
		accounts.Names{First: "Robin", Last: "Aldous"}, i18n.English, ""}
	return giulia, luca, amelia, operator
}

// SignIns returns everybody who can sign in, with the password.
func SignIns() []SignIn {
	giulia, luca, amelia, operator := people()
	return []SignIn{giulia.SignIn, luca.SignIn, amelia.SignIn, operator.SignIn}
}

// hire makes the publisher's operator, as `chiave init` does, and uses the link.
func (w *world) hire(ctx context.Context, p person) (audit.Actor, error) {
	var link string
	err := w.app.Access.Write(ctx, audit.Itself(), func(tx *db.Tx, g *access.Gate) error {
		if err := g.Staff(access.MaintainKeys); err != nil {
			return err
		}
		var err error
		link, _, err = w.app.Accounts.CreateOperatorTx(tx, g.Actor(), p.Address)
		return err
	})
	if err != nil {
		return audit.Actor{}, fmt.Errorf("making the demo's operator: %w", err)
	}
	return w.register(ctx, p, path.Base(link))
}

// invite has a person of a customer invited and lets the person register.
func (w *world) invite(ctx context.Context, p person, reason string) (audit.Actor, error) {
	var organization accounts.Organization
	err := w.app.Access.Read(ctx, w.operator, func(tx *db.Tx, g *access.Gate) error {
		if err := g.Staff(access.ReleaseInvitations); err != nil {
			return err
		}
		var err error
		organization, err = w.app.Accounts.OrganizationByCodeTx(tx, p.code)
		return err
	})
	if err != nil {
		return audit.Actor{}, err
	}
	secret, err := w.app.Accounts.SandboxInvitation(ctx, w.operator, accounts.Invitation{Address: p.Address, FirstName: p.names.First,
		LastName: p.names.Last, Language: p.language, Organization: organization.ID, Reason: reason})
	if err != nil {
		return audit.Actor{}, fmt.Errorf("inviting %s: %w", p.Address, err)
	}
	return w.register(ctx, p, secret)
}

// register uses the secret of an invitation's link, and signs the person in once.
func (w *world) register(ctx context.Context, p person, secret string) (audit.Actor, error) {
	if err := w.app.Accounts.AcceptInvitation(ctx, request, secret, p.names, p.language, p.Password); err != nil {
		return audit.Actor{}, fmt.Errorf("registering %s: %w", p.Address, err)
	}
	token, session, err := w.app.Accounts.SignIn(ctx, request, loopback, p.Address, p.Password)
	if err != nil {
		return audit.Actor{}, fmt.Errorf("signing %s in: %w", p.Address, err)
	}
	if err := w.app.Accounts.SignOut(ctx, session.Actor, token); err != nil {
		return audit.Actor{}, fmt.Errorf("signing %s out: %w", p.Address, err)
	}
	return audit.Actor{Kind: audit.User, ID: session.User.ID, Request: request}, nil
}
