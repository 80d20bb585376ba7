package entitlements

import (
	"math"
	"math/bits"
)

// Compute answers a question: the summary as of a day over the order lines of the Licensing IDs asked about, in any
// order. It fails with a *LineError when a line that counts cannot be placed in the catalog (CheckLine refuses
// such lines at import), when the quantities exceed 64 bits, when there are too many lines, or when asOf is absent.
func Compute(c *Catalog, lines []Line, asOf Date) (*Summary, error) {
	if asOf == 0 {
		return nil, &LineError{Problem: Problem{Code: AsOfMissing, Field: "as_of"}}
	}
	if len(lines) > maxRank {
		return nil, &LineError{Problem: Problem{Code: TooManyLines, Field: "lines"}}
	}
	r := reading{catalog: c, lines: lines, asOf: asOf, ledger: newLedger(c), groups: newGroups(len(c.products))}
	if err := r.read(); err != nil {
		return nil, err
	}
	r.letLinesGo()
	r.playAll()
	return r.ledger.summary(asOf, r.ids), nil
}

// reading turns lines into events, and counts what needs no events: subscriptions and grants.
type reading struct {
	catalog *Catalog
	lines   []Line   // until they are read
	ids     []string // of the lines
	asOf    Date
	ledger  *ledger
	groups  groups
	events  []event
	total   int64 // of all quantities, so that no sum of some of them can overflow
}

func (r *reading) read() error {
	returned := r.returned()
	r.events = make([]event, 0, len(r.lines))
	for i := range r.lines {
		line := &r.lines[i]
		if line.Kind == RET || line.Effective() > r.asOf {
			continue
		}
		e, ok := r.catalog.event(line)
		if !ok {
			return &LineError{Line: line.ID, Problem: attributeProblems(r.catalog, line)[0]}
		}
		e.line = int32(i)
		if len(returned) > 0 {
			e.quantity = max(0, e.quantity-returned[line.ID])
		}
		if e.quantity == 0 {
			continue
		}
		if !r.count(e.quantity) || !r.grants(line, &e) {
			return &LineError{Line: line.ID, Problem: Problem{Code: QuantityOverflow, Field: "quantity"}}
		}
		switch e.kind {
		case SUB:
			r.subscription(line, &e)
			continue
		case SUP:
			r.groups.join(e.product, e.to)
		}
		r.events = append(r.events, e)
	}
	return nil
}

// letLinesGo keeps the ids of the lines alone: of millions of lines the rest is not needed while the events are played, and takes most
// of the room.
func (r *reading) letLinesGo() {
	r.ids = make([]string, len(r.lines))
	for i := range r.lines {
		r.ids[i] = r.lines[i].ID
	}
	r.lines = nil
}

// count adds to the total, or reports false when it would overflow.
func (r *reading) count(quantity int64) bool {
	if quantity > math.MaxInt64-r.total {
		return false
	}
	r.total += quantity
	return true
}

// returned adds up, by line id, what returns take back by the day asked for.
func (r *reading) returned() map[string]int64 {
	returned := make(map[string]int64)
	for i := range r.lines {
		if line := &r.lines[i]; line.Kind == RET && line.Effective() <= r.asOf && line.Quantity > 0 {
			sum := returned[line.Returns]
			returned[line.Returns] = sum + min(line.Quantity, math.MaxInt64-sum)
		}
	}
	return returned
}

// event resolves the names of a line; false for a line that CheckLine refuses.
func (c *Catalog) event(line *Line) (event, bool) {
	e := event{effective: line.Effective(), quantity: line.Quantity, kind: line.Kind, to: -1, version: -1,
		coverage: coverage{first: line.CoverageStart, last: line.CoverageEnd, sa: line.Kind.CountsAsSA()}}
	var ok bool
	if e.product, ok = c.index[line.Product]; !ok || len(c.products[e.product].releases) == 0 {
		return e, false
	}
	if line.Version != "" {
		if e.version, ok = c.products[e.product].versions[line.Version]; !ok {
			return e, false
		}
	}
	if line.ToProduct != "" {
		if e.to, ok = c.index[line.ToProduct]; !ok {
			return e, false
		}
	}
	switch {
	case line.Kind.HasCoverage() && (line.CoverageStart == 0 || line.CoverageEnd == 0), reversed(line):
		return e, false
	case line.Kind == UPG && e.version < 0:
		return e, false
	case line.Kind == SUP && !c.leads(e.product, e.to):
		return e, false
	}
	return e, line.Kind.String() != "" && line.Quantity > 0 && line.OrderDate != 0
}

// leads reports whether a step-up can be placed. The path itself is judged at import only: lines ordered
// while there was one stay valid.
func (c *Catalog) leads(from, to int32) bool {
	return to >= 0 && to != from && len(c.products[to].releases) > 0
}

func (r *reading) subscription(line *Line, e *event) {
	if !line.covers(r.asOf) {
		return
	}
	rule, version := SubscriptionNewest, r.catalog.products[e.product].newest(r.asOf)
	if version < 0 {
		rule, version = SubscriptionFirst, 0
	}
	r.ledger.at(e.product, version, false).add(Effective, share{quantity: e.quantity, line: e.line, rule: rule})
}

// grants counts what a line earns by the offers of its product; false when it overflows.
func (r *reading) grants(line *Line, e *event) bool {
	for _, i := range r.catalog.products[e.product].offers {
		o := &r.catalog.offers[i]
		if o.kinds>>e.kind&1 == 0 || e.effective < o.From || e.effective > o.To {
			continue
		}
		rule := GrantOffer
		if o.Conditional {
			if rule = GrantConditionalOffer; !line.covers(r.asOf) {
				continue
			}
		}
		high, low := bits.Mul64(uint64(e.quantity), uint64(o.Numerator))
		if high >= uint64(o.Denominator) {
			return false
		}
		quotient, _ := bits.Div64(high, low, uint64(o.Denominator))
		if quotient > math.MaxInt64 || !r.count(int64(quotient)) {
			return false
		}
		if quotient > 0 {
			r.ledger.at(o.granted, o.version, true).add(Effective, share{quantity: int64(quotient), line: e.line, rule: rule, offer: i})
		}
	}
	return true
}
