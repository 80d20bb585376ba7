package accounts

import (
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// SaveTenantTx records the tenant of an organization, or changes one that it has, and returns its row id. The caller decides access and
// records the change. Errors: NotFound "accounts.organization_unknown"; Invalid "accounts.organization" with its fields; Conflict
// "accounts.tenant_taken", "accounts.domain_taken".
func (s *Service) SaveTenantTx(tx *db.Tx, code string, t Tenant) (tenant ids.ID, of Organization, err error) {
	if of, err = s.OrganizationByCodeTx(tx, code); err != nil {
		return "", of, err
	}
	of.Tenant = &t
	if err = of.check(); err != nil {
		return "", of, err
	}
	if _, err = saveTenant(tx, of); err != nil {
		return "", of, err
	}
	err = tx.Row("SELECT id FROM tenants WHERE guid = $1", of.Tenant.ID).Scan(&tenant)
	return tenant, of, err
}
