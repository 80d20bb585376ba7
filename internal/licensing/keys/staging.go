package keys

import (
	"database/sql"
	"fmt"
	"slices"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// staged is a row that becomes a key, or changes one, when its import is published.
type staged struct {
	foreign
	licensing ids.ID
	changes   ids.ID // the key that it changes; "" for a new one
}

// licensingIDs returns the row ids of the Licensing IDs that rows name, by number.
func licensingIDs(tx *db.Tx, rows []foreign) (map[string]ids.ID, error) {
	named := map[string]bool{}
	var numbers []string
	for _, f := range rows {
		if !named[f.number.Value] {
			named[f.number.Value] = true
			numbers = append(numbers, f.number.Value)
		}
	}
	found := map[string]ids.ID{}
	err := tx.Each("SELECT number, id FROM licensing_ids WHERE number IN "+tx.In("$1"), []any{db.List(numbers)}, func(scan func(...any) error) error {
		var number string
		var id ids.ID
		err := scan(&number, &id)
		found[number] = id
		return err
	})
	return found, err
}

// inCustody returns the keys found by the texts of rows.
func inCustody(tx *db.Tx, rows []foreign) (map[string][]custody, error) {
	args := make([]any, len(rows))
	for i, f := range rows {
		args[i] = []byte(f.lookup)
	}
	list := db.Values(1, len(args), 1) // ($1,$2,…)
	found := map[string][]custody{}
	err := tx.Each("SELECT lookup, id, licensing_id, origin, product_text, sealed, type, imported_used, imported_available FROM product_keys WHERE lookup IN "+list+
		" ORDER BY CASE origin WHEN 'own' THEN 0 ELSE 1 END, id", args, func(scan func(...any) error) error {
		var lookup []byte
		var c custody
		var used, available sql.NullInt64
		err := scan(&lookup, &c.id, &c.licensing, &c.origin, &c.product, &c.sealed, &c.row.kind, &used, &available)
		c.row.counted, c.row.used, c.row.available = used.Valid, used.Int64, available.Int64
		found[string(lookup)] = append(found[string(lookup)], c)
		return err
	})
	return found, err
}

// stageTx puts rows where nobody sees them yet.
func (s *Service) stageTx(tx *db.Tx, seq int64, rows []staged) error {
	const columns = 11
	args := make([]any, 0, len(rows)*columns)
	for _, r := range rows {
		id := r.changes
		if id == "" {
			id = tx.NewID()
		}
		sealed, err := s.sealer.Seal(place(id), []byte(r.code.Reveal()))
		if err != nil {
			return fmt.Errorf("sealing a foreign key: %w", err)
		}
		var used, available any
		if r.counted {
			used, available = r.used, r.available
		}
		args = append(args, seq, id, r.changes != "", r.licensing, string(r.kind), sealed, []byte(r.lookup), r.code.LastFive(), r.product, used, available)
	}
	_, err := tx.Exec("INSERT INTO staged_keys (import, id, changes, licensing_id, type, sealed, lookup, last_five, product_text, imported_used, imported_available) VALUES "+
		db.Values(1, columns, len(rows)), args...)
	return err
}

const (
	publishNew = `INSERT INTO product_keys (id, licensing_id, type, origin, sealed, lookup, last_five, product_text, imported_used, imported_available, state, created_at)
		SELECT s.id, s.licensing_id, s.type, 'foreign', s.sealed, s.lookup, s.last_five, s.product_text, s.imported_used, s.imported_available, 'assigned', i.published_at
		FROM staged_keys s JOIN imports i ON i.room = 'keys' AND i.seq = s.import WHERE s.import = $1 AND NOT s.changes`
	publishChanged = `UPDATE product_keys SET type = s.type, imported_used = s.imported_used, imported_available = s.imported_available, version = version + 1
		FROM staged_keys s WHERE s.import = $1 AND s.changes AND product_keys.id = s.id`
)

// recordChanges records, for each key that an import changes, what it was and what it becomes.
func recordChanges(tx *db.Tx, actor audit.Actor, seq int64) error {
	type state struct {
		Type      string `json:"type"`
		Used      *int64 `json:"used,omitempty"`
		Available *int64 `json:"available,omitempty"`
	}
	var acts []audit.Act
	err := tx.Each(`SELECT k.id, k.licensing_id, k.type, k.imported_used, k.imported_available, s.type, s.imported_used, s.imported_available
		FROM staged_keys s JOIN product_keys k ON k.id = s.id WHERE s.import = $1 AND s.changes ORDER BY k.id`, []any{seq}, func(scan func(...any) error) error {
		var id, licensing ids.ID
		var before, after state
		err := scan(&id, &licensing, &before.Type, &before.Used, &before.Available, &after.Type, &after.Used, &after.Available)
		acts = append(acts, audit.Act{Actor: actor, Event: audit.Event{Action: "keys.import_changed", Object: Wire.Wire(id), LicensingID: licensing, Before: before, After: after}})
		return err
	})
	if err != nil {
		return err
	}
	for some := range slices.Chunk(acts, recordsAtOnce) {
		if err := audit.RecordEach(tx, some); err != nil {
			return err
		}
	}
	return nil
}
