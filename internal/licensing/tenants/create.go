package tenants

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// creation is how a tenant that was set up appears in the record of it.
type creation struct {
	GUID          string `json:"tenant_id"`
	PrimaryDomain string `json:"primary_domain"`
	Administrator string `json:"administrator"` // id of the row that gives the role
}

// Create sets a tenant up for an organization and names its first Global Administrator, who is told by mail. A tenant that the publisher's
// files have named already is set up by its Tenant ID. Errors: those of Gate.Staff for MaintainTenants; Invalid
// "tenants.creation" with its fields; Conflict "accounts.tenant_taken", "accounts.domain_taken",
// "tenants.has_administrator".
func (s *Service) Create(ctx context.Context, actor audit.Actor, c Creation) (t Tenant, err error) {
	err = s.Access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.Staff(access.MaintainTenants); err != nil {
			return err
		}
		address, err := access.NormalizeAddress(c.Administrator)
		if err != nil {
			return errs.New(errs.Invalid, "tenants.creation").With(errs.Field{Pointer: "administrator", Code: "access.address"})
		}
		if c.Region, err = checkRegion(c.Region); err != nil {
			return err
		}
		if c.GUID = strings.TrimSpace(c.GUID); c.GUID == "" {
			c.GUID = newGUID()
		}
		tenant, of, err := s.Accounts.SaveTenantTx(tx, c.Organization, accounts.Tenant{Name: c.Name, PrimaryDomain: c.PrimaryDomain, ID: c.GUID})
		if err != nil {
			return renamed(err)
		}
		given, err := s.setUp(tx, actor, tenant, address, c.Region, of.Tenant.PrimaryDomain)
		if err != nil {
			return err
		}
		if t, err = one(tx, tenant); err != nil {
			return err
		}
		tx.SetResult(string(tenant))
		return audit.Record(tx, actor, audit.Event{Action: "tenants.set_up", Object: Wire.Wire(tenant), After: creation{t.GUID, t.PrimaryDomain, RoleWire.Wire(given)}})
	})
	return t, err
}

// setUp gives a tenant its settings, its primary domain and its first Global Administrator.
func (s *Service) setUp(tx *db.Tx, actor audit.Actor, tenant ids.ID, address, region, domain string) (given ids.ID, err error) {
	if err := bump(tx, tenant); err != nil {
		return "", err
	}
	var administrators int
	err = tx.Row(`SELECT count(*) FROM tenant_roles r JOIN user_addresses a ON a.address = r.address AND a.verified_at IS NOT NULL JOIN users u ON u.id = a.user_id
		WHERE r.tenant_id = $1 AND r.role = $2 AND r.ended_at IS NULL AND u.disabled_at IS NULL`, tenant, string(access.GlobalAdministrator)).Scan(&administrators)
	if err == nil && administrators > 0 {
		err = errs.New(errs.Conflict, "tenants.has_administrator")
	}
	if err != nil {
		return "", err
	}
	if _, err := tx.Exec("UPDATE tenant_settings SET region = $1 WHERE tenant_id = $2", region, tenant); err != nil {
		return "", err
	}
	if err := addDomain(tx, tenant, domain); err != nil && !errors.Is(err, db.ErrDuplicate) {
		return "", err
	}
	return s.give(tx, actor, tenant, address, access.GlobalAdministrator)
}

// bump makes the changes of a tenant come one after the other. A tenant without settings gets the usual ones.
func bump(tx *db.Tx, tenant ids.ID) error {
	_, err := tx.Exec(`INSERT INTO tenant_settings (tenant_id, region, self_service, version) VALUES ($1, '', TRUE, 1)
		ON CONFLICT (tenant_id) DO UPDATE SET version = tenant_settings.version + 1`, tenant)
	return err
}

// newGUID returns a Tenant ID: a random UUID (RFC 9562, version 4).
func newGUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// renamed returns an error about an organization with its fields as Create is given them.
func renamed(err error) error {
	e, ok := errors.AsType[*errs.Error](err)
	switch {
	case ok && e.Code == "accounts.organization_unknown":
		return errs.New(errs.Invalid, "tenants.creation").With(errs.Field{Pointer: "organization_id", Code: e.Code})
	case !ok || e.Code != "accounts.organization":
		return err
	}
	invalid := errs.New(errs.Invalid, "tenants.creation")
	for _, f := range e.Fields {
		name := strings.TrimPrefix(f.Pointer, "tenant/")
		if name == "id" {
			name = "tenant_id"
		}
		invalid = invalid.With(errs.Field{Pointer: name, Code: f.Code, Params: f.Params})
	}
	return invalid
}
