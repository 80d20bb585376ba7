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

// signUpChange is the tenant-wide switch in the records, controlsChange what is decided about a domain.
type signUpChange struct {
	SelfService bool `json:"self_service"`
}
type controlsChange struct {
	Domain     string `json:"domain"`
	Restricted bool   `json:"restricted"`
	Managed    bool   `json:"managed"`
}

// SetSignUp turns self-service sign-up on or off for all domains of a tenant, at once (ERR-03, ERR-07). Errors: those of Gate.InTenant for
// ManageSignUp.
func (s *Service) SetSignUp(ctx context.Context, actor audit.Actor, tenant ids.ID, selfService bool) error {
	return s.Access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.InTenant(access.ManageSignUp, tenant); err != nil {
			return err
		}
		if err := bump(tx, tenant); err != nil {
			return err
		}
		var before bool
		if err := tx.Row("SELECT self_service FROM tenant_settings WHERE tenant_id = $1", tenant).Scan(&before); err != nil {
			return err
		}
		if _, err := tx.Exec("UPDATE tenant_settings SET self_service = $1 WHERE tenant_id = $2", selfService, tenant); err != nil {
			return err
		}
		return audit.Record(tx, actor, audit.Event{Action: "tenants.sign_up_set", Object: Wire.Wire(tenant), Before: signUpChange{before}, After: signUpChange{selfService}})
	})
}

// SetControls decides about one domain of a tenant, at once (ERR-04, ERR-05, ERR-07). Errors: those of Gate.InTenant for ManageSignUp; NotFound
// "tenants.domain_unknown"; Conflict "tenants.domain_unverified".
func (s *Service) SetControls(ctx context.Context, actor audit.Actor, tenant ids.ID, domain string, c Controls) error {
	return s.Access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.InTenant(access.ManageSignUp, tenant); err != nil {
			return err
		}
		if err := bump(tx, tenant); err != nil {
			return err
		}
		d, err := domainOf(tx, tenant, domain)
		if err == nil && d.Verified.IsZero() {
			err = errs.New(errs.Conflict, "tenants.domain_unverified", errs.Params{"domain": d.Name})
		}
		if err == nil {
			_, err = tx.Exec("UPDATE tenant_domains SET restricted = $1, managed = $2 WHERE tenant_id = $3 AND domain = $4", c.Restricted, c.Managed, tenant, d.Name)
		}
		if err != nil {
			return err
		}
		return audit.Record(tx, actor, audit.Event{Action: "tenants.domain_controlled", Object: Wire.Wire(tenant),
			Before: controlsChange{d.Name, d.Restricted, d.Managed}, After: controlsChange{d.Name, c.Restricted, c.Managed}})
	})
}

// Policy is what holds for people with an address. Its zero value is that of a domain which no tenant has verified: nobody decides anything.
type Policy struct {
	Tenant       ids.ID // "" when there is none
	Organization ids.ID
	Country      string // of the organization
	SelfService  bool   // of the tenant; meaningless without one
	Controls
}

// PolicyTx returns what the tenant decides that has verified the domain of an address, as it is now. The caller decides access.
func (s *Service) PolicyTx(tx *db.Tx, address string) (p Policy, err error) {
	domain := address[strings.LastIndexByte(address, '@')+1:]
	err = tx.Row(`SELECT t.id, t.organization_id, o.country, s.self_service, d.restricted, d.managed FROM tenant_domains d JOIN tenants t ON t.id = d.tenant_id
		JOIN organizations o ON o.id = t.organization_id JOIN tenant_settings s ON s.tenant_id = t.id WHERE d.domain = $1 AND d.verified_at IS NOT NULL`, domain).
		Scan(&p.Tenant, &p.Organization, &p.Country, &p.SelfService, &p.Restricted, &p.Managed)
	if errors.Is(err, db.ErrNoRow) {
		return Policy{}, nil
	}
	return p, err
}
