package demo

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"chiave/internal/app"
	"chiave/internal/platform/config"
	"chiave/internal/platform/db"
	"chiave/internal/platform/seal"
)

// span is how long before the run the demo begins.
const span = 60 * 24 * time.Hour

const (
	portalName    = "Chiave (demo)"
	publisherName = "Aurelia Software (demo)"
)

// Config makes an empty sandbox installation in a fresh temporary directory and returns base pointed at it. Nothing in it leaves the
// machine: it has no mail server. cleanup removes the directory. Errors: those of the file system and the database.
func Config(base config.Config) (cfg config.Config, cleanup func(), err error) {
	dir, err := os.MkdirTemp("", "chiave-demo-")
	if err != nil {
		return config.Config{}, nil, fmt.Errorf("making a directory for the demo: %w", err)
	}
	cleanup = func() { os.RemoveAll(dir) }
	cfg = base
	cfg.DataDir = dir
	cfg.Database, cfg.DatabasePasswordFile = "sqlite:"+filepath.Join(dir, "chiave.db"), ""
	cfg.RootKeyFile, cfg.CheckpointFile = filepath.Join(dir, "root.key"), ""
	cfg.SMTP, cfg.ClockSkew = config.SMTP{}, 0
	cfg.PortalName, cfg.PublisherName = portalName, publisherName
	if len(cfg.SupportLines) == 0 {
		// Numbers that are kept free for fiction.
		cfg.SupportLines = []config.SupportLine{{Country: "GB", Text: "+44 20 7946 0123"}, {Country: "*", Text: "+1 202 555 0123"}}
	}
	if err := found(context.Background(), cfg); err != nil {
		cleanup()
		return config.Config{}, nil, fmt.Errorf("making an installation for the demo: %w", err)
	}
	return cfg, cleanup, nil
}

// found makes a sandbox installation whose clock stands span ago. It has no operator: Make makes one that can sign in.
func found(ctx context.Context, cfg config.Config) error {
	if err := seal.CreateRootKey(cfg.RootKeyFile); err != nil {
		return err
	}
	d, err := app.OpenDatabase(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer d.Close()
	if _, err := d.Migrate(ctx); err != nil {
		return err
	}
	return d.Housekeep(ctx, "making an installation for the demo", func(tx *db.Tx) error {
		if _, err := db.Initialize(tx, true); err != nil {
			return err
		}
		return db.StartClock(tx, tx.Now().Add(-span))
	})
}
