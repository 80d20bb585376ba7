package orders

import (
	"fmt"

	"chiave/internal/platform/db"
)

// Reference is what a person knows an order line by.
type Reference struct {
	LicensingID string // number
	OrderNumber string
	Kind        string
}

// ReferencesTx returns the references of order lines as they are published, by line id. The caller decides access.
func (s *Service) ReferencesTx(tx *db.Tx, lines []string) (map[string]Reference, error) {
	known := make(map[string]Reference, len(lines))
	err := tx.Each("SELECT l.line_id, d.number, l.order_number, l.kind FROM order_lines l JOIN licensing_ids d ON d.id = l.licensing_id"+published+
		"WHERE l.line_id IN "+tx.In("$1")+" AND NOT l.withdrawn ORDER BY l.line_id, l.revision", []any{db.List(lines)}, func(scan func(...any) error) error {
		var id string
		var r Reference
		err := scan(&id, &r.LicensingID, &r.OrderNumber, &r.Kind)
		known[id] = r // the highest revision comes last
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading what order lines are known by: %w", err)
	}
	return known, nil
}
