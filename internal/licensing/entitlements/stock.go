package entitlements

// stock is all lots of one product. Its lots are as they stand on its clock, the day of the latest event.
type stock struct {
	product *product
	code    int32 // place of the product in the catalog
	end     Date  // the day of its last event: nothing is looked at beyond it
	tree    *lot
	moving  queue // by the day on which a lot's version or cover changes

	// Only kept for products that have such lines.
	upgrades, stepUps bool
	upgradable        [][2]queue // by version: lots not covered, lots covered
	steppable         []queue    // by version: covered lots, the latest last day first
}

// clear makes a stock of another product out of one that is not needed any more, with the room its queues have.
func (st *stock) clear(code int32, p *product) {
	st.product, st.code, st.end, st.tree, st.upgrades, st.stepUps = p, code, 0, nil, false, false
	st.moving.clear()
	for i := range st.upgradable {
		st.upgradable[i][0].clear()
		st.upgradable[i][1].clear()
	}
	for i := range st.steppable {
		st.steppable[i].clear()
	}
	if more := len(p.releases) - len(st.steppable); more > 0 {
		st.upgradable = append(st.upgradable, make([][2]queue, more)...)
		st.steppable = append(st.steppable, make([]queue, more)...)
	}
}

func (st *stock) watched() bool { return st.upgrades || st.stepUps }

// advance moves the clock to a day on or after the present one.
func (st *stock) advance(s *shares, day Date) {
	for {
		l, when := st.moving.top()
		if l == nil || Date(when) > day {
			return
		}
		st.moving.pop()
		if version := l.versionOn(st.product, Date(when)); version != l.version {
			st.remove(l)
			l.version = version
			st.put(s, l, Date(when))
			continue
		}
		if l.coveredOn(Date(when)) != l.covered {
			l.stamp++
			st.enqueue(l, Date(when))
			continue
		}
		st.schedule(l, Date(when))
	}
}

// put adds a lot that is not in the stock, as it stands on the day. It may become part of a lot that is alike.
func (st *stock) put(s *shares, l *lot, day Date) {
	l.arrange()
	if alike := insertLot(&st.tree, l); alike != nil {
		alike.quantity += l.quantity
		alike.lines = s.joinLines(alike.lines, l.lines)
		return
	}
	st.enqueue(l, day)
}

// enqueue puts a lot of the tree into the queues where it belongs on the day.
func (st *stock) enqueue(l *lot, day Date) {
	st.schedule(l, day)
	l.covered = st.watched() && l.coveredOn(day)
	if st.upgrades {
		cover := 0
		if l.covered {
			cover = 1
		}
		st.upgradable[l.version][cover].push(uint64(l.tookHold), l.coverages, l)
	}
	if st.stepUps && l.covered {
		st.steppable[l.version].push(l.order, l.coverages, l)
	}
}

func (st *stock) schedule(l *lot, day Date) {
	if next := l.nextMove(st.product, day, st.end, st.watched()); next != 0 {
		st.moving.push(uint64(next), nil, l)
	}
}

func (st *stock) remove(l *lot) {
	st.tree = removeLot(st.tree, l)
	l.stamp++
}

// firstUpgradable returns the first lot older than the version, in the order of upgrades, or nil.
func (st *stock) firstUpgradable(version int32) *lot {
	for cover := range 2 {
		for v := version - 1; v >= 0; v-- {
			if l, _ := st.upgradable[v][cover].top(); l != nil {
				return l
			}
		}
	}
	return nil
}

// firstSteppable returns the first covered lot, in the order of step-ups, or nil.
func (st *stock) firstSteppable() *lot {
	for v := len(st.steppable) - 1; v >= 0; v-- {
		if l, _ := st.steppable[v].top(); l != nil {
			return l
		}
	}
	return nil
}
