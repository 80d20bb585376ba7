package web

import (
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/notify"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/feed"
	"chiave/internal/platform/ids"
	"chiave/internal/routes"
	"chiave/internal/web/ui"
)

const (
	importsPath     = "/office/imports"
	invitationsPath = "/office/invitations"
)

// office registers the pages of the publisher's staff.
func (r registrar) office() {
	r.read(importsPath, ui.StaffImports, access.Import, "", importPage)
	r.upload(importsPath, ui.StaffImports, access.Import, "imports.published", mayImport, importFile)
	r.read(invitationsPath, ui.StaffInvitations, access.ReleaseInvitations, "", listInvitations)
	r.change(invitationsPath, ui.StaffInvitations, access.ReleaseInvitations, "", "invitations.released", routes.Natural, releaseInvitations)
	r.officeKeys()
}

// importer is what every room that takes a feed offers.
type importer func(ctx context.Context, actor audit.Actor, file string, r io.Reader, dryRun bool) (feed.Report, error)

// feedKinds are the kinds of files, in the order in which a new installation needs them.
func feedKinds() []string { return []string{"catalog", "agreements", "orders", "keys"} }

func (w *Web) importer(kind string) (importer, bool) {
	switch kind {
	case "catalog":
		return w.Rooms.Catalog.Import, true
	case "agreements":
		return w.Rooms.Agreements.Import, true
	case "orders":
		return w.Rooms.Orders.Import, true
	case "keys":
		return w.Rooms.Keys.Import, true
	}
	return nil, false
}

// importForm is what the page of imports shows.
type importForm struct {
	head   ui.FormHead
	kind   string
	dryRun bool
	report *feed.Report // of the last file, nil for none
}

func (c *call) importForm() importForm {
	return importForm{head: ui.FormHead{Action: importsPath, Files: true, Hidden: []ui.Hidden{c.once()}}, kind: "orders", dryRun: true}
}

func importPage(ctx context.Context, c *call) (answer, error) {
	form := c.importForm()
	if done := c.URL.Query().Get("done"); done != "" {
		report, err := c.web.Rooms.Reports.ImportReport(ctx, c.actor, done)
		if err != nil {
			return answer{}, err
		}
		form.report = &report
	} else if err := mayImport(ctx, c); err != nil {
		return answer{}, err
	}
	return show(importView(c.view, form))
}

// importFile takes a file in. A refused file and a dry run are shown at once; nothing has changed then.
func importFile(ctx context.Context, c *call) (answer, error) {
	if c.made != "" {
		return goTo(importsPath + "?done=" + c.made)
	}
	form := c.importForm()
	form.kind, form.dryRun = c.PostForm.Get("kind"), c.PostForm.Get("dry_run") != ""
	c.view.Path = importsPath
	take, known := c.web.importer(form.kind)
	file, name, err := c.upload("file")
	if err != nil || !known {
		form.head = c.formErrors(form.head, importFaults(known, err))
		return invalid(importView(c.view, form))
	}
	defer file.Close()
	report, err := take(ctx, c.actor, name, file, form.dryRun)
	switch {
	case err != nil && correctable(err):
		form.head = c.formErrors(form.head, err)
		return invalid(importView(c.view, form))
	case err != nil:
		return answer{}, err
	case !report.DryRun && !report.Failed():
		return goTo(importsPath + "?done=" + report.ID)
	}
	form.report = &report
	a := answer{page: importView(c.view, form)}
	if report.Failed() {
		a.status = http.StatusUnprocessableEntity
	}
	return a, nil
}

// mayImport has the room that keeps imports decide whether the reader may see their page at all.
func mayImport(ctx context.Context, c *call) error {
	_, err := c.web.Rooms.Partners.List(ctx, c.actor)
	return err
}

// upload opens the file that a form sent. Errors: Invalid "page.file_missing".
func (c *call) upload(field string) (multipart.File, string, error) {
	if c.MultipartForm == nil || len(c.MultipartForm.File[field]) == 0 {
		return nil, "", errs.New(errs.Invalid, "page.file_missing")
	}
	header := c.MultipartForm.File[field][0]
	file, err := header.Open()
	return file, header.Filename, err
}

func importFaults(kindKnown bool, fileFault error) error {
	e := errs.New(errs.Invalid, "page.body")
	if !kindKnown {
		e = e.With(errs.Field{Pointer: "kind", Code: "page.kind_missing"})
	}
	if fileFault != nil {
		e = e.With(errs.Field{Pointer: "file", Code: "page.file_missing"})
	}
	return e
}

// invitationList is what the page of invitations shows.
type invitationList struct {
	rows    []accounts.InvitationRow
	failed  []notify.Entry // mails that were given up
	queued  int
	sent    string // how many were released a moment ago; empty when none were
	nothing bool   // none was waiting
}

func (c *call) invitationList(ctx context.Context) (invitationList, error) {
	var list invitationList
	var err error
	if list.rows, err = c.web.Rooms.Accounts.Invitations(ctx, c.actor, accounts.InvitationFilter{}); err != nil {
		return list, err
	}
	for _, r := range list.rows {
		if r.State == "queued" {
			list.queued++
		}
	}
	list.failed, err = c.web.Rooms.Notify.Failed(ctx, c.actor, "")
	return list, err
}

func listInvitations(ctx context.Context, c *call) (answer, error) {
	list, err := c.invitationList(ctx)
	if err != nil {
		return answer{}, err
	}
	if n, err := strconv.ParseUint(c.URL.Query().Get("released"), 10, 32); err == nil {
		list.nothing = n == 0
		list.sent = strconv.FormatUint(n, 10)
	}
	return show(invitationListView(c.view, list))
}

// releaseInvitations mails the links of one invitation, or of all that wait.
func releaseInvitations(ctx context.Context, c *call) (answer, error) {
	var f accounts.InvitationFilter
	if one := c.PostForm.Get("invitation"); one != "" {
		id, err := ids.Prefix("inv").Parse(one)
		if err != nil {
			id = "none" // which no invitation has: the room finds that out once it has decided access
		}
		f.IDs = []ids.ID{id}
	}
	n, err := c.web.Rooms.Accounts.ReleaseInvitations(ctx, c.actor, f)
	if err != nil {
		return answer{}, err
	}
	return goTo(invitationsPath + "?released=" + number(n))
}
