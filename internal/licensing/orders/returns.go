package orders

import (
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"time"

	"chiave/internal/licensing/entitlements"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/feed"
)

// judgeReturns judges every return that the import brings, and those stored whose line it changes, once all of the file
// is staged: a return may stand before or after its line.
func (im *importing) judgeReturns(ctx context.Context) error {
	for after := ""; im.changed; {
		var targets []string
		var lines map[string]stored
		var returns []stored
		var now time.Time
		err := im.db.Read(ctx, func(tx *db.Tx) (err error) {
			now = tx.Now()
			if targets, err = im.targets(tx, after); err != nil || len(targets) == 0 {
				return err
			}
			if lines, err = linesByID(tx, targets, im.run.Seq); err != nil {
				return err
			}
			returns, err = im.returnsOf(tx, targets)
			return err
		})
		if err != nil {
			return fmt.Errorf("judging returns: %w", err)
		}
		if len(targets) == 0 {
			return nil
		}
		after = targets[len(targets)-1]
		im.judgeAll(returns, lines)
		if err := im.run.Keep(ctx, now); err != nil {
			return err
		}
	}
	return nil
}

// targets returns the next lines that returns name and that the run touches, itself or through the return.
func (im *importing) targets(tx *db.Tx, after string) ([]string, error) {
	var page []string
	err := tx.Each("SELECT DISTINCT r.returns_line FROM order_lines r WHERE r.returns_line IS NOT NULL AND r.returns_line > $1 AND (r.revision = $2 "+
		"OR EXISTS (SELECT 1 FROM order_lines l WHERE l.line_id = r.returns_line AND l.revision = $3)) ORDER BY r.returns_line LIMIT $4",
		[]any{after, im.run.Seq, im.run.Seq, batchRows}, func(scan func(...any) error) error {
			var target string
			err := scan(&target)
			page = append(page, target)
			return err
		})
	return page, err
}

// returnsOf returns the returns of some lines.
func (im *importing) returnsOf(tx *db.Tx, targets []string) ([]stored, error) {
	var names []string
	err := tx.Each("SELECT DISTINCT line_id FROM order_lines WHERE returns_line IN "+tx.In("$1"), []any{db.List(targets)}, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		names = append(names, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	found, err := linesByID(tx, names, im.run.Seq)
	if err != nil {
		return nil, err
	}
	wanted := make(map[string]bool, len(targets))
	for _, t := range targets {
		wanted[t] = true
	}
	var returns []stored
	for _, r := range found { // an earlier revision may have named one of the lines, and this one another
		if r.kind == entitlements.RET && wanted[r.returns] {
			returns = append(returns, r)
		}
	}
	return returns, nil
}

// judgeAll judges returns against their lines, those stored before those of the file, so that the newcomer is refused
// where both together are too much.
func (im *importing) judgeAll(returns []stored, lines map[string]stored) {
	slices.SortFunc(returns, func(a, b stored) int {
		return cmp.Or(cmp.Compare(a.revision, b.revision), cmp.Compare(a.fileLine, b.fileLine), cmp.Compare(a.id, b.id))
	})
	returned := map[string]int64{}
	for _, r := range returns {
		found := entitlements.CheckLine(im.goods, r.entitled(false), func(id string) (entitlements.Returnable, bool) {
			target, ok := lines[id]
			return entitlements.Returnable{Line: target.entitled(false), Returned: returned[id]}, ok
		})
		if len(found) == 0 {
			returned[r.returns] += r.quantity
			continue
		}
		for _, p := range found {
			im.refuseReturn(r, lines[r.returns], p)
		}
	}
}

// refuseReturn names a return that does not fit its line: at the return when the file brings it, else at the line.
func (im *importing) refuseReturn(r, target stored, p entitlements.Problem) {
	if r.revision != im.run.Seq {
		im.problems.Add(feed.Place{Line: int(target.fileLine), Column: 1, Field: "line_id"}, "orders.breaks_return",
			errs.Params{"key": target.id, "value": r.id})
		return
	}
	if _, inFile := im.seen[maphash.String(im.seed, r.returns)]; inFile && p.Code == entitlements.ReturnUnknown {
		return // its line is in the file and was refused itself
	}
	places := im.returns[r.fileLine]
	at := feed.Place{Line: int(r.fileLine), Column: int(places.target), Field: p.Field}
	if p.Field == "quantity" {
		at.Column = int(places.quantity)
	}
	im.problems.Add(at, string(p.Code), errs.Params{"value": p.Value})
}
