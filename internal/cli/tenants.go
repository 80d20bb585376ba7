package cli

import (
	"context"
	"slices"
	"strings"

	"chiave/client"
	"chiave/internal/platform/errs"
)

// tenantsListCommand lists the tenants in which one has a role, or all of them for staff.
type tenantsListCommand struct {
	All bool
}

func (c *tenantsListCommand) run(ctx context.Context, s *session) error {
	cl, err := s.client()
	if err != nil {
		return err
	}
	all := client.Page[client.Tenant]{}
	if c.All {
		all, err = everyPage(0, func(q client.PageQuery) (client.Page[client.Tenant], error) { return cl.Tenants(ctx, q) })
	} else {
		all.Items, err = cl.MyTenants(ctx)
	}
	if err != nil {
		return err
	}
	return s.show(all, func() {
		if len(all.Items) == 0 {
			s.say(s.out.T("cli.tenants.empty"))
			return
		}
		t := newTable(s.out.T("cli.column.id"), s.out.T("cli.column.tenant"), s.out.T("cli.column.tenant_id"), s.out.T("cli.column.organization"), s.out.T("cli.column.domain"))
		for _, one := range all.Items {
			t.add(one.ID, one.Name, one.TenantID, one.OrganizationName, one.PrimaryDomain)
		}
		t.write(s.Stdout)
	})
}

// tenant is the argument that names a tenant: its id, or its Tenant ID where one has a role in it.
type tenant struct {
	Tenant string `arg:""`
}

// id returns the id of the tenant. Errors: NotFound "cli.no_tenant".
func (t tenant) id(ctx context.Context, cl *client.Client) (string, error) {
	if strings.HasPrefix(t.Tenant, "tnt_") {
		return t.Tenant, nil
	}
	mine, err := cl.MyTenants(ctx)
	if err != nil {
		return "", err
	}
	if i := slices.IndexFunc(mine, func(m client.Tenant) bool { return strings.EqualFold(m.TenantID, t.Tenant) }); i >= 0 {
		return mine[i].ID, nil
	}
	return "", errs.New(errs.NotFound, "cli.no_tenant", errs.Params{"tenant": t.Tenant})
}

// with calls do with the tenant's id and shows what comes back.
func (t tenant) with(ctx context.Context, s *session, do func(cl *client.Client, id string) (client.Tenant, error)) error {
	cl, err := s.client()
	if err != nil {
		return err
	}
	id, err := t.id(ctx, cl)
	if err != nil {
		return err
	}
	made, err := do(cl, id)
	if err != nil {
		return err
	}
	return s.show(made, func() { s.showTenant(made) })
}

func (s *session) showTenant(t client.Tenant) {
	s.say(s.out.T("cli.tenants.head", "name", t.Name, "tenant_id", t.TenantID, "organization", t.OrganizationName, "organization_id", t.OrganizationID, "id", t.ID))
	s.say(s.out.T(map[bool]string{true: "cli.tenants.sign_up_on", false: "cli.tenants.sign_up_off"}[t.SelfService]))
	domains := newTable(s.out.T("cli.column.domain"), s.out.T("cli.column.state"), s.out.T("cli.column.record"), s.out.T("cli.column.text"))
	for _, d := range t.Domains {
		domains.add(d.Domain, s.domainState(d), d.Record, d.Value)
	}
	domains.write(s.Stdout)
	people := newTable(s.out.T("cli.column.id"), s.out.T("cli.column.address"), s.out.T("cli.column.person"), s.out.T("cli.column.role"))
	for _, a := range t.Administrators {
		people.add(a.ID, a.Address, a.Name, s.out.T("tenant_roles."+a.Role))
	}
	people.write(s.Stdout)
}

func (s *session) domainState(d client.TenantDomain) string {
	switch {
	case d.Verified == "":
		return s.out.T("cli.tenants.unverified")
	case d.Managed:
		return s.out.T("cli.tenants.managed")
	case d.Restricted:
		return s.out.T("cli.tenants.restricted")
	}
	return s.out.T("cli.tenants.verified")
}

type tenantsShowCommand struct{ tenant }

func (c *tenantsShowCommand) run(ctx context.Context, s *session) error {
	return c.with(ctx, s, func(cl *client.Client, id string) (client.Tenant, error) { return cl.Tenant(ctx, id) })
}

// tenantsCreateCommand sets a tenant up.
type tenantsCreateCommand struct {
	Organization  string `required:"" placeholder:"CODE"`
	Name          string `required:"" placeholder:"TEXT"`
	PrimaryDomain string `required:"" placeholder:"DOMAIN"`
	Administrator string `required:"" placeholder:"ADDRESS"`
	Region        string `placeholder:"TEXT"`
	TenantID      string `placeholder:"GUID"`
}

func (c *tenantsCreateCommand) run(ctx context.Context, s *session) error {
	cl, err := s.client()
	if err != nil {
		return err
	}
	made, err := cl.CreateTenant(ctx, client.TenantCreation{OrganizationID: c.Organization, Name: c.Name, TenantID: c.TenantID, Region: c.Region, PrimaryDomain: c.PrimaryDomain, Administrator: c.Administrator})
	if err != nil {
		return err
	}
	return s.show(made, func() { s.showTenant(made) })
}

// tenantsGiveCommand makes somebody administrator of a tenant, tenantsTakeCommand ends that.
type tenantsGiveCommand struct {
	tenant
	Email string `required:"" placeholder:"ADDRESS"`
	Role  string `required:"" placeholder:"ROLE"`
}

func (c *tenantsGiveCommand) run(ctx context.Context, s *session) error {
	return c.with(ctx, s, func(cl *client.Client, id string) (client.Tenant, error) {
		return cl.GiveTenantRole(ctx, id, client.TenantGift{Address: c.Email, Role: c.Role})
	})
}

type tenantsTakeCommand struct {
	tenant
	ID string `arg:"" name:"id"`
}

func (c *tenantsTakeCommand) run(ctx context.Context, s *session) error {
	return c.with(ctx, s, func(cl *client.Client, id string) (client.Tenant, error) {
		if err := cl.TakeTenantRole(ctx, id, c.ID); err != nil {
			return client.Tenant{}, err
		}
		return cl.Tenant(ctx, id)
	})
}

// domain is a domain of a tenant.
type domain struct {
	tenant
	Domain string `arg:""`
}

type tenantsAddDomainCommand struct{ domain }

func (c *tenantsAddDomainCommand) run(ctx context.Context, s *session) error {
	return c.with(ctx, s, func(cl *client.Client, id string) (client.Tenant, error) {
		return cl.AddTenantDomain(ctx, id, c.Domain)
	})
}

type tenantsVerifyDomainCommand struct{ domain }

func (c *tenantsVerifyDomainCommand) run(ctx context.Context, s *session) error {
	return c.with(ctx, s, func(cl *client.Client, id string) (client.Tenant, error) {
		return cl.VerifyTenantDomain(ctx, id, c.Domain)
	})
}

type tenantsRemoveDomainCommand struct{ domain }

func (c *tenantsRemoveDomainCommand) run(ctx context.Context, s *session) error {
	return c.with(ctx, s, func(cl *client.Client, id string) (client.Tenant, error) {
		if err := cl.RemoveTenantDomain(ctx, id, c.Domain); err != nil {
			return client.Tenant{}, err
		}
		return cl.Tenant(ctx, id)
	})
}

// tenantsControlCommand decides about a domain: what is not named is not so.
type tenantsControlCommand struct {
	domain
	Restricted bool
	Managed    bool
}

func (c *tenantsControlCommand) run(ctx context.Context, s *session) error {
	return c.with(ctx, s, func(cl *client.Client, id string) (client.Tenant, error) {
		return cl.SetDomainControls(ctx, id, c.Domain, client.DomainControls{Restricted: c.Restricted, Managed: c.Managed})
	})
}

// tenantsSignUpCommand switches self-service sign-up for the whole tenant.
type tenantsSignUpCommand struct {
	tenant
	State string `arg:"" enum:"on,off"`
}

func (c *tenantsSignUpCommand) run(ctx context.Context, s *session) error {
	return c.with(ctx, s, func(cl *client.Client, id string) (client.Tenant, error) {
		return cl.SetTenantSignUp(ctx, id, c.State == "on")
	})
}
