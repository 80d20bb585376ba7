package api

import (
	"context"
	"net/http"
	"time"

	"chiave/client"
	"chiave/internal/licensing/access"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
	"chiave/internal/routes"
)

const (
	licensingWire = ids.Prefix("lid")
	roleWire      = ids.Prefix("rol")
)

type LicensingPath struct {
	ID string `path:"id" maxLength:"64" doc:"Id of the Licensing ID: lid_…"`
}

// licensing returns the row id that the path names. What is no id is unknown like an id that does not exist.
func (p LicensingPath) licensing() (ids.ID, error) {
	id, err := licensingWire.Parse(p.ID)
	if err != nil {
		return "", access.ErrUnknownLicensingID
	}
	return id, nil
}

func (a *API) registerRoles() {
	add(a, get("/api/v1/licensing-ids/{id}/roles", "listRoles", access.ManageUsers, "lid", "Who holds which role on a Licensing ID"), a.listRoles)
	addOnce(a, change(http.MethodPost, "/api/v1/licensing-ids/{id}/roles", "assignRole", access.ManageUsers, "lid", "roles.assigned", routes.Key, "Give a person a role"), a.assignRole, a.showRole)
	s := change(http.MethodDelete, "/api/v1/roles/{role}", "revokeRole", access.ManageUsers, "rol", "roles.revoked", routes.Natural, "Take a role away")
	s.status = http.StatusNoContent
	add(a, s, a.revokeRole)
	add(a, get("/api/v1/my-permissions", "myPermissions", access.SelfService, "", "Your roles on every Licensing ID"), a.myPermissions)
	s = change(http.MethodDelete, "/api/v1/my-permissions/{id}", "dropPermission", access.SelfService, "lid", "roles.revoked", routes.Natural, "Drop a Licensing ID from your own permissions")
	s.status = http.StatusNoContent
	add(a, s, a.dropPermission)
}

// roleAssignment is what of a client.RoleGrant the one who gives it may choose.
type roleAssignment struct {
	Address string `json:"email" maxLength:"320"`
	Role    string `json:"role" maxLength:"100"`
	Part    string `json:"part,omitempty" maxLength:"100" doc:"Of a role group; all of it when absent"`
	From    string `json:"from,omitempty" format:"date-time" doc:"Now when absent"`
	Until   string `json:"until,omitempty" format:"date-time" doc:"For good when absent"`
}

type roleList struct {
	Items []client.RoleGrant `json:"items"`
}

func wireGrant(g access.Grant) client.RoleGrant {
	out := client.RoleGrant{ID: roleWire.Wire(g.ID), Address: g.Address, Role: string(g.Role), Part: g.Part, Source: string(g.Source), Above: g.Above, From: instant(g.From), Until: instant(g.Until)}
	switch g.Source {
	case access.Inherited: // it is nothing that could be taken away by itself
		out.ID, out.Contact = "", g.SourceRef
	case access.Contact:
		out.Contact = g.SourceRef
	}
	return out
}

func (a *API) listRoles(ctx context.Context, c Caller, in *LicensingPath) (*body[roleList], error) {
	id, err := in.licensing()
	if err != nil {
		return nil, err
	}
	list, err := a.Rooms.Access.ListRoles(ctx, c.Actor, id)
	if err != nil {
		return nil, err
	}
	out := roleList{Items: make([]client.RoleGrant, 0, len(list))}
	for _, g := range list {
		out.Items = append(out.Items, wireGrant(g))
	}
	return ok(out), nil
}

func (a *API) assignRole(ctx context.Context, c Caller, in *struct {
	LicensingPath
	Body roleAssignment
}) (*body[client.RoleGrant], error) {
	id, err := in.licensing()
	if err != nil {
		return nil, err
	}
	from, err := optionalInstant("/from", in.Body.From)
	if err != nil {
		return nil, err
	}
	until, err := optionalInstant("/until", in.Body.Until)
	if err != nil {
		return nil, err
	}
	role, err := a.Rooms.Access.Assign(ctx, c.Actor, access.Assignment{Licensing: id, Address: in.Body.Address, Role: access.Role(in.Body.Role), Part: in.Body.Part, From: from, Until: until})
	if err != nil {
		return nil, err
	}
	return a.showRole(ctx, c, string(role))
}

// showRole shows a grant to somebody who may manage it.
func (a *API) showRole(ctx context.Context, c Caller, object string) (*body[client.RoleGrant], error) {
	g, err := a.Rooms.Access.GetRole(ctx, c.Actor, ids.ID(object))
	return ok(wireGrant(g)), err
}

func (a *API) revokeRole(ctx context.Context, c Caller, in *struct {
	Role string `path:"role" maxLength:"64"`
}) (*struct{}, error) {
	id, err := roleWire.Parse(in.Role)
	if err != nil {
		return nil, err
	}
	return nil, a.Rooms.Access.Revoke(ctx, c.Actor, id)
}

func (a *API) dropPermission(ctx context.Context, c Caller, in *LicensingPath) (*struct{}, error) {
	id, err := in.licensing()
	if err != nil {
		return nil, err
	}
	return nil, a.Rooms.Access.Drop(ctx, c.Actor, id)
}

func (a *API) myPermissions(ctx context.Context, c Caller, _ *struct{}) (*body[client.Page[client.Permission]], error) {
	list, err := a.Rooms.Access.MyPermissions(ctx, c.Actor)
	if err != nil {
		return nil, err
	}
	page := client.Page[client.Permission]{Items: []client.Permission{}}
	for _, p := range list {
		for _, g := range p.Grants {
			w := wireGrant(g)
			page.Items = append(page.Items, client.Permission{ID: licensingWire.Wire(p.Licensing), LicensingID: p.Number, Active: p.Active, Stays: p.Stays,
				Parent: p.Parent.Number, Master: p.Master.Number, Address: w.Address, Role: w.Role, Part: w.Part, Source: w.Source, Contact: w.Contact, Above: w.Above, Until: w.Until})
		}
	}
	return ok(page), nil
}

// optionalInstant reads an instant that may be absent. Errors: Invalid "request.invalid" naming the place.
func optionalInstant(at, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, errs.New(errs.Invalid, "request.invalid").With(errs.Field{Pointer: at, Code: "field.instant"})
	}
	return t, nil
}
