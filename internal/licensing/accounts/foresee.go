package accounts

import (
	"errors"

	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
)

// WouldInviteTx reports whether InviteTx would queue the invitation now, and changes nothing. Whether the organization exists is not
// asked. Errors: Invalid "access.address", "accounts.name".
func (s *Service) WouldInviteTx(tx *db.Tx, i Invitation) (bool, error) {
	address, err := i.check()
	if err != nil {
		return false, err
	}
	if owner, err := ownerTx(tx, address); err != nil || owner != "" {
		return false, err
	}
	var open int
	err = tx.Row("SELECT count(*) FROM invitations WHERE address = $1 AND accepted_at IS NULL AND (expires_at IS NULL OR expires_at > $2 OR user_id IS NOT NULL) "+
		"AND NOT (user_id IS NULL AND reason = 'role' AND CAST($3 AS TEXT) = 'contact' AND organization_id <> $4)", address, tx.Now(), i.Reason, i.Organization).Scan(&open)
	return open == 0, err
}

// Foreseen is what SaveOrganizationTx would do.
type Foreseen struct {
	Organization     // as it would be recorded; ID is fresh for a new one
	Created, Changed bool
}

// ForeseeOrganizationTx tells what SaveOrganizationTx would do now, and changes nothing. Errors: those of SaveOrganizationTx.
func (s *Service) ForeseeOrganizationTx(tx *db.Tx, o Organization) (Foreseen, error) {
	if err := o.check(); err != nil {
		return Foreseen{}, err
	}
	before, err := s.OrganizationByCodeTx(tx, o.Code)
	if errs.KindOf(err) == errs.NotFound {
		o.ID = tx.NewID()
		_, err = foreseeTenant(tx, o)
		return Foreseen{Organization: o, Created: true, Changed: true}, err
	}
	if err != nil {
		return Foreseen{}, err
	}
	if before.Country != o.Country {
		return Foreseen{}, countryFixed(o)
	}
	o.ID = before.ID
	tenant, err := foreseeTenant(tx, o)
	return Foreseen{Organization: o, Changed: tenant || !before.saysTheSame(o)}, err
}

// foreseeTenant reports whether the tenant of an organization would be recorded or changed.
func foreseeTenant(tx *db.Tx, o Organization) (changed bool, err error) {
	if o.Tenant == nil {
		return false, nil
	}
	if changed, err = tenantChanges(tx, o); err != nil || !changed {
		return false, err
	}
	var other string
	err = tx.Row("SELECT guid FROM tenants WHERE primary_domain = $1 AND guid <> $2", o.Tenant.PrimaryDomain, o.Tenant.ID).Scan(&other)
	if errors.Is(err, db.ErrNoRow) {
		return true, nil
	}
	if err == nil {
		err = domainTaken(*o.Tenant)
	}
	return false, err
}
