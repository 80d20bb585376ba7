package keys

import (
	"database/sql"

	"chiave/internal/licensing/access"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

func insertOwn(tx *db.Tx, id, batch ids.ID, g Generation, sealed, lookup []byte, lastFive string, limit any) error {
	_, err := tx.Exec(`INSERT INTO product_keys (id, licensing_id, type, origin, sealed, lookup, last_five, activation_limit, state, created_at, batch_id)
		VALUES ($1, $2, $3, 'own', $4, $5, $6, $7, 'assigned', $8, $9)`,
		id, g.Licensing, string(g.Type), sealed, lookup, lastFive, limit, tx.Now(), batch)
	if err != nil {
		return err
	}
	for _, product := range g.Products {
		if _, err := tx.Exec("INSERT INTO key_products (key_id, product) VALUES ($1, $2)", id, product); err != nil {
			return err
		}
	}
	return nil
}

// keyColumns are the columns scanKey reads; a foreign key's count is the one its source reported.
const keyColumns = `k.id, k.licensing_id, l.number, l.program, o.legal_name, k.type, k.origin, k.last_five, k.product_text,
	CASE k.origin WHEN 'own' THEN k.activation_limit ELSE k.imported_used + k.imported_available END,
	CASE k.origin WHEN 'own' THEN k.used ELSE COALESCE(k.imported_used, 0) END,
	k.state, k.superseded_at, k.created_at, k.version`

// keyTables joins the keys that may be shown.
const keyTables = " FROM product_keys k JOIN licensing_ids l ON l.id = k.licensing_id AND " + access.Shown + " JOIN organizations o ON o.id = l.organization_id"

func scanKey(scan func(...any) error) (Key, error) {
	var k Key
	var limit sql.NullInt64
	err := scan(&k.ID, &k.Licensing, &k.Number, &k.Program, &k.Organization, &k.Type, &k.Origin, &k.LastFive, &k.ProductText, &limit, &k.Used,
		&k.State, &k.SupersededAt, &k.CreatedAt, &k.Version)
	k.Limit, k.Counted = limit.Int64, limit.Valid
	return k, err
}

// listTx returns keys of the scope after the given one, in order of id.
func listTx(tx *db.Tx, scope access.Scope, after ids.ID, limit int) ([]Key, error) {
	return keysTx(tx, scope.SQL(tx, "k.licensing_id", "$1")+" AND k.id > $2 ORDER BY k.id LIMIT $3", scope.Arg(), string(after), limit)
}

// batchTx returns the keys of a Licensing ID that were made together.
func batchTx(tx *db.Tx, licensing, batch ids.ID) ([]Key, error) {
	return keysTx(tx, "k.licensing_id = $1 AND k.batch_id = $2 ORDER BY k.id", licensing, batch)
}

func getTx(tx *db.Tx, key ids.ID) (Key, error) {
	list, err := keysTx(tx, "k.id = $1", key)
	if err == nil && len(list) == 0 {
		err = errUnknown
	}
	if err != nil {
		return Key{}, err
	}
	return list[0], nil
}

// keysTx returns the keys that a condition holds for.
func keysTx(tx *db.Tx, where string, args ...any) ([]Key, error) {
	var list []Key
	err := tx.Each("SELECT "+keyColumns+keyTables+" WHERE "+where, args, func(scan func(...any) error) error {
		k, err := scanKey(scan)
		list = append(list, k)
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, addProducts(tx, list)
}

// addProducts fills in what the keys serve, with the names that the catalog holds today.
func addProducts(tx *db.Tx, list []Key) error {
	place := make(map[ids.ID]int, len(list))
	keys := make([]ids.ID, len(list))
	for i, k := range list {
		place[k.ID], keys[i] = i, k.ID
	}
	return tx.Each(`SELECT kp.key_id, kp.product, COALESCE((SELECT p.name FROM products p WHERE p.code = kp.product ORDER BY p.revision DESC LIMIT 1), kp.product)
		FROM key_products kp WHERE kp.key_id IN `+tx.In("$1")+` ORDER BY kp.key_id, kp.product`, []any{db.List(keys)}, func(scan func(...any) error) error {
		var id ids.ID
		var p Product
		if err := scan(&id, &p.Code, &p.Name); err != nil {
			return err
		}
		k := &list[place[id]]
		k.Products = append(k.Products, p)
		return nil
	})
}
