package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/config"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

const keyText = "AAAAA-BBBBB-CCCCC-DDDDD-ABCDE"

// elsewhere returns settings of the same engine under which there is nothing yet, with the root key that key names.
func elsewhere(t *testing.T, cfg config.Config, key string) config.Config {
	t.Helper()
	engine := db.Postgres
	if sqliteFile(cfg) != "" {
		engine = db.SQLite
	}
	other := settings(t, engine)
	other.RootKeyFile = key
	return other
}

// counted returns the count of a key and how many activations it has.
func counted(t *testing.T, d *db.DB, key ids.ID) (used, rows int64) {
	t.Helper()
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		return tx.Row("SELECT used, (SELECT count(*) FROM activations WHERE key_id = $1) FROM product_keys WHERE id = $1", key).Scan(&used, &rows)
	})
	if err != nil {
		t.Fatal(err)
	}
	return used, rows
}

// load activates with the key from several goroutines until stop is called; done tells how many activations are durable.
func load(t *testing.T, d *db.DB, key ids.ID) (done *atomic.Int64, stop func()) {
	t.Helper()
	done = &atomic.Int64{}
	ctx, cancel := context.WithCancel(context.Background())
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for ctx.Err() == nil {
				if err := activate(context.Background(), d, key); err != nil {
					t.Errorf("activating beside the backup: %v", err)
					return
				}
				done.Add(1)
			}
		})
	}
	for done.Load() < 20 && !t.Failed() {
		if err := activate(t.Context(), d, key); err != nil {
			t.Fatal(err)
		}
		done.Add(1)
	}
	return done, func() { cancel(); writers.Wait() }
}

// A backup taken beside writers is the database at one instant: what it holds agrees with itself, everything that was durable before it began
// is in it, and what was written after it ended is not.
func TestABackupUnderLoadIsOneInstant(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, cfg config.Config) {
		installed(t, cfg)
		d, sealer := opened(t, cfg)
		key := plantKey(t, d, sealer, keyText)
		done, stop := load(t, d, key)
		defer stop()
		if _, err := audit.NewLog(d, sealer.AuditSigner()).Seal(t.Context()); err != nil {
			t.Fatal(err)
		}
		before := done.Load()
		if file := sqliteFile(cfg); file != "" {
			lacksNewest(t, cfg, file, key, before)
		}
		dest := filepath.Join(t.TempDir(), "backup")
		m, err := Backup(t.Context(), cfg, quiet, dest, nil)
		if err != nil {
			t.Fatal(err)
		}
		stop()
		for range 3 {
			if err := activate(t.Context(), d, key); err != nil {
				t.Fatal(err)
			}
		}
		after, _ := counted(t, d, key)
		wantNoRootKey(t, cfg, dest)

		other := elsewhere(t, cfg, cfg.RootKeyFile)
		result, err := Restore(t.Context(), other, quiet, dest, nil)
		if err != nil || result.RootKey != nil || result.Manifest != m {
			t.Fatalf("restored %+v, %v", result, err)
		}
		restored, again := opened(t, other)
		used, rows := counted(t, restored, key)
		if used != rows || used < before || used > after-3 {
			t.Errorf("restored %d used and %d activations; %d were durable before, %d after", used, rows, before, after-3)
		}
		if report, err := AuditVerify(t.Context(), other, quiet, []byte(m.Checkpoint), nil); err != nil || !report.OK() || report.Kept != 1 {
			t.Errorf("the audit log: %+v, %v", report, err)
		}
		var sealed []byte
		err = restored.Read(t.Context(), func(tx *db.Tx) error {
			return tx.Row("SELECT sealed FROM product_keys WHERE id = $1", key).Scan(&sealed)
		})
		if text, opens := again.Open("product_keys/"+string(key), sealed); err != nil || opens != nil || string(text) != keyText {
			t.Errorf("revealed %q, %v, %v", text, err, opens)
		}
	})
}

// lacksNewest is the control: a plain copy of the file beside writers is not what a backup is.
func lacksNewest(t *testing.T, cfg config.Config, file string, key ids.ID, before int64) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	naive := elsewhere(t, cfg, cfg.RootKeyFile)
	if err := makeFiles(naive); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(sqliteFile(naive), text, 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := openExisting(t.Context(), naive, quiet)
	if err != nil {
		return // not even a database
	}
	defer d.Close()
	var rows int64
	err = d.Read(t.Context(), func(tx *db.Tx) error {
		return tx.Row("SELECT count(*) FROM activations WHERE key_id = $1", key).Scan(&rows)
	})
	if err == nil && rows >= before {
		t.Errorf("a plain copy of the file has all %d activations: the load proves nothing", rows)
	}
}

func wantNoRootKey(t *testing.T, cfg config.Config, dest string) {
	t.Helper()
	key, err := os.ReadFile(cfg.RootKeyFile)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(string(key))
	secret := strings.TrimPrefix(lines[len(lines)-1], "chiave-root-key-1:")
	entries, err := os.ReadDir(dest)
	if err != nil || len(entries) != 2 || len(secret) < 40 {
		t.Fatalf("%v in the backup, %v", entries, err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dest, e.Name()))
		if info, _ := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", e.Name(), info.Mode(), err)
		}
		for _, leak := range []string{secret, keyText} {
			if strings.Contains(string(text), leak) {
				t.Errorf("%s holds a secret", e.Name())
			}
		}
	}
}

func TestRestoreWithoutTheRootKey(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, cfg config.Config) {
		made := installed(t, cfg)
		dest := filepath.Join(t.TempDir(), "backup")
		m, err := Backup(t.Context(), cfg, quiet, dest, nil)
		if err != nil || m.Installation != made.Installation.UUID || !m.Sandbox || len(m.RootKeyFingerprint) != 32 {
			t.Fatalf("backed up %+v, %v", m, err)
		}
		missing := filepath.Join(t.TempDir(), "root.key")
		other := elsewhere(t, cfg, missing)
		result, err := Restore(t.Context(), other, quiet, dest, nil)
		if err != nil {
			t.Fatal(err)
		}
		wantCode(t, "the result", result.RootKey, "seal.root_key_missing")
		_, _, err = openSealed(t.Context(), other, quiet)
		var refusal *errs.Error
		if !errors.As(err, &refusal) || refusal.Code != "seal.root_key_missing" || refusal.Params["file"] != missing {
			t.Errorf("opened without the root key: %v", err)
		}
		if _, err := os.Stat(missing); err == nil {
			t.Error("a root key was made")
		}
		strange := settings(t, db.SQLite)
		installed(t, strange)
		other.RootKeyFile = strange.RootKeyFile
		_, _, err = openSealed(t.Context(), other, quiet)
		wantCode(t, "with another's root key", err, "seal.wrong_root_key")
		other.RootKeyFile = cfg.RootKeyFile
		opened(t, other)
	})
}

func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, cfg config.Config) {
		installed(t, cfg)
		dest := filepath.Join(t.TempDir(), "backup")
		m, err := Backup(t.Context(), cfg, quiet, dest, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Backup(t.Context(), cfg, quiet, dest, nil)
		wantCode(t, "a second backup", err, "backup.not_empty")
		_, err = Restore(t.Context(), cfg, quiet, dest, nil)
		wantCode(t, "over the installation", err, "restore.not_empty")
		_, err = Restore(t.Context(), elsewhere(t, cfg, "none"), quiet, t.TempDir(), nil)
		wantCode(t, "an empty directory", err, "restore.no_backup")
		across := settings(t, db.SQLite)
		if m.Engine == db.SQLite.String() {
			across.Database = dbtest.Empty(t, db.Postgres)
		}
		_, err = Restore(t.Context(), across, quiet, dest, nil)
		wantCode(t, "the other engine", err, "restore.engine")

		manifest := filepath.Join(dest, manifestName)
		truth, err := os.ReadFile(manifest)
		if err != nil {
			t.Fatal(err)
		}
		lie := strings.Replace(string(truth), m.Installation, "00000000-0000-4000-8000-000000000000", 1)
		if err := os.WriteFile(manifest, []byte(lie), 0o600); err != nil {
			t.Fatal(err)
		}
		other := elsewhere(t, cfg, cfg.RootKeyFile)
		for _, name := range []string{"another installation", "another installation again"} { // the first try left nothing
			_, err = Restore(t.Context(), other, quiet, dest, nil)
			wantCode(t, name, err, "restore.other")
		}
		if err := os.WriteFile(manifest, truth, 0o600); err != nil {
			t.Fatal(err)
		}
		if place := sqliteFile(other); place != "" {
			if left, _ := os.ReadDir(filepath.Dir(place)); len(left) > 0 {
				t.Errorf("left %v", left)
			}
		}

		file := filepath.Join(dest, m.File)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text[len(text)/2] ^= 1
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err = Restore(t.Context(), other, quiet, dest, nil)
		wantCode(t, "an altered backup", err, "restore.altered")
		if _, err := os.Stat(sqliteFile(other)); sqliteFile(other) != "" && err == nil {
			t.Error("an altered backup was put in place")
		}
	})
}

func TestPostgresPrograms(t *testing.T) {
	t.Parallel()
	cfg := settings(t, db.Postgres)
	err := postgresProgram(t.Context(), cfg, "pg_dump_that_is_not_there", []string{"--file=x"})
	var refusal *errs.Error
	if !errors.As(err, &refusal) || refusal.Code != "backup.no_program" || refusal.Params["command"] != "pg_dump_that_is_not_there --file=x" {
		t.Errorf("got %v", err)
	}
	cfg.DatabasePasswordFile = filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(cfg.DatabasePasswordFile, []byte("p w\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(t.TempDir(), "at")
	if err := postgresProgram(t.Context(), cfg, "sh", []string{"-c", `test -z "$PGPASSWORD" && grep -qx '[*]:[*]:[*]:[*]:p w' "$PGPASSFILE" && echo "$PGPASSFILE" >'` + at + `'`}); err != nil {
		t.Errorf("the password did not arrive: %v", err)
	}
	if name, err := os.ReadFile(at); err != nil {
		t.Error(err)
	} else if _, err := os.Stat(strings.TrimSpace(string(name))); err == nil {
		t.Error("the password's file is still there")
	}
	err = postgresProgram(t.Context(), cfg, "sh", []string{"-c", "echo one >&2; echo the reason >&2; exit 1"})
	if !errors.As(err, &refusal) || refusal.Code != "backup.program_failed" || refusal.Params["reason"] != "the reason" {
		t.Errorf("got %v", err)
	}
}
