package accounts

import (
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/notify"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// perWelcomed bounds what Administrators can have sent to somebody who may want nothing of it.
var perWelcomed = limit{5, 15 * time.Minute}

// welcome mails somebody without an account which roles were given, by whom, and a link to register (N01). It is sent at once: unlike the
// people whom an import names, this one is expected. A link that was sent before stops working,
// but after some mails within a quarter of an hour: then the last one stands.
func (s *Service) welcome(tx *db.Tx, by audit.Actor, address string, changes []access.RoleChange) error {
	var given []notify.RoleChange
	var licensing []ids.ID
	for _, c := range changes {
		if len(c.Given) > 0 {
			given = append(given, notify.RoleChange{Number: c.Number, Added: heldRoles(c.Given)})
			licensing = append(licensing, c.Licensing)
		}
	}
	if len(given) == 0 {
		return nil
	}
	owners, err := s.access.OwnersTx(tx, licensing)
	if err != nil || len(owners) == 0 {
		return err
	}
	q, err := s.invitee(tx, address, owners)
	if err != nil || q.id == "" {
		return err
	}
	if wait, err := perWelcomed.count(tx, "welcomed "+addressSubject(address)); err != nil || wait > 0 {
		return err
	}
	params := notify.Params{"by": q.org, "granted": notify.RoleChanges(given)}
	if by.Kind == audit.User {
		adder, err := userTx(tx, by.ID)
		if err != nil {
			return err
		}
		params["by"] = adder.Name()
	}
	_, err = s.send(tx, by, q, notify.Welcome, params, true)
	return err
}

// invitee returns the open invitation of an address, a new one if there is none; none when it is meant for a member of staff.
func (s *Service) invitee(tx *db.Tx, address string, owners []ids.ID) (queuedInvitation, error) {
	i := Invitation{Address: address, Organization: owners[0], Reason: "role"}
	for _, o := range owners {
		first, last, err := s.access.NameTx(tx, o, address)
		if err != nil {
			return queuedInvitation{}, err
		}
		if first+last != "" {
			i.FirstName, i.LastName = first, last
			break
		}
	}
	organization, err := s.OrganizationTx(tx, i.Organization)
	if err != nil {
		return queuedInvitation{}, err
	}
	_, err = tx.Exec(`INSERT INTO invitations (id, address, first_name, last_name, language, organization_id, reason, queued_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (address) WHERE accepted_at IS NULL DO NOTHING`,
		tx.NewID(), address, i.FirstName, i.LastName, string(organization.language()), i.Organization, i.Reason, tx.Now())
	if err != nil {
		return queuedInvitation{}, err
	}
	var found []queuedInvitation
	err = eachInvitation(tx, "i.address = $1 AND i.accepted_at IS NULL AND i.user_id IS NULL", []any{address}, func(q queuedInvitation) { found = append(found, q) })
	if err != nil || len(found) == 0 {
		return queuedInvitation{}, err
	}
	return found[0], nil
}
