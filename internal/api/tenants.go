package api

import (
	"context"
	"net/http"

	"chiave/client"
	"chiave/internal/licensing/access"
	"chiave/internal/licensing/tenants"
	"chiave/internal/platform/ids"
	"chiave/internal/routes"
)

func (a *API) registerTenants() {
	const one = "/api/v1/tenants/{tenant}"
	add(a, get("/api/v1/my-tenants", "myTenants", access.SelfService, "", "The tenants in which you have a role"), a.myTenants)
	add(a, get("/api/v1/tenants", "listTenants", access.MaintainTenants, "", "All tenants, for staff who set them up"), a.listTenants)
	addOnce(a, change(http.MethodPost, "/api/v1/tenants", "createTenant", access.MaintainTenants, "", "tenants.set_up", routes.Key,
		"Set a tenant up for an organization and name its first Global Administrator"), a.createTenant, a.showTenant)
	add(a, get(one, "getTenant", access.SeeTenant, "tnt", "One tenant with its domains and administrators"), a.getTenant)
	addOnce(a, change(http.MethodPost, one+"/administrators", "giveTenantRole", access.ManageTenant, "tnt", "tenants.role_given", routes.Key, "Make somebody administrator of a tenant"),
		a.giveTenantRole, a.showTenant)
	s := change(http.MethodDelete, one+"/administrators/{administrator}", "takeTenantRole", access.ManageTenant, "tnt", "tenants.role_taken", routes.Natural, "Take a role in a tenant away")
	s.status = http.StatusNoContent
	add(a, s, a.takeTenantRole)
	addOnce(a, change(http.MethodPost, one+"/domains", "addTenantDomain", access.ManageDomains, "tnt", "tenants.domain_added", routes.Key,
		"Say that a domain is the tenant's; the answer says which TXT record proves it"), a.addTenantDomain, a.showTenant)
	s = change(http.MethodDelete, one+"/domains/{domain}", "removeTenantDomain", access.ManageDomains, "tnt", "tenants.domain_removed", routes.Natural, "Give a domain up")
	s.status = http.StatusNoContent
	add(a, s, a.removeTenantDomain)
	add(a, change(http.MethodPost, one+"/domains/{domain}/verification", "verifyTenantDomain", access.ManageDomains, "tnt", "tenants.domain_verified", routes.Natural,
		"Look in the DNS whether the domain is the tenant's"), a.verifyTenantDomain)
	add(a, change(http.MethodPut, one+"/domains/{domain}", "controlTenantDomain", access.ManageSignUp, "tnt", "tenants.domain_controlled", routes.Natural,
		"Restrict a domain for automatic sign-up, or leave its accounts to the directory, or revert that; it holds at once"), a.controlTenantDomain)
	add(a, change(http.MethodPut, one+"/sign-up", "setTenantSignUp", access.ManageSignUp, "tnt", "tenants.sign_up_set", routes.Natural,
		"Turn self-service sign-up on or off for all domains of the tenant; it holds at once"), a.setTenantSignUp)
}

type TenantPath struct {
	Tenant string `path:"tenant" maxLength:"64" doc:"Id of the tenant: tnt_…"`
}

// id returns the row id that the path names. What is no id names no tenant, which is an answer of the room's.
func (p TenantPath) id() ids.ID {
	id, err := tenants.Wire.Parse(p.Tenant)
	if err != nil {
		return "none"
	}
	return id
}

type TenantDomainPath struct {
	TenantPath
	Domain string `path:"domain" maxLength:"253"`
}

func wireTenant(t tenants.Tenant) client.Tenant {
	w := client.Tenant{ID: tenants.Wire.Wire(t.ID), TenantID: t.GUID, Name: t.Name, OrganizationID: t.OrganizationCode, OrganizationName: t.OrganizationName, Country: t.Country,
		Region: t.Region, PrimaryDomain: t.PrimaryDomain, SelfService: t.SelfService}
	for _, r := range t.Mine {
		w.Roles = append(w.Roles, string(r))
	}
	for _, d := range t.Domains {
		w.Domains = append(w.Domains, client.TenantDomain{Domain: d.Name, Record: d.Record, Value: d.Value, Verified: instant(d.Verified), Restricted: d.Restricted, Managed: d.Managed})
	}
	for _, h := range t.Administrators {
		w.Administrators = append(w.Administrators, client.TenantAdministrator{ID: tenants.RoleWire.Wire(h.ID), Address: h.Address, Name: h.Name, Role: string(h.Role), Since: instant(h.Since)})
	}
	return w
}

func wireTenants(list []tenants.Tenant) client.Page[client.Tenant] {
	page := client.Page[client.Tenant]{Items: []client.Tenant{}}
	for _, t := range list {
		page.Items = append(page.Items, wireTenant(t))
	}
	return page
}

func (a *API) myTenants(ctx context.Context, c Caller, _ *struct{}) (*body[client.Page[client.Tenant]], error) {
	list, err := a.Rooms.Tenants.Mine(ctx, c.Actor)
	return ok(wireTenants(list)), err
}

func (a *API) listTenants(ctx context.Context, c Caller, in *struct{ Paging }) (*body[client.Page[client.Tenant]], error) {
	after, err := a.resume(ctx, in.Cursor)
	if err != nil {
		return nil, err
	}
	list, more, err := a.Rooms.Tenants.List(ctx, c.Actor, ids.ID(after))
	if err != nil {
		return nil, err
	}
	page := wireTenants(list)
	page.Next, err = a.next(ctx, string(more))
	return ok(page), err
}

func (a *API) createTenant(ctx context.Context, c Caller, in *struct{ Body client.TenantCreation }) (*body[client.Tenant], error) {
	b := in.Body
	t, err := a.Rooms.Tenants.Create(ctx, c.Actor, tenants.Creation{Organization: b.OrganizationID, Name: b.Name, GUID: b.TenantID, Region: b.Region, PrimaryDomain: b.PrimaryDomain, Administrator: b.Administrator})
	return ok(wireTenant(t)), err
}

func (a *API) showTenant(ctx context.Context, c Caller, object string) (*body[client.Tenant], error) {
	t, err := a.Rooms.Tenants.Get(ctx, c.Actor, ids.ID(object))
	return ok(wireTenant(t)), err
}

// changed shows a tenant after a change that succeeded.
func (a *API) changed(ctx context.Context, c Caller, tenant ids.ID, err error) (*body[client.Tenant], error) {
	if err != nil {
		return nil, err
	}
	return a.showTenant(ctx, c, string(tenant))
}

func (a *API) getTenant(ctx context.Context, c Caller, in *TenantPath) (*body[client.Tenant], error) {
	return a.showTenant(ctx, c, string(in.id()))
}

func (a *API) giveTenantRole(ctx context.Context, c Caller, in *struct {
	TenantPath
	Body client.TenantGift
}) (*body[client.Tenant], error) {
	return a.changed(ctx, c, in.id(), a.Rooms.Tenants.Give(ctx, c.Actor, in.id(), in.Body.Address, access.TenantRole(in.Body.Role)))
}

func (a *API) takeTenantRole(ctx context.Context, c Caller, in *struct {
	TenantPath
	Administrator string `path:"administrator" maxLength:"64" doc:"Id of the role in the tenant: tro_…"`
}) (*struct{}, error) {
	holder, err := tenants.RoleWire.Parse(in.Administrator)
	if err != nil {
		holder = "none"
	}
	return nil, a.Rooms.Tenants.Take(ctx, c.Actor, in.id(), holder)
}

func (a *API) addTenantDomain(ctx context.Context, c Caller, in *struct {
	TenantPath
	Body struct {
		Domain string `json:"domain" maxLength:"253"`
	}
}) (*body[client.Tenant], error) {
	return a.changed(ctx, c, in.id(), a.Rooms.Tenants.AddDomain(ctx, c.Actor, in.id(), in.Body.Domain))
}

func (a *API) verifyTenantDomain(ctx context.Context, c Caller, in *TenantDomainPath) (*body[client.Tenant], error) {
	return a.changed(ctx, c, in.id(), a.Rooms.Tenants.VerifyDomain(ctx, c.Actor, in.id(), in.Domain))
}

func (a *API) removeTenantDomain(ctx context.Context, c Caller, in *TenantDomainPath) (*struct{}, error) {
	return nil, a.Rooms.Tenants.RemoveDomain(ctx, c.Actor, in.id(), in.Domain)
}

func (a *API) controlTenantDomain(ctx context.Context, c Caller, in *struct {
	TenantDomainPath
	Body client.DomainControls
}) (*body[client.Tenant], error) {
	return a.changed(ctx, c, in.id(), a.Rooms.Tenants.SetControls(ctx, c.Actor, in.id(), in.Domain, tenants.Controls(in.Body)))
}

func (a *API) setTenantSignUp(ctx context.Context, c Caller, in *struct {
	TenantPath
	Body struct {
		SelfService bool `json:"self_service"`
	}
}) (*body[client.Tenant], error) {
	return a.changed(ctx, c, in.id(), a.Rooms.Tenants.SetSignUp(ctx, c.Actor, in.id(), in.Body.SelfService))
}
