package keys

import (
	"database/sql"
	"fmt"

	"chiave/internal/licensing/access"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// stored is a key on its way into the table.
type stored struct {
	licensing        ids.ID
	kind             Type
	origin           string
	text, lastFive   string
	lookup           []byte
	limit            *int64
	foreignUsed      *int64
	foreignAvailable *int64
	products         []string
	productText      string
}

func (s *Service) storeTx(tx *db.Tx, k stored) (ids.ID, error) {
	id := tx.NewID()
	sealed, err := s.sealer.Seal(place(id), []byte(k.text))
	if err != nil {
		return "", fmt.Errorf("sealing a product key: %w", err)
	}
	_, err = tx.Exec(`INSERT INTO product_keys (id, licensing_id, type, origin, sealed, lookup, last_five, product_text, activation_limit, used, imported_used, imported_available, state, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11, 'assigned', $12)`,
		id, k.licensing, string(k.kind), k.origin, sealed, k.lookup, k.lastFive, k.productText, nullable(k.limit), nullable(k.foreignUsed), nullable(k.foreignAvailable), tx.Now())
	if err != nil {
		return "", err
	}
	for _, product := range k.products {
		if _, err := tx.Exec("INSERT INTO key_products (key_id, product) VALUES ($1, $2)", id, product); err != nil {
			return "", err
		}
	}
	return id, nil
}

func nullable(n *int64) any {
	if n == nil {
		return nil
	}
	return *n
}

// keyColumns are the columns scanKey reads; a foreign key's count is the one its source reported.
const keyColumns = `k.id, k.licensing_id, l.number, l.program, o.legal_name, k.type, k.origin, k.last_five, k.product_text,
	CASE k.origin WHEN 'own' THEN k.activation_limit ELSE k.imported_used + k.imported_available END,
	CASE k.origin WHEN 'own' THEN k.used ELSE COALESCE(k.imported_used, 0) END,
	k.state, k.superseded_at, k.created_at, k.version`

const keyTables = " FROM product_keys k JOIN licensing_ids l ON l.id = k.licensing_id JOIN organizations o ON o.id = l.organization_id"

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
	var list []Key
	err := tx.Each("SELECT "+keyColumns+keyTables+" WHERE "+scope.SQL(tx, "k.licensing_id", "$1")+" AND k.id > $2 ORDER BY k.id LIMIT $3",
		[]any{scope.Arg(), string(after), limit}, func(scan func(...any) error) error {
			k, err := scanKey(scan)
			list = append(list, k)
			return err
		})
	if err != nil {
		return nil, err
	}
	return list, addProducts(tx, list)
}

func getTx(tx *db.Tx, key ids.ID) (Key, error) {
	list := make([]Key, 0, 1)
	err := tx.Each("SELECT "+keyColumns+keyTables+" WHERE k.id = $1", []any{key}, func(scan func(...any) error) error {
		k, err := scanKey(scan)
		list = append(list, k)
		return err
	})
	if err != nil {
		return Key{}, err
	}
	if len(list) == 0 {
		return Key{}, errUnknown
	}
	return list[0], addProducts(tx, list)
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
