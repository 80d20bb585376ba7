package accounts

import (
	"context"
	"strings"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
)

var errSandboxOnly = errs.New(errs.Denied, "accounts.sandbox_only")

// SandboxInvitation invites somebody in a sandbox and returns the secret of the link that would be mailed, so that a demo needs
// no mail server. Elsewhere a link leaves the installation by mail alone, or whoever releases it could become anybody. Errors:
// those of Gate.Staff for ReleaseInvitations; Denied "accounts.sandbox_only"; Invalid "access.address".
func (s *Service) SandboxInvitation(ctx context.Context, actor audit.Actor, i Invitation) (secret string, err error) {
	address, err := access.NormalizeAddress(i.Address)
	if err != nil {
		return "", err
	}
	err = s.access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.Staff(access.ReleaseInvitations); err != nil {
			return err
		}
		if !tx.Sandbox() {
			return g.Refuse(access.ReleaseInvitations, errSandboxOnly)
		}
		if _, err := s.InviteTx(tx, g.Actor(), i); err != nil {
			return err
		}
		secret = newSecret("")
		n, err := tx.Exec("UPDATE invitations SET token_hash = $1, released_at = $2, expires_at = $3 WHERE address = $4 AND accepted_at IS NULL",
			digest(secret), tx.Now(), tx.Now().Add(linkLife), address)
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.New(errs.Conflict, "accounts.address_taken")
		}
		return audit.Record(tx, g.Actor(), audit.Event{Action: "invitations.handed_over", After: map[string]string{"reason": strings.TrimSpace(i.Reason)}})
	})
	return secret, err
}
