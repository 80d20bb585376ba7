package catalog

import (
	"chiave/internal/licensing/entitlements"
	"chiave/internal/platform/feed"
)

// Class decides the default activation threshold of a product.
type Class string

// The classes.
const (
	Client Class = "client"
	Server Class = "server"
	Office Class = "office"
)

// Valid reports whether c is a class.
func (c Class) Valid() bool { return c == Client || c == Server || c == Office }

// Product is a product as it stands in the catalog. Versions are in order of release.
type Product struct {
	Code, Name, Family string
	Pool               entitlements.Pool
	Class              Class
	Versions           []Version
}

// Version is a version of a product.
type Version struct {
	Name     string
	Released entitlements.Date
}

// contents is a whole catalog, as stored or as a file has it.
type contents struct {
	products map[string]*Product
	stepUps  map[entitlements.StepUp]bool
	offers   map[string]entitlements.Offer
}

func newContents() *contents {
	return &contents{products: map[string]*Product{}, stepUps: map[entitlements.StepUp]bool{}, offers: map[string]entitlements.Offer{}}
}

// document is a catalog file: what it says, in its order, with the place of everything.
type document struct {
	products []productRow
	stepUps  []stepUpRow
	offers   []offerRow
}

type productRow struct {
	Product
	place    feed.Place
	code     feed.Place
	versions []versionPlaces
}

type versionPlaces struct{ name, released feed.Place }

type stepUpRow struct {
	entitlements.StepUp
	place, from, to feed.Place
	bad             bool
}

type offerRow struct {
	entitlements.Offer
	place  feed.Place
	places map[string]feed.Place // by member
	bad    bool
}

// rows is how many rows the document has.
func (d *document) rows() int { return len(d.products) + len(d.stepUps) + len(d.offers) }
