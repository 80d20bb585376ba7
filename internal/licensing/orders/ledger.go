package orders

import (
	"errors"
	"fmt"

	"chiave/internal/licensing/entitlements"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// LinesTx returns the order lines of Licensing IDs for the computation, by Licensing ID and line. shownOnOrder says which
// Licensing IDs count their lines from the order date; the lines of a Licensing ID that it does not hold are left out.
// There may be millions of lines: only what the computation asks for is read, and what they have in common is held once. The
// caller decides access.
func (s *Service) LinesTx(tx *db.Tx, shownOnOrder map[ids.ID]bool) ([]entitlements.Line, error) {
	licensing := make([]ids.ID, 0, len(shownOnOrder))
	for id := range shownOnOrder {
		licensing = append(licensing, id)
	}
	var most int // revisions of lines; a list that grows would hold twice as much
	if err := tx.Row("SELECT count(*) FROM order_lines WHERE licensing_id IN "+tx.In("$1"), db.List(licensing)).Scan(&most); err != nil {
		return nil, fmt.Errorf("counting order lines: %w", err)
	}
	r := ledgerReader{lines: make([]entitlements.Line, 0, most), shown: shownOnOrder, shared: map[string]string{}}
	columns := r.columns()
	err := tx.Each("SELECT "+ledgerColumns+" FROM order_lines l"+published+"WHERE l.licensing_id IN "+tx.In("$1")+
		" ORDER BY l.licensing_id, l.line_id, l.revision", []any{db.List(licensing)}, func(scan func(...any) error) error {
		if err := scan(columns...); err != nil {
			return err
		}
		return r.take()
	})
	if err != nil {
		return nil, fmt.Errorf("reading order lines: %w", err)
	}
	r.flush()
	return r.lines, nil
}

const ledgerColumns = "l.licensing_id, l.line_id, l.withdrawn, l.ordered_on, l.product, l.version, l.kind, l.quantity, l.coverage_start, l.coverage_end, " +
	"l.to_product, l.returns_line"

// ledgerReader takes the revisions of lines in their order and keeps the last of each line.
type ledgerReader struct {
	lines  []entitlements.Line
	shown  map[ids.ID]bool
	shared map[string]string
	last   entitlements.Line
	gone   bool

	row                       entitlements.Line // as it is scanned
	withdrawn                 bool
	ordered, kind, start, end string
}

// columns returns where the columns of a row are put, in the order of ledgerColumns.
func (r *ledgerReader) columns() []any {
	return []any{&r.row.LicensingID, &r.row.ID, &r.withdrawn, &r.ordered, &r.row.Product, &r.row.Version, &r.kind, &r.row.Quantity, &r.start, &r.end,
		&r.row.ToProduct, &r.row.Returns}
}

// take takes the row just scanned.
func (r *ledgerReader) take() error {
	next := r.row
	next.LicensingID, next.Product, next.Version, next.ToProduct = r.once(next.LicensingID), r.once(next.Product), r.once(next.Version), r.once(next.ToProduct)
	next.Kind, _ = entitlements.ParseKind(r.kind)
	next.ShownOnOrder = r.shown[ids.ID(next.LicensingID)]
	if next.ID != r.last.ID || next.LicensingID != r.last.LicensingID {
		r.flush()
	}
	err := errors.Join(next.OrderDate.UnmarshalText([]byte(r.ordered)), next.CoverageStart.UnmarshalText([]byte(r.start)), next.CoverageEnd.UnmarshalText([]byte(r.end)))
	r.last, r.gone = next, r.withdrawn // the highest revision comes last
	return err
}

// flush keeps the line of which all revisions were taken.
func (r *ledgerReader) flush() {
	if r.last.ID != "" && !r.gone {
		r.lines = append(r.lines, r.last)
	}
}

// once returns the one copy that is held of a text.
func (r *ledgerReader) once(text string) string {
	if text == "" {
		return ""
	}
	held, ok := r.shared[text]
	if !ok {
		r.shared[text], held = text, text
	}
	return held
}
