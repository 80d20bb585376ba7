package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"chiave/internal/platform/config"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
)

// Names of the files of a backup, and what its manifest calls itself.
const (
	manifestName   = "manifest.json"
	sqliteBackup   = "database.sqlite"
	postgresBackup = "database.dump"
	backupFormat   = "chiave-backup-1"
)

// Manifest says what a backup holds. The root key is not in it.
type Manifest struct {
	Format             string    `json:"format"`
	TakenAt            time.Time `json:"taken_at"`
	Engine             string    `json:"engine"`
	Installation       string    `json:"installation"` // UUID
	Sandbox            bool      `json:"sandbox"`
	Schema             int       `json:"schema"`               // newest step of the schema
	RootKeyFingerprint string    `json:"root_key_fingerprint"` // of the root key that opens it, in hex
	Checkpoint         string    `json:"checkpoint,omitempty"` // of the audit log; what is restored must cover it
	File               string    `json:"file"`
	Size               int64     `json:"size"`
	SHA256             string    `json:"sha256"`
}

// Backup copies the database as it stands at one instant into the directory dest, which it makes, while servers go on working. The
// root key stays out: whoever had both would have everything. progress, which may be nil, is told how many bytes are checked. Errors:
// Conflict "backup.not_empty"; Unavailable "backup.no_program" with the command to run; those of Open.
func Backup(ctx context.Context, cfg config.Config, log *slog.Logger, dest string, progress func(done, total int64)) (Manifest, error) {
	d, err := openExisting(ctx, cfg, log)
	if err != nil {
		return Manifest{}, err
	}
	defer d.Close()
	m := Manifest{Format: backupFormat, Engine: d.Engine().String(), File: sqliteBackup}
	if d.Engine() == db.Postgres {
		m.File = postgresBackup
	}
	if err := m.describe(ctx, d); err != nil { // before the copy, which then covers at least its checkpoint
		return Manifest{}, err
	}
	if err := emptyDirectory(dest); err != nil {
		return Manifest{}, err
	}
	file := filepath.Join(dest, m.File)
	if d.Engine() == db.SQLite {
		err = d.CopyTo(ctx, file)
		if errs.CodeOf(err) == "db.unavailable" { // it was just read: what fails is the copy
			err = errs.New(errs.Unavailable, "backup.unwritable", errs.Params{"directory": dest}).Wrap(err)
		}
	} else {
		err = dump(ctx, cfg, file)
	}
	if err == nil {
		m.Size, m.SHA256, err = measure(file, progress)
	}
	if err == nil {
		err = m.write(dest)
	}
	if err != nil {
		return Manifest{}, errors.Join(err, removeAll(file))
	}
	return m, nil
}

// emptyDirectory makes dest, or sees that nothing is in it.
func emptyDirectory(dest string) error {
	if err := os.MkdirAll(dest, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(dest)
	if err == nil && len(entries) > 0 {
		return errs.New(errs.Conflict, "backup.not_empty", errs.Params{"directory": dest})
	}
	return err
}

func removeAll(file string) error {
	if err := os.Remove(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// describe reads what the database says of itself. Errors: those of db.CheckSchema; db.ErrNotInitialized.
func (m *Manifest) describe(ctx context.Context, d *db.DB) error {
	if err := d.CheckSchema(ctx); err != nil {
		return err
	}
	in, err := d.Installation(ctx)
	if err != nil {
		return err
	}
	m.Installation, m.Sandbox = in.UUID, in.Sandbox
	return d.Read(ctx, func(tx *db.Tx) error {
		m.TakenAt = tx.Now()
		if err := tx.Row("SELECT max(version) FROM schema_migrations").Scan(&m.Schema); err != nil {
			return err
		}
		var fingerprint []byte
		err := tx.Row("SELECT sealed FROM sealed_keys WHERE purpose = 'root_check'").Scan(&fingerprint)
		if err != nil && !errors.Is(err, db.ErrNoRow) {
			return err
		}
		m.RootKeyFingerprint = hex.EncodeToString(fingerprint)
		err = tx.Row("SELECT checkpoint FROM audit_checkpoints ORDER BY size DESC LIMIT 1").Scan(&m.Checkpoint)
		if errors.Is(err, db.ErrNoRow) {
			return nil
		}
		return err
	})
}

// measure returns size and SHA-256 of a file.
func measure(file string, progress func(done, total int64)) (size int64, sum string, err error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, "", err
	}
	hash := sha256.New()
	size, err = io.Copy(hash, &told{f, 0, info.Size(), progress})
	return size, hex.EncodeToString(hash.Sum(nil)), err
}

// told is a reader that tells how far it has got.
type told struct {
	from        io.Reader
	done, total int64
	progress    func(done, total int64)
}

func (t *told) Read(b []byte) (int, error) {
	n, err := t.from.Read(b)
	t.done += int64(n)
	if t.progress != nil {
		t.progress(t.done, t.total)
	}
	return n, err
}

// write puts the manifest beside the copy. It is written last: a directory without it is no backup.
func (m *Manifest) write(dest string) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dest, manifestName), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	return errors.Join(err, f.Sync(), f.Close())
}

// dump has PostgreSQL's own program write the database into a file that only its owner can read, durably.
func dump(ctx context.Context, cfg config.Config, file string) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	args := []string{"--format=custom", "--no-owner", "--no-privileges", "--file=" + file, "--dbname=" + cfg.Database}
	if err := postgresProgram(ctx, cfg, "pg_dump", args); err != nil {
		return err
	}
	return f.Sync()
}

// passFile writes a password as PostgreSQL's programs read it and returns the file's name.
func passFile(password string) (string, error) {
	f, err := os.CreateTemp("", ".chiave-*") // mode 0600
	if err != nil {
		return "", err
	}
	_, err = f.WriteString("*:*:*:*:" + strings.NewReplacer(`\`, `\\`, ":", `\:`).Replace(password) + "\n")
	return f.Name(), errors.Join(err, f.Close())
}

// postgresProgram runs a client program of PostgreSQL. The password reaches it through a file that only this user can read, never
// through its arguments or its environment. Errors: Unavailable "backup.no_program", "backup.program_failed".
func postgresProgram(ctx context.Context, cfg config.Config, name string, args []string) error {
	program, err := exec.LookPath(name)
	if err != nil {
		return errs.New(errs.Unavailable, "backup.no_program", errs.Params{"program": name, "command": name + " " + strings.Join(args, " ")})
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = slices.DeleteFunc(append(os.Environ(), "LC_ALL=C"), func(v string) bool { return strings.HasPrefix(v, "PGPASSWORD=") })
	if cfg.DatabasePasswordFile != "" {
		password, err := os.ReadFile(cfg.DatabasePasswordFile)
		if err != nil {
			return errs.New(errs.Unavailable, "config.secret_unreadable", errs.Params{"name": "database_password_file"}).Wrap(err)
		}
		file, err := passFile(strings.TrimRight(string(password), "\r\n"))
		if err != nil {
			return err
		}
		defer os.Remove(file)
		cmd.Env = append(cmd.Env, "PGPASSFILE="+file)
	}
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		last := strings.TrimSpace(said.String())
		if i := strings.LastIndexByte(last, '\n'); i >= 0 {
			last = last[i+1:]
		}
		return errs.New(errs.Unavailable, "backup.program_failed", errs.Params{"program": name, "reason": last}).Wrap(fmt.Errorf("%s: %w", name, err))
	}
	return nil
}
