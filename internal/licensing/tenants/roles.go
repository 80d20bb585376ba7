package tenants

import (
	"context"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/notify"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// roleChange is how a role in a tenant appears in the records: its holder by the id of the row.
type roleChange struct {
	ID   string            `json:"id"`
	Role access.TenantRole `json:"role"`
}

// Give makes an address administrator of a tenant, who is told by mail. Errors: those of Gate.InTenant for ManageTenant; Invalid
// "tenants.administrator" with its fields; Conflict "tenants.role_held".
func (s *Service) Give(ctx context.Context, actor audit.Actor, tenant ids.ID, address string, role access.TenantRole) error {
	return s.Access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.InTenant(access.ManageTenant, tenant); err != nil {
			return err
		}
		var fields []errs.Field
		normal, err := access.NormalizeAddress(address)
		if err != nil {
			fields = append(fields, errs.Field{Pointer: "address", Code: "access.address"})
		}
		if !role.Valid() {
			fields = append(fields, errs.Field{Pointer: "role", Code: "tenants.role"})
		}
		if len(fields) > 0 {
			return errs.New(errs.Invalid, "tenants.administrator").With(fields...)
		}
		if err := bump(tx, tenant); err != nil {
			return err
		}
		given, err := s.give(tx, actor, tenant, normal, role)
		if err != nil {
			return err
		}
		tx.SetResult(string(tenant))
		return audit.Record(tx, actor, audit.Event{Action: "tenants.role_given", Object: Wire.Wire(tenant), After: roleChange{RoleWire.Wire(given), role}})
	})
}

// give writes a role and mails its holder. The caller has bumped the tenant. Errors: Conflict "tenants.role_held".
func (s *Service) give(tx *db.Tx, actor audit.Actor, tenant ids.ID, address string, role access.TenantRole) (ids.ID, error) {
	id := tx.NewID()
	n, err := tx.Exec(`INSERT INTO tenant_roles (id, tenant_id, address, role, given_at, given_by) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
		id, tenant, address, string(role), tx.Now(), string(actor.ID))
	if err == nil && n == 0 {
		err = errs.New(errs.Conflict, "tenants.role_held")
	}
	if err != nil {
		return "", err
	}
	t, err := one(tx, tenant)
	if err != nil {
		return "", err
	}
	to, err := s.Accounts.RecipientsTx(tx, []string{address})
	if err != nil {
		return "", err
	}
	for _, r := range to {
		err := s.Mail.EnqueueTx(tx, notify.Message{To: r.Address, Lang: string(r.Language), Zone: r.Zone, Event: notify.TenantRoleGiven, Params: notify.Params{
			"name": r.Name, "tenant": t.Name, "organization": t.OrganizationName, "tenant_role": string(role), "email": r.Address, "link": s.BaseURL + Path}})
		if err != nil {
			return "", err
		}
	}
	return id, nil
}

// Take takes a role in a tenant away, at once. Errors: those of Gate.InTenant for ManageTenant; NotFound "tenants.role_unknown"; Conflict
// "tenants.last_administrator" for that of the only Global Administrator who can sign in.
func (s *Service) Take(ctx context.Context, actor audit.Actor, tenant, holder ids.ID) error {
	return s.Access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.InTenant(access.ManageTenant, tenant); err != nil {
			return err
		}
		if err := bump(tx, tenant); err != nil {
			return err
		}
		n, err := tx.Exec("UPDATE tenant_roles SET ended_at = $1 WHERE tenant_id = $2 AND id = $3 AND ended_at IS NULL", tx.Now(), tenant, holder)
		if err == nil && n == 0 {
			err = errs.New(errs.NotFound, "tenants.role_unknown")
		}
		if err != nil {
			return err
		}
		var role string
		var left int
		err = tx.Row("SELECT role FROM tenant_roles WHERE id = $1", holder).Scan(&role)
		if err == nil {
			err = tx.Row(`SELECT count(*) FROM tenant_roles r JOIN user_addresses a ON a.address = r.address AND a.verified_at IS NOT NULL
				JOIN users u ON u.id = a.user_id AND u.disabled_at IS NULL WHERE r.tenant_id = $1 AND r.role = $2 AND r.ended_at IS NULL`,
				tenant, string(access.GlobalAdministrator)).Scan(&left)
		}
		if err == nil && left == 0 && role == string(access.GlobalAdministrator) {
			err = errs.New(errs.Conflict, "tenants.last_administrator")
		}
		if err != nil {
			return err
		}
		return audit.Record(tx, actor, audit.Event{Action: "tenants.role_taken", Object: Wire.Wire(tenant), Before: roleChange{RoleWire.Wire(holder), access.TenantRole(role)}})
	})
}
