package tenants

import (
	"context"
	"errors"
	"strings"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

const columns = `SELECT t.id, t.guid, t.name, t.organization_id, o.code, o.legal_name, o.country, coalesce(s.region, ''), t.primary_domain, coalesce(s.self_service, TRUE)
	FROM tenants t JOIN organizations o ON o.id = t.organization_id LEFT JOIN tenant_settings s ON s.tenant_id = t.id `

func scanTenant(scan func(...any) error) (t Tenant, err error) {
	err = scan(&t.ID, &t.GUID, &t.Name, &t.Organization, &t.OrganizationCode, &t.OrganizationName, &t.Country, &t.Region, &t.PrimaryDomain, &t.SelfService)
	return t, err
}

// Mine returns the tenants in which the actor has a role, by name, without domains and administrators. Errors: those of Gate.SignedIn.
func (s *Service) Mine(ctx context.Context, actor audit.Actor) (all []Tenant, err error) {
	err = s.Access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		all = nil
		if err := g.SignedIn(); err != nil {
			return err
		}
		return tx.Each(columns+`WHERE EXISTS (SELECT 1 FROM tenant_roles r JOIN user_addresses a ON a.address = r.address
			WHERE r.tenant_id = t.id AND r.ended_at IS NULL AND a.user_id = $1 AND a.verified_at IS NOT NULL) ORDER BY t.name, t.id`, []any{actor.ID},
			func(scan func(...any) error) error {
				t, err := scanTenant(scan)
				all = append(all, t)
				return err
			})
	})
	return all, err
}

// mostListed is how many tenants a page of the list has.
const mostListed = 100

// List returns tenants in the order of their ids, from after the given one on, to staff who set them up. Errors: those of Gate.Staff for
// MaintainTenants; Invalid "request.cursor".
func (s *Service) List(ctx context.Context, actor audit.Actor, after ids.ID) (all []Tenant, next ids.ID, err error) {
	if after != "" && !ids.Valid(string(after)) {
		return nil, "", errs.New(errs.Invalid, "request.cursor")
	}
	err = s.Access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		all = nil
		if err := g.Staff(access.MaintainTenants); err != nil {
			return err
		}
		return tx.Each(columns+"WHERE t.id > $1 ORDER BY t.id LIMIT $2", []any{string(after), mostListed + 1}, func(scan func(...any) error) error {
			t, err := scanTenant(scan)
			all = append(all, t)
			return err
		})
	})
	if len(all) > mostListed {
		all = all[:mostListed]
		next = all[mostListed-1].ID
	}
	return all, next, err
}

// Get returns a tenant with its domains and administrators. Errors: those of Gate.InTenant for SeeTenant.
func (s *Service) Get(ctx context.Context, actor audit.Actor, tenant ids.ID) (t Tenant, err error) {
	err = s.Access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.InTenant(access.SeeTenant, tenant); err != nil {
			return err
		}
		if t, err = one(tx, tenant); err != nil {
			return err
		}
		t.Mine, err = rolesOf(tx, tenant, actor.ID)
		return err
	})
	return t, err
}

func one(tx *db.Tx, tenant ids.ID) (Tenant, error) {
	t, err := scanTenant(tx.Row(columns+"WHERE t.id = $1", tenant).Scan)
	if errors.Is(err, db.ErrNoRow) {
		return t, access.ErrUnknownTenant
	}
	if err != nil {
		return t, err
	}
	if t.Domains, err = domainsOf(tx, tenant); err != nil {
		return t, err
	}
	t.Administrators, err = holders(tx, tenant)
	return t, err
}

func domainsOf(tx *db.Tx, tenant ids.ID) (all []Domain, err error) {
	err = tx.Each("SELECT domain, token, verified_at, restricted, managed FROM tenant_domains WHERE tenant_id = $1 ORDER BY domain", []any{tenant}, func(scan func(...any) error) error {
		var d Domain
		err := scan(&d.Name, &d.Value, &d.Verified, &d.Restricted, &d.Managed)
		d.Record, d.Value = recordPrefix+d.Name, valuePrefix+d.Value
		all = append(all, d)
		return err
	})
	return all, err
}

func holders(tx *db.Tx, tenant ids.ID) (all []Holder, err error) {
	err = tx.Each(`SELECT r.id, r.address, r.role, r.given_at, coalesce(u.first_name, ''), coalesce(u.last_name, '') FROM tenant_roles r
		LEFT JOIN user_addresses a ON a.address = r.address AND a.verified_at IS NOT NULL LEFT JOIN users u ON u.id = a.user_id
		WHERE r.tenant_id = $1 AND r.ended_at IS NULL ORDER BY r.address, r.role`, []any{tenant}, func(scan func(...any) error) error {
		var h Holder
		var role, first, last string
		err := scan(&h.ID, &h.Address, &role, &h.Since, &first, &last)
		h.Role, h.Name = access.TenantRole(role), strings.TrimSpace(first+" "+last)
		all = append(all, h)
		return err
	})
	return all, err
}

// rolesOf returns the roles that a user has in a tenant.
func rolesOf(tx *db.Tx, tenant, user ids.ID) (roles []access.TenantRole, err error) {
	err = tx.Each(`SELECT DISTINCT r.role FROM tenant_roles r JOIN user_addresses a ON a.address = r.address AND a.verified_at IS NOT NULL
		WHERE r.tenant_id = $1 AND a.user_id = $2 AND r.ended_at IS NULL`, []any{tenant, user}, func(scan func(...any) error) error {
		var role string
		err := scan(&role)
		roles = append(roles, access.TenantRole(role))
		return err
	})
	return roles, err
}
