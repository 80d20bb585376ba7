package agreements

import (
	"fmt"

	"chiave/internal/licensing/access"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// ContactType is what a contact of an agreement is for (PROG-13).
type ContactType string

// The types of contacts.
const (
	Primary                  ContactType = "primary"
	Notices                  ContactType = "notices"
	OnlineAdministrator      ContactType = "online_administrator"
	SoftwareAssuranceManager ContactType = "software_assurance_manager"
	OnlineServicesManager    ContactType = "online_services_manager"
	SubscriptionsManager     ContactType = "subscriptions_manager"
	Ordering                 ContactType = "ordering"
	ChannelPartner           ContactType = "partner"
)

// ContactTypes returns every type in the order in which pages list contacts.
func ContactTypes() []ContactType {
	return []ContactType{Primary, Notices, OnlineAdministrator, SoftwareAssuranceManager, OnlineServicesManager, SubscriptionsManager, Ordering, ChannelPartner}
}

// Roles returns the roles that being named as a contact of the type gives on a Licensing ID (CONT-10).
func (t ContactType) Roles() []access.Role {
	switch t {
	case Primary, Notices, OnlineAdministrator:
		return []access.Role{access.Administrator}
	case SoftwareAssuranceManager:
		return []access.Role{access.SoftwareAssuranceManager}
	case OnlineServicesManager:
		return []access.Role{access.OnlineServicesManager}
	case SubscriptionsManager:
		return []access.Role{access.SubscriptionsManager}
	}
	return nil
}

// Contact is a person named in an agreement. A Channel Partner Contact may be an organization's name alone.
type Contact struct {
	Type                ContactType
	Address             string
	FirstName, LastName string
	Organization        string // name of the partner, of a Channel Partner Contact
}

// contactsOf reads the contacts that hold now, by the agreement or Licensing ID that names them.
func contactsOf(tx *db.Tx, subjects []ids.ID) (map[ids.ID][]Contact, error) {
	found := map[ids.ID][]Contact{}
	err := tx.Each("SELECT c.subject_id, c.type, c.address, c.first_name, c.last_name FROM contacts c WHERE c.subject_id IN "+tx.In("$1")+
		" AND c.revision = (SELECT max(r.revision) FROM contacts r WHERE r.subject_id = c.subject_id AND r.type = c.type) ORDER BY c.subject_id, c.type, c.place",
		[]any{db.List(subjects)}, func(scan func(...any) error) error {
			var subject ids.ID
			var kind string
			var c Contact
			err := scan(&subject, &kind, &c.Address, &c.FirstName, &c.LastName)
			c.Type = ContactType(kind)
			found[subject] = append(found[subject], c)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("reading contacts: %w", err)
	}
	return found, nil
}

// ofType returns the contacts of one type, in their order.
func ofType(all []Contact, t ContactType) []Contact {
	var some []Contact
	for _, c := range all {
		if c.Type == t {
			some = append(some, c)
		}
	}
	return some
}
