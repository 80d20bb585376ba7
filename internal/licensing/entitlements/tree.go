package entitlements

// The tree of a stock is a treap: a search tree by compareLots that is also a heap by random priorities.
// Each node knows the latest open ends below it, so that lots whose free period lies before one of
// their coverages are found without looking at the others.

// pull recomputes what a node knows of the tree below it.
func (l *lot) pull() {
	first, lapse := l.start, l.lapse
	if l.left != nil {
		first, lapse = max(first, l.left.firstStart), max(lapse, l.left.lapseEnd)
	}
	if l.right != nil {
		first, lapse = max(first, l.right.firstStart), max(lapse, l.right.lapseEnd)
	}
	l.firstStart, l.lapseEnd = first, lapse
}

// insertLot adds a lot to the tree at *root and returns nil; where a lot that is alike is there already, it returns that
// and adds nothing.
func insertLot(root **lot, l *lot) *lot {
	at := root
	for *at != nil && (*at).priority >= l.priority {
		n := *at
		c := compareLots(l, n)
		if c == 0 {
			return n
		}
		n.firstStart, n.lapseEnd = max(n.firstStart, l.start), max(n.lapseEnd, l.lapse)
		if c < 0 {
			at = &n.left
		} else {
			at = &n.right
		}
	}
	if alike := findAlike(*at, l); alike != nil {
		return alike
	}
	l.left, l.right = splitLots(*at, l)
	l.pull()
	*at = l
	return nil
}

func findAlike(root, like *lot) *lot {
	for root != nil {
		c := compareLots(like, root)
		if c == 0 {
			return root
		}
		if c < 0 {
			root = root.left
		} else {
			root = root.right
		}
	}
	return nil
}

// splitLots parts a tree into the lots before and after one that is not in it.
func splitLots(root, at *lot) (before, after *lot) {
	if root == nil {
		return nil, nil
	}
	if compareLots(root, at) < 0 {
		root.right, after = splitLots(root.right, at)
		root.pull()
		return root, after
	}
	before, root.left = splitLots(root.left, at)
	root.pull()
	return before, root
}

func removeLot(root, l *lot) *lot {
	if root == l {
		return mergeLots(l.left, l.right)
	}
	if compareLots(l, root) < 0 {
		root.left = removeLot(root.left, l)
	} else {
		root.right = removeLot(root.right, l)
	}
	if l.start == root.firstStart || l.lapse == root.lapseEnd {
		root.pull()
	}
	return root
}

// mergeLots puts two trees together, all lots of the first coming before those of the second.
func mergeLots(before, after *lot) *lot {
	switch {
	case before == nil:
		return after
	case after == nil:
		return before
	case before.priority > after.priority:
		before.right = mergeLots(before.right, after)
		before.pull()
		return before
	}
	after.left = mergeLots(before, after.left)
	after.pull()
	return after
}

// firstFree returns the first lot none of whose coverages shares a day with the period, or nil.
func firstFree(root *lot, first, last Date) *lot {
	if root == nil {
		return nil
	}
	if root.last() < first {
		// Free, as are all lots that follow; an earlier one may be too.
		if found := firstFree(root.left, first, last); found != nil {
			return found
		}
		return root
	}
	if found := firstBefore(root.left, first, last); found != nil {
		return found
	}
	if root.fits(first, last) {
		return root
	}
	return firstFree(root.right, first, last)
}

// firstBefore is firstFree for a tree of lots that all have a coverage ending on or after the period's first
// day: free only those with a coverage that starts after the period and a gap before it that is wide enough.
func firstBefore(root *lot, first, last Date) *lot {
	if root == nil || (root.firstStart <= last && root.lapseEnd < last) {
		return nil
	}
	if found := firstBefore(root.left, first, last); found != nil {
		return found
	}
	if root.fits(first, last) {
		return root
	}
	return firstBefore(root.right, first, last)
}

// eachLot calls yield for every lot of a tree, in order.
func eachLot(root *lot, yield func(*lot)) {
	if root == nil {
		return
	}
	eachLot(root.left, yield)
	yield(root)
	eachLot(root.right, yield)
}
