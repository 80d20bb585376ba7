package entitlements

import (
	"cmp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// groups keeps which products belong together because step-ups connect them; others never meet.
type groups struct {
	parent []int32
}

func newGroups(products int) groups {
	g := groups{parent: make([]int32, products)}
	for i := range g.parent {
		g.parent[i] = int32(i)
	}
	return g
}

func (g *groups) find(p int32) int32 {
	for g.parent[p] != p {
		g.parent[p] = g.parent[g.parent[p]]
		p = g.parent[p]
	}
	return p
}

func (g *groups) join(a, b int32) { g.parent[g.find(a)] = g.find(b) }

// aloneBelow is the number of events up to which one goroutine plays them all.
const aloneBelow = 20_000

// playAll plays the events, group by group. Groups know nothing of each other; the largest start first.
func (r *reading) playAll() {
	members := r.members()
	slices.SortFunc(members, func(a, b []int32) int { return cmp.Compare(len(b), len(a)) })
	workers := 1
	if len(r.events) > aloneBelow {
		workers = min(runtime.GOMAXPROCS(0), len(members))
	}
	var next atomic.Int64
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			h := history{catalog: r.catalog, asOf: r.asOf, ledger: r.ledger, stocks: make(map[int32]*stock)}
			var in ordering
			for i := next.Add(1) - 1; i < int64(len(members)); i = next.Add(1) - 1 {
				in.arrange(r, members[i])
				h.open(in.events)
				h.play(in.events)
				h.close(in.lineOf)
			}
		})
	}
	all.Wait()
}

// members returns the places of the events of each group.
func (r *reading) members() [][]int32 {
	ends := make([]int32, len(r.catalog.products)+1)
	for i := range r.events {
		ends[r.groups.find(r.events[i].product)+1]++
	}
	for i := 1; i < len(ends); i++ {
		ends[i] += ends[i-1]
	}
	next := slices.Clone(ends)
	places := make([]int32, len(r.events))
	for i := range r.events {
		g := r.groups.find(r.events[i].product)
		places[next[g]] = int32(i)
		next[g]++
	}
	var members [][]int32
	for g := range r.catalog.products {
		if ends[g] < ends[g+1] {
			members = append(members, places[ends[g]:ends[g+1]])
		}
	}
	return members
}

// ordering puts the events of one group in their order. Its lists are used again for the next group.
type ordering struct {
	events []event
	lineOf []int32 // by rank
	ids    []idKey
	keys   []eventKey
}

type idKey struct {
	text  uint64 // eight bytes of the id behind what all ids have in common
	event int32
}

type eventKey struct {
	high, low uint64
	rank      uint32
	event     int32
}

func (o *ordering) arrange(r *reading, members []int32) {
	o.rank(r, members)
	o.keys = slices.Grow(o.keys[:0], len(members))
	for _, i := range members {
		o.keys = append(o.keys, r.events[i].key(i))
	}
	slices.SortFunc(o.keys, func(a, b eventKey) int {
		if a.high != b.high {
			return cmp.Compare(a.high, b.high)
		}
		if a.low != b.low {
			return cmp.Compare(a.low, b.low)
		}
		return cmp.Compare(a.rank, b.rank)
	})
	o.events = slices.Grow(o.events[:0], len(members))
	for _, k := range o.keys {
		o.events = append(o.events, r.events[k.event])
	}
}

// key packs the order of events into numbers: effective date (22 bits), kind rank (2), product (20),
// to_product (20); then version (20) and coverage days (22 each). Absent texts come first, absent dates and versions last.
func (e *event) key(place int32) eventKey {
	last := func(d Date) uint64 {
		if d == 0 {
			return 1<<22 - 1
		}
		return uint64(d)
	}
	version := uint64(1<<20 - 1)
	if e.version >= 0 {
		version = uint64(e.version)
	}
	return eventKey{
		high:  uint64(e.effective)<<42 | e.kind.rank()<<40 | uint64(e.product)<<20 | uint64(e.to+1),
		low:   version<<44 | last(e.coverage.first)<<22 | last(e.coverage.last),
		rank:  e.rank,
		event: place,
	}
}

// rank numbers the events by the byte order of their line ids.
func (o *ordering) rank(r *reading, members []int32) {
	id := func(event int32) string { return r.ids[r.events[event].line] }
	first := id(members[0])
	common := len(first)
	for _, i := range members[1:] {
		common = commonPrefix(first[:common], id(i))
	}
	o.ids = slices.Grow(o.ids[:0], len(members))
	for _, i := range members {
		o.ids = append(o.ids, idKey{text: packed(id(i)[common:]), event: i})
	}
	slices.SortFunc(o.ids, func(a, b idKey) int {
		if a.text != b.text {
			return cmp.Compare(a.text, b.text)
		}
		return strings.Compare(id(a.event), id(b.event))
	})
	o.lineOf = slices.Grow(o.lineOf[:0], len(members))
	for rank, k := range o.ids {
		r.events[k.event].rank = uint32(rank)
		o.lineOf = append(o.lineOf, r.events[k.event].line)
	}
}

func commonPrefix(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// packed reads the first eight bytes of a text as a number that orders like the text.
func packed(text string) uint64 {
	var n uint64
	for i := range 8 {
		n <<= 8
		if i < len(text) {
			n |= uint64(text[i])
		}
	}
	return n
}
