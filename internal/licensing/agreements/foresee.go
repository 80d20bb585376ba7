package agreements

import (
	"chiave/internal/licensing/accounts"
	"chiave/internal/platform/errs"
)

// foreseen is what the rows before have done to tables of other rooms, or would have: as long as nothing is written, those rooms
// cannot tell.
type foreseen struct {
	tenants map[string]string // organization by GUID
	domains map[string]string // GUID by primary domain
	invited map[string]bool   // addresses
}

// tenant refuses a tenant that another row of the file has taken, as accounts would. Errors: Conflict "accounts.tenant_taken",
// "accounts.domain_taken".
func (f *foreseen) tenant(o accounts.Organization) error {
	if o.Tenant == nil {
		return nil
	}
	if code, taken := f.tenants[o.Tenant.ID]; taken && code != o.Code {
		return errs.New(errs.Conflict, "accounts.tenant_taken", errs.Params{"tenant": o.Tenant.ID})
	}
	if guid, taken := f.domains[o.Tenant.PrimaryDomain]; taken && guid != o.Tenant.ID {
		return errs.New(errs.Conflict, "accounts.domain_taken", errs.Params{"domain": o.Tenant.PrimaryDomain})
	}
	f.tenants[o.Tenant.ID], f.domains[o.Tenant.PrimaryDomain] = o.Code, o.Tenant.ID
	return nil
}

// foresee counts the invitations that greeting new contacts will queue. Errors: those of GrantFromContactTx and InviteTx.
func (p *publication) foresee(all []greeting) error {
	for _, g := range all {
		invites, err := p.accounts.WouldInviteTx(p.tx, g.invitation())
		if err != nil {
			return err
		}
		if !invites || p.invited[g.Address] {
			continue
		}
		grants, err := p.access.WouldGrantFromContactTx(p.tx, g.grant())
		if err != nil {
			return err
		}
		if grants {
			p.invited[g.Address] = true
			p.report.Invitations++
		}
	}
	return nil
}
