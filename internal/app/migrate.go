package app

import (
	"context"
	"log/slog"

	"chiave/internal/platform/config"
	"chiave/internal/platform/db"
)

// Migrate brings the schema of an existing database up to what this program knows, and returns the steps it applied. Errors: NotFound
// "init.database_missing"; those of db.Migrate.
func Migrate(ctx context.Context, cfg config.Config, log *slog.Logger) ([]db.Migration, error) {
	d, err := openExisting(ctx, cfg, log)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.Migrate(ctx)
}
