package entitlements

// queue is a heap of lots. Lots leave it lazily: an entry whose stamp is no longer its lot's is dropped when it comes
// to the top. An entry keeps its own copy of what orders it, since the lot may have changed meanwhile.
type queue struct {
	entries []entry
}

type entry struct {
	order     uint64     // the smaller comes first
	coverages []coverage // then in their order, where it matters
	lot       *lot
	stamp     uint32
}

func (e *entry) before(other *entry) bool {
	if e.order != other.order {
		return e.order < other.order
	}
	return compareCoverages(e.coverages, other.coverages) < 0
}

func (q *queue) push(order uint64, coverages []coverage, l *lot) {
	e := entry{order: order, coverages: coverages, lot: l, stamp: l.stamp}
	q.entries = append(q.entries, e)
	at := len(q.entries) - 1
	for at > 0 {
		parent := (at - 1) / 2
		if !e.before(&q.entries[parent]) {
			break
		}
		q.entries[at] = q.entries[parent]
		at = parent
	}
	q.entries[at] = e
}

func (q *queue) clear() { q.entries = q.entries[:0] }

// top returns the first lot that is still meant, and its order; nil when there is none.
func (q *queue) top() (*lot, uint64) {
	for len(q.entries) > 0 {
		if e := &q.entries[0]; e.stamp == e.lot.stamp {
			return e.lot, e.order
		}
		q.pop()
	}
	return nil, 0
}

func (q *queue) pop() {
	last := len(q.entries) - 1
	e := q.entries[last]
	q.entries[last] = entry{}
	q.entries = q.entries[:last]
	if last == 0 {
		return
	}
	at := 0
	for {
		child := 2*at + 1
		if child >= last {
			break
		}
		if child+1 < last && q.entries[child+1].before(&q.entries[child]) {
			child++
		}
		if !q.entries[child].before(&e) {
			break
		}
		q.entries[at] = q.entries[child]
		at = child
	}
	q.entries[at] = e
}
