package app

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"chiave/internal/platform/config"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/seal"
)

// RestoreResult is what was restored.
type RestoreResult struct {
	Manifest Manifest
	// RootKey says why the secrets cannot be opened yet: nil, or an error of seal.Open, such as "seal.root_key_missing".
	RootKey error
}

// Restore puts the backup in the directory src where cfg says that the database is. There must be nothing yet: an SQLite database
// without its file, a PostgreSQL database without tables. Nothing stays there unless the backup is whole and what its manifest says. Errors: NotFound
// "restore.no_backup"; Conflict "restore.altered", "restore.engine", "restore.not_empty", "restore.other"; Unavailable
// "backup.no_program"; those of db.CheckSchema but "db.schema_older".
func Restore(ctx context.Context, cfg config.Config, log *slog.Logger, src string, progress func(done, total int64)) (RestoreResult, error) {
	m, err := readManifest(src)
	if err != nil {
		return RestoreResult{}, err
	}
	if err := m.suits(cfg); err != nil {
		return RestoreResult{}, err
	}
	file := filepath.Join(src, m.File)
	size, sum, err := measure(file, progress)
	if err != nil || size != m.Size || sum != m.SHA256 {
		return RestoreResult{}, errs.New(errs.Conflict, "restore.altered", errs.Params{"file": file}).Wrap(err)
	}
	if target := sqliteFile(cfg); target != "" {
		return restoreFile(file, target, func(copied string) (RestoreResult, error) {
			there := cfg
			there.Database = "sqlite:" + copied
			return m.check(ctx, there, log)
		})
	}
	if err := restoreDump(ctx, cfg, log, file); err != nil {
		return RestoreResult{}, err
	}
	result, err := m.check(ctx, cfg, log)
	if errs.KindOf(err) == errs.Conflict {
		err = errors.Join(err, dropTables(ctx, cfg, log))
	}
	return result, err
}

func readManifest(src string) (m Manifest, err error) {
	text, err := os.ReadFile(filepath.Join(src, manifestName))
	if err != nil || json.Unmarshal(text, &m) != nil || m.Format != backupFormat || m.File != sqliteBackup && m.File != postgresBackup {
		return m, errs.New(errs.NotFound, "restore.no_backup", errs.Params{"directory": src}).Wrap(err)
	}
	return m, nil
}

// suits refuses a backup of the other engine.
func (m Manifest) suits(cfg config.Config) error {
	engine := db.Postgres
	if sqliteFile(cfg) != "" {
		engine = db.SQLite
	}
	if m.Engine != engine.String() {
		return errs.New(errs.Conflict, "restore.engine", errs.Params{"backup": m.Engine, "database": engine.String()})
	}
	return nil
}

// restoreFile copies beside the target, has the copy checked and links it into place, so that nothing that is there is replaced and nobody
// opens half a file, or one that is refused.
func restoreFile(file, target string, check func(copied string) (RestoreResult, error)) (RestoreResult, error) {
	for _, name := range []string{target, target + "-wal", target + "-shm", target + "-journal"} {
		if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
			return RestoreResult{}, errs.New(errs.Conflict, "restore.not_empty", errs.Params{"place": name}).Wrap(err)
		}
	}
	dir := filepath.Dir(target)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return RestoreResult{}, err
	}
	from, err := os.Open(file)
	if err != nil {
		return RestoreResult{}, err
	}
	defer from.Close()
	to, err := os.CreateTemp(dir, ".restore-*") // mode 0600
	if err != nil {
		return RestoreResult{}, err
	}
	defer os.Remove(to.Name())
	_, err = io.Copy(to, from)
	if err := errors.Join(err, to.Sync(), to.Close()); err != nil {
		return RestoreResult{}, err
	}
	result, err := check(to.Name())
	if err := errors.Join(err, removeAll(to.Name()+"-wal"), removeAll(to.Name()+"-shm")); err != nil {
		return RestoreResult{}, err
	}
	if err := os.Link(to.Name(), target); err != nil {
		return RestoreResult{}, err
	}
	d, err := os.Open(dir)
	if err != nil {
		return RestoreResult{}, err
	}
	return result, errors.Join(d.Sync(), d.Close())
}

// restoreDump has PostgreSQL's own program fill the database, in one transaction.
func restoreDump(ctx context.Context, cfg config.Config, log *slog.Logger, file string) error {
	d, err := OpenDatabase(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer d.Close()
	var tables int
	err = d.Read(ctx, func(tx *db.Tx) error {
		return tx.Row("SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND n.nspname = current_schema()").Scan(&tables)
	})
	if err != nil {
		return err
	}
	if tables > 0 {
		return errs.New(errs.Conflict, "restore.not_empty", errs.Params{"place": cfg.Database})
	}
	return postgresProgram(ctx, cfg, "pg_restore", []string{"--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", "--dbname=" + cfg.Database, file})
}

// dropTables takes away what restoreDump has put where there were no tables.
func dropTables(ctx context.Context, cfg config.Config, log *slog.Logger) error {
	d, err := OpenDatabase(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Housekeep(ctx, "taking away a backup that was refused", func(tx *db.Tx) error {
		_, err := tx.Exec(`DO $$ DECLARE t record; BEGIN FOR t IN SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = current_schema()
			LOOP EXECUTE format('DROP TABLE %I CASCADE', t.tablename); END LOOP; END $$`)
		return err
	})
}

// check opens what was restored and compares it with the manifest.
func (m Manifest) check(ctx context.Context, cfg config.Config, log *slog.Logger) (RestoreResult, error) {
	d, err := openExisting(ctx, cfg, log)
	if err != nil {
		return RestoreResult{}, err
	}
	defer d.Close()
	schema := d.CheckSchema(ctx)
	if schema != nil && errs.CodeOf(schema) != "db.schema_older" { // an older backup is migrated next
		return RestoreResult{}, schema
	}
	in, err := d.Installation(ctx)
	if err != nil {
		return RestoreResult{}, err
	}
	if in.UUID != m.Installation || in.Sandbox != m.Sandbox {
		return RestoreResult{}, errs.New(errs.Conflict, "restore.other")
	}
	_, key := seal.Open(ctx, d, cfg.RootKeyFile, seal.Options{})
	if key != nil && errs.KindOf(key) == errs.Internal {
		return RestoreResult{}, key
	}
	return RestoreResult{Manifest: m, RootKey: key}, nil
}
