package entitlements

// event is an order line that counts, with its names resolved.
type event struct {
	effective   Date
	coverage    coverage
	quantity    int64 // settled
	line        int32 // place among the lines
	product, to int32 // places in the catalog; to is -1 when absent
	version     int32 // -1 when absent
	kind        Kind
	rank        uint32 // of the line's id among the lines of one history
}

// history plays the events of products that step-ups connect, and of no others. It is used again for the next
// group of products.
type history struct {
	catalog *Catalog
	asOf    Date
	ledger  *ledger
	shares  shares
	stocks  map[int32]*stock
	idle    []*stock   // stocks that may be used again
	lots    []lot      // room for new lots
	used    []*lot     // lots that may be used again; their stamps go on
	periods []coverage // room for new coverage lists
	seed    uint32
}

// open prepares the stocks for the events.
func (h *history) open(events []event) {
	h.shares.reset()
	h.seed = 1
	for i := range events {
		e := &events[i]
		st := h.stock(e.product)
		switch e.kind {
		case UPG:
			st.upgrades = true
		case SUP:
			st.stepUps = true
			h.stock(e.to).end = e.effective
		}
		st.end = e.effective
	}
}

func (h *history) stock(code int32) *stock {
	st := h.stocks[code]
	if st == nil {
		st = &stock{}
		if last := len(h.idle) - 1; last >= 0 {
			st, h.idle = h.idle[last], h.idle[:last]
		}
		st.clear(code, &h.catalog.products[code])
		h.stocks[code] = st
	}
	return st
}

// play applies events that are in their order.
func (h *history) play(events []event) {
	for i := range events {
		e := &events[i]
		st := h.stocks[e.product]
		st.advance(&h.shares, e.effective)
		switch e.kind {
		case L, LSA:
			h.license(st, e)
		case SA, UA, MNT:
			h.cover(st, e)
		case UPG:
			h.upgrade(st, e)
		case SUP:
			h.stepUp(st, h.stocks[e.to], e)
		}
	}
}

func (h *history) license(st *stock, e *event) {
	l := h.newLot()
	l.quantity, l.tookHold = e.quantity, e.effective
	rule := BaseVersionOnLine
	if l.version = e.version; l.version < 0 {
		rule = BaseNewestReleased
		if l.version = st.product.newest(e.effective); l.version < 0 {
			rule = BaseFirstVersion
			l.version = 0
		}
	}
	l.finally = l.version
	l.lines.part = h.shares.leaf(shareKey(e.rank, rule), e.quantity)
	if e.kind == LSA {
		h.addCoverage(st, l, e, CoverageWithLicense)
	}
	st.put(&h.shares, l, e.effective)
}

// addCoverage adds the event's coverage to a lot that is not in its stock.
func (h *history) addCoverage(st *stock, l *lot, e *event, rule Rule) {
	c := e.coverage
	l.setCoverages(withCoverage(l.coverages, h.periodRoom(len(l.coverages)+1), c))
	l.version = max(l.version, st.product.newestWithin(max(c.first, l.tookHold), min(c.last, e.effective)))
	key := shareKey(e.rank, rule)
	if v := st.product.newestWithin(max(c.first, l.tookHold), min(c.last, h.asOf)); v > l.finally {
		l.finally = v
		l.lines.lift = h.shares.leaf(key, l.quantity)
	}
	if c.sa && c.first <= h.asOf && h.asOf <= c.last {
		l.lines.active = h.shares.leaf(key, l.quantity)
	}
}

func (h *history) cover(st *stock, e *event) {
	left := e.quantity
	for left > 0 {
		found := firstFree(st.tree, e.coverage.first, e.coverage.last)
		if found == nil {
			break
		}
		l := h.take(st, found, &left)
		rule := CoverageRenewal
		if len(l.coverages) == 0 {
			rule = CoverageFirst
		}
		h.addCoverage(st, l, e, rule)
		st.put(&h.shares, l, e.effective)
	}
	version := e.version
	if version < 0 {
		version = st.product.newestOrFirst(e.coverage.first)
	}
	h.unresolved(e.product, version, e, left, UnresolvedCoverage)
}

func (h *history) upgrade(st *stock, e *event) {
	left := e.quantity
	for left > 0 {
		found := st.firstUpgradable(e.version)
		if found == nil {
			break
		}
		l := h.take(st, found, &left)
		rule := UpgradeNotCovered
		if found.covered {
			rule = UpgradeCovered
		}
		l.version, l.tookHold = e.version, e.effective
		// A coverage that lifts it further by the day asked for does so on a later day, and still does.
		if l.finally <= e.version {
			l.finally = e.version
			l.lines.lift = h.shares.leaf(shareKey(e.rank, rule), l.quantity)
		}
		st.put(&h.shares, l, e.effective)
	}
	h.unresolved(e.product, e.version, e, left, UnresolvedUpgrade)
}

func (h *history) stepUp(from, to *stock, e *event) {
	to.advance(&h.shares, e.effective)
	newest := to.product.newestOrFirst(e.effective)
	left := e.quantity
	for left > 0 {
		found := from.firstSteppable()
		if found == nil {
			break
		}
		l := h.take(from, found, &left)
		if l.lines.from == 0 {
			l.lines.from = l.lines.part
		}
		l.lines.part = h.shares.leaf(shareKey(e.rank, StepUpTaken), l.quantity)
		l.lines.lift, l.lines.active = 0, 0
		l.version, l.finally, l.tookHold, l.coverages = newest, newest, e.effective, nil
		h.addCoverage(to, l, e, CoverageStepUp)
		to.put(&h.shares, l, e.effective)
	}
	h.unresolved(e.to, newest, e, left, UnresolvedStepUp)
}

// take removes up to *left units of a lot from the stock, as a lot of their own.
func (h *history) take(st *stock, l *lot, left *int64) *lot {
	if l.quantity <= *left {
		*left -= l.quantity
		st.remove(l)
		return l
	}
	taken := h.newLot()
	taken.quantity, taken.version, taken.finally, taken.tookHold = *left, l.version, l.finally, l.tookHold
	taken.coverages, taken.start, taken.lapse = l.coverages, l.start, l.lapse
	taken.lines, l.lines = h.shares.cutLines(l.lines, *left)
	l.quantity -= *left
	*left = 0
	return taken
}

func (h *history) unresolved(product, version int32, e *event, quantity int64, r Rule) {
	if quantity > 0 {
		h.ledger.at(product, version, false).add(Unresolved, share{quantity: quantity, line: e.line, rule: r})
	}
}

// newLot returns an empty lot with a priority of its own.
func (h *history) newLot() *lot {
	var l *lot
	if last := len(h.used) - 1; last >= 0 {
		l = h.used[last]
		h.used = h.used[:last]
		*l = lot{stamp: l.stamp}
	} else {
		if len(h.lots) == 0 {
			h.lots = make([]lot, 256)
		}
		l, h.lots = &h.lots[0], h.lots[1:]
	}
	h.seed ^= h.seed << 13
	h.seed ^= h.seed >> 17
	h.seed ^= h.seed << 5
	l.priority = h.seed
	return l
}

// periodRoom returns an empty list with room for n coverages.
func (h *history) periodRoom(n int) []coverage {
	if len(h.periods) < n {
		h.periods = make([]coverage, max(512, n))
	}
	room := h.periods[:0:n]
	h.periods = h.periods[n:]
	return room
}

// close writes the lots into the ledger. lineOf tells which line a rank stands for.
func (h *history) close(lineOf []int32) {
	write := func(to *[]share, trie int32) {
		h.shares.each(trie, func(key uint32, quantity int64) {
			*to = append(*to, share{quantity: quantity, line: lineOf[key>>4], rule: Rule(key & 15)})
		})
	}
	for code, st := range h.stocks {
		delete(h.stocks, code)
		h.idle = append(h.idle, st)
		rows := make(map[int32]*lines)
		eachLot(st.tree, func(l *lot) {
			h.used = append(h.used, l)
			t := h.ledger.at(st.code, l.finally, false)
			t.quantity[Effective] += l.quantity
			if l.lines.active != 0 {
				t.quantity[ActiveSA] += l.quantity
			}
			row := rows[l.finally]
			if row == nil {
				row = &lines{}
				rows[l.finally] = row
			}
			*row = h.shares.joinLines(*row, l.lines)
		})
		for version, row := range rows {
			t := h.ledger.at(st.code, version, false)
			write(&t.parts[Effective], row.part)
			write(&t.parts[ActiveSA], row.active)
			write(&t.because, row.from)
			write(&t.because, row.lift)
		}
	}
}
