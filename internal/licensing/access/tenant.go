package access

import (
	"errors"
	"slices"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// TenantRole is a role in a tenant (ORG-06). It gives none on a Licensing ID, and no role there gives one here (ORG-07).
type TenantRole string

// The roles of a tenant.
const (
	GlobalAdministrator  TenantRole = "global_administrator"
	BillingAdministrator TenantRole = "billing_administrator"
	DomainAdministrator  TenantRole = "domain_administrator"
)

// TenantRoles returns every role of a tenant in the order in which pages list them.
func TenantRoles() []TenantRole {
	return []TenantRole{GlobalAdministrator, BillingAdministrator, DomainAdministrator}
}

// Valid reports whether r is a role of a tenant.
func (r TenantRole) Valid() bool { return slices.Contains(TenantRoles(), r) }

// Actions in one tenant; ask Gate.InTenant.
const (
	SeeTenant     Action = "tenant.see"
	ManageTenant  Action = "tenant.manage"  // who has which role in it
	ManageDomains Action = "tenant.domains" // which domains are the tenant's
	ManageSignUp  Action = "tenant.sign_up" // who may register under its domains
)

// TenantRolesFor returns the roles of a tenant that allow an action in it; none for other actions.
func TenantRolesFor(action Action) []TenantRole {
	switch action {
	case SeeTenant:
		return TenantRoles()
	case ManageTenant:
		return []TenantRole{GlobalAdministrator}
	case ManageDomains:
		return []TenantRole{GlobalAdministrator, DomainAdministrator}
	case ManageSignUp:
		return []TenantRole{DomainAdministrator}
	}
	return nil
}

// ErrUnknownTenant answers staff who ask for a tenant that does not exist. To everybody else that is a tenant without a role of theirs.
var ErrUnknownTenant = errs.New(errs.NotFound, "tenants.unknown")

var errTenantRole = errs.New(errs.Denied, "access.tenant_role")

// InTenant lets the actor do action in a tenant, given by its row id. Errors: Unauthenticated "access.sign_in"; Denied "access.tenant_role",
// whether there is such a tenant or not, "access.token_scope"; NotFound ErrUnknownTenant for staff.
func (g *Gate) InTenant(action Action, tenant ids.ID) error {
	who, err := g.enter(action, "")
	if err != nil {
		return err
	}
	would := TenantRolesFor(action)
	if len(would) == 0 {
		return errWrongAction
	}
	held, err := g.tenantRoles(tenant)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(held, func(r TenantRole) bool { return slices.Contains(would, r) }) {
		g.allow()
		return nil
	}
	if !who.may(action) {
		return g.refuse(action, "", errTenantRole)
	}
	var organization ids.ID
	err = g.tx.Row("SELECT organization_id FROM tenants WHERE id = $1", tenant).Scan(&organization)
	if errors.Is(err, db.ErrNoRow) {
		return g.refuse(action, "", ErrUnknownTenant)
	}
	if err != nil {
		return err
	}
	g.allow()
	if !who.trusted {
		g.reads = append(g.reads, customerRead{action: action, organization: organization})
	}
	return nil
}

// tenantRoles returns the roles that the actor has in a tenant now.
func (g *Gate) tenantRoles(tenant ids.ID) ([]TenantRole, error) {
	if g.actor.Kind != audit.User {
		return nil, nil
	}
	names, err := texts(g.tx, `SELECT r.role FROM tenant_roles r JOIN user_addresses a ON a.address = r.address
		WHERE a.user_id = $1 AND a.verified_at IS NOT NULL AND r.tenant_id = $2 AND r.ended_at IS NULL`, g.actor.ID, tenant)
	var roles []TenantRole
	for _, name := range names {
		roles = append(roles, TenantRole(name))
	}
	return roles, err
}
