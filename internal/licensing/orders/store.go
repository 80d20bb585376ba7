package orders

import (
	"errors"
	"fmt"

	"chiave/internal/licensing/entitlements"
	"chiave/internal/platform/db"
	"chiave/internal/platform/feed"
	"chiave/internal/platform/ids"
)

const lineColumns = "l.licensing_id, l.line_id, l.revision, l.withdrawn, l.order_number, l.ordered_on, l.partner_id, l.product, l.version, l.kind, l.quantity, " +
	"l.coverage_start, l.coverage_end, l.usage_on, l.to_product, l.returns_line, l.file_line"

// published joins the run that brought a revision; its rows are visible. The plus keeps SQLite from starting at the runs,
// which would read every line there is.
const published = " JOIN imports i ON i.room = 'orders' AND i.seq = +l.revision AND i.state = 'published' "

func scanLine(scan func(...any) error) (s stored, withdrawn bool, err error) {
	var kind, ordered, start, end, usage string
	err = scan(&s.licensing, &s.id, &s.revision, &withdrawn, &s.orderNumber, &ordered, &s.partner, &s.product, &s.version, &kind, &s.quantity,
		&start, &end, &usage, &s.toProduct, &s.returns, &s.fileLine)
	if err != nil {
		return s, withdrawn, err
	}
	s.kind, _ = entitlements.ParseKind(kind)
	return s, withdrawn, errors.Join(s.orderDate.UnmarshalText([]byte(ordered)), s.start.UnmarshalText([]byte(start)),
		s.end.UnmarshalText([]byte(end)), s.usage.UnmarshalText([]byte(usage)))
}

// linesByID returns the lines that hold among those named, by line id. Rows staged by the run of seq count as if they
// were published; 0 is no run.
func linesByID(tx *db.Tx, names []string, seq int64) (map[string]stored, error) {
	found := make(map[string]stored, len(names))
	query := "SELECT " + lineColumns + " FROM order_lines l JOIN imports i ON i.room = 'orders' AND i.seq = +l.revision " +
		"AND (i.state = 'published' OR i.seq = $1) WHERE NOT l.withdrawn AND l.line_id IN " + tx.In("$2")
	err := tx.Each(query, []any{seq, db.List(names)}, func(scan func(...any) error) error {
		s, _, err := scanLine(scan)
		if before, ok := found[s.id]; !ok || before.revision < s.revision {
			found[s.id] = s
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading order lines: %w", err)
	}
	return found, nil
}

// stage writes rows that nobody can see yet.
func stage(tx *db.Tx, run *feed.Run, rows []staged) error {
	packed := make([][]any, len(rows))
	for i, r := range rows {
		packed[i] = []any{r.licensing, r.id, r.withdrawn, r.orderNumber, r.orderDate.String(), r.partner, r.product, r.version,
			r.kind.String(), r.quantity, r.start.String(), r.end.String(), r.usage.String(), r.toProduct, ids.ID(r.returns), r.fileLine} // an empty id is NULL
	}
	_, err := tx.Exec("INSERT INTO order_lines (revision, licensing_id, line_id, withdrawn, order_number, ordered_on, partner_id, product, version, kind, quantity, "+
		"coverage_start, coverage_end, usage_on, to_product, returns_line, file_line) SELECT $1, r.value->>0, r.value->>1, CAST(r.value->>2 AS "+
		tx.Pick("INTEGER", "BOOLEAN")+"), r.value->>3, r.value->>4, r.value->>5, r.value->>6, r.value->>7, r.value->>8, CAST(r.value->>9 AS BIGINT), "+
		"r.value->>10, r.value->>11, r.value->>12, r.value->>13, r.value->>14, CAST(r.value->>15 AS BIGINT) FROM "+tx.Rows("$2", "r"), run.Seq, db.Packed(packed))
	if err != nil {
		return fmt.Errorf("staging order lines: %w", err)
	}
	return nil
}

// staged is a revision to be written.
type staged struct {
	stored
	withdrawn bool
}

// purge deletes what unpublished runs have left, in batches.
func (s *Service) purge(tx *db.Tx) (more bool, err error) {
	runs, err := feed.Leftovers(tx, room)
	if err != nil || len(runs) == 0 {
		return false, err
	}
	n, err := tx.Exec("DELETE FROM order_lines WHERE revision = $1 AND line_id IN (SELECT line_id FROM order_lines WHERE revision = $2 ORDER BY line_id LIMIT $3)",
		runs[0], runs[0], purgeRows)
	if err != nil || n > 0 {
		return true, err
	}
	return true, feed.Purged(tx, room, runs[0])
}
