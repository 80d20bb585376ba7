package access

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// RoleChange is what changes for one person on one Licensing ID. A role that gets another end is ended and given anew.
type RoleChange struct {
	Licensing ids.ID
	Number    string
	Given     []Grant
	Ended     []Grant
}

// Herald tells a person who changed which of their roles, in the transaction of the change.
type Herald interface {
	RolesChangedTx(tx *db.Tx, by audit.Actor, address string, changes []RoleChange) error
}

// Tell makes a herald hear of every change of roles, after those before it. It is called before the service is used.
func (s *Service) Tell(h Herald) { s.heralds = append(s.heralds, h) }

func (s *Service) tell(tx *db.Tx, by audit.Actor, address string, changes []RoleChange) error {
	if len(s.heralds) == 0 || len(changes) == 0 {
		return nil
	}
	numbers, err := numbersOf(tx, changes)
	if err != nil {
		return err
	}
	for i := range changes {
		changes[i].Number = numbers[changes[i].Licensing]
	}
	slices.SortStableFunc(changes, func(a, b RoleChange) int { return cmp.Compare(a.Number, b.Number) })
	for _, h := range s.heralds {
		if err := h.RolesChangedTx(tx, by, address, changes); err != nil {
			return err
		}
	}
	return nil
}

func numbersOf(tx *db.Tx, changes []RoleChange) (map[ids.ID]string, error) {
	all := make([]ids.ID, len(changes))
	for i, c := range changes {
		all[i] = c.Licensing
	}
	numbers := map[ids.ID]string{}
	err := tx.Each("SELECT id, number FROM licensing_ids WHERE id IN "+tx.In("$1"), []any{db.List(all)}, func(scan func(...any) error) error {
		var id ids.ID
		var number string
		err := scan(&id, &number)
		numbers[id] = number
		return err
	})
	return numbers, err
}

// apply ends and gives the roles of one person, puts that on record and tells the person. The caller has bumped the roles of every
// Licensing ID concerned. Errors: Conflict "access.role_revoked", "access.last_administrator".
func (s *Service) apply(tx *db.Tx, g *Gate, address string, changes []RoleChange) error {
	if err := settle(tx, g, changes); err != nil {
		return err
	}
	return s.tell(tx, g.Actor(), address, changes)
}

// settle is apply, but for telling the person.
func settle(tx *db.Tx, g *Gate, changes []RoleChange) error {
	var given, ended []*Grant
	var headless []ids.ID // Licensing IDs whose Administrators may have become too few
	for i := range changes {
		c := &changes[i]
		for j := range c.Given {
			given = append(given, &c.Given[j])
		}
		for j := range c.Ended {
			ended = append(ended, &c.Ended[j])
			if c.Ended[j].Role == Administrator {
				headless = append(headless, c.Licensing)
			}
		}
	}
	if err := end(tx, ended); err != nil {
		return err
	}
	if err := insertAll(tx, given); err != nil {
		return err
	}
	if err := requireAdministrators(tx, headless); err != nil {
		return err
	}
	var events []audit.Event
	for _, e := range ended {
		events = append(events, audit.Event{Action: "roles.revoked", Object: roles.Wire(e.ID), LicensingID: e.Licensing, Before: e.change()})
	}
	for _, e := range given {
		events = append(events, audit.Event{Action: "roles.assigned", Object: roles.Wire(e.ID), LicensingID: e.Licensing, After: e.change()})
	}
	for some := range slices.Chunk(events, recordAtOnce) {
		if err := audit.Record(tx, g.Actor(), some...); err != nil {
			return err
		}
	}
	return nil
}

// recordAtOnce is how many audit records one statement writes.
const recordAtOnce = 500

func end(tx *db.Tx, grants []*Grant) error {
	if len(grants) == 0 {
		return nil
	}
	var rows [][]any
	for _, g := range grants {
		rows = append(rows, []any{g.Licensing, g.ID})
	}
	n, err := tx.Exec("UPDATE role_grants SET revoked_at = $1 WHERE revoked_at IS NULL AND EXISTS (SELECT 1 FROM "+tx.Rows("$2", "r")+
		" WHERE r.value->>0 = role_grants.licensing_id AND r.value->>1 = role_grants.id) AND licensing_id IN "+tx.In("$3"),
		tx.Now(), db.Packed(rows), db.List(licensingsOf(grants)))
	if err == nil && n != int64(len(grants)) {
		return errRevoked
	}
	return err
}

func licensingsOf(grants []*Grant) []ids.ID {
	var all []ids.ID
	for _, g := range grants {
		all = append(all, g.Licensing)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func insertAll(tx *db.Tx, grants []*Grant) error {
	if len(grants) == 0 {
		return nil
	}
	var rows [][]any
	for _, g := range grants {
		g.ID = tx.NewID()
		var until any
		if !g.Until.IsZero() {
			until = g.Until.UnixMicro()
		}
		rows = append(rows, []any{g.ID, g.Licensing, g.Address, string(g.Role), g.Part, string(g.Source), g.SourceRef, g.From.UnixMicro(), until})
	}
	_, err := tx.Exec("INSERT INTO role_grants (id, licensing_id, address, role, part, source, source_ref, valid_from, valid_until, granted_at) "+
		"SELECT r.value->>0, r.value->>1, r.value->>2, r.value->>3, r.value->>4, r.value->>5, r.value->>6, CAST(r.value->>7 AS BIGINT), CAST(r.value->>8 AS BIGINT), $1 FROM "+
		tx.Rows("$2", "r"), tx.Now(), db.Packed(rows))
	return err
}

// requireAdministrators refuses to leave one of the Licensing IDs without a person who can sign in and is Administrator now and without
// an end (ADM-01). The caller has bumped their roles. Errors: Conflict "access.last_administrator" with the number of the first one.
func requireAdministrators(tx *db.Tx, licensing []ids.ID) error {
	if len(licensing) == 0 {
		return nil
	}
	const person = " JOIN users u ON u.id = a.user_id AND u.disabled_at IS NULL"
	var number string
	err := tx.Each("SELECT t.number FROM licensing_ids t WHERE t.id IN "+tx.In("$1")+" AND NOT EXISTS (SELECT 1 FROM role_grants g "+
		"JOIN user_addresses a ON a.address = g.address AND a.verified_at IS NOT NULL"+person+
		" WHERE g.licensing_id = t.id AND g.role = 'administrator' AND g.revoked_at IS NULL AND g.valid_from <= $2 AND g.valid_until IS NULL) AND NOT EXISTS ("+
		inherited("1", "JOIN user_addresses a ON a.address = n.address AND a.verified_at IS NOT NULL"+person, "l.id = t.id AND r.role = 'administrator'")+
		") ORDER BY t.number DESC", []any{db.List(licensing), tx.Now()}, func(scan func(...any) error) error { return scan(&number) })
	if err != nil {
		return fmt.Errorf("looking for Administrators: %w", err)
	}
	if number != "" {
		return errs.New(errs.Conflict, "access.last_administrator", errs.Params{"licensing_id": number})
	}
	return nil
}

// rolesOf returns the role rows of an address on some Licensing IDs that count now or will, without those inherited.
func rolesOf(tx *db.Tx, address string, licensing []ids.ID) ([]Grant, error) {
	var all []Grant
	err := tx.Each("SELECT "+grantColumns+" FROM role_grants g WHERE g.address = $1 AND g.revoked_at IS NULL AND (g.valid_until IS NULL OR g.valid_until > $2) "+
		"AND g.licensing_id IN "+tx.In("$3")+" ORDER BY g.licensing_id, g.role, g.part, g.id",
		[]any{address, tx.Now(), db.List(licensing)}, func(scan func(...any) error) error {
			grant, err := scanGrant(scan)
			all = append(all, grant)
			return err
		})
	return all, err
}

// lasts reports whether the grant counts at the instant now or will later.
func (g Grant) lasts(now time.Time) bool { return g.Until.IsZero() || now.Before(g.Until) }
