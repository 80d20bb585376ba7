package entitlements

import "math/bits"

// shares keeps, for many lots at once, how much of a lot goes back to which line and rule: binary tries over
// keys (radix trees without chains), each node knowing the sum below it. Two tries are joined at the
// cost of the nodes they have in common, one of which vanishes; a trie is cut at a quantity at the cost
// of its depth. The whole history of n lines therefore costs n log n, however often lots part and meet.
//
// The number 0 is the empty trie. Joining and cutting consume the tries they are given.
type shares struct {
	nodes []shareNode
	free  []int32
}

type shareNode struct {
	sum         int64
	key         uint32 // of an inner node: a key with the same bits above bit as all keys below it
	bit         int8   // the highest bit in which keys below differ, or -1 for a leaf
	left, right int32
}

// shareKey packs the line's rank among the ids and the rule into a key; ranks come first in its order.
func shareKey(rank uint32, r Rule) uint32 { return rank<<4 | uint32(r) }

// maxRank is the largest rank a key can hold. Only rules below 16 are ever part of a key.
const maxRank = 1<<28 - 1

func (s *shares) reset() {
	if len(s.nodes) == 0 {
		s.nodes = append(s.nodes, shareNode{})
	}
	s.nodes, s.free = s.nodes[:1], s.free[:0]
}

func (s *shares) node(n shareNode) int32 {
	if last := len(s.free) - 1; last >= 0 {
		at := s.free[last]
		s.free = s.free[:last]
		s.nodes[at] = n
		return at
	}
	s.nodes = append(s.nodes, n)
	return int32(len(s.nodes) - 1)
}

func (s *shares) leaf(key uint32, quantity int64) int32 {
	return s.node(shareNode{sum: quantity, key: key, bit: -1})
}

// join returns the trie with the leaves of both; quantities of the same key are added.
func (s *shares) join(a, b int32) int32 {
	if a == 0 {
		return b
	}
	if b == 0 {
		return a
	}
	if s.nodes[a].bit < s.nodes[b].bit {
		a, b = b, a
	}
	na, nb := &s.nodes[a], &s.nodes[b]
	differ := (na.key ^ nb.key) >> (na.bit + 1)
	if differ != 0 {
		bit := int8(bits.Len32(differ)) + na.bit
		if na.key>>uint(bit)&1 == 1 {
			a, b = b, a
		}
		return s.node(shareNode{sum: na.sum + nb.sum, key: na.key, bit: bit, left: a, right: b})
	}
	total := na.sum + nb.sum
	switch {
	case na.bit < 0:
		// The same key twice.
		s.free = append(s.free, b)
	case na.bit == nb.bit:
		s.free = append(s.free, b)
		left, right := nb.left, nb.right
		left = s.join(na.left, left)
		right = s.join(s.nodes[a].right, right)
		s.nodes[a].left, s.nodes[a].right = left, right
	case nb.key>>uint(na.bit)&1 == 0:
		left := s.join(na.left, b)
		s.nodes[a].left = left
	default:
		right := s.join(na.right, b)
		s.nodes[a].right = right
	}
	s.nodes[a].sum = total
	return a
}

// cut parts a trie into its first quantity units and the rest; 0 < quantity < sum. The empty trie stays empty.
func (s *shares) cut(a int32, quantity int64) (first, rest int32) {
	if a == 0 {
		return 0, 0
	}
	n := &s.nodes[a]
	if n.bit < 0 {
		n.sum -= quantity
		return s.leaf(n.key, quantity), a
	}
	below := s.nodes[n.left].sum
	total := n.sum
	switch {
	case quantity == below:
		s.free = append(s.free, a)
		return n.left, n.right
	case quantity < below:
		taken, left := s.cut(n.left, quantity)
		n = &s.nodes[a]
		n.left, n.sum = left, total-quantity
		return taken, a
	}
	right, remaining := s.cut(n.right, quantity-below)
	n = &s.nodes[a]
	n.right, n.sum = right, quantity
	return a, remaining
}

// each calls yield for every leaf, in order of keys.
func (s *shares) each(a int32, yield func(key uint32, quantity int64)) {
	if a == 0 {
		return
	}
	n := s.nodes[a]
	if n.bit < 0 {
		yield(n.key, n.sum)
		return
	}
	s.each(n.left, yield)
	s.each(n.right, yield)
}
