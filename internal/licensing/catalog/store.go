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

// revise adds a revision of a product without its versions.
func reviseProduct(tx *db.Tx, p Product, run ids.ID) error {
	_, err := tx.Exec("INSERT INTO products (code, revision, name, family, pool, class, import_id, recorded_at) "+
		"SELECT $1, coalesce(max(revision), 0) + 1, $2, $3, $4, $5, $6, $7 FROM products WHERE code = $8",
		p.Code, p.Name, p.Family, p.Pool.String(), string(p.Class), run, tx.Now(), p.Code)
	return err
}

func reviseVersion(tx *db.Tx, product string, v Version, run ids.ID) error {
	_, err := tx.Exec("INSERT INTO product_versions (product, name, revision, released_on, import_id, recorded_at) "+
		"SELECT $1, $2, coalesce(max(revision), 0) + 1, $3, $4, $5 FROM product_versions WHERE product = $6 AND name = $7",
		product, v.Name, v.Released.String(), run, tx.Now(), product, v.Name)
	return err
}

func addStepUp(tx *db.Tx, s entitlements.StepUp, run ids.ID) error {
	_, err := tx.Exec("INSERT INTO step_ups (from_product, to_product, import_id, recorded_at) VALUES ($1, $2, $3, $4)", s.From, s.To, run, tx.Now())
	return err
}

func reviseOffer(tx *db.Tx, o entitlements.Offer, run ids.ID) error {
	names := make([]string, len(o.Kinds))
	for i, k := range o.Kinds {
		names[i] = k.String()
	}
	_, err := tx.Exec("INSERT INTO grant_offers (code, revision, granting, kinds, from_on, to_on, granted, version, numerator, denominator, conditional, import_id, recorded_at) "+
		"SELECT $1, coalesce(max(revision), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 FROM grant_offers WHERE code = $13",
		o.Code, o.Granting, strings.Join(names, ","), o.From.String(), o.To.String(), o.Granted, o.Version, o.Numerator, o.Denominator, o.Conditional,
		run, tx.Now(), o.Code)
	return err
}
