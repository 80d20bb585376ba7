package api

import (
	"context"
	"net/http"

	"chiave/client"
	"chiave/internal/licensing/access"
	"chiave/internal/licensing/requests"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
	"chiave/internal/routes"
)

func (a *API) registerRequests() {
	addOnce(a, change(http.MethodPost, "/api/v1/permission-requests", "requestPermissions", access.SelfService, "", "requests.submitted", routes.Key,
		"Ask for roles on a Licensing ID"), a.requestPermissions, a.showOwnRequest)
	add(a, get("/api/v1/my-permission-requests", "myPermissionRequests", access.SelfService, "", "What you have asked for, and what became of it"), a.myRequests)
	add(a, get("/api/v1/permission-requests", "listPermissionRequests", access.ManageUsers, "", "Requests that you answer"), a.listRequests)
	add(a, get("/api/v1/permission-requests/{request}", "getPermissionRequest", access.ManageUsers, "prq", "One request that you answer"), a.getRequest)
	addOnce(a, change(http.MethodPost, "/api/v1/permission-requests/{request}/decision", "decidePermissionRequest", access.ManageUsers, "prq", "requests.decided", routes.Key,
		"Accept or deny a request"), a.decideRequest, a.showRequest)
}

type RequestPath struct {
	Request string `path:"request" maxLength:"64" doc:"Id of the request: prq_…"`
}

// id returns the row id that the path names. What is no id is unknown like an id that does not exist.
func (p RequestPath) id() (ids.ID, error) {
	id, err := requests.Wire.Parse(p.Request)
	if err != nil {
		return "", errs.New(errs.NotFound, "requests.unknown")
	}
	return id, nil
}

func roleCodes(some []access.Role) []string {
	codes := make([]string, len(some))
	for i, r := range some {
		codes[i] = string(r)
	}
	return codes
}

func rolesOf(codes []string) []access.Role {
	some := make([]access.Role, len(codes))
	for i, c := range codes {
		some[i] = access.Role(c)
	}
	return some
}

func wireRequest(r requests.Request) client.PermissionRequest {
	return client.PermissionRequest{ID: requests.Wire.Wire(r.ID), Number: r.Number, LicensingID: r.Subject(), Program: r.Program, Requester: r.Name, Address: r.Address,
		Roles: roleCodes(r.Roles), Comments: r.Comments, State: string(r.State), Granted: roleCodes(r.Granted), Note: r.Note, DecidedBy: r.Decider,
		Created: instant(r.Created), Decided: instant(r.Decided), Due: instant(r.Due), Overdue: r.Overdue}
}

// wireAnswered is wireRequest for those who answer it.
func wireAnswered(r requests.Request) client.PermissionRequest {
	w := wireRequest(r)
	w.Unmatched = r.Licensing == ""
	return w
}

func (a *API) requestPermissions(ctx context.Context, c Caller, in *struct {
	Body client.PermissionSubmission
}) (*body[client.PermissionRequest], error) {
	r, _, err := a.Rooms.Requests.Submit(ctx, c.Actor, requests.Submission{Program: in.Body.Program, Number: in.Body.LicensingID, Roles: rolesOf(in.Body.Roles), Comments: in.Body.Comments})
	return ok(wireRequest(r)), err
}

// showOwnRequest shows a request to whoever made it.
func (a *API) showOwnRequest(ctx context.Context, c Caller, object string) (*body[client.PermissionRequest], error) {
	r, err := a.Rooms.Requests.Own(ctx, c.Actor, ids.ID(object))
	return ok(wireRequest(r)), err
}

func (a *API) myRequests(ctx context.Context, c Caller, _ *struct{}) (*body[client.Page[client.PermissionRequest]], error) {
	list, err := a.Rooms.Requests.Mine(ctx, c.Actor)
	page := client.Page[client.PermissionRequest]{Items: []client.PermissionRequest{}}
	for _, r := range list {
		page.Items = append(page.Items, wireRequest(r))
	}
	return ok(page), err
}

func (a *API) listRequests(ctx context.Context, c Caller, in *struct {
	Paging
	Decided bool `query:"decided" doc:"Those that are decided instead of those that wait"`
}) (*body[client.Page[client.PermissionRequest]], error) {
	before, err := a.resume(ctx, in.Cursor)
	if err != nil {
		return nil, err
	}
	list, more, err := a.Rooms.Requests.List(ctx, c.Actor, requests.Filter{Decided: in.Decided, Before: ids.ID(before), Limit: min(in.Limit, 200)})
	if err != nil {
		return nil, err
	}
	page := client.Page[client.PermissionRequest]{Items: []client.PermissionRequest{}}
	for _, r := range list {
		page.Items = append(page.Items, wireAnswered(r))
	}
	page.Next, err = a.next(ctx, string(more))
	return ok(page), err
}

func (a *API) getRequest(ctx context.Context, c Caller, in *RequestPath) (*body[client.PermissionRequest], error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	return a.showRequest(ctx, c, string(id))
}

// showRequest shows a request to somebody who answers it.
func (a *API) showRequest(ctx context.Context, c Caller, object string) (*body[client.PermissionRequest], error) {
	r, err := a.Rooms.Requests.Get(ctx, c.Actor, ids.ID(object))
	return ok(wireAnswered(r)), err
}

func (a *API) decideRequest(ctx context.Context, c Caller, in *struct {
	RequestPath
	Body client.PermissionDecision
}) (*body[client.PermissionRequest], error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	r, err := a.Rooms.Requests.Decide(ctx, c.Actor, id, requests.Decision{Accept: in.Body.Accept, Roles: rolesOf(in.Body.Roles), Note: in.Body.Note})
	return ok(wireAnswered(r)), err
}
