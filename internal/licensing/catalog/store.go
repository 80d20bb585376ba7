package catalog

import (
	"fmt"
	"slices"
	"strings"

	"chiave/internal/licensing/entitlements"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// load reads the catalog that holds now.
func load(tx *db.Tx) (*contents, error) {
	c := newContents()
	for _, read := range []func(*db.Tx) error{c.loadProducts, c.loadVersions, c.loadStepUps, c.loadOffers} {
		if err := read(tx); err != nil {
			return nil, fmt.Errorf("reading the catalog: %w", err)
		}
	}
	return c, nil
}

func (c *contents) loadProducts(tx *db.Tx) error {
	return tx.Each("SELECT p.code, p.name, p.family, p.pool, p.class FROM products p "+
		"WHERE p.revision = (SELECT max(r.revision) FROM products r WHERE r.code = p.code)", nil, func(scan func(...any) error) error {
		var p Product
		var pool, class string
		if err := scan(&p.Code, &p.Name, &p.Family, &pool, &class); err != nil {
			return err
		}
		p.Pool, _ = entitlements.ParsePool(pool)
		p.Class = Class(class)
		c.products[p.Code] = &p
		return nil
	})
}

func (c *contents) loadVersions(tx *db.Tx) error {
	return tx.Each("SELECT v.product, v.name, v.released_on FROM product_versions v WHERE v.revision = "+
		"(SELECT max(r.revision) FROM product_versions r WHERE r.product = v.product AND r.name = v.name) ORDER BY v.released_on", nil,
		func(scan func(...any) error) error {
			var product, name, released string
			if err := scan(&product, &name, &released); err != nil {
				return err
			}
			day, err := entitlements.ParseDate(released)
			if err != nil {
				return err
			}
			c.products[product].Versions = append(c.products[product].Versions, Version{name, day})
			return nil
		})
}

func (c *contents) loadStepUps(tx *db.Tx) error {
	return tx.Each("SELECT from_product, to_product FROM step_ups", nil, func(scan func(...any) error) error {
		var s entitlements.StepUp
		err := scan(&s.From, &s.To)
		c.stepUps[s] = true
		return err
	})
}

func (c *contents) loadOffers(tx *db.Tx) error {
	return tx.Each("SELECT o.code, o.granting, o.kinds, o.from_on, o.to_on, o.granted, o.version, o.numerator, o.denominator, o.conditional "+
		"FROM grant_offers o WHERE o.revision = (SELECT max(r.revision) FROM grant_offers r WHERE r.code = o.code)", nil,
		func(scan func(...any) error) error {
			var o entitlements.Offer
			var kinds, from, to string
			if err := scan(&o.Code, &o.Granting, &kinds, &from, &to, &o.Granted, &o.Version, &o.Numerator, &o.Denominator, &o.Conditional); err != nil {
				return err
			}
			if err := o.From.UnmarshalText([]byte(from)); err != nil {
				return err
			}
			if err := o.To.UnmarshalText([]byte(to)); err != nil {
				return err
			}
			for name := range strings.SplitSeq(kinds, ",") {
				k, _ := entitlements.ParseKind(name)
				o.Kinds = append(o.Kinds, k)
			}
			c.offers[o.Code] = o
			return nil
		})
}

// catalog makes the checked catalog of what is stored.
func (c *contents) catalog() (*entitlements.Catalog, error) {
	var products []entitlements.Product
	var stepUps []entitlements.StepUp
	var offers []entitlements.Offer
	for _, p := range c.products {
		products = append(products, p.entitled())
	}
	for s := range c.stepUps {
		stepUps = append(stepUps, s)
	}
	for _, o := range c.offers {
		offers = append(offers, o)
	}
	// Offers are tried in a fixed order, so that the same question is explained the same way each time.
	slices.SortFunc(offers, func(a, b entitlements.Offer) int { return strings.Compare(a.Code, b.Code) })
	return entitlements.NewCatalog(products, stepUps, offers)
}

// write adds the revisions, each kind by one statement.
func (todo *changes) write(tx *db.Tx, run ids.ID) error {
	var products, versions, stepUps, offers [][]any
	for _, p := range todo.products {
		products = append(products, []any{p.Code, p.Name, p.Family, p.Pool.String(), string(p.Class)})
	}
	for _, v := range todo.versions {
		versions = append(versions, []any{v.product, v.Name, v.Released.String()})
	}
	for _, s := range todo.stepUps {
		stepUps = append(stepUps, []any{s.From, s.To})
	}
	for _, o := range todo.offers {
		names := make([]string, len(o.Kinds))
		for i, k := range o.Kinds {
			names[i] = k.String()
		}
		offers = append(offers, []any{o.Code, o.Granting, strings.Join(names, ","), o.From.String(), o.To.String(), o.Granted, o.Version, o.Numerator, o.Denominator, o.Conditional})
	}
	const next = "coalesce((SELECT max(o.revision) FROM "
	for _, insert := range []struct {
		into, values string
		rows         [][]any
	}{
		{"products (code, name, family, pool, class, revision", "r.value->>0, r.value->>1, r.value->>2, r.value->>3, r.value->>4, " +
			next + "products o WHERE o.code = r.value->>0), 0) + 1", products},
		{"product_versions (product, name, released_on, revision", "r.value->>0, r.value->>1, r.value->>2, " +
			next + "product_versions o WHERE o.product = r.value->>0 AND o.name = r.value->>1), 0) + 1", versions},
		{"step_ups (from_product, to_product", "r.value->>0, r.value->>1", stepUps},
		{"grant_offers (code, granting, kinds, from_on, to_on, granted, version, numerator, denominator, conditional, revision",
			"r.value->>0, r.value->>1, r.value->>2, r.value->>3, r.value->>4, r.value->>5, r.value->>6, CAST(r.value->>7 AS BIGINT), CAST(r.value->>8 AS BIGINT), " +
				"CAST(r.value->>9 AS " + tx.Pick("INTEGER", "BOOLEAN") + "), " + next + "grant_offers o WHERE o.code = r.value->>0), 0) + 1", offers},
	} {
		if len(insert.rows) == 0 {
			continue
		}
		_, err := tx.Exec("INSERT INTO "+insert.into+", import_id, recorded_at) SELECT "+insert.values+", $1, $2 FROM "+tx.Rows("$3", "r"), run, tx.Now(), db.Packed(insert.rows))
		if err != nil {
			return err
		}
	}
	return nil
}
