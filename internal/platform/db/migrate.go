package db

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"chiave/internal/platform/errs"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrationLock is the key of PostgreSQL's advisory lock under which schemas change.
const migrationLock = 0x6368_6961_7665 // "chiave"

// Migration is one numbered step of the schema.
type Migration struct {
	Version  int
	Name     string
	Checksum string // SHA-256 of the file, in hex
	text     string
}

// Migrations returns the steps this binary knows, in order. A file is NNNN_name.sql; statements end with ";" at a
// line's end. Types are written @int (64 bits), @text (ordered by bytes), @bytes, @bool; @strict ends a table.
func Migrations() ([]Migration, error) {
	entries, err := fs.ReadDir(migrationFiles, "migrations")
	if err != nil {
		return nil, err
	}
	var all []Migration
	for _, e := range entries {
		number, name, ok := strings.Cut(strings.TrimSuffix(e.Name(), ".sql"), "_")
		version, err := strconv.Atoi(number)
		if !ok || err != nil || len(all) > 0 && all[len(all)-1].Version >= version {
			return nil, fmt.Errorf("migration %s: its name is not NNNN_name.sql in rising order", e.Name())
		}
		body, err := migrationFiles.ReadFile("migrations/" + e.Name())
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(body)
		all = append(all, Migration{version, name, hex.EncodeToString(sum[:]), string(body)})
	}
	return all, nil
}

// Migrate brings the schema up to what this binary knows, in one transaction under a lock, and returns the steps it
// applied. Several processes may call it at once. Errors: Conflict "db.schema_newer", "db.schema_altered".
func (d *DB) Migrate(ctx context.Context) ([]Migration, error) {
	known, err := Migrations()
	if err != nil {
		return nil, err
	}
	var applied []Migration
	err = d.Housekeep(ctx, "migrating the schema", func(tx *Tx) error {
		applied = nil
		if err := tx.lockSchema(); err != nil {
			return err
		}
		done, err := tx.appliedMigrations()
		if err != nil {
			return err
		}
		if err := compatible(known, done); err != nil {
			return err
		}
		for _, m := range known {
			if _, ok := done[m.Version]; ok {
				continue
			}
			if err := tx.apply(m); err != nil {
				return fmt.Errorf("migration %04d_%s: %w", m.Version, m.Name, err)
			}
			applied = append(applied, m)
		}
		return nil
	})
	return applied, err
}

// CheckSchema says whether this binary can work on the database: its schema may be as this binary knows it, or one
// step newer. Errors: ErrNotInitialized for a database without any step, which is
// nobody's yet; Unavailable "db.schema_older" (run migrate); Conflict "db.schema_newer", "db.schema_altered".
func (d *DB) CheckSchema(ctx context.Context) error {
	known, err := Migrations()
	if err != nil {
		return err
	}
	return d.Read(ctx, func(tx *Tx) error {
		done, err := tx.appliedMigrations()
		if err != nil {
			return err
		}
		if len(done) == 0 {
			return ErrNotInitialized
		}
		if err := compatible(known, done); err != nil {
			return err
		}
		for _, m := range known {
			if _, ok := done[m.Version]; !ok {
				return errs.New(errs.Unavailable, "db.schema_older", errs.Params{"step": m.Version})
			}
		}
		return nil
	})
}

func (tx *Tx) lockSchema() error {
	if tx.db.engine == Postgres { // SQLite's BEGIN IMMEDIATE is the lock
		if _, err := tx.Exec("SELECT pg_advisory_xact_lock($1)", int64(migrationLock)); err != nil {
			return err
		}
	}
	_, err := tx.Exec(tx.macros("CREATE TABLE IF NOT EXISTS schema_migrations (version @int PRIMARY KEY, name @text NOT NULL, checksum @text NOT NULL, applied_at @int NOT NULL) @strict"))
	return err
}

// appliedMigrations returns the checksums of the applied steps by version; none when the table does not exist.
func (tx *Tx) appliedMigrations() (map[int]string, error) {
	var exists int
	if err := tx.Row(tx.Pick("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'",
		"SELECT count(*) FROM pg_catalog.pg_class WHERE oid = to_regclass('schema_migrations')")).Scan(&exists); err != nil {
		return nil, err
	}
	done := map[int]string{}
	if exists == 0 {
		return done, nil
	}
	err := tx.Each("SELECT version, checksum FROM schema_migrations", nil, func(scan func(...any) error) error {
		var version int
		var sum string
		if err := scan(&version, &sum); err != nil {
			return err
		}
		done[version] = sum
		return nil
	})
	return done, err
}

// compatible refuses a schema more than one step newer than known, and one whose applied steps are not those known.
func compatible(known []Migration, done map[int]string) error {
	newest, byVersion := 0, map[int]string{}
	for _, m := range known {
		newest, byVersion[m.Version] = m.Version, m.Checksum
	}
	for version, sum := range done {
		if version > newest+1 {
			return errs.New(errs.Conflict, "db.schema_newer", errs.Params{"step": version, "known": newest})
		}
		if want, ok := byVersion[version]; ok && want != sum {
			return errs.New(errs.Conflict, "db.schema_altered", errs.Params{"step": version})
		}
	}
	return nil
}

func (tx *Tx) apply(m Migration) error {
	for statement := range strings.SplitSeq(tx.macros(m.text), ";\n") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if _, err := tx.tx.ExecContext(tx.ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", firstLine(statement), err)
		}
	}
	_, err := tx.Exec("INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES ($1, $2, $3, $4)", m.Version, m.Name, m.Checksum, tx.now)
	return err
}

var (
	sqliteMacros   = strings.NewReplacer("@int", "INTEGER", "@text", "TEXT", "@bytes", "BLOB", "@bool", "INTEGER", "@strict", "STRICT")
	postgresMacros = strings.NewReplacer("@int", "BIGINT", "@text", `TEXT COLLATE "C"`, "@bytes", "BYTEA", "@bool", "BOOLEAN", "@strict", "")
)

func (tx *Tx) macros(text string) string {
	if tx.db.engine == Postgres {
		return postgresMacros.Replace(text)
	}
	return sqliteMacros.Replace(text)
}

func firstLine(s string) string {
	for line := range strings.Lines(s) {
		if t := strings.TrimSpace(line); t != "" && !strings.HasPrefix(t, "--") {
			return t
		}
	}
	return ""
}
