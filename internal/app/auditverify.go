package app

import (
	"context"
	"log/slog"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/config"
	"chiave/internal/platform/db"
	"chiave/internal/platform/seal"
)

// AuditVerify computes the audit log again from its records. against holds checkpoints that were kept elsewhere, or nothing. What is
// wrong with the log is in the report. Errors: those of Open.
func AuditVerify(ctx context.Context, cfg config.Config, log *slog.Logger, against []byte, progress func(done, total int64)) (audit.VerifyReport, error) {
	d, sealer, err := openSealed(ctx, cfg, log)
	if err != nil {
		return audit.VerifyReport{}, err
	}
	defer d.Close()
	return audit.NewLog(d, sealer.AuditSigner()).Verify(ctx, against, progress)
}

// openSealed opens an existing installation's database and its secrets.
func openSealed(ctx context.Context, cfg config.Config, log *slog.Logger) (*db.DB, *seal.Sealer, error) {
	d, err := openExisting(ctx, cfg, log)
	if err != nil {
		return nil, nil, err
	}
	err = d.CheckSchema(ctx)
	if err == nil {
		_, err = d.Installation(ctx)
	}
	var sealer *seal.Sealer
	if err == nil {
		sealer, err = seal.Open(ctx, d, cfg.RootKeyFile, seal.Options{})
	}
	if err != nil {
		d.Close()
		return nil, nil, err
	}
	return d, sealer, nil
}
