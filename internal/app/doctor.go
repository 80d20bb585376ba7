package app

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/config"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/seal"
)

// State says how a check went.
type State string

// The states.
const (
	Good State = "ok"
	Warn State = "warn" // works, and should be looked at
	Fail State = "fail" // something is broken or unsafe
)

// Finding is what one check has found. The sentence is the translation key "doctor." + Code with Params.
type Finding struct {
	State  State
	Code   string
	Params errs.Params
	Err    error // why a check could not be made; nil otherwise
}

// Examination is what the doctor has found.
type Examination struct{ Findings []Finding }

// Worst returns the worst state found.
func (e Examination) Worst() State {
	worst := Good
	for _, f := range e.Findings {
		if f.State == Fail || f.State == Warn && worst == Good {
			worst = f.State
		}
	}
	return worst
}

func (e *Examination) add(state State, code string, params errs.Params) {
	e.Findings = append(e.Findings, Finding{State: state, Code: code, Params: params})
}

// broken notes a check that could not be made.
func (e *Examination) broken(code string, err error) {
	e.Findings = append(e.Findings, Finding{State: Fail, Code: code, Err: err})
}

// counted notes how many of something there are, of which there should be none.
func (e *Examination) counted(n int64, none, some string, state State) {
	if n == 0 {
		e.add(Good, none, nil)
		return
	}
	e.add(state, some, errs.Params{"count": n})
}

// Doctor examines the installation of cfg, running or not, and changes nothing. What cannot be examined is a finding too. progress, which
// may be nil, follows the verification of the audit log.
func Doctor(ctx context.Context, cfg config.Config, log *slog.Logger, progress func(done, total int64)) Examination {
	var e Examination
	e.files(cfg)
	e.disk(cfg)
	d, err := openExisting(ctx, cfg, log)
	if err != nil {
		e.broken("database_unreachable", err)
		return e
	}
	defer d.Close()
	e.add(Good, "database", errs.Params{"engine": d.Engine().String()})
	if err := d.CheckSchema(ctx); err != nil {
		e.broken("schema", err)
		return e
	}
	e.add(Good, "schema_known", nil)
	in, err := d.Installation(ctx)
	if err != nil {
		e.broken("installation", err)
		return e
	}
	if in.Sandbox {
		e.add(Warn, "sandbox", nil)
	}
	for _, look := range []struct {
		code string
		with func(*db.Tx) error
	}{
		{"integrity", e.integrity}, {"counts", e.counts}, {"clock", e.clock}, {"queue", e.queue},
		{"mail", func(tx *db.Tx) error { return e.mail(tx, cfg) }}, {"administrators", e.administrators},
	} {
		if err := d.Read(ctx, look.with); err != nil {
			e.broken(look.code, err)
		}
	}
	e.secrets(ctx, d, cfg, progress)
	return e
}

// secrets examines what needs the root key.
func (e *Examination) secrets(ctx context.Context, d *db.DB, cfg config.Config, progress func(done, total int64)) {
	sealer, err := seal.Open(ctx, d, cfg.RootKeyFile, seal.Options{})
	if err != nil {
		e.broken("root_key", err)
		return
	}
	e.add(Good, "root_key_fits", nil)
	if err := d.Read(ctx, func(tx *db.Tx) error { return e.ciphertext(tx, sealer) }); err != nil {
		e.broken("ciphertext", err)
	}
	report, err := audit.NewLog(d, sealer.AuditSigner()).Verify(ctx, nil, progress)
	switch {
	case err != nil:
		e.broken("audit", err)
	case !report.OK():
		e.add(Fail, "audit_altered", errs.Params{"count": report.FaultCount})
	default:
		e.add(Good, "audit_whole", errs.Params{"count": report.Sealed})
	}
	if err := d.Read(ctx, e.unsealed); err != nil {
		e.broken("unsealed", err)
	}
}

// files looks at who can read what is secret on this machine.
func (e *Examination) files(cfg config.Config) {
	open := false
	look := func(file string, state State) {
		info, err := os.Stat(file)
		if err != nil || file == "" {
			return // what is missing is found by what needs it
		}
		if info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
			open = true
			e.add(state, "file_open", errs.Params{"file": file, "mode": info.Mode().Perm().String()})
		}
	}
	look(cfg.RootKeyFile, Fail)
	look(cfg.DatabasePasswordFile, Fail)
	look(cfg.SMTP.PasswordFile, Fail)
	if file := sqliteFile(cfg); file != "" {
		look(file, Warn)
		look(file+"-wal", Warn)
		if _, err := os.Stat(cfg.RootKeyFile); err == nil && filepath.Dir(file) == filepath.Dir(cfg.RootKeyFile) {
			e.add(Good, "root_key_beside", errs.Params{"file": cfg.RootKeyFile})
		}
	}
	if !open {
		e.add(Good, "files_closed", nil)
	}
}

// The least space that is enough to go on, in bytes.
const (
	spaceWarn = 1 << 30
	spaceFail = 100 << 20
)

// disk looks at the space left beside an SQLite database.
func (e *Examination) disk(cfg config.Config) {
	file := sqliteFile(cfg)
	if file == "" {
		return
	}
	free, known := freeSpace(filepath.Dir(file))
	if !known {
		return
	}
	mib := errs.Params{"mib": int64(free >> 20)}
	switch {
	case free < spaceFail:
		e.add(Fail, "disk_full", mib)
	case free < spaceWarn:
		e.add(Warn, "disk_low", mib)
	default:
		e.add(Good, "disk_free", mib)
	}
}

// unsealed says when records wait too long for their place in the log: nothing shows that one of these was altered.
func (e *Examination) unsealed(tx *db.Tx) error {
	var oldest time.Time
	if err := tx.Row("SELECT min(at) FROM audit_records WHERE seq IS NULL").Scan(&oldest); err != nil {
		return err
	}
	if !oldest.IsZero() && tx.Now().Sub(oldest) > unsealedFor {
		e.add(Warn, "audit_waiting", errs.Params{"minutes": int64(tx.Now().Sub(oldest) / time.Minute)})
	}
	return nil
}
