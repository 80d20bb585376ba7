package accounts

import (
	"context"
	"maps"
	"slices"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/notify"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

const (
	// AdviseEvery is how often Advise is to be called.
	AdviseEvery = time.Hour
	// adviseAfter is how long a Licensing ID has depended on one person before that person is told: the first days of an agreement are for
	// naming people.
	adviseAfter = 7 * 24 * time.Hour
	adviseBatch = 500
	usersPath   = "/users"
)

// Advise recommends an alternate to whoever has been the only Administrator of a Licensing ID for a week, once for as long as that is so
// (ADM-04; N13). A job calls it now and then.
func (s *Service) Advise(ctx context.Context) error {
	for after := ids.ID(""); ; {
		var batch []ids.ID
		err := s.db.Housekeep(ctx, "recommending alternates", func(tx *db.Tx) error {
			batch = nil
			err := tx.Each("SELECT id FROM licensing_ids WHERE id > $1 ORDER BY id LIMIT $2", []any{string(after), adviseBatch}, func(scan func(...any) error) error {
				var id ids.ID
				err := scan(&id)
				batch = append(batch, id)
				return err
			})
			if err != nil || len(batch) == 0 {
				return err
			}
			return s.advise(tx, batch)
		})
		if err != nil || len(batch) < adviseBatch {
			return err
		}
		after = batch[len(batch)-1]
	}
}

// advise notes which of the Licensing IDs depend on one person, and tells those who have done so for long.
func (s *Service) advise(tx *db.Tx, licensing []ids.ID) error {
	few, err := s.access.FewPeopleTx(tx, access.Scope{IDs: licensing})
	if err != nil {
		return err
	}
	still := make([]ids.ID, len(few))
	rows := make([][]any, len(few))
	for i, f := range few {
		still[i] = f.Licensing
		rows[i] = []any{f.Licensing, map[bool]string{true: "1", false: "0"}[f.Keys]}
	}
	if _, err := tx.Exec("DELETE FROM few_people WHERE licensing_id IN "+tx.In("$1")+" AND licensing_id NOT IN "+tx.In("$2"), db.List(licensing), db.List(still)); err != nil {
		return err
	}
	if len(few) == 0 {
		return nil
	}
	// What gets worse begins anew; what gets better was told already.
	_, err = tx.Exec("INSERT INTO few_people (licensing_id, keys, since) SELECT r.value->>0, r.value->>1 = '1', $1 FROM "+tx.Rows("$2", "r")+" WHERE TRUE ON CONFLICT (licensing_id) DO UPDATE SET "+
		"since = CASE WHEN excluded.keys AND NOT few_people.keys THEN excluded.since ELSE few_people.since END, "+
		"told_at = CASE WHEN excluded.keys AND NOT few_people.keys THEN NULL ELSE few_people.told_at END, keys = excluded.keys", tx.Now(), db.Packed(rows))
	if err != nil {
		return err
	}
	return s.tellFew(tx, few)
}

// tellFew mails each of the people concerned one list.
func (s *Service) tellFew(tx *db.Tx, few []access.Few) error {
	due := map[ids.ID]bool{}
	err := tx.Each("SELECT licensing_id FROM few_people WHERE told_at IS NULL AND since <= $1", []any{tx.Now().Add(-adviseAfter)}, func(scan func(...any) error) error {
		var id ids.ID
		err := scan(&id)
		due[id] = true
		return err
	})
	if err != nil {
		return err
	}
	told, lists := []ids.ID{}, map[ids.ID][]notify.FewPeople{}
	for _, f := range few {
		if !due[f.Licensing] {
			continue
		}
		addresses, err := s.access.AdministratorsTx(tx, f.Licensing)
		if err != nil {
			return err
		}
		for _, a := range addresses { // of one person
			owner, err := ownerTx(tx, a)
			if err != nil {
				return err
			}
			if owner != "" { // who has no account yet can do nothing about it
				lists[owner] = append(lists[owner], notify.FewPeople{Number: f.Number, Keys: f.Keys})
				told = append(told, f.Licensing)
				break
			}
		}
	}
	if _, err := tx.Exec("UPDATE few_people SET told_at = $1 WHERE told_at IS NULL AND licensing_id IN "+tx.In("$2"), tx.Now(), db.List(told)); err != nil {
		return err
	}
	for _, owner := range slices.Sorted(maps.Keys(lists)) {
		u, err := userTx(tx, owner)
		if err != nil {
			return err
		}
		err = s.mail.EnqueueTx(tx, notify.Message{To: u.Addresses[0], Lang: string(u.Language), Zone: u.TimeZone, Event: notify.Alternates,
			Params: notify.Params{"name": u.Name(), "few": notify.FewPeopleList(lists[owner]), "link": s.baseURL + usersPath}})
		if err != nil {
			return err
		}
	}
	return nil
}
