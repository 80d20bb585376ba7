package entitlements

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestShares compares tries that are cut and joined at random with plain maps.
func TestShares(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var s shares
		s.reset()
		var tries []int32
		var plain []map[uint32]int64
		t.Repeat(map[string]func(*rapid.T){
			"leaf": func(t *rapid.T) {
				key, quantity := rapid.OneOf(rapid.Uint32Range(0, 9), rapid.Uint32()).Draw(t, "key"), rapid.Int64Range(1, 5).Draw(t, "quantity")
				tries, plain = append(tries, s.leaf(key, quantity)), append(plain, map[uint32]int64{key: quantity})
			},
			"join": func(t *rapid.T) {
				if len(tries) < 2 {
					return
				}
				last := len(tries) - 1
				into := rapid.IntRange(0, last-1).Draw(t, "into")
				tries[into] = s.join(tries[into], tries[last])
				for key, quantity := range plain[last] {
					plain[into][key] += quantity
				}
				tries, plain = tries[:last], plain[:last]
			},
			"cut": func(t *rapid.T) {
				if len(tries) == 0 || s.nodes[tries[0]].sum < 2 {
					return
				}
				quantity := rapid.Int64Range(1, s.nodes[tries[0]].sum-1).Draw(t, "quantity")
				first, rest := s.cut(tries[0], quantity)
				tries[0] = rest
				tries = append(tries, first)
				plain = append(plain, cutPlain(plain[0], quantity))
			},
			"": func(t *rapid.T) {
				for i, trie := range tries {
					got, sum, before := map[uint32]int64{}, int64(0), int64(-1)
					s.each(trie, func(key uint32, quantity int64) {
						if int64(key) <= before {
							t.Fatalf("key %d after %d", key, before)
						}
						got[key], sum, before = quantity, sum+quantity, int64(key)
					})
					if !maps.Equal(got, plain[i]) || sum != s.nodes[trie].sum {
						t.Fatalf("trie %d: got %v of sum %d, want %v", i, got, s.nodes[trie].sum, plain[i])
					}
				}
			},
		})
	})
}

// cutPlain moves the first units, the smallest keys first, into a map of their own.
func cutPlain(from map[uint32]int64, quantity int64) map[uint32]int64 {
	first := map[uint32]int64{}
	for quantity > 0 {
		smallest := slices.Min(slices.Collect(maps.Keys(from)))
		n := min(quantity, from[smallest])
		first[smallest], quantity = n, quantity-n
		if from[smallest] -= n; from[smallest] == 0 {
			delete(from, smallest)
		}
	}
	return first
}
