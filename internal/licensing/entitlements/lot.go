package entitlements

import "cmp"

// coverage is a closed period of days.
type coverage struct {
	first, last Date
	sa          bool // counts in Active SA
}

// lot is a quantity of one product that shares one history, as far as later events can see it. It is a node of its
// stock's tree. Its fields are in the order in which searches touch them.
type lot struct {
	order       uint64 // see arrange
	left, right *lot
	priority    uint32
	firstStart  Date // the latest first day of a first coverage, in the tree below
	lapseEnd    Date // the latest last day of a lapse between two coverages, in the tree below
	start       Date // the first day of its own first coverage, or 0
	lapse       Date // the last day of its own latest lapse, or 0

	version   int32 // at the stock's clock
	finally   int32 // version on the day asked for
	tookHold  Date
	coverages []coverage // by first day; never changed in place
	quantity  int64
	lines     lines

	covered bool   // at the stock's clock
	stamp   uint32 // raised whenever entries of queues become stale
}

// lines are the tries of the order lines behind a lot. Each is empty or has the lot's quantity as its sum.
type lines struct {
	part   int32 // what the quantity counts as: license lines or step-up lines
	from   int32 // of a stepped-up lot: the license lines taken
	lift   int32 // the lines that lifted it to its final version
	active int32 // the lines whose SA includes the day asked for
}

// last returns the latest last day of the coverages, or 0. They share no day, so the last one ends last.
func (l *lot) last() Date {
	if n := len(l.coverages); n > 0 {
		return l.coverages[n-1].last
	}
	return 0
}

// arrange packs the order in which a coverage takes lots into a number: those with a coverage, the latest last
// day first, then those without (22 bits); then the newest version (20 bits); then took hold earliest first (22).
func (l *lot) arrange() {
	l.order = uint64(1<<22-1-l.last())<<42 | uint64(1<<20-1-l.version)<<22 | uint64(l.tookHold)
}

// compareLots is the order in which a coverage takes lots, to the end of the total order of ties. Lots that
// compare equal are alike. Lots that are alike but whose lines are told in different ways stay apart; that
// makes no difference to any total.
func compareLots(a, b *lot) int {
	if a.order != b.order {
		return cmp.Compare(a.order, b.order)
	}
	if c := compareCoverages(a.coverages, b.coverages); c != 0 {
		return c
	}
	return cmp.Compare(a.lines.shape(), b.lines.shape())
}

func compareCoverages(a, b []coverage) int {
	if len(a) > 0 && len(a) == len(b) && &a[0] == &b[0] {
		return 0
	}
	for i := range min(len(a), len(b)) {
		x, y := a[i], b[i]
		switch {
		case x.first != y.first:
			return cmp.Compare(x.first, y.first)
		case x.last != y.last:
			return cmp.Compare(x.last, y.last)
		case x.sa != y.sa:
			return compareBool(y.sa, x.sa)
		}
	}
	return cmp.Compare(len(a), len(b))
}

func (n lines) shape() int {
	shape := 0
	if n.from != 0 {
		shape = 1
	}
	if n.lift != 0 {
		shape += 2
	}
	return shape
}

func (s *shares) joinLines(a, b lines) lines {
	return lines{part: s.join(a.part, b.part), from: s.join(a.from, b.from),
		lift: s.join(a.lift, b.lift), active: s.join(a.active, b.active)}
}

func (s *shares) cutLines(n lines, quantity int64) (first, rest lines) {
	first.part, rest.part = s.cut(n.part, quantity)
	first.from, rest.from = s.cut(n.from, quantity)
	first.lift, rest.lift = s.cut(n.lift, quantity)
	first.active, rest.active = s.cut(n.active, quantity)
	return first, rest
}

// withCoverage returns the coverages with one more, in a new list.
func withCoverage(coverages, room []coverage, c coverage) []coverage {
	i := len(coverages)
	for i > 0 && coverages[i-1].first > c.first {
		i--
	}
	room = append(room, coverages[:i]...)
	room = append(room, c)
	return append(room, coverages[i:]...)
}

// setCoverages gives a lot that is in no tree another list of coverages.
func (l *lot) setCoverages(coverages []coverage) {
	l.coverages, l.start, l.lapse = coverages, 0, latestLapse(coverages)
	if len(coverages) > 0 {
		l.start = coverages[0].first
	}
}

// latestLapse returns the last day of the latest gap between two coverages, or 0.
func latestLapse(coverages []coverage) Date {
	for i := len(coverages) - 1; i > 0; i-- {
		if coverages[i-1].last+1 < coverages[i].first {
			return coverages[i].first - 1
		}
	}
	return 0
}

// coveredOn reports whether some coverage includes the day.
func (l *lot) coveredOn(day Date) bool {
	for i := len(l.coverages) - 1; i >= 0; i-- {
		if c := l.coverages[i]; c.first <= day {
			return day <= c.last
		}
	}
	return false
}

// fits reports whether no coverage shares a day with the period.
func (l *lot) fits(first, last Date) bool {
	for i := len(l.coverages) - 1; i >= 0; i-- {
		if c := l.coverages[i]; c.first <= last {
			return c.last < first
		}
	}
	return true
}

// versionOn returns the version on a day, given that it was l.version on an earlier one.
func (l *lot) versionOn(p *product, day Date) int32 {
	version := l.version
	for i := len(l.coverages) - 1; i >= 0; i-- {
		c := l.coverages[i]
		if v := p.newestWithin(max(c.first, l.tookHold), min(c.last, day)); v >= 0 {
			// Earlier coverages include earlier releases only.
			return max(version, v)
		}
		if p.newest(c.first) <= version {
			break
		}
	}
	return version
}

// nextMove returns the first day after the given one, up to the end, on which the version changes or, if that
// is watched, covered may; 0 when there is none.
func (l *lot) nextMove(p *product, after, end Date, watched bool) Date {
	next := end + 1
	for i := len(l.coverages) - 1; i >= 0; i-- {
		c := l.coverages[i]
		if c.last < after {
			break
		}
		switch {
		case !watched:
		case c.first > after:
			next = min(next, c.first)
		default:
			next = min(next, c.last+1)
		}
		// The first version newer than the present one that is released in what is left of the coverage.
		v := max(l.version, p.newest(max(c.first-1, l.tookHold-1, after))) + 1
		if int(v) < len(p.releases) && p.releases[v] <= c.last {
			next = min(next, p.releases[v])
		}
	}
	if next > end {
		return 0
	}
	return next
}
