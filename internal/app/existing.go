package app

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"chiave/internal/platform/config"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
)

// sqliteFile returns the file of an SQLite database, "" for PostgreSQL.
func sqliteFile(cfg config.Config) string {
	file, ok := strings.CutPrefix(cfg.Database, "sqlite:")
	if !ok {
		return ""
	}
	return file
}

// openExisting opens the database of cfg as it is. Unlike db.Open it makes no file: a wrong path must not look like an empty
// installation. Errors: NotFound "init.database_missing"; those of db.Open.
func openExisting(ctx context.Context, cfg config.Config, log *slog.Logger) (*db.DB, error) {
	if file := sqliteFile(cfg); file != "" {
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			return nil, errs.New(errs.NotFound, "init.database_missing", errs.Params{"file": file})
		}
	}
	return OpenDatabase(ctx, cfg, log)
}
