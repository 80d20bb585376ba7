package catalog

import (
	"fmt"

	"chiave/internal/licensing/entitlements"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/feed"
)

// readDocument takes the rows out of a catalog file. What each says by itself is judged here.
func readDocument(root *feed.Object) document {
	var d document
	for _, o := range root.Objects("products") {
		d.products = append(d.products, readProduct(o))
	}
	for _, o := range root.Objects("step_ups") {
		from, to := o.Need("from"), o.Need("to")
		o.Close()
		d.stepUps = append(d.stepUps, stepUpRow{entitlements.StepUp{From: from.Value, To: to.Value}, o.Place, from.Place, to.Place, o.Bad()})
	}
	for _, o := range root.Objects("offers") {
		d.offers = append(d.offers, readOffer(o))
	}
	root.Close()
	return d
}

func readProduct(o *feed.Object) productRow {
	code, name, family, pool, class := o.Need("code"), o.Need("name"), o.Need("family"), o.Need("pool"), o.Need("class")
	row := productRow{place: o.Place, code: code.Place}
	row.Code, row.Name, row.Family, row.Class = code.Value, name.Value, family.Value, Class(class.Value)
	var known bool
	if row.Pool, known = entitlements.ParsePool(pool.Value); !known && pool.Value != "" {
		o.Refuse(pool.Place, "catalog.pool_unknown", errs.Params{"value": pool.Value})
	}
	if !row.Class.Valid() && class.Value != "" {
		o.Refuse(class.Place, "catalog.class_unknown", errs.Params{"value": class.Value})
	}
	for _, v := range o.Objects("versions") {
		name := v.Need("name")
		released, place := day(v, "released")
		v.Close()
		row.Versions = append(row.Versions, Version{name.Value, released})
		row.versions = append(row.versions, versionPlaces{name.Place, place})
	}
	o.Close()
	return row
}

func readOffer(o *feed.Object) offerRow {
	row := offerRow{place: o.Place, places: map[string]feed.Place{}}
	text := func(name string) string {
		t := o.Need(name)
		row.places[name] = t.Place
		return t.Value
	}
	whole := func(name string) int64 {
		n := o.NeedWhole(name)
		row.places[name] = n.Place
		return n.Value
	}
	row.Code, row.Granting, row.Granted, row.Version = text("code"), text("granting"), text("granted"), text("version")
	row.Numerator, row.Denominator = whole("numerator"), whole("denominator")
	row.From, row.places["from"] = day(o, "from")
	row.To, row.places["to"] = day(o, "to")
	row.Kinds = kinds(o)
	row.Conditional = o.Flag("conditional").Value
	o.Close()
	row.bad = o.Bad()
	return row
}

// kinds takes the kinds of lines that an offer rewards, each once, in the order in which kinds are listed.
func kinds(o *feed.Object) []entitlements.Kind {
	named := map[entitlements.Kind]bool{}
	for _, t := range o.NeedTexts("kinds") {
		k, known := entitlements.ParseKind(t.Value)
		if !known || k == entitlements.RET {
			o.Refuse(t.Place, "catalog.kind_unknown", errs.Params{"value": t.Value})
		}
		named[k] = true
	}
	var all []entitlements.Kind
	for _, k := range entitlements.Kinds() {
		if named[k] {
			all = append(all, k)
		}
	}
	return all
}

// day takes a date that must be there.
func day(o *feed.Object, name string) (entitlements.Date, feed.Place) {
	t := o.Need(name)
	if t.Value == "" {
		return 0, t.Place
	}
	d, err := entitlements.ParseDate(t.Value)
	if err != nil {
		o.Refuse(t.Place, "feed.not_date", errs.Params{"value": t.Value})
	}
	return d, t.Place
}

// judge names what is wrong with the document together with what is stored.
func (d *document) judge(stored *contents, problems *feed.Problems) {
	merged := merger{stored: stored, places: map[string]feed.Place{}}
	merged.repeated(d, problems)
	merged.productsOf(d)
	merged.pathsOf(d)
	merged.offersOf(d)
	_, err := entitlements.NewCatalog(merged.products, merged.stepUps, merged.offers)
	refused, ok := err.(*entitlements.CatalogError)
	if !ok {
		return
	}
	for _, p := range refused.Problems {
		at, known := merged.places[p.Field]
		// What is missing was named when it was read; what is stored was judged when it came.
		if p.Code != entitlements.ValueMissing && known {
			problems.Add(at, string(p.Code), errs.Params{"value": p.Value})
		}
	}
}

// merger puts a document over what is stored and remembers where in the file each part stands.
type merger struct {
	stored   *contents
	products []entitlements.Product
	stepUps  []entitlements.StepUp
	offers   []entitlements.Offer
	places   map[string]feed.Place // by the paths of entitlements.Problem
}

// repeated names rows that are there twice and do not say the same.
func (m *merger) repeated(d *document, problems *feed.Problems) {
	products, offers := map[string]string{}, map[string]string{}
	refuse := func(seen map[string]string, key, says string, at feed.Place) {
		before, twice := seen[key]
		if twice && key != "" && before != says {
			problems.Add(at, "feed.row_twice", errs.Params{"key": key})
		}
		seen[key] = says
	}
	for _, p := range d.products {
		refuse(products, p.Code, fmt.Sprintf("%#v", p.Product), p.code)
	}
	for _, o := range d.offers {
		refuse(offers, o.Code, fmt.Sprintf("%#v", o.Offer), o.places["code"])
	}
}

func (m *merger) productsOf(d *document) {
	seen := map[string]bool{}
	for _, row := range d.products {
		if row.Code == "" || seen[row.Code] {
			continue
		}
		seen[row.Code] = true
		at := fmt.Sprintf("products[%d]", len(m.products))
		product := entitlements.Product{Code: row.Code, Name: row.Name, Family: row.Family, Pool: row.Pool}
		inFile := map[string]bool{}
		for _, v := range row.Versions {
			inFile[v.Name] = true
		}
		if stored := m.stored.products[row.Code]; stored != nil {
			for _, v := range stored.Versions {
				if !inFile[v.Name] {
					product.Versions = append(product.Versions, entitlements.Version(v))
				}
			}
		}
		for i, v := range row.Versions {
			here := fmt.Sprintf("%s.versions[%d]", at, len(product.Versions))
			m.places[here+".name"], m.places[here+".released"] = row.versions[i].name, row.versions[i].released
			product.Versions = append(product.Versions, entitlements.Version(v))
		}
		m.products = append(m.products, product)
	}
	for code, p := range m.stored.products {
		if !seen[code] {
			m.products = append(m.products, p.entitled())
		}
	}
}

func (m *merger) pathsOf(d *document) {
	seen := map[entitlements.StepUp]bool{}
	for _, row := range d.stepUps {
		if row.bad || seen[row.StepUp] {
			continue
		}
		seen[row.StepUp] = true
		at := fmt.Sprintf("step_ups[%d]", len(m.stepUps))
		m.places[at], m.places[at+".from"], m.places[at+".to"] = row.place, row.from, row.to
		m.stepUps = append(m.stepUps, row.StepUp)
	}
	for path := range m.stored.stepUps {
		if !seen[path] {
			m.stepUps = append(m.stepUps, path)
		}
	}
}

func (m *merger) offersOf(d *document) {
	seen := map[string]bool{}
	for _, row := range d.offers {
		if row.bad || seen[row.Code] {
			continue
		}
		seen[row.Code] = true
		for name, place := range row.places {
			m.places[fmt.Sprintf("offers[%d].%s", len(m.offers), name)] = place
		}
		m.offers = append(m.offers, row.Offer)
	}
	for code, o := range m.stored.offers {
		if !seen[code] {
			m.offers = append(m.offers, o)
		}
	}
}

func (p *Product) entitled() entitlements.Product {
	e := entitlements.Product{Code: p.Code, Name: p.Name, Family: p.Family, Pool: p.Pool}
	for _, v := range p.Versions {
		e.Versions = append(e.Versions, entitlements.Version(v))
	}
	return e
}
