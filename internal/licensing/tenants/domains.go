package tenants

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// domainChange is a domain in the records.
type domainChange struct {
	Domain string `json:"domain"`
}

// AddDomain notes a domain that the tenant says is its own, and what proves it. Errors: those of Gate.InTenant for ManageDomains; Invalid
// "tenants.domain" with its field; Conflict "tenants.domain_known".
func (s *Service) AddDomain(ctx context.Context, actor audit.Actor, tenant ids.ID, domain string) error {
	return s.Access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.InTenant(access.ManageDomains, tenant); err != nil {
			return err
		}
		name, err := access.NormalizeDomain(domain)
		if err != nil {
			return errs.New(errs.Invalid, "tenants.domain").With(errs.Field{Pointer: "domain", Code: "access.domain"})
		}
		if err := bump(tx, tenant); err != nil {
			return err
		}
		if err := addDomain(tx, tenant, name); errors.Is(err, db.ErrDuplicate) {
			return errs.New(errs.Conflict, "tenants.domain_known", errs.Params{"domain": name})
		} else if err != nil {
			return err
		}
		tx.SetResult(string(tenant))
		return audit.Record(tx, actor, audit.Event{Action: "tenants.domain_added", Object: Wire.Wire(tenant), After: domainChange{name}})
	})
}

// addDomain writes a domain that is not verified. Errors: db.ErrDuplicate.
func addDomain(tx *db.Tx, tenant ids.ID, domain string) error {
	n, err := tx.Exec(`INSERT INTO tenant_domains (id, tenant_id, domain, token, added_at, restricted, managed) VALUES ($1, $2, $3, $4, $5, FALSE, FALSE)
		ON CONFLICT (tenant_id, domain) DO NOTHING`, tx.NewID(), tenant, domain, strings.ToLower(rand.Text()), tx.Now())
	if err == nil && n == 0 {
		err = db.ErrDuplicate
	}
	return err
}

// VerifyDomain looks whether the DNS proves that a domain is the tenant's, and takes it over if so (ORG-05). Doing it again is no error. Errors:
// those of Gate.InTenant for ManageDomains; NotFound "tenants.domain_unknown"; Conflict "tenants.domain_unproven" with the parameters record and
// value, "tenants.domain_elsewhere".
func (s *Service) VerifyDomain(ctx context.Context, actor audit.Actor, tenant ids.ID, domain string) error {
	var d Domain
	err := s.Access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) (err error) {
		if err := g.InTenant(access.ManageDomains, tenant); err != nil {
			return err
		}
		d, err = domainOf(tx, tenant, domain)
		return err
	})
	if err != nil {
		return err
	}
	asking, cancel := context.WithTimeout(ctx, lookUpFor)
	defer cancel()
	said, err := s.DNS.LookupTXT(asking, d.Record+".") // an answer that does not come proves as little as one without the text
	if err != nil || !slices.ContainsFunc(said, func(text string) bool { return strings.TrimSpace(text) == d.Value }) {
		return errs.New(errs.Conflict, "tenants.domain_unproven", errs.Params{"record": d.Record, "value": d.Value}).Wrap(err)
	}
	return s.Access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.InTenant(access.ManageDomains, tenant); err != nil {
			return err
		}
		if err := bump(tx, tenant); err != nil {
			return err
		}
		err := tx.Try(func() error {
			n, err := tx.Exec("UPDATE tenant_domains SET verified_at = coalesce(verified_at, $1) WHERE tenant_id = $2 AND domain = $3 AND token = $4",
				tx.Now(), tenant, d.Name, strings.TrimPrefix(d.Value, valuePrefix))
			if err == nil && n == 0 { // it was removed meanwhile
				err = errDomainUnknown
			}
			return err
		})
		if errors.Is(err, db.ErrDuplicate) {
			return errDomainElsewhere
		}
		if err != nil {
			return err
		}
		return audit.Record(tx, actor, audit.Event{Action: "tenants.domain_verified", Object: Wire.Wire(tenant), After: domainChange{d.Name}})
	})
}

func domainOf(tx *db.Tx, tenant ids.ID, domain string) (Domain, error) {
	all, err := domainsOf(tx, tenant)
	if err != nil {
		return Domain{}, err
	}
	name, _ := access.NormalizeDomain(domain)
	if i := slices.IndexFunc(all, func(d Domain) bool { return d.Name == name }); i >= 0 {
		return all[i], nil
	}
	return Domain{}, errDomainUnknown
}

// RemoveDomain gives a domain up, with all that was decided about it. Errors: those of Gate.InTenant for ManageDomains; NotFound
// "tenants.domain_unknown".
func (s *Service) RemoveDomain(ctx context.Context, actor audit.Actor, tenant ids.ID, domain string) error {
	return s.Access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.InTenant(access.ManageDomains, tenant); err != nil {
			return err
		}
		if err := bump(tx, tenant); err != nil {
			return err
		}
		d, err := domainOf(tx, tenant, domain)
		if err == nil {
			_, err = tx.Exec("DELETE FROM tenant_domains WHERE tenant_id = $1 AND domain = $2", tenant, d.Name)
		}
		if err != nil {
			return err
		}
		return audit.Record(tx, actor, audit.Event{Action: "tenants.domain_removed", Object: Wire.Wire(tenant), Before: domainChange{d.Name}})
	})
}
