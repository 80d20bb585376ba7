package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"chiave/internal/platform/clock"
	"chiave/internal/platform/config"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
)

// TestTheDiskLookedAtIsTheDatabases: the data directory may be elsewhere, or nowhere.
func TestTheDiskLookedAtIsTheDatabases(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "database")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(t.Context(), db.Config{URL: "sqlite:" + filepath.Join(dir, "c.db"), Clock: clock.System{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	elsewhere := t.TempDir()
	a := &App{DB: d, Config: config.Config{DataDir: filepath.Join(elsewhere, "missing")}}
	if err := a.diskReady(); err != nil {
		t.Errorf("a data directory that is missing: %v", err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	a.Config.DataDir = elsewhere
	if err := a.diskReady(); errs.CodeOf(err) != "app.disk" {
		t.Errorf("a directory of the database that is gone: %v", err)
	}
}
