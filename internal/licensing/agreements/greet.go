package agreements

import (
	"context"
	"fmt"
	"slices"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

const (
	greetAtOnce = 50                 // contacts of one transaction
	greetWithin = 7 * 24 * time.Hour // how long after its publication an import is looked at for contacts who wait
)

// greeting is a contact of a Licensing ID who is named for the first time: who gets the roles of the type of contact and is asked in,
// if need be.
type greeting struct {
	Contact
	licensing, organization ids.ID
}

func (g greeting) grant() access.ContactGrant {
	return access.ContactGrant{Address: g.Address, Licensing: g.licensing, Roles: g.Type.Roles(), Ref: string(g.Type)}
}

func (g greeting) invitation() accounts.Invitation {
	return accounts.Invitation{Address: g.Address, FirstName: g.FirstName, LastName: g.LastName, Organization: g.organization, Reason: "contact"}
}

// newcomers returns the people of a type who are to be greeted: those who were not named for it before.
func newcomers(t ContactType, people, before []Contact) []Contact {
	if len(t.Roles()) == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(people), func(c Contact) bool { return slices.Contains(before, c) })
}

// greet gives new contacts of a published import their roles, a few at a time so that nobody waits long, and returns how many
// invitations that queued. Each role and each invitation is on the record of its own.
func (s *Service) greet(ctx context.Context, actor audit.Actor, all []greeting) (invited int, err error) {
	for some := range slices.Chunk(all, greetAtOnce) {
		queued := 0
		err := s.db.Housekeep(ctx, "greeting contacts of a published import", func(tx *db.Tx) error {
			queued = 0
			for _, g := range some {
				granted, err := s.access.GrantFromContactTx(tx, actor, g.grant())
				if err != nil {
					return err
				}
				if !granted {
					continue
				}
				asked, err := s.accounts.InviteTx(tx, actor, g.invitation())
				if err != nil {
					return err
				}
				if asked {
					queued++
				}
			}
			return nil
		})
		if err != nil {
			return invited, err
		}
		invited += queued
	}
	return invited, nil
}

// Greet greets the contacts of imports that were published, and then cut short. Whom access was never told of as a contact is
// waiting still. A job calls it every hour or so.
func (s *Service) Greet(ctx context.Context) error {
	for {
		var waiting []greeting
		err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
			waiting, err = waitingContacts(tx)
			return err
		})
		if err != nil || len(waiting) == 0 {
			return err
		}
		if _, err := s.greet(ctx, audit.Itself(), waiting); err != nil {
			return err
		}
	}
}

// waitingContacts returns some of the contacts who hold now and were not greeted.
func waitingContacts(tx *db.Tx) (waiting []greeting, err error) {
	var types []string
	for _, t := range ContactTypes() {
		if len(t.Roles()) > 0 {
			types = append(types, string(t))
		}
	}
	err = tx.Each("SELECT c.subject_id, l.organization_id, c.type, c.address, c.first_name, c.last_name FROM contacts c JOIN imports i ON i.id = c.import_id "+
		"JOIN licensing_ids l ON l.id = c.subject_id WHERE i.published_at > $1 AND c.type IN "+tx.In("$2")+
		" AND c.revision = (SELECT max(r.revision) FROM contacts r WHERE r.subject_id = c.subject_id AND r.type = c.type)"+
		" AND NOT EXISTS (SELECT 1 FROM contact_grants g WHERE g.licensing_id = c.subject_id AND g.address = c.address AND g.ref = c.type)"+
		" ORDER BY c.subject_id, c.type, c.place LIMIT $3", []any{tx.Now().Add(-greetWithin), db.List(types), 10 * greetAtOnce},
		func(scan func(...any) error) error {
			var g greeting
			var kind string
			err := scan(&g.licensing, &g.organization, &kind, &g.Address, &g.FirstName, &g.LastName)
			g.Type = ContactType(kind)
			waiting = append(waiting, g)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("looking for contacts who were not greeted: %w", err)
	}
	return waiting, nil
}
