package app

import (
	"path/filepath"
	"testing"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/config"
)

func TestAuditVerify(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, cfg config.Config) {
		installed(t, cfg)
		d, sealer := opened(t, cfg)
		log := audit.NewLog(d, sealer.AuditSigner())
		report, err := AuditVerify(t.Context(), cfg, quiet, nil, nil)
		if err != nil || !report.OK() || report.Unsealed == 0 {
			t.Fatalf("before sealing: %+v, %v", report, err)
		}
		old := filepath.Join(t.TempDir(), "old")
		if _, err := log.Seal(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := Backup(t.Context(), cfg, quiet, old, nil); err != nil {
			t.Fatal(err)
		}
		key := plantKey(t, d, sealer, keyText)
		if err := activate(t.Context(), d, key); err != nil {
			t.Fatal(err)
		}
		if _, err := log.Seal(t.Context()); err != nil {
			t.Fatal(err)
		}
		kept, err := log.Checkpoint(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var told int64
		report, err = AuditVerify(t.Context(), cfg, quiet, kept, func(done, _ int64) { told = done })
		if err != nil || !report.OK() || report.Kept != 1 || told != report.Sealed {
			t.Errorf("whole: %+v, %v, told of %d", report, err, told)
		}
		back := elsewhere(t, cfg, cfg.RootKeyFile)
		if _, err := Restore(t.Context(), back, quiet, old, nil); err != nil {
			t.Fatal(err)
		}
		if report, err = AuditVerify(t.Context(), back, quiet, nil, nil); err != nil || !report.OK() {
			t.Errorf("an older state agrees with itself: %+v, %v", report, err)
		}
		if report, err = AuditVerify(t.Context(), back, quiet, kept, nil); err != nil || report.OK() || report.Faults[0].Kind != audit.RolledBack {
			t.Errorf("against the kept checkpoint: %+v, %v", report, err)
		}
		change(t, d, "UPDATE audit_records SET object = 'x' WHERE seq = 1")
		if report, err = AuditVerify(t.Context(), cfg, quiet, nil, nil); err != nil || report.OK() {
			t.Errorf("altered: %+v, %v", report, err)
		}
	})
}
