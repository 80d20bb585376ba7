package reports

import (
	"context"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

const (
	trailPage = 50
	trailMost = 200
)

// AuditTrail returns the audit records that f chooses among those the actor may read, newest first, and whether there
// are more after them: an Administrator's are those of its Licensing IDs, staff's are all, or those of the organization acted for.
// f.Scope is not looked at; f.Limit is 50 when zero and 200 at the most. Errors, when f names one Licensing ID: NotFound
// access.ErrUnknownLicensingID, Denied "access.role_missing"; always: Unauthenticated "access.sign_in", Denied
// "access.token_scope".
func (s *Service) AuditTrail(ctx context.Context, actor audit.Actor, f audit.Filter) (entries []audit.Entry, more bool, err error) {
	limit := f.Limit
	if limit <= 0 {
		limit = trailPage
	}
	limit = min(limit, trailMost)
	f.Limit = limit + 1
	err = s.gates.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if f.Scope, err = auditScope(g, f.LicensingID); err != nil {
			return err
		}
		entries, err = audit.ListTx(tx, f)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	if len(entries) > limit {
		return entries[:limit], true, nil
	}
	return entries, false, nil
}

// auditScope takes one decision: on the Licensing ID asked for, or on all that the actor may read.
func auditScope(g *access.Gate, licensing ids.ID) (access.Scope, error) {
	if licensing == "" {
		return g.Scope(access.ReadAudit)
	}
	return access.Scope{IDs: []ids.ID{licensing}}, g.On(access.ReadAudit, licensing)
}
