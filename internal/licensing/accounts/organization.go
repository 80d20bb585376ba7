package accounts

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // time zones do not depend on the machine

	"golang.org/x/text/language"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/i18n"
	"chiave/internal/platform/ids"
)

// Organization is a customer (ORG-01).
type Organization struct {
	ID        ids.ID  `json:"-"`
	Code      string  `json:"code"` // the publisher's own number of it
	LegalName string  `json:"legal_name"`
	Country   string  `json:"country"`   // ISO 3166-1 alpha-2
	TimeZone  string  `json:"time_zone"` // IANA name; UTC when empty
	Segment   string  `json:"segment"`   // commercial, government, education, charity
	Tenant    *Tenant `json:"tenant,omitempty"`
}

// Tenant is the customer's tenant (ORG-03). ID is its GUID.
type Tenant struct {
	Name          string `json:"name"`
	PrimaryDomain string `json:"primary_domain"`
	ID            string `json:"id"`
}

// Segments returns the customer segments.
func Segments() []string { return []string{"commercial", "government", "education", "charity"} }

const (
	longestCode      = 64
	longestLegalName = 200
)

var errOrganizationUnknown = errs.New(errs.NotFound, "accounts.organization_unknown")

var guid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// check normalises the organization. Errors: Invalid "accounts.organization" with its fields, named as in JSON.
func (o *Organization) check() error {
	invalid := errs.New(errs.Invalid, "accounts.organization")
	fault := func(wrong bool, pointer, code string) {
		if wrong {
			invalid = invalid.With(errs.Field{Pointer: pointer, Code: code})
		}
	}
	o.Code, o.LegalName = strings.TrimSpace(o.Code), strings.TrimSpace(o.LegalName)
	o.Country, o.TimeZone = strings.ToUpper(strings.TrimSpace(o.Country)), strings.TrimSpace(o.TimeZone)
	if o.TimeZone == "" {
		o.TimeZone = "UTC"
	}
	_, zone := time.LoadLocation(o.TimeZone)
	region, country := language.ParseRegion(o.Country)
	fault(o.Code == "" || !plainText(o.Code, longestCode), "code", "accounts.code")
	fault(o.LegalName == "" || !plainText(o.LegalName, longestLegalName), "legal_name", "accounts.legal_name")
	fault(len(o.Country) != 2 || country != nil || !region.IsCountry(), "country", "accounts.country")
	fault(zone != nil || o.TimeZone == "Local", "time_zone", "accounts.time_zone")
	fault(!slices.Contains(Segments(), o.Segment), "segment", "accounts.segment")
	if o.Tenant != nil {
		t := *o.Tenant
		t.Name, t.ID = strings.TrimSpace(t.Name), strings.ToLower(strings.TrimSpace(t.ID))
		domain, err := access.NormalizeDomain(t.PrimaryDomain)
		t.PrimaryDomain, o.Tenant = domain, &t
		fault(err != nil, "tenant/primary_domain", "access.domain")
		fault(t.Name == "" || !plainText(t.Name, longestLegalName), "tenant/name", "accounts.tenant_name")
		fault(!guid.MatchString(t.ID), "tenant/id", "accounts.tenant_id")
	}
	if len(invalid.Fields) > 0 {
		return invalid
	}
	return nil
}

// language returns the language of mails to people of the organization until they choose their own.
func (o Organization) language() i18n.Lang {
	if slices.Contains([]string{"IT", "SM", "VA"}, o.Country) {
		return i18n.Italian
	}
	return i18n.English
}

// SaveOrganizationTx records an organization under its code, or changes it, and reports whether that changed anything. A
// missing tenant leaves the recorded one as it is. The caller decides access. Errors: Invalid "accounts.organization" with
// its fields; Conflict "accounts.country_fixed", "accounts.tenant_taken", "accounts.domain_taken".
func (s *Service) SaveOrganizationTx(tx *db.Tx, actor audit.Actor, o Organization) (id ids.ID, changed bool, err error) {
	if err := o.check(); err != nil {
		return "", false, err
	}
	o.ID = tx.NewID()
	n, err := tx.Exec(`INSERT INTO organizations (id, code, legal_name, country, time_zone, segment, recorded_at, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 1) ON CONFLICT (code) DO NOTHING`, o.ID, o.Code, o.LegalName, o.Country, o.TimeZone, o.Segment, tx.Now())
	if err != nil {
		return "", false, err
	}
	event := audit.Event{Action: "organizations.recorded", After: o}
	if changed = n == 1; !changed {
		before, err := s.OrganizationByCodeTx(tx, o.Code)
		if err != nil {
			return "", false, err
		}
		o.ID, event.Action, event.Before = before.ID, "organizations.changed", before
		if changed, err = change(tx, before, o); err != nil {
			return "", false, err
		}
	}
	tenant, err := saveTenant(tx, o)
	if err != nil || !changed && !tenant {
		return o.ID, false, err
	}
	event.Object = organizations.Wire(o.ID)
	return o.ID, true, audit.Record(tx, actor, event)
}

// change writes what is new about an organization.
func change(tx *db.Tx, before, after Organization) (bool, error) {
	if before.Country != after.Country {
		return false, countryFixed(after)
	}
	if before.saysTheSame(after) {
		return false, nil
	}
	n, err := tx.Exec("UPDATE organizations SET legal_name = $1, time_zone = $2, segment = $3, version = version + 1 WHERE id = $4",
		after.LegalName, after.TimeZone, after.Segment, after.ID)
	return n == 1, err
}

// saysTheSame reports whether nothing about an organization is new but, perhaps, its tenant.
func (o Organization) saysTheSame(after Organization) bool {
	return o.LegalName == after.LegalName && o.TimeZone == after.TimeZone && o.Segment == after.Segment
}

func countryFixed(o Organization) error {
	return errs.New(errs.Conflict, "accounts.country_fixed", errs.Params{"code": o.Code})
}

func domainTaken(t Tenant) error {
	return errs.New(errs.Conflict, "accounts.domain_taken", errs.Params{"domain": t.PrimaryDomain})
}

// saveTenant records or changes the tenant of an organization.
func saveTenant(tx *db.Tx, o Organization) (changed bool, err error) {
	if o.Tenant == nil {
		return false, nil
	}
	if changed, err = tenantChanges(tx, o); err != nil || !changed {
		return false, err
	}
	t := *o.Tenant
	err = tx.Try(func() error {
		_, err := tx.Exec(`INSERT INTO tenants (id, guid, organization_id, name, primary_domain, recorded_at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (guid) DO UPDATE SET name = excluded.name, primary_domain = excluded.primary_domain`, tx.NewID(), t.ID, o.ID, t.Name, t.PrimaryDomain, tx.Now())
		return err
	})
	if errors.Is(err, db.ErrDuplicate) {
		return false, domainTaken(t)
	}
	return err == nil, err
}

// tenantChanges reports whether an organization's tenant is new or says something new. Errors: Conflict "accounts.tenant_taken".
func tenantChanges(tx *db.Tx, o Organization) (bool, error) {
	t := *o.Tenant
	var owner ids.ID
	var name, domain string
	err := tx.Row("SELECT organization_id, name, primary_domain FROM tenants WHERE guid = $1", t.ID).Scan(&owner, &name, &domain)
	switch {
	case errors.Is(err, db.ErrNoRow):
		return true, nil
	case err != nil:
		return false, err
	case owner != o.ID:
		return false, errs.New(errs.Conflict, "accounts.tenant_taken", errs.Params{"tenant": t.ID})
	}
	return name != t.Name || domain != t.PrimaryDomain, nil
}

const organizationColumns = `SELECT o.id, o.code, o.legal_name, o.country, o.time_zone, o.segment, t.name, t.primary_domain, t.guid
	FROM organizations o LEFT JOIN tenants t ON t.organization_id = o.id`

// OrganizationTx returns an organization by its row id. The caller decides access. Errors: NotFound
// "accounts.organization_unknown".
func (s *Service) OrganizationTx(tx *db.Tx, id ids.ID) (Organization, error) {
	return organization(tx.Row(organizationColumns+" WHERE o.id = $1 ORDER BY t.recorded_at, t.id LIMIT 1", id))
}

// OrganizationByCodeTx returns an organization by its code. The caller decides access. Errors: NotFound
// "accounts.organization_unknown".
func (s *Service) OrganizationByCodeTx(tx *db.Tx, code string) (Organization, error) {
	if !plainText(code, longestCode) { // PostgreSQL takes offence at some bytes
		return Organization{}, errOrganizationUnknown
	}
	return organization(tx.Row(organizationColumns+" WHERE o.code = $1 ORDER BY t.recorded_at, t.id LIMIT 1", code))
}

func organization(row db.Row) (Organization, error) {
	var o Organization
	var t Tenant
	err := row.Scan(&o.ID, &o.Code, &o.LegalName, &o.Country, &o.TimeZone, &o.Segment, &t.Name, &t.PrimaryDomain, &t.ID)
	if errors.Is(err, db.ErrNoRow) {
		return Organization{}, errOrganizationUnknown
	}
	if t.ID != "" {
		o.Tenant = &t
	}
	return o, err
}
