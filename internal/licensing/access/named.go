package access

import (
	"fmt"

	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// The types of contacts that keep Licensing Info Viewer while they are named (PERM-19, ADM-19, ADM-20).
const (
	PrimaryContact       = "primary"
	NoticesCorrespondent = "notices"
)

// Named says who is contact of one of these types on a Licensing ID or an agreement, by its row id.
type Named struct {
	Subject   ids.ID
	Type      string
	Addresses []string // normalised
}

// NameContactsTx takes over who is Primary Contact or Notices Correspondent from now on; other types are left out. What is not said of a
// subject and a type stays as it is. The caller decides access and has what it changes on record.
func (s *Service) NameContactsTx(tx *db.Tx, said []Named) error {
	kinds, people := [][]any{}, [][]any{}
	for _, n := range said {
		if n.Type != PrimaryContact && n.Type != NoticesCorrespondent {
			continue
		}
		kinds = append(kinds, []any{n.Subject, n.Type})
		for _, address := range n.Addresses {
			people = append(people, []any{n.Subject, n.Type, address, tx.NewID()})
		}
	}
	if len(kinds) == 0 {
		return nil
	}
	_, err := tx.Exec("UPDATE named_contacts SET ended_at = $1 WHERE ended_at IS NULL AND EXISTS (SELECT 1 FROM "+tx.Rows("$2", "k")+
		" WHERE k.value->>0 = named_contacts.subject_id AND k.value->>1 = named_contacts.type) AND NOT EXISTS (SELECT 1 FROM "+tx.Rows("$3", "p")+
		" WHERE p.value->>0 = named_contacts.subject_id AND p.value->>1 = named_contacts.type AND p.value->>2 = named_contacts.address)",
		tx.Now(), db.Packed(kinds), db.Packed(people))
	if err == nil && len(people) > 0 {
		_, err = tx.Exec("INSERT INTO named_contacts (id, subject_id, type, address, named_at, declined_at) SELECT p.value->>3, p.value->>0, p.value->>1, p.value->>2, $1, "+
			// what somebody has chosen about an agreement holds for whatever it is that the agreement names the person as
			"(SELECT max(c.declined_at) FROM named_contacts c WHERE c.subject_id = p.value->>0 AND c.address = p.value->>2 AND (c.ended_at IS NULL OR c.ended_at = $1)) FROM "+
			tx.Rows("$2", "p")+" WHERE TRUE ON CONFLICT DO NOTHING", tx.Now(), db.Packed(people))
	}
	if err != nil {
		return fmt.Errorf("naming contacts: %w", err)
	}
	return nil
}

// namedOn returns as what an address is named on the Licensing IDs themselves.
func namedOn(tx *db.Tx, licensing []ids.ID, address string) (map[ids.ID]string, error) {
	named := map[ids.ID]string{}
	err := tx.Each("SELECT subject_id, type FROM named_contacts WHERE address = $1 AND ended_at IS NULL AND subject_id IN "+tx.In("$2")+" ORDER BY type",
		[]any{address, db.List(licensing)}, func(scan func(...any) error) error {
			var id ids.ID
			var kind string
			err := scan(&id, &kind)
			named[id] = kind
			return err
		})
	return named, err
}
