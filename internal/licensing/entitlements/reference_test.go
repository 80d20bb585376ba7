package entitlements_test

import (
	"cmp"
	"slices"
	"strings"

	. "chiave/internal/licensing/entitlements"
)

// The reference follows the written rules sentence by sentence: one lot for each history of each line,
// all candidates looked at and sorted for each event, versions found by looking at all of them.

type refCoverage struct {
	first, last Date
	kind        Kind
	line        string
}

type refLot struct {
	product   string
	base      Version
	tookHold  Date
	coverages []refCoverage // by first day
	origin    string
	quantity  int64
}

type refKey struct {
	product, version string
	granted          bool
}

type reference struct {
	products map[string]Product
	lots     []*refLot
	rows     map[refKey]*Row
	asOf     Date
	taken    map[string]int64 // by line of an upgrade-like kind
	missed   map[string]int64
}

func (r *reference) released(product string, day Date) Version {
	var newest Version
	for _, v := range r.products[product].Versions {
		if v.Released <= day && v.Released > newest.Released {
			newest = v
		}
	}
	if newest.Name == "" {
		return slices.MinFunc(r.products[product].Versions, func(a, b Version) int { return cmp.Compare(a.Released, b.Released) })
	}
	return newest
}

func (r *reference) named(product, name string) Version {
	for _, v := range r.products[product].Versions {
		if v.Name == name {
			return v
		}
	}
	panic("no version " + name)
}

// version is version(lot, t).
func (r *reference) version(l *refLot, t Date) Version {
	newest := l.base
	for _, v := range r.products[l.product].Versions {
		for _, c := range l.coverages {
			if c.first <= v.Released && v.Released <= c.last && l.tookHold <= v.Released && v.Released <= t && v.Released > newest.Released {
				newest = v
			}
		}
	}
	return newest
}

func (l *refLot) covered(t Date) bool {
	return slices.ContainsFunc(l.coverages, func(c refCoverage) bool { return c.first <= t && t <= c.last })
}

func (l *refLot) last() Date {
	var last Date
	for _, c := range l.coverages {
		last = max(last, c.last)
	}
	return last
}

func (l *refLot) sharesDay(first, last Date) bool {
	return slices.ContainsFunc(l.coverages, func(c refCoverage) bool { return c.first <= last && first <= c.last })
}

func (l *refLot) with(c refCoverage) []refCoverage {
	all := append(slices.Clone(l.coverages), c)
	slices.SortFunc(all, func(a, b refCoverage) int { return cmp.Compare(a.first, b.first) })
	return all
}

func boolOrder(firstIsTrue, secondIsTrue bool) int {
	if firstIsTrue == secondIsTrue {
		return 0
	}
	if firstIsTrue {
		return -1
	}
	return 1
}

// ties is the total order that follows the order an event names.
func (r *reference) ties(a, b *refLot, t Date) int {
	if c := cmp.Or(-cmp.Compare(r.version(a, t).Released, r.version(b, t).Released), cmp.Compare(a.tookHold, b.tookHold)); c != 0 {
		return c
	}
	if c := slices.CompareFunc(a.coverages, b.coverages, func(x, y refCoverage) int {
		return cmp.Or(cmp.Compare(x.first, y.first), cmp.Compare(x.last, y.last), boolOrder(x.kind.CountsAsSA(), y.kind.CountsAsSA()))
	}); c != 0 {
		return c
	}
	return strings.Compare(a.origin, b.origin)
}

// take hands out q units of the candidates in order; change receives each part as a lot of its own.
func (r *reference) take(q int64, candidates []*refLot, order func(a, b *refLot) int, change func(part *refLot)) (left int64) {
	slices.SortFunc(candidates, order)
	for _, l := range candidates {
		n := min(q, l.quantity)
		if n == 0 {
			break
		}
		part := *l
		part.quantity = n
		l.quantity -= n
		q -= n
		change(&part)
		r.lots = append(r.lots, &part)
	}
	r.lots = slices.DeleteFunc(r.lots, func(l *refLot) bool { return l.quantity == 0 })
	return q
}

func (r *reference) candidates(keep func(l *refLot) bool) []*refLot {
	var found []*refLot
	for _, l := range r.lots {
		if keep(l) {
			found = append(found, l)
		}
	}
	return found
}

func (r *reference) row(product, version string, granted bool) *Row {
	key := refKey{product, version, granted}
	if r.rows[key] == nil {
		p := r.products[product]
		r.rows[key] = &Row{Pool: p.Pool, Family: p.Family, Product: product, Version: version, Granted: granted}
	}
	return r.rows[key]
}

func kindRank(k Kind) int {
	switch k {
	case L, LSA, SUB:
		return 0
	case SA, UA, MNT:
		return 1
	case UPG:
		return 2
	}
	return 3
}

func absentLast(a, b Date) int {
	if (a == 0) != (b == 0) {
		return boolOrder(b == 0, a == 0)
	}
	return cmp.Compare(a, b)
}

// compareEvents is the order in which lines are taken.
func (r *reference) compareEvents(a, b Line) int {
	release := func(l Line) Date {
		if l.Version == "" {
			return 0
		}
		return r.named(l.Product, l.Version).Released
	}
	return cmp.Or(cmp.Compare(a.Effective(), b.Effective()), cmp.Compare(kindRank(a.Kind), kindRank(b.Kind)),
		strings.Compare(a.Product, b.Product), strings.Compare(a.ToProduct, b.ToProduct), absentLast(release(a), release(b)),
		absentLast(a.CoverageStart, b.CoverageStart), absentLast(a.CoverageEnd, b.CoverageEnd), strings.Compare(a.ID, b.ID))
}

// settled returns the lines that count, with what returns left of them.
func settled(lines []Line, asOf Date) []Line {
	var count []Line
	for _, l := range lines {
		if l.Kind == RET || l.Effective() > asOf {
			continue
		}
		for _, back := range lines {
			if back.Kind == RET && back.Returns == l.ID && back.Effective() <= asOf {
				l.Quantity = max(0, l.Quantity-back.Quantity)
			}
		}
		if l.Quantity > 0 {
			count = append(count, l)
		}
	}
	return count
}

func (r *reference) play(line Line) {
	t, p := line.Effective(), line.Product
	c := refCoverage{line.CoverageStart, line.CoverageEnd, line.Kind, line.ID}
	var left int64
	var unresolved refKey
	switch line.Kind {
	case L, LSA:
		l := &refLot{product: p, tookHold: t, origin: line.ID, quantity: line.Quantity, base: r.released(p, t)}
		if line.Version != "" {
			l.base = r.named(p, line.Version)
		}
		if line.Kind == LSA {
			l.coverages = []refCoverage{c}
		}
		r.lots = append(r.lots, l)
		return
	case SUB:
		if c.first <= r.asOf && r.asOf <= c.last {
			r.row(p, r.released(p, r.asOf).Name, false).Effective += line.Quantity
		}
		return
	case SA, UA, MNT:
		left = r.take(line.Quantity, r.candidates(func(l *refLot) bool { return l.product == p && !l.sharesDay(c.first, c.last) }),
			func(a, b *refLot) int {
				return cmp.Or(boolOrder(len(a.coverages) > 0, len(b.coverages) > 0), -cmp.Compare(a.last(), b.last()), r.ties(a, b, t))
			},
			func(part *refLot) { part.coverages = part.with(c) })
		unresolved = refKey{product: p, version: cmp.Or(line.Version, r.released(p, c.first).Name)}
	case UPG:
		v := r.named(p, line.Version)
		left = r.take(line.Quantity, r.candidates(func(l *refLot) bool { return l.product == p && r.version(l, t).Released < v.Released }),
			func(a, b *refLot) int { return cmp.Or(boolOrder(!a.covered(t), !b.covered(t)), r.ties(a, b, t)) },
			func(part *refLot) { part.base, part.tookHold = v, t })
		unresolved = refKey{product: p, version: v.Name}
	case SUP:
		to := line.ToProduct
		left = r.take(line.Quantity, r.candidates(func(l *refLot) bool { return l.product == p && l.covered(t) }),
			func(a, b *refLot) int {
				return cmp.Or(-cmp.Compare(r.version(a, t).Released, r.version(b, t).Released), -cmp.Compare(a.last(), b.last()), r.ties(a, b, t))
			},
			func(part *refLot) {
				part.product, part.base, part.tookHold, part.coverages = to, r.released(to, t), t, []refCoverage{c}
			})
		unresolved = refKey{product: to, version: r.released(to, t).Name}
	}
	r.taken[line.ID], r.missed[line.ID] = line.Quantity-left, left
	if left > 0 {
		r.row(unresolved.product, unresolved.version, false).Unresolved += left
	}
}

func (r *reference) grants(line Line, offers []Offer) {
	for _, o := range offers {
		t := line.Effective()
		if o.Granting != line.Product || !slices.Contains(o.Kinds, line.Kind) || t < o.From || t > o.To {
			continue
		}
		if o.Conditional && !(line.Kind.HasCoverage() && line.CoverageStart <= r.asOf && r.asOf <= line.CoverageEnd) {
			continue
		}
		if n := line.Quantity * o.Numerator / o.Denominator; n > 0 {
			r.row(o.Granted, o.Version, true).Effective += n
		}
	}
}

// computeByTheBook is the reference computation.
func computeByTheBook(w world, lines []Line, asOf Date) *reference {
	r := &reference{products: map[string]Product{}, rows: map[refKey]*Row{}, asOf: asOf, taken: map[string]int64{}, missed: map[string]int64{}}
	for _, p := range w.products {
		r.products[p.Code] = p
	}
	counting := settled(lines, asOf)
	slices.SortFunc(counting, r.compareEvents)
	for _, line := range counting {
		r.play(line)
		r.grants(line, w.offers)
	}
	for _, l := range r.lots {
		row := r.row(l.product, r.version(l, asOf).Name, false)
		row.Effective += l.quantity
		if slices.ContainsFunc(l.coverages, func(c refCoverage) bool {
			return c.kind.CountsAsSA() && c.first <= asOf && asOf <= c.last
		}) {
			row.ActiveSA += l.quantity
		}
	}
	return r
}

// summaryRows are the rows in the order of summaries.
func (r *reference) summaryRows() []Row {
	rows := []Row{}
	for _, row := range r.rows {
		rows = append(rows, *row)
	}
	slices.SortFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Pool, b.Pool), strings.Compare(a.Family, b.Family), strings.Compare(a.Product, b.Product),
			boolOrder(!a.Granted, !b.Granted), cmp.Compare(r.named(a.Product, a.Version).Released, r.named(b.Product, b.Version).Released))
	})
	return rows
}
