package activation

import (
	"fmt"
	"slices"
	"strings"

	"chiave/internal/licensing/keys"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// keyRow is what activation needs of a product key.
type keyRow struct {
	id, licensing       ids.ID
	kind, origin, state string
	left                int64 // activations not used yet
	fresh               int64 // of these, used up by this batch
	products            []string
}

func keyWire(id ids.ID) string { return keys.Wire.Wire(id) }

// refuses says why the key does not activate another computer for p.
func (k *keyRow) refuses(p *pending) error {
	switch {
	case k.origin == keys.Foreign:
		return errForeign
	case k.kind != string(keys.MAK):
		return errType
	case k.state != keys.Assigned:
		return errSuperseded
	}
	if err := k.serves(p.Product); err != nil {
		return err
	}
	if k.fresh >= k.left {
		return errNoneLeft
	}
	return nil
}

// serves refuses a product that the key is not for.
func (k *keyRow) serves(product string) error {
	if !slices.Contains(k.products, product) {
		return errs.New(errs.Conflict, "activation.other_product") // without the text: a key is easily typed into the wrong field
	}
	return nil
}

// lockKeys returns the keys of the batch by the hash of their text, and holds their rows until the transaction ends. Where the same
// text is kept as an own and as a foreign key, the own one counts.
func lockKeys(tx *db.Tx, batch []*pending) (map[string]*keyRow, error) {
	found := map[string]*keyRow{}
	var args []any
	for _, p := range batch {
		if _, ok := found[string(p.lookup)]; !ok {
			found[string(p.lookup)] = nil
			args = append(args, p.lookup)
		}
	}
	query := "SELECT k.lookup, k.id, k.licensing_id, k.type, k.origin, k.state, COALESCE(k.activation_limit, 0) - k.used, COALESCE(p.product, '') " +
		"FROM product_keys k LEFT JOIN key_products p ON p.key_id = k.id WHERE k.lookup IN " + db.Values(1, len(args), 1) +
		" ORDER BY CASE k.origin WHEN 'own' THEN 0 ELSE 1 END, k.id" + tx.Pick("", " FOR NO KEY UPDATE OF k")
	err := tx.Each(query, args, func(scan func(...any) error) error {
		var lookup []byte
		var k keyRow
		var product string
		if err := scan(&lookup, &k.id, &k.licensing, &k.kind, &k.origin, &k.state, &k.left, &product); err != nil {
			return err
		}
		had := found[string(lookup)]
		if had == nil {
			had = &k
			found[string(lookup)] = had
		}
		if had.id == k.id {
			had.products = append(had.products, product)
		}
		return nil
	})
	return found, err
}

const columns = "id, key_id, licensing_id, installation_id, product, machine, activated_at"

func scanActivation(scan func(...any) error) (Activation, error) {
	var a Activation
	err := scan(&a.ID, &a.KeyID, &a.LicensingID, &a.InstallationID, &a.Product, &a.Machine, &a.At)
	return a, err
}

// knownTx returns which of the computers of the batch are activated by the key they name. PostgreSQL is told to look each of them up by
// itself: left to choose, it keeps a plan that it made when the table was small, and reads all computers of a busy key.
func knownTx(tx *db.Tx, found map[string]*keyRow, batch []*pending) (map[computer]Activation, error) {
	known := map[computer]Activation{}
	var args []any
	for _, p := range batch {
		if k := found[string(p.lookup)]; k != nil {
			args = append(args, k.licensing, k.id, p.InstallationID)
		}
	}
	if len(args) == 0 {
		return known, nil
	}
	const match = "licensing_id = n.column1 AND key_id = n.column2 AND installation_id = n.column3"
	err := tx.Each("SELECT "+columns+" FROM (VALUES "+db.Values(1, 3, len(args)/3)+") AS n "+
		tx.Pick("JOIN activations ON "+match, "CROSS JOIN LATERAL (SELECT * FROM activations WHERE "+match+" LIMIT 1) AS a"), args,
		func(scan func(...any) error) error {
			a, err := scanActivation(scan)
			known[computer{a.KeyID, a.InstallationID}] = a
			return err
		})
	return known, err
}

// storeTx stores the computers and raises the counts of their keys by as many. The statement that counts enforces the limit itself,
// whatever was read before.
func storeTx(tx *db.Tx, found map[string]*keyRow, fresh []Activation) error {
	if len(fresh) == 0 {
		return nil
	}
	args := make([]any, 0, len(fresh)*7)
	for _, a := range fresh {
		args = append(args, a.ID, a.KeyID, a.LicensingID, a.InstallationID, a.Product, a.Machine, a.At)
	}
	if _, err := tx.Exec("INSERT INTO activations ("+columns+") VALUES "+db.Values(1, 7, len(fresh)), args...); err != nil {
		return err
	}
	var rows []string
	args = nil
	for _, k := range found {
		if k != nil && k.fresh > 0 {
			rows = append(rows, fmt.Sprintf("($%d, CAST($%d AS BIGINT))", len(args)+1, len(args)+2))
			args = append(args, k.id, k.fresh)
		}
	}
	n, err := tx.Exec("UPDATE product_keys SET used = used + n.column2 FROM (VALUES "+strings.Join(rows, ",")+") AS n "+
		"WHERE product_keys.id = n.column1 AND state = 'assigned' AND used + n.column2 <= activation_limit", args...)
	if err == nil && n != int64(len(rows)) {
		err = fmt.Errorf("the counts of %d of %d keys could not be raised", int64(len(rows))-n, len(rows))
	}
	return err
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
