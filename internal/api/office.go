package api

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"chiave/client"
	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/feed"
	"chiave/internal/routes"
)

// importer is what every room that takes a feed offers.
type importer func(ctx context.Context, actor audit.Actor, file string, r io.Reader, dryRun bool) (feed.Report, error)

func (a *API) registerOffice() {
	table := []string{"text/csv", "text/tab-separated-values", "application/octet-stream"}
	a.registerImport(client.Catalog, a.Rooms.Catalog.Import, "application/json", "application/octet-stream")
	a.registerImport(client.Agreements, a.Rooms.Agreements.Import, "application/json", "application/octet-stream")
	a.registerImport(client.Orders, a.Rooms.Orders.Import, table...)
	a.registerImport(client.Keys, a.Rooms.Keys.Import, table...)
	add(a, change(http.MethodPost, "/api/v1/invitations/release", "releaseInvitations", access.ReleaseInvitations, "", "invitations.released", routes.Natural, "Mail the invitations that imports have queued"), a.releaseInvitations)
	add(a, get("/api/v1/audit-records", "listAuditRecords", access.ReadAudit, "", "The audit trail, newest first"), a.listAudit)
	add(a, get("/api/v1/clock", "clock", access.Public, "", "The server's time"), a.clock)
	addOnce(a, change(http.MethodPost, "/api/v1/clock/advance", "advanceClock", access.MoveClock, "", "sandbox.clock_moved", routes.Key, "Move the clock of a sandbox forward"), a.advanceClock,
		func(ctx context.Context, c Caller, _ string) (*body[client.Clock], error) {
			return a.clock(ctx, c, nil)
		})
}

// BodyReader hands a handler the request's body as it comes, so that a feed of any size is never held in memory.
type BodyReader struct{ from io.Reader }

// Resolve takes the body.
func (b *BodyReader) Resolve(ctx huma.Context) []error {
	r, _ := humago.Unwrap(ctx)
	b.from = r.Body
	return nil
}

type importInput struct {
	BodyReader
	DryRun bool   `query:"dry_run" doc:"Check and count everything, take nothing"`
	File   string `query:"file" maxLength:"255" doc:"Name of the file, for the report and the record"`
}

func (a *API) registerImport(kind string, take importer, mediaTypes ...string) {
	s := change(http.MethodPost, "/api/v1/imports/"+kind, "import_"+kind, access.Import, "", "imports.published", routes.Key, "Take in a feed: "+kind)
	s.takes = mediaTypes
	addOnce(a, s, func(ctx context.Context, c Caller, in *importInput) (*body[client.ImportReport], error) {
		file := in.File
		if file == "" {
			file = kind
		}
		report, err := take(ctx, c.Actor, file, in.from, in.DryRun)
		if err != nil {
			return nil, err
		}
		return ok(wireReport(ctx, kind, report)), nil
	}, func(ctx context.Context, c Caller, object string) (*body[client.ImportReport], error) {
		report, err := a.Rooms.Reports.ImportReport(ctx, c.Actor, object)
		if err != nil {
			return nil, err
		}
		return ok(wireReport(ctx, kind, report)), nil
	})
}

func wireReport(ctx context.Context, kind string, r feed.Report) client.ImportReport {
	out := client.ImportReport{ID: r.ID, Kind: kind, DryRun: r.DryRun, Published: !r.DryRun && !r.Failed(), File: r.File, SHA256: r.SHA256, Rows: r.Rows, Created: r.Created,
		Changed: r.Changed, Unchanged: r.Unchanged, Invitations: r.Invitations, Errors: make([]client.ImportError, 0, len(r.Errors)), More: r.More}
	texts := printerOf(ctx)
	for _, e := range r.Errors {
		out.Errors = append(out.Errors, client.ImportError{File: e.File, Line: e.Line, Column: e.Column, Field: e.Field, Code: e.Code, Detail: texts.Error(e.Code, e.Params)})
	}
	return out
}

type released struct {
	Released int `json:"released"`
}

func (a *API) releaseInvitations(ctx context.Context, c Caller, _ *struct{}) (*body[released], error) {
	n, err := a.Rooms.Accounts.ReleaseInvitations(ctx, c.Actor, accounts.InvitationFilter{})
	return ok(released{n}), err
}

func (a *API) now(ctx context.Context) (now time.Time, err error) {
	err = a.DB.Read(ctx, func(tx *db.Tx) error { now = tx.Now(); return nil })
	return now, err
}

func (a *API) clock(ctx context.Context, _ Caller, _ *struct{}) (*body[client.Clock], error) {
	now, err := a.now(ctx)
	if err != nil {
		return nil, err
	}
	in, err := a.DB.Installation(ctx)
	return ok(client.Clock{Now: instant(now), Sandbox: in.Sandbox}), err
}

func (a *API) advanceClock(ctx context.Context, c Caller, in *struct {
	Body struct {
		By string `json:"by" example:"72h" doc:"How far: hours, minutes and seconds"`
	}
}) (*body[client.Clock], error) {
	by, err := time.ParseDuration(in.Body.By)
	if err != nil {
		return nil, errs.New(errs.Invalid, "request.invalid").With(errs.Field{Pointer: "/by", Code: "field.duration"})
	}
	err = a.Rooms.Access.Write(ctx, c.Actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.Staff(access.MoveClock); err != nil {
			return err
		}
		if err := db.MoveClock(tx, by); err != nil {
			return err
		}
		tx.SetResult("clock")
		return audit.Record(tx, g.Actor(), audit.Event{Action: "sandbox.clock_moved", After: map[string]string{"by": by.String()}})
	})
	if err != nil {
		return nil, err
	}
	return a.clock(ctx, c, nil)
}
