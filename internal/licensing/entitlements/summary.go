package entitlements

import (
	"cmp"
	"slices"
	"strings"
	"sync"
)

// Row is one line of a License Summary. Its quantities are never all zero.
type Row struct {
	Pool       Pool   `json:"pool"`
	Family     string `json:"family"`
	Product    string `json:"product"`
	Version    string `json:"version"`
	Effective  int64  `json:"effective"`
	ActiveSA   int64  `json:"active_sa"`
	Unresolved int64  `json:"unresolved"`
	Granted    bool   `json:"granted"` // came from offers: marked with an asterisk
}

// Number names one of the three quantities of a row.
type Number uint8

// The numbers of a row.
const (
	Effective Number = iota
	ActiveSA
	Unresolved
)

// Summary is the answer to one question. It never changes and may be shared between goroutines. It keeps the
// ids of the lines it was computed from, not the lines.
type Summary struct {
	AsOf Date  `json:"as_of"`
	Rows []Row `json:"rows"` // by pool, family, product, version release; granted rows after the others of their product

	ids    []string // of the lines, as they were passed
	offers []offer
	origin []*tally // of Rows
}

// Part is a quantity that an order line contributes to a number.
type Part struct {
	Line     string
	Role     Role
	Rule     Rule
	Quantity int64
	Offer    string // code of the offer, of grants only
}

// Explanation opens one number. Parts add up to it; Because does not: see the package comment.
// Both are sorted by line id and rule.
type Explanation struct {
	Parts   []Part
	Because []Part
}

// Find returns the place in Rows of a product and version, and false when there is no such row.
func (s *Summary) Find(product, version string, granted bool) (int, bool) {
	i := slices.IndexFunc(s.Rows, func(r Row) bool {
		return r.Product == product && r.Version == version && r.Granted == granted
	})
	return i, i >= 0
}

// Explain opens one number of Rows[row].
func (s *Summary) Explain(row int, n Number) Explanation {
	t := s.origin[row]
	e := Explanation{Parts: s.parts(t.parts[n])}
	if n == Effective {
		e.Because = s.parts(t.because)
	}
	return e
}

func (s *Summary) parts(shares []share) []Part {
	parts := make([]Part, 0, len(shares))
	for _, sh := range shares {
		p := Part{Line: s.ids[sh.line], Role: sh.rule.Role(), Rule: sh.rule, Quantity: sh.quantity}
		if p.Role == RoleGrant {
			p.Offer = s.offers[sh.offer].Code
		}
		parts = append(parts, p)
	}
	slices.SortFunc(parts, func(a, b Part) int {
		return cmp.Or(strings.Compare(a.Line, b.Line), cmp.Compare(a.Rule, b.Rule), strings.Compare(a.Offer, b.Offer))
	})
	return parts
}

// share is a Part before it is opened: small, since there is one for nearly every line.
type share struct {
	quantity int64
	line     int32
	rule     Rule
	offer    int32
}

// tally gathers one row.
type tally struct {
	product, version int32
	granted          bool
	quantity         [3]int64 // by Number
	parts            [3][]share
	because          []share
}

// ledger holds the tallies of one computation. Groups of products are played side by side; each adds to
// tallies of its own products only, so that only finding a tally needs the lock.
type ledger struct {
	lock    sync.Mutex
	catalog *Catalog
	first   []int32 // of a product: the place of its first version in index
	index   []int32 // of a version, doubled for granted rows: place in tallies plus one
	tallies []*tally
}

func newLedger(c *Catalog) *ledger {
	l := &ledger{catalog: c, first: make([]int32, len(c.products))}
	versions := 0
	for i := range c.products {
		l.first[i] = int32(versions)
		versions += len(c.products[i].releases)
	}
	l.index = make([]int32, 2*versions)
	return l
}

func (l *ledger) at(product, version int32, granted bool) *tally {
	l.lock.Lock()
	defer l.lock.Unlock()
	i := 2 * (l.first[product] + version)
	if granted {
		i++
	}
	if l.index[i] == 0 {
		l.tallies = append(l.tallies, &tally{product: product, version: version, granted: granted})
		l.index[i] = int32(len(l.tallies))
	}
	return l.tallies[l.index[i]-1]
}

func (t *tally) add(n Number, s share) {
	t.quantity[n] += s.quantity
	t.parts[n] = append(t.parts[n], s)
}

// summary puts the tallies in the order of rows.
func (l *ledger) summary(asOf Date, ids []string) *Summary {
	products := l.catalog.products
	slices.SortFunc(l.tallies, func(a, b *tally) int {
		p, q := &products[a.product], &products[b.product]
		return cmp.Or(cmp.Compare(p.Pool, q.Pool), strings.Compare(p.Family, q.Family), cmp.Compare(a.product, b.product),
			compareBool(a.granted, b.granted), cmp.Compare(a.version, b.version))
	})
	s := &Summary{AsOf: asOf, Rows: make([]Row, 0, len(l.tallies)), ids: ids, offers: l.catalog.offers, origin: l.tallies}
	for _, t := range l.tallies {
		p := &products[t.product]
		s.Rows = append(s.Rows, Row{Pool: p.Pool, Family: p.Family, Product: p.Code, Version: p.Versions[t.version].Name,
			Effective: t.quantity[Effective], ActiveSA: t.quantity[ActiveSA], Unresolved: t.quantity[Unresolved], Granted: t.granted})
	}
	return s
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
