package orders

import (
	"context"

	"chiave/internal/platform/db"
)

// PurgeOnce is one of the transactions of Purge.
func (s *Service) PurgeOnce(ctx context.Context) error {
	return s.db.Housekeep(ctx, "purging once", func(tx *db.Tx) error { _, err := s.purge(tx); return err })
}
