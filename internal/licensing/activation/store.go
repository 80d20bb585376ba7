package activation

import (
	"cmp"
	"maps"
	"slices"

	"chiave/internal/licensing/keys"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// keyRow is what activation needs of a product key.
type keyRow struct {
	id, licensing       ids.ID
	kind, origin, state string
	products            []string
}

func keyWire(id ids.ID) string { return keys.Wire.Wire(id) }

// refuses says why the key does not activate p, whatever is left of it.
func (k keyRow) refuses(p *pending) error {
	switch {
	case k.origin == keys.Foreign:
		return errForeign
	case k.kind != string(keys.MAK):
		return errType
	case k.state != keys.Assigned:
		return errSuperseded
	case !slices.Contains(k.products, p.Product):
		return errs.New(errs.Conflict, "activation.other_product", errs.Params{"product": p.Product})
	}
	return nil
}

func sortedKeys(found map[string]keyRow) []keyRow {
	return slices.SortedFunc(maps.Values(found), func(a, b keyRow) int { return cmp.Compare(a.id, b.id) })
}

// findKeys returns the keys of the batch by the hash of their text. Where the same text is kept as an own and as a foreign key, the
// own one counts.
func findKeys(tx *db.Tx, batch []*pending) (map[string]keyRow, error) {
	lookups := map[string][]byte{}
	for _, p := range batch {
		lookups[string(p.lookup)] = p.lookup
	}
	args := make([]any, 0, len(lookups))
	for _, l := range lookups {
		args = append(args, l)
	}
	found := map[string]keyRow{}
	err := tx.Each("SELECT k.lookup, k.id, k.licensing_id, k.type, k.origin, k.state, COALESCE(p.product, '') FROM product_keys k LEFT JOIN key_products p ON p.key_id = k.id WHERE k.lookup IN ("+
		placeholders(1, len(args))+") ORDER BY CASE k.origin WHEN 'own' THEN 0 ELSE 1 END, k.id", args, func(scan func(...any) error) error {
		var lookup []byte
		var k keyRow
		var product string
		if err := scan(&lookup, &k.id, &k.licensing, &k.kind, &k.origin, &k.state, &product); err != nil {
			return err
		}
		if had, ok := found[string(lookup)]; ok {
			if had.id != k.id {
				return nil
			}
			k = had
		}
		k.products = append(k.products, product)
		found[string(lookup)] = k
		return nil
	})
	return found, err
}

// placeholders returns "$first,…": count of them.
func placeholders(first, count int) string {
	text := db.Values(first, count, 1)
	return text[1 : len(text)-1]
}

const columns = "id, key_id, licensing_id, installation_id, product, machine, activated_at"

func scanActivation(scan func(...any) error) (Activation, error) {
	var a Activation
	err := scan(&a.ID, &a.KeyID, &a.LicensingID, &a.InstallationID, &a.Product, &a.Machine, &a.At)
	return a, err
}

// knownTx returns which of the members' computers the key has activated, by installation ID.
func knownTx(tx *db.Tx, k keyRow, batch []*pending, members []int) (map[string]Activation, error) {
	args := make([]any, 0, len(members)+2)
	args = append(args, k.licensing, k.id)
	for _, i := range members {
		args = append(args, batch[i].InstallationID)
	}
	known := map[string]Activation{}
	err := tx.Each("SELECT "+columns+" FROM activations WHERE licensing_id = $1 AND key_id = $2 AND installation_id IN ("+placeholders(3, len(members))+")", args,
		func(scan func(...any) error) error {
			a, err := scanActivation(scan)
			known[a.InstallationID] = a
			return err
		})
	return known, err
}

// addTx stores the computers and raises the count by those that no other transaction had stored meanwhile. Errors: errNoneLeft, with
// nothing to keep: the caller undoes it.
func addTx(tx *db.Tx, k keyRow, batch []*pending, fresh []int, outcomes []outcome) error {
	args := make([]any, 0, len(fresh)*7)
	for _, i := range fresh {
		p := batch[i]
		a := Activation{ID: tx.NewID(), KeyID: k.id, LicensingID: k.licensing, InstallationID: p.InstallationID, Product: p.Product, Machine: p.Machine, At: tx.Now()}
		outcomes[i] = outcome{Activation: a}
		args = append(args, a.ID, a.KeyID, a.LicensingID, a.InstallationID, a.Product, a.Machine, a.At)
	}
	added, err := tx.Exec("INSERT INTO activations ("+columns+") VALUES "+db.Values(1, 7, len(fresh))+
		" ON CONFLICT (licensing_id, key_id, installation_id) DO NOTHING", args...)
	if err != nil {
		return err
	}
	if added > 0 {
		n, err := tx.Exec("UPDATE product_keys SET used = used + $1, version = version + 1 WHERE id = $2 AND licensing_id = $3 AND state = 'assigned' AND used + $1 <= activation_limit",
			added, k.id, k.licensing)
		if err != nil {
			return err
		}
		if n == 0 {
			return errNoneLeft
		}
	}
	if added < int64(len(fresh)) {
		return takeOver(tx, k, batch, fresh, outcomes)
	}
	return nil
}

// takeOver gives computers that another transaction stored first the answer of that one.
func takeOver(tx *db.Tx, k keyRow, batch []*pending, fresh []int, outcomes []outcome) error {
	known, err := knownTx(tx, k, batch, fresh)
	if err != nil {
		return err
	}
	for _, i := range fresh {
		if a := known[batch[i].InstallationID]; a.ID != outcomes[i].ID {
			outcomes[i] = outcome{Activation: a, again: true}
		}
	}
	return nil
}

// listTx returns one more than page.Limit activations of a key, newest first, so that the caller sees whether there are more.
func listTx(tx *db.Tx, licensing, key ids.ID, page Page) ([]Activation, error) {
	before := ids.ID(page.Before)
	query := "SELECT " + columns + " FROM activations WHERE licensing_id = $1 AND key_id = $2"
	args := []any{licensing, key, page.Limit + 1}
	if before != "" {
		query += " AND (activated_at, id) < (SELECT activated_at, id FROM activations WHERE id = $4)"
		args = append(args, before)
	}
	var list []Activation
	err := tx.Each(query+" ORDER BY activated_at DESC, id DESC LIMIT $3", args, func(scan func(...any) error) error {
		a, err := scanActivation(scan)
		list = append(list, a)
		return err
	})
	return list, err
}
