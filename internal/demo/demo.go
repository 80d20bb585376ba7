package demo

import (
	"context"
	"fmt"

	"chiave/internal/app"
	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/requests"
)

// request is the request id of what the demo does.
const request = "demo"

// loopback is where the people of the demo sign in from.
const loopback = "127.0.0.1:0"

// world is the demo while it is made.
type world struct {
	app                            *app.App
	past                           *past
	operator, giulia, luca, amelia audit.Actor
	keys                           map[string]*stock
}

// Make fills an empty sandbox installation and returns who can sign in. The activation room must have been started. Where the clock does
// not stand back, everything happens at once. Errors: Denied "accounts.sandbox_only"; those of the rooms.
func Make(ctx context.Context, a *app.App) ([]SignIn, error) {
	p, err := newPast(ctx, a)
	if err != nil {
		return nil, err
	}
	w := &world{app: a, past: p}
	for _, scene := range []func(context.Context) error{w.open, w.arrive, w.stockUp, w.work, w.present} {
		if err := scene(ctx); err != nil {
			return nil, err
		}
	}
	return SignIns(), nil
}

// open is the day on which the publisher brings its data in.
func (w *world) open(ctx context.Context) (err error) {
	_, _, _, operator := people()
	if w.operator, err = w.hire(ctx, operator); err != nil {
		return err
	}
	for _, feed := range []struct {
		name string
		take importer
	}{
		{"catalog.json", w.app.Catalog.Import}, {"agreements.json", w.app.Agreements.Import}, {"orders.csv", w.app.Orders.Import}, {"keys.tsv", w.app.Keys.Import},
	} {
		if err := w.bringIn(ctx, feed.take, feed.name); err != nil {
			return err
		}
	}
	return nil
}

// arrive lets the customers' people register. Giulia and Amelia hold their roles as contacts; Giulia gives Luca his.
func (w *world) arrive(ctx context.Context) (err error) {
	giulia, luca, amelia, _ := people()
	if w.giulia, err = w.invite(ctx, giulia, "contact"); err != nil {
		return err
	}
	if w.amelia, err = w.invite(ctx, amelia, "contact"); err != nil {
		return err
	}
	if w.luca, err = w.invite(ctx, luca, "role"); err != nil {
		return err
	}
	for _, number := range []string{"E-4410937", "E-5561048"} {
		licensing, err := w.app.Agreements.Find(ctx, w.giulia, number)
		if err != nil {
			return err
		}
		if _, err := w.app.Access.Assign(ctx, w.giulia, access.Assignment{Licensing: licensing, Address: luca.Address, Role: access.ProductKeys}); err != nil {
			return err
		}
	}
	return nil
}

// present ends the demo's past and seals what is on record.
func (w *world) present(ctx context.Context) error {
	if err := w.past.reach(ctx, 0); err != nil {
		return err
	}
	_, _, err := w.app.Requests.Submit(ctx, w.luca, requests.Submission{Program: "enterprise", Number: "E-5561048", Roles: []access.Role{access.LicensingInfoViewer, access.Download},
		Comments: "Preparo le immagini per i nuovi portatili di Torino."})
	if err != nil {
		return fmt.Errorf("asking for permissions: %w", err)
	}
	_, err = w.app.AuditLog.Seal(ctx)
	return err
}
