package orders

import "chiave/internal/platform/db"

// Herald hears of every import of orders in the transaction that makes it visible, by the revision of its lines.
type Herald interface {
	OrdersPublishedTx(tx *db.Tx, revision int64) error
}

// Tell makes the herald hear of imports from now on. It is called before the service is used.
func (s *Service) Tell(h Herald) { s.herald = h }

func (s *Service) tell(tx *db.Tx, revision int64) error {
	if s.herald == nil {
		return nil
	}
	return s.herald.OrdersPublishedTx(tx, revision)
}
