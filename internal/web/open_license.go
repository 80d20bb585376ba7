package web

import (
	"context"
	"net/url"
	"strings"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/openlicense"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
	"chiave/internal/routes"
	"chiave/internal/web/ui"
)

// openLicenses registers Add Open License (OPEN-01), and what its Administrators do about it (OPEN-09, OPEN-12).
func (r registrar) openLicenses() {
	r.read(openlicense.AddPath, ui.AddOpenLicense, access.SelfService, "", addOpenLicensePage)
	r.change(openlicense.AddPath, ui.AddOpenLicense, access.SelfService, "", "openlicense.added", routes.Form, addOpenLicense)
	r.read(openlicense.Path, ui.ManageUsers, access.ManageUsers, "", additionsPage)
	r.read(openlicense.Path+"/{addition}", ui.ManageUsers, access.ManageUsers, "ola", additionPage)
	r.change(openlicense.Path+"/{addition}", ui.ManageUsers, access.ManageUsers, "ola", "openlicense.denied", routes.Form, denyAddition)
	r.change(openlicense.Path+"/suspended/{lid}", ui.ManageUsers, access.ManageUsers, "lid", "openlicense.enabled", routes.Form, enableOpenLicense)
}

// openLicenseAdding is the page Add Open License.
type openLicenseAdding struct {
	head     ui.FormHead
	filled   openlicense.Submission
	standing openlicense.Standing
	manages  bool                 // Administrator somewhere
	added    openlicense.Addition // just now
}

func (c *call) openLicenseForm(ctx context.Context, filled openlicense.Submission) (a openLicenseAdding, err error) {
	a = openLicenseAdding{head: ui.FormHead{Action: openlicense.AddPath, Hidden: []ui.Hidden{c.once()}}, filled: filled, manages: c.holds(access.ManageUsers)}
	a.standing, err = c.web.Rooms.Open.Standing(ctx, c.actor)
	return a, err
}

func addOpenLicensePage(ctx context.Context, c *call) (answer, error) {
	a, err := c.openLicenseForm(ctx, openlicense.Submission{})
	if err != nil {
		return answer{}, err
	}
	a.filled.Names = a.standing.Names
	if id, wrong := openlicense.Wire.Parse(c.URL.Query().Get("added")); wrong == nil {
		a.added, err = c.web.Rooms.Open.Own(ctx, c.actor, id)
		if err != nil && errs.KindOf(err) != errs.NotFound {
			return answer{}, err
		}
	}
	return show(addOpenLicenseView(c.view, a))
}

func addOpenLicense(ctx context.Context, c *call) (answer, error) {
	if c.made != "" {
		return goTo(addedAddress(ids.ID(c.made)))
	}
	get := func(name string) string { return strings.TrimSpace(c.PostForm.Get(name)) }
	filled := openlicense.Submission{License: get("license_number"), Authorization: get("authorization_number"), Acknowledged: get("acknowledged") == "yes",
		Names: accounts.Names{First: get("first_name"), Last: get("last_name")}}
	made, err := c.web.Rooms.Open.Add(ctx, c.actor, filled)
	if err == nil {
		return goTo(addedAddress(made.ID))
	}
	if !correctable(err) && errs.KindOf(err) != errs.Limited && !strings.HasPrefix(errs.CodeOf(err), "openlicense.") {
		return answer{}, err
	}
	a, failed := c.openLicenseForm(ctx, filled)
	if failed != nil {
		return answer{}, failed
	}
	a.head = c.formErrors(a.head, err)
	c.view.Path = openlicense.AddPath
	return answer{status: routes.StatusOf(err), page: addOpenLicenseView(c.view, a)}, nil
}

func addedAddress(id ids.ID) string {
	return openlicense.AddPath + "?added=" + openlicense.Wire.Wire(id)
}

// additionList is the page of those who got access by the numbers of a license, and of the licenses that are suspended.
type additionList struct {
	head      ui.FormHead
	additions []openlicense.Addition
	suspended []openlicense.Suspension
	before    ids.ID
	next      ids.ID
	enabled   bool // one has just been
}

func (l additionList) address(before ids.ID) string {
	if before == "" {
		return openlicense.Path
	}
	return openlicense.Path + "?" + url.Values{"before": {string(before)}}.Encode()
}

func (c *call) additions(ctx context.Context) (additionList, error) {
	q := c.URL.Query()
	l := additionList{before: ids.ID(q.Get("before")), enabled: q.Get("enabled") == "yes", head: ui.FormHead{Hidden: []ui.Hidden{c.once()}}}
	var err error
	if l.additions, l.next, err = c.web.Rooms.Open.List(ctx, c.actor, openlicense.Filter{Before: l.before}); err != nil {
		return l, err
	}
	l.suspended, err = c.web.Rooms.Open.Suspensions(ctx, c.actor)
	return l, err
}

func additionsPage(ctx context.Context, c *call) (answer, error) {
	l, err := c.additions(ctx)
	if err != nil {
		return answer{}, err
	}
	return show(additionsView(c, l))
}

// denying is the page of one addition, which asks to confirm that it is denied.
type denying struct {
	head     ui.FormHead
	addition openlicense.Addition
}

func additionAddress(id ids.ID) string { return openlicense.Path + "/" + openlicense.Wire.Wire(id) }

func (c *call) denying(ctx context.Context) (d denying, err error) {
	id, err := openlicense.Wire.Parse(c.PathValue("addition"))
	if err != nil {
		return d, errs.New(errs.NotFound, "openlicense.unknown")
	}
	d.addition, err = c.web.Rooms.Open.Get(ctx, c.actor, id)
	d.head = ui.FormHead{Action: additionAddress(id), Hidden: []ui.Hidden{c.once()}}
	return d, err
}

func additionPage(ctx context.Context, c *call) (answer, error) {
	d, err := c.denying(ctx)
	if err != nil {
		return answer{}, err
	}
	return show(additionView(c.view, d))
}

func denyAddition(ctx context.Context, c *call) (answer, error) {
	d, err := c.denying(ctx)
	if err != nil {
		return answer{}, err
	}
	if c.made != "" {
		return goTo(additionAddress(d.addition.ID))
	}
	_, err = c.web.Rooms.Open.Deny(ctx, c.actor, d.addition.ID)
	if err == nil {
		return goTo(additionAddress(d.addition.ID))
	}
	if !correctable(err) {
		return answer{}, err
	}
	if d, err = c.denied(ctx, err); err != nil {
		return answer{}, err
	}
	return answer{status: routes.StatusOf(errs.New(errs.Conflict, "")), page: additionView(c.view, d)}, nil
}

// denied is the page anew, after somebody else was quicker.
func (c *call) denied(ctx context.Context, refused error) (denying, error) {
	d, err := c.denying(ctx)
	d.head = c.formErrors(d.head, refused)
	c.view.Path = d.head.Action
	return d, err
}

func enableOpenLicense(ctx context.Context, c *call) (answer, error) {
	id, err := licensingID(c.PathValue("lid"))
	if err != nil {
		return answer{}, err
	}
	done := openlicense.Path + "?enabled=yes"
	if c.made != "" {
		return goTo(done)
	}
	err = c.web.Rooms.Open.Enable(ctx, c.actor, id)
	if err == nil {
		return goTo(done)
	}
	if !correctable(err) {
		return answer{}, err
	}
	l, failed := c.additions(ctx)
	if failed != nil {
		return answer{}, failed
	}
	l.head = c.formErrors(l.head, err)
	c.view.Path = openlicense.Path
	return answer{status: routes.StatusOf(err), page: additionsView(c, l)}, nil
}
