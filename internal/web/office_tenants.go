package web

import (
	"context"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/tenants"
	"chiave/internal/platform/ids"
	"chiave/internal/routes"
	"chiave/internal/web/ui"
)

const officeTenantsPath = "/office/tenants"

// officeTenants registers where staff set tenants up (ORG-03).
func (r registrar) officeTenants() {
	r.read(officeTenantsPath, ui.StaffTenants, access.MaintainTenants, "", officeTenantsPage)
	r.change(officeTenantsPath, ui.StaffTenants, access.MaintainTenants, "", "tenants.set_up", routes.Form, createTenant)
}

// tenantList is what the page shows.
type tenantList struct {
	head    ui.FormHead
	filled  tenants.Creation
	list    []tenants.Tenant
	after   ids.ID
	next    ids.ID
	created bool
}

func (c *call) tenantList(ctx context.Context) (l tenantList, err error) {
	l.head = ui.FormHead{Action: officeTenantsPath, Hidden: []ui.Hidden{c.once()}}
	if c.Method == "GET" {
		l.after, l.created = ids.ID(c.URL.Query().Get("after")), c.URL.Query().Has("created")
	}
	l.list, l.next, err = c.web.Rooms.Tenants.List(ctx, c.actor, l.after)
	return l, err
}

func officeTenantsPage(ctx context.Context, c *call) (answer, error) {
	l, err := c.tenantList(ctx)
	if err != nil {
		return answer{}, err
	}
	return show(officeTenantsView(c.view, l))
}

func createTenant(ctx context.Context, c *call) (answer, error) {
	get := c.PostForm.Get
	filled := tenants.Creation{Organization: get("organization_id"), Name: get("name"), GUID: get("tenant_id"), Region: get("region"), PrimaryDomain: get("primary_domain"), Administrator: get("administrator")}
	if c.made != "" {
		return goTo(officeTenantsPath + "?created=1")
	}
	_, err := c.web.Rooms.Tenants.Create(ctx, c.actor, filled)
	if err == nil {
		return goTo(officeTenantsPath + "?created=1")
	}
	if !correctable(err) {
		return answer{}, err
	}
	l, failed := c.tenantList(ctx)
	if failed != nil {
		return answer{}, failed
	}
	l.filled, l.head = filled, c.formErrors(l.head, err)
	c.view.Path = officeTenantsPath
	return answer{status: routes.StatusOf(err), page: officeTenantsView(c.view, l)}, nil
}
