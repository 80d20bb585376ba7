package entitlements

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Pool is a license pool. Pools are ordered as summaries list them. The zero Pool is unknown.
type Pool uint8

// The license pools.
const (
	Applications Pool = iota + 1
	Systems
	Servers
)

// ParsePool reads the name of a pool; false when there is none of that name.
func ParsePool(name string) (Pool, bool) {
	for _, p := range []Pool{Applications, Systems, Servers} {
		if p.String() == name {
			return p, true
		}
	}
	return 0, false
}

// String returns the name of the pool, or "" when unknown.
func (p Pool) String() string {
	switch p {
	case Applications:
		return "Applications"
	case Systems:
		return "Systems"
	case Servers:
		return "Servers"
	}
	return ""
}

// MarshalText writes the name of the pool.
func (p Pool) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads the name of a pool.
func (p *Pool) UnmarshalText(text []byte) error {
	parsed, ok := ParsePool(string(text))
	if !ok {
		return fmt.Errorf("entitlements: %q is not a license pool", text)
	}
	*p = parsed
	return nil
}

// Product is one product. Its versions may be given in any order; they count in order of release.
type Product struct {
	Code, Name, Family string
	Pool               Pool
	Versions           []Version
}

// Version is a version of a product. One released later is newer.
type Version struct {
	Name     string
	Released Date
}

// StepUp allows step-up lines from one product to another.
type StepUp struct{ From, To string }

// Offer grants Numerator/Denominator licenses of Granted in Version for each unit of a line of the Granting
// product that is of one of the Kinds and effective from From to To, both included. A conditional offer
// counts only while that line's own coverage includes the day asked for.
type Offer struct {
	Code, Granting         string
	Kinds                  []Kind
	From, To               Date
	Granted, Version       string
	Numerator, Denominator int64
	Conditional            bool
}

// Catalog is a checked and indexed set of products, step-up paths and offers. It never changes and may be
// shared between goroutines. Make it with NewCatalog.
type Catalog struct {
	products []product // in byte order of their codes
	index    map[string]int32
	stepUps  map[StepUp]struct{}
	offers   []offer
}

type product struct {
	Product         // Versions in order of release
	releases []Date // of Versions
	versions map[string]int32
	offers   []int32 // that lines of this product may earn
}

type offer struct {
	Offer
	kinds            uint16 // bit set of Kinds
	granted, version int32
}

// NewCatalog checks and indexes a catalog. Its error is a *CatalogError that lists every problem.
// A product without versions is accepted here; lines that order it are not.
func NewCatalog(products []Product, stepUps []StepUp, offers []Offer) (*Catalog, error) {
	if found := catalogProblems(products, stepUps, offers); len(found) > 0 {
		return nil, &CatalogError{Problems: found}
	}
	c := &Catalog{index: make(map[string]int32, len(products)), stepUps: make(map[StepUp]struct{}, len(stepUps))}
	for _, p := range products {
		c.products = append(c.products, indexed(p))
	}
	slices.SortFunc(c.products, func(a, b product) int { return strings.Compare(a.Code, b.Code) })
	for i := range c.products {
		c.index[c.products[i].Code] = int32(i)
	}
	for _, path := range stepUps {
		c.stepUps[path] = struct{}{}
	}
	for i, o := range offers {
		granting, granted := &c.products[c.index[o.Granting]], c.index[o.Granted]
		known := offer{Offer: o, granted: granted, version: c.products[granted].versions[o.Version]}
		for _, k := range o.Kinds {
			known.kinds |= 1 << k
		}
		c.offers = append(c.offers, known)
		granting.offers = append(granting.offers, int32(i))
	}
	return c, nil
}

func indexed(p Product) product {
	p.Versions = slices.SortedFunc(slices.Values(p.Versions), func(a, b Version) int { return cmp.Compare(a.Released, b.Released) })
	known := product{Product: p, versions: make(map[string]int32, len(p.Versions))}
	for i, v := range p.Versions {
		known.releases = append(known.releases, v.Released)
		known.versions[v.Name] = int32(i)
	}
	return known
}

// Product returns the product of that code, its versions in order of release, the oldest first. The versions are
// shared: leave them as they are.
func (c *Catalog) Product(code string) (Product, bool) {
	i, ok := c.index[code]
	if !ok {
		return Product{}, false
	}
	return c.products[i].Product, true
}

// newest returns the newest version released on or before the day, or -1.
func (p *product) newest(day Date) int32 {
	low, high := 0, len(p.releases)
	for low < high {
		middle := int(uint(low+high) >> 1)
		if p.releases[middle] <= day {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return int32(low) - 1
}

// newestOrFirst returns the newest version released on or before the day, or the first of all.
func (p *product) newestOrFirst(day Date) int32 { return max(p.newest(day), 0) }

// newestWithin returns the newest version released between two days, both included, or -1.
func (p *product) newestWithin(from, to Date) int32 {
	v := p.newest(to)
	if v < 0 || p.releases[v] < from {
		return -1
	}
	return v
}
