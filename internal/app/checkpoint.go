package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"chiave/internal/platform/errs"
)

// keepCheckpoint appends the latest checkpoint of the audit log to the file that is set for it, unless it stands there already. The
// file proves nothing while it lies where the database does: operators take it elsewhere.
func (a *App) keepCheckpoint(ctx context.Context) error {
	if a.Config.CheckpointFile == "" {
		return nil
	}
	latest, err := a.AuditLog.Checkpoint(ctx)
	if errs.CodeOf(err) == "audit.no_checkpoint" {
		return nil
	}
	if err != nil {
		return err
	}
	kept, err := os.ReadFile(a.Config.CheckpointFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("reading the kept checkpoints: %w", err)
	}
	if bytes.HasSuffix(kept, latest) {
		return nil
	}
	f, err := os.OpenFile(a.Config.CheckpointFile, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("keeping a checkpoint: %w", err)
	}
	_, err = f.Write(latest)
	return errors.Join(err, f.Sync(), f.Close())
}
