package entitlements_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	. "chiave/internal/licensing/entitlements"
)

// question is a random catalog, history and day.
type question struct {
	world world
	lines []Line
	asOf  Date
}

func questions(t *rapid.T) question {
	w := worlds(t)
	return question{w, histories(t, w, 24), day(rapid.IntRange(1, span+8).Draw(t, "as of"))}
}

// TestSummaryByTheBook compares every row with a computation that follows the written rules sentence by sentence.
func TestSummaryByTheBook(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		q := questions(t)
		sameRows(t, "rows", compute(t, q.world, q.lines, q.asOf).Rows, computeByTheBook(q.world, q.lines, q.asOf).summaryRows())
	})
}

func sameRows(t *rapid.T, what string, got, want []Row) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// TestLawEffectiveIsWhatWasBought: without grants, effective adds up to L, LSA, and SUB that include the day (law 1).
func TestLawEffectiveIsWhatWasBought(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		q := questions(t)
		var got, want int64
		for _, r := range plain(compute(t, q.world, q.lines, q.asOf).Rows) {
			got += r.Effective
		}
		for _, l := range settled(q.lines, q.asOf) {
			if l.Kind == L || l.Kind == LSA || l.Kind == SUB && l.CoverageStart <= q.asOf && q.asOf <= l.CoverageEnd {
				want += l.Quantity
			}
		}
		if got != want {
			t.Fatalf("effective adds up to %d, bought were %d", got, want)
		}
	})
}

// TestLawTakenAndUnresolved: what explanations call unresolved of a line is what it could not take (law 2).
func TestLawTakenAndUnresolved(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		q := questions(t)
		s, book := compute(t, q.world, q.lines, q.asOf), computeByTheBook(q.world, q.lines, q.asOf)
		got := map[string]int64{}
		for i := range s.Rows {
			for _, p := range s.Explain(i, Unresolved).Parts {
				got[p.Line] += p.Quantity
			}
		}
		for _, l := range settled(q.lines, q.asOf) {
			if l.Kind.CreatesBase() {
				continue
			}
			if book.taken[l.ID]+book.missed[l.ID] != l.Quantity || got[l.ID] != book.missed[l.ID] {
				t.Fatalf("line %s of %d: taken %d, unresolved %d, explained %d", l.ID, l.Quantity, book.taken[l.ID], book.missed[l.ID], got[l.ID])
			}
		}
	})
}

// TestLawOrderOfReading: the order of lines changes neither rows nor explanations (law 3).
func TestLawOrderOfReading(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		q := questions(t)
		want := compute(t, q.world, q.lines, q.asOf)
		got := compute(t, q.world, rapid.Permutation(q.lines).Draw(t, "shuffled"), q.asOf)
		sameRows(t, "rows", got.Rows, want.Rows)
		for i := range want.Rows {
			for _, n := range []Number{Effective, ActiveSA, Unresolved} {
				if got, want := fmt.Sprint(got.Explain(i, n)), fmt.Sprint(want.Explain(i, n)); got != want {
					t.Fatalf("explanation of %+v: got %s, want %s", n, got, want)
				}
			}
		}
	})
}

// TestLawSplittingLines: a line cut in two with the same attributes changes no row but grants (law 3). The new id
// stays beside the old one, as SA and UA lines that agree in all else are taken in the order of their ids.
func TestLawSplittingLines(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		q := questions(t)
		returned := map[string]bool{}
		for _, l := range q.lines {
			returned[l.Returns] = true
		}
		var parts []Line
		for _, l := range q.lines {
			if l.Quantity > 1 && !returned[l.ID] && rapid.Bool().Draw(t, "split") {
				other := l
				other.ID += "+"
				other.Quantity = rapid.Int64Range(1, l.Quantity-1).Draw(t, "part")
				l.Quantity -= other.Quantity
				parts = append(parts, other)
			}
			parts = append(parts, l)
		}
		sameRows(t, "rows", plain(compute(t, q.world, parts, q.asOf).Rows), plain(compute(t, q.world, q.lines, q.asOf).Rows))
	})
}

// TestLawIDsDecideNothing: renaming lines changes no total, where coverage lines are all of one sort.
func TestLawIDsDecideNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		q := questions(t)
		sort := rapid.SampledFrom([]Kind{SA, UA}).Draw(t, "coverage lines")
		ids := []string{}
		for i, l := range q.lines {
			ids = append(ids, l.ID)
			if l.Kind == SA || l.Kind == UA || l.Kind == MNT {
				q.lines[i].Kind = sort
			}
		}
		names := map[string]string{"": ""}
		for i, id := range rapid.Permutation(ids).Draw(t, "names") {
			names[ids[i]] = id
		}
		renamed := slices.Clone(q.lines)
		for i := range renamed {
			renamed[i].ID, renamed[i].Returns = names[renamed[i].ID], names[renamed[i].Returns]
		}
		sameRows(t, "rows", compute(t, q.world, renamed, q.asOf).Rows, compute(t, q.world, q.lines, q.asOf).Rows)
	})
}

// TestLawActiveWithinEffective: active SA never exceeds effective, no row is empty, grants have effective only (law 4).
func TestLawActiveWithinEffective(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		q := questions(t)
		for _, r := range compute(t, q.world, q.lines, q.asOf).Rows {
			if r.ActiveSA > r.Effective || r.Effective < 0 || r.ActiveSA < 0 || r.Unresolved < 0 {
				t.Fatalf("row %+v", r)
			}
			if r.Effective == 0 && r.Unresolved == 0 || r.Granted && (r.ActiveSA != 0 || r.Unresolved != 0) {
				t.Fatalf("row %+v", r)
			}
		}
	})
}

// TestLawFutureChangesNothing: lines effective after the day do not matter, not even broken ones (law 5).
func TestLawFutureChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		q := questions(t)
		past := slices.DeleteFunc(slices.Clone(q.lines), func(l Line) bool { return l.Effective() > q.asOf })
		future := append(slices.Clone(q.lines), Line{ID: "broken", OrderDate: q.asOf.AddDays(1)})
		sameRows(t, "rows", compute(t, q.world, future, q.asOf).Rows, compute(t, q.world, past, q.asOf).Rows)
	})
}

// TestLawExplanationsAddUp: each explanation adds up to its number, with roles and rules that the number may
// have, and each license stands in exactly one place (law 6).
func TestLawExplanationsAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		q := questions(t)
		s := compute(t, q.world, q.lines, q.asOf)
		kinds, want := map[string]Kind{}, map[string]int64{}
		for _, l := range q.lines {
			kinds[l.ID] = l.Kind
		}
		for _, l := range settled(q.lines, q.asOf) {
			if l.Kind == L || l.Kind == LSA {
				want[l.ID] = l.Quantity
			}
		}
		got := map[string]int64{}
		for i, r := range s.Rows {
			for n, number := range map[Number]int64{Effective: r.Effective, ActiveSA: r.ActiveSA, Unresolved: r.Unresolved} {
				e := s.Explain(i, n)
				if sum := checkParts(t, r, n, e.Parts, kinds); sum != number {
					t.Fatalf("explanation of number %d of %+v adds up to %d: %+v", n, r, sum, e.Parts)
				}
				if n != Effective && len(e.Because) > 0 {
					t.Fatalf("only effective has reasons beside its parts: %+v", e.Because)
				}
			}
			var steppedUp, taken int64
			e := s.Explain(i, Effective)
			for _, p := range slices.Concat(e.Parts, e.Because) {
				if p.Role == RoleBase {
					got[p.Line] += p.Quantity
				}
			}
			for _, p := range e.Parts {
				if p.Role == RoleStepUp {
					steppedUp += p.Quantity
				}
			}
			for _, p := range e.Because {
				if p.Role == RoleBase {
					taken += p.Quantity
				}
			}
			if steppedUp != taken {
				t.Fatalf("row %+v: stepped up %d, license lines behind them %d", r, steppedUp, taken)
			}
		}
		if !maps.Equal(got, want) {
			t.Fatalf("license lines are explained with %v, settled are %v", got, want)
		}
	})
}

// checkParts returns the sum of the parts.
func checkParts(t *rapid.T, r Row, n Number, parts []Part, kinds map[string]Kind) int64 {
	var sum int64
	for _, p := range parts {
		sum += p.Quantity
		allowed := map[Number][]Role{Effective: {RoleBase, RoleStepUp, RoleSubscription}, ActiveSA: {RoleCoverage}, Unresolved: {RoleUnresolved}}[n]
		if r.Granted {
			allowed = []Role{RoleGrant}
		}
		if p.Quantity <= 0 || !slices.Contains(allowed, p.Role) || p.Role != p.Rule.Role() || (p.Offer != "") != r.Granted {
			t.Fatalf("row %+v: part %+v", r, p)
		}
		kind := kinds[p.Line]
		fits := map[Role]bool{RoleBase: kind == L || kind == LSA, RoleStepUp: kind == SUP, RoleSubscription: kind == SUB, RoleCoverage: kind.CountsAsSA(),
			RoleUnresolved: !kind.CreatesBase(), RoleGrant: true}
		if !fits[p.Role] {
			t.Fatalf("row %+v: part %+v of a line of kind %s", r, p, kind)
		}
	}
	return sum
}

// TestLargeHistoriesByTheBook compares rows of longer histories over many days, where trees and queues grow deep.
func TestLargeHistoriesByTheBook(t *testing.T) {
	t.Parallel()
	w := largeWorld(4)
	for seed := range uint64(12) {
		lines := largeHistory(w, 1200, int(seed%4)*33, seed)
		if seed%3 == 0 {
			scatter(lines)
		}
		asOf := date("2012-01-01").AddDays(int(seed) * 400)
		checkSame(t, fmt.Sprint("seed ", seed), compute(t, w, lines, asOf).Rows, computeByTheBook(w, lines, asOf).summaryRows())
	}
}

// TestManyProductsSideBySide: a history large enough to be played by several goroutines gives what its products give alone.
func TestManyProductsSideBySide(t *testing.T) {
	t.Parallel()
	w := largeWorld(40)
	lines, asOf := largeHistory(w, 50_000, 20, 7), date("2020-01-01")
	var alone []Row
	for i := 0; i < len(w.products); i += 2 {
		pair := slices.DeleteFunc(slices.Clone(lines), func(l Line) bool {
			return l.Kind != RET && l.Product != w.products[i].Code && l.Product != w.products[i+1].Code
		})
		alone = append(alone, compute(t, w, pair, asOf).Rows...)
	}
	all := compute(t, w, lines, asOf)
	slices.SortFunc(alone, func(a, b Row) int { return rowPlace(all.Rows, a) - rowPlace(all.Rows, b) })
	checkSame(t, "rows", all.Rows, alone)
	for i, r := range all.Rows {
		for n, want := range map[Number]int64{Effective: r.Effective, ActiveSA: r.ActiveSA, Unresolved: r.Unresolved} {
			var sum int64
			for _, p := range all.Explain(i, n).Parts {
				sum += p.Quantity
			}
			if sum != want {
				t.Errorf("number %d of %+v: explained are %d", n, r, sum)
			}
		}
	}
}

func rowPlace(rows []Row, r Row) int {
	return slices.IndexFunc(rows, func(other Row) bool { return other.Product == r.Product && other.Version == r.Version })
}
