package api

import (
	"context"
	"net/http"

	"chiave/client"
	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/openlicense"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
	"chiave/internal/routes"
)

func (a *API) registerOpenLicense() {
	addOnce(a, change(http.MethodPost, "/api/v1/open-license-additions", "addOpenLicense", access.SelfService, "", "openlicense.added", routes.Key,
		"Get a limited set of roles on an Open License by its two numbers"), a.addOpenLicense, a.showOwnAddition)
	add(a, get("/api/v1/open-license-additions", "listOpenLicenseAdditions", access.ManageUsers, "", "Who got access to your Open Licenses by their numbers"), a.listAdditions)
	add(a, get("/api/v1/open-license-additions/{addition}", "getOpenLicenseAddition", access.ManageUsers, "ola", "One of them"), a.getAddition)
	addOnce(a, change(http.MethodPost, "/api/v1/open-license-additions/{addition}/denial", "denyOpenLicenseAddition", access.ManageUsers, "ola", "openlicense.denied", routes.Key,
		"Deny Access: take back what the numbers gave"), a.denyAddition, a.showAddition)
	add(a, get("/api/v1/open-license-suspensions", "listOpenLicenseSuspensions", access.ManageUsers, "", "Your Open Licenses that cannot be added by their numbers"), a.listSuspensions)
	s := change(http.MethodDelete, "/api/v1/open-license-suspensions/{id}", "enableOpenLicense", access.ManageUsers, "lid", "openlicense.enabled", routes.Natural, "Enable the numbers of a license again")
	s.status = http.StatusNoContent
	add(a, s, a.enableOpenLicense)
}

type AdditionPath struct {
	Addition string `path:"addition" maxLength:"64" doc:"Id of the addition: ola_…"`
}

// id returns the row id that the path names. What is no id is unknown like an id that does not exist.
func (p AdditionPath) id() (ids.ID, error) {
	id, err := openlicense.Wire.Parse(p.Addition)
	if err != nil {
		return "", errs.New(errs.NotFound, "openlicense.unknown")
	}
	return id, nil
}

func wireAddition(x openlicense.Addition) client.OpenLicenseAddition {
	source := access.OpenLicense
	if x.Reseller {
		source = access.Reseller
	}
	return client.OpenLicenseAddition{ID: openlicense.Wire.Wire(x.ID), LicensingID: x.Number, Name: x.Name, Address: x.Address, Roles: roleCodes(openlicense.Roles()),
		Source: string(source), Added: instant(x.Added), Denied: instant(x.Denied), DeniedBy: x.DeniedBy}
}

func (a *API) addOpenLicense(ctx context.Context, c Caller, in *struct {
	Body client.OpenLicenseNumbers
}) (*body[client.OpenLicenseAddition], error) {
	made, err := a.Rooms.Open.Add(ctx, c.Actor, openlicense.Submission{License: in.Body.License, Authorization: in.Body.Authorization, Acknowledged: in.Body.Acknowledged,
		Names: accounts.Names{First: in.Body.FirstName, Last: in.Body.LastName}})
	return ok(wireAddition(made)), err
}

// showOwnAddition shows an addition to whoever made it, who is not told who denied it.
func (a *API) showOwnAddition(ctx context.Context, c Caller, object string) (*body[client.OpenLicenseAddition], error) {
	x, err := a.Rooms.Open.Own(ctx, c.Actor, ids.ID(object))
	x.DeniedBy = ""
	return ok(wireAddition(x)), err
}

func (a *API) listAdditions(ctx context.Context, c Caller, in *Paging) (*body[client.Page[client.OpenLicenseAddition]], error) {
	before, err := a.resume(ctx, in.Cursor)
	if err != nil {
		return nil, err
	}
	list, more, err := a.Rooms.Open.List(ctx, c.Actor, openlicense.Filter{Before: ids.ID(before), Limit: min(in.Limit, 200)})
	if err != nil {
		return nil, err
	}
	page := client.Page[client.OpenLicenseAddition]{Items: []client.OpenLicenseAddition{}}
	for _, x := range list {
		page.Items = append(page.Items, wireAddition(x))
	}
	page.Next, err = a.next(ctx, string(more))
	return ok(page), err
}

func (a *API) getAddition(ctx context.Context, c Caller, in *AdditionPath) (*body[client.OpenLicenseAddition], error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	return a.showAddition(ctx, c, string(id))
}

func (a *API) showAddition(ctx context.Context, c Caller, object string) (*body[client.OpenLicenseAddition], error) {
	x, err := a.Rooms.Open.Get(ctx, c.Actor, ids.ID(object))
	return ok(wireAddition(x)), err
}

func (a *API) denyAddition(ctx context.Context, c Caller, in *AdditionPath) (*body[client.OpenLicenseAddition], error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	x, err := a.Rooms.Open.Deny(ctx, c.Actor, id)
	return ok(wireAddition(x)), err
}

func (a *API) listSuspensions(ctx context.Context, c Caller, _ *struct{}) (*body[client.Page[client.OpenLicenseSuspension]], error) {
	list, err := a.Rooms.Open.Suspensions(ctx, c.Actor)
	page := client.Page[client.OpenLicenseSuspension]{Items: []client.OpenLicenseSuspension{}}
	for _, x := range list {
		page.Items = append(page.Items, client.OpenLicenseSuspension{ID: licensingWire.Wire(x.Licensing), LicensingID: x.Number, Since: instant(x.Since), Failures: x.Failures})
	}
	return ok(page), err
}

func (a *API) enableOpenLicense(ctx context.Context, c Caller, in *LicensingPath) (*struct{}, error) {
	id, err := in.licensing()
	if err != nil {
		return nil, err
	}
	return nil, a.Rooms.Open.Enable(ctx, c.Actor, id)
}
