package accounts

import (
	"errors"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/notify"
	"chiave/internal/platform/db"
)

// permissionsPath is where people look at their roles.
const permissionsPath = "/permissions"

// RolesChangedTx mails the owner of an address which roles were added and removed (ADM-12); whoever has no account yet is invited.
func (s *Service) RolesChangedTx(tx *db.Tx, by audit.Actor, address string, changes []access.RoleChange) error {
	owner, err := ownerTx(tx, address)
	if err != nil {
		return err
	}
	if owner == "" {
		return s.welcome(tx, by, address, changes)
	}
	user, err := userTx(tx, owner)
	if errors.Is(err, db.ErrNoRow) { // locked out
		return nil
	}
	if err != nil {
		return err
	}
	zone := ""
	if user.Organization != "" {
		organization, err := s.OrganizationTx(tx, user.Organization)
		if err != nil {
			return err
		}
		zone = organization.TimeZone
	}
	told := make([]notify.RoleChange, len(changes))
	m := notify.Message{To: address, Lang: string(user.Language), Zone: zone, Event: notify.RolesChanged}
	for i, c := range changes {
		told[i] = notify.RoleChange{Number: c.Number, Added: heldRoles(c.Given), Removed: heldRoles(c.Ended)}
	}
	if len(changes) == 1 {
		m.Licensing = changes[0].Licensing
	}
	m.Params = notify.Params{"name": user.Name(), "changes": notify.RoleChanges(told), "link": s.baseURL + permissionsPath}
	return s.mail.EnqueueTx(tx, m)
}

func heldRoles(grants []access.Grant) []notify.HeldRole {
	var all []notify.HeldRole
	for _, g := range grants {
		all = append(all, notify.HeldRole{Role: string(g.Role), Part: g.Part, Until: g.Until})
	}
	return all
}
