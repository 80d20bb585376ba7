package web

import (
	"context"
	"net/url"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/tenants"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
	"chiave/internal/routes"
	"chiave/internal/web/ui"
)

// tenant registers the pages of a tenant's administrators (ORG-03, ORG-06, ERR-07).
func (r registrar) tenant() {
	const one = tenants.Path + "/{tenant}"
	r.read(tenants.Path, ui.Tenant, access.SelfService, "", tenantsPage)
	r.read(one, ui.Tenant, access.SeeTenant, "tnt", tenantPage)
	r.read(one+"/domains", ui.Tenant, access.SeeTenant, "tnt", domainsPage)
	r.change(one+"/administrators", ui.Tenant, access.ManageTenant, "tnt", "tenants.role_given", routes.Form, giveTenantRole)
	r.change(one+"/administrators/take", ui.Tenant, access.ManageTenant, "tnt", "tenants.role_taken", routes.Natural, takeTenantRole)
	r.change(one+"/sign-up", ui.Tenant, access.ManageSignUp, "tnt", "tenants.sign_up_set", routes.Natural, setSignUp)
	r.change(one+"/domains", ui.Tenant, access.ManageDomains, "tnt", "tenants.domain_added", routes.Form, addDomain)
	r.change(one+"/domains/{domain}/verify", ui.Tenant, access.ManageDomains, "tnt", "tenants.domain_verified", routes.Natural, verifyDomain)
	r.change(one+"/domains/{domain}/remove", ui.Tenant, access.ManageDomains, "tnt", "tenants.domain_removed", routes.Natural, removeDomain)
	r.change(one+"/domains/{domain}/controls", ui.Tenant, access.ManageSignUp, "tnt", "tenants.domain_controlled", routes.Natural, controlDomain)
}

// tenantsPage leads to the reader's tenant, or lets the reader choose.
func tenantsPage(ctx context.Context, c *call) (answer, error) {
	list, err := c.web.Rooms.Tenants.Mine(ctx, c.actor)
	if err != nil {
		return answer{}, err
	}
	if len(list) == 1 {
		return goTo(tenantPath(list[0].ID))
	}
	return show(tenantsView(c.view, list))
}

func tenantPath(tenant ids.ID) string { return tenants.Path + "/" + tenants.Wire.Wire(tenant) }

func domainPath(t tenants.Tenant, d tenants.Domain) string {
	return tenantPath(t.ID) + "/domains/" + url.PathEscape(d.Name)
}

// tenantForm is what the pages of a tenant show.
type tenantForm struct {
	head   ui.FormHead // of the form that adds something
	tenant tenants.Tenant
	filled struct{ address, role, domain string }
	failed *errs.Error // of a button
	done   string
}

// tenantID is the row id that the address names; what is no id names no tenant.
func (c *call) tenantID() ids.ID {
	id, err := tenants.Wire.Parse(c.PathValue("tenant"))
	if err != nil {
		return "none"
	}
	return id
}

func (c *call) tenantForm(ctx context.Context, action string) (f tenantForm, err error) {
	if f.tenant, err = c.web.Rooms.Tenants.Get(ctx, c.actor, c.tenantID()); err != nil {
		return f, err
	}
	f.head = ui.FormHead{Action: tenantPath(f.tenant.ID) + action, Hidden: []ui.Hidden{c.once()}}
	if done := c.URL.Query().Get("done"); c.view.Has("tenants.done_" + done) {
		f.done = done
	}
	return f, nil
}

func tenantPage(ctx context.Context, c *call) (answer, error) {
	f, err := c.tenantForm(ctx, "/administrators")
	if err != nil {
		return answer{}, err
	}
	return show(tenantView(c.view, f))
}

func domainsPage(ctx context.Context, c *call) (answer, error) {
	f, err := c.tenantForm(ctx, "/domains")
	if err != nil {
		return answer{}, err
	}
	return show(domainsView(c.view, f))
}

// refusedTenant shows the page again on which something was refused: with the fault at the fields of its form, or above everything.
func (c *call) refusedTenant(ctx context.Context, f tenantForm, path string, err error, inForm bool) (answer, error) {
	if !correctable(err) {
		return answer{}, err
	}
	action := map[string]string{"": "/administrators"}[path] + path
	again, failed := c.tenantForm(ctx, action)
	if failed != nil {
		return answer{}, failed
	}
	again.filled = f.filled
	if inForm {
		again.head = c.formErrors(again.head, err)
	} else {
		again.failed, _ = err.(*errs.Error)
	}
	c.view.Path = tenantPath(again.tenant.ID) + path
	view := tenantView
	if path != "" {
		view = domainsView
	}
	return answer{status: routes.StatusOf(err), page: view(c.view, again)}, nil
}

func giveTenantRole(ctx context.Context, c *call) (answer, error) {
	var f tenantForm
	f.filled.address, f.filled.role = c.PostForm.Get("address"), c.PostForm.Get("role")
	if c.made == "" {
		if err := c.web.Rooms.Tenants.Give(ctx, c.actor, c.tenantID(), f.filled.address, access.TenantRole(f.filled.role)); err != nil {
			return c.refusedTenant(ctx, f, "", err, true)
		}
	}
	return goTo(tenantPath(c.tenantID()) + "?done=given")
}

func takeTenantRole(ctx context.Context, c *call) (answer, error) {
	holder, err := tenants.RoleWire.Parse(c.PostForm.Get("holder"))
	if err != nil {
		holder = "none"
	}
	if err := c.web.Rooms.Tenants.Take(ctx, c.actor, c.tenantID(), holder); err != nil {
		return c.refusedTenant(ctx, tenantForm{}, "", err, false)
	}
	if _, err := c.web.Rooms.Tenants.Get(ctx, c.actor, c.tenantID()); errs.KindOf(err) == errs.Denied { // the reader's own last one
		return goTo(tenants.Path)
	}
	return goTo(tenantPath(c.tenantID()) + "?done=taken")
}

// changed leads back to the domains after a change, or shows why there was none.
func (c *call) changedDomains(ctx context.Context, done string, err error) (answer, error) {
	if err != nil {
		return c.refusedTenant(ctx, tenantForm{}, "/domains", err, false)
	}
	return goTo(tenantPath(c.tenantID()) + "/domains?done=" + done)
}

func setSignUp(ctx context.Context, c *call) (answer, error) {
	on := c.PostForm.Get("self_service") == "yes"
	err := c.web.Rooms.Tenants.SetSignUp(ctx, c.actor, c.tenantID(), on)
	return c.changedDomains(ctx, map[bool]string{true: "on", false: "off"}[on], err)
}

func addDomain(ctx context.Context, c *call) (answer, error) {
	var f tenantForm
	if f.filled.domain = c.PostForm.Get("domain"); c.made == "" {
		if err := c.web.Rooms.Tenants.AddDomain(ctx, c.actor, c.tenantID(), f.filled.domain); err != nil {
			return c.refusedTenant(ctx, f, "/domains", err, true)
		}
	}
	return c.changedDomains(ctx, "added", nil)
}

func verifyDomain(ctx context.Context, c *call) (answer, error) {
	return c.changedDomains(ctx, "verified", c.web.Rooms.Tenants.VerifyDomain(ctx, c.actor, c.tenantID(), c.PathValue("domain")))
}

func removeDomain(ctx context.Context, c *call) (answer, error) {
	return c.changedDomains(ctx, "removed", c.web.Rooms.Tenants.RemoveDomain(ctx, c.actor, c.tenantID(), c.PathValue("domain")))
}

func controlDomain(ctx context.Context, c *call) (answer, error) {
	controls := tenants.Controls{Restricted: c.PostForm.Get("restricted") == "yes", Managed: c.PostForm.Get("managed") == "yes"}
	return c.changedDomains(ctx, "controlled", c.web.Rooms.Tenants.SetControls(ctx, c.actor, c.tenantID(), c.PathValue("domain"), controls))
}
