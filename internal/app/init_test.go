package app

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/config"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
	"chiave/internal/platform/seal"
)

var quiet = slog.New(slog.DiscardHandler)

// eachEngine runs test on both engines, each with the settings of an installation that is not there yet.
func eachEngine(t *testing.T, test func(t *testing.T, cfg config.Config)) {
	t.Helper()
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(engine.String(), func(t *testing.T) {
			t.Parallel()
			test(t, settings(t, engine))
		})
	}
}

func settings(t *testing.T, engine db.Engine) config.Config {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	cfg := config.Config{DataDir: dir, Database: "sqlite:" + filepath.Join(dir, "chiave.db"), RootKeyFile: filepath.Join(dir, "root.key"), BaseURL: "https://licensing.example.com"}
	if engine == db.Postgres {
		cfg.Database = dbtest.Empty(t, engine)
	}
	return cfg
}

// installed makes an installation.
func installed(t *testing.T, cfg config.Config) InitResult {
	t.Helper()
	made, err := Init(t.Context(), cfg, quiet, InitOptions{Operator: "Op@Example.com", Sandbox: true})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// opened opens the installation's database and secrets until the test ends.
func opened(t *testing.T, cfg config.Config) (*db.DB, *seal.Sealer) {
	t.Helper()
	d, sealer, err := openSealed(t.Context(), cfg, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d, sealer
}

func wantCode(t *testing.T, what string, err error, code string) {
	t.Helper()
	if errs.CodeOf(err) != code || err == nil {
		t.Errorf("%s: got %v, want %s", what, err, code)
	}
}

// change alters the database behind the program's back.
func change(t *testing.T, d *db.DB, statement string, args ...any) {
	t.Helper()
	err := d.Housekeep(context.Background(), "a test", func(tx *db.Tx) error {
		n, err := tx.Exec(statement, args...)
		if err == nil && n == 0 {
			err = errors.New("no row was changed")
		}
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// plantKey stores a product key that has activated no computer.
func plantKey(t *testing.T, d *db.DB, sealer *seal.Sealer, text string) ids.ID {
	t.Helper()
	id := ids.New(time.Now())
	sealed, err := sealer.Seal("product_keys/"+string(id), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	change(t, d, "INSERT INTO product_keys (id, licensing_id, type, origin, sealed, lookup, last_five, activation_limit, state, created_at) VALUES ($1, 'l', 'mak', 'own', $2, $3, 'ABCDE', 100000, 'assigned', 0)",
		id, sealed, sealer.Lookup("product_keys", []byte(text)))
	return id
}

// activate counts one activation of the key, as the room does: count, row and record in one transaction.
func activate(ctx context.Context, d *db.DB, key ids.ID) error {
	return d.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec("UPDATE product_keys SET used = used + 1 WHERE id = $1", key); err != nil {
			return err
		}
		id := tx.NewID()
		if _, err := tx.Exec("INSERT INTO activations (licensing_id, key_id, installation_id, id, product, machine, activated_at) VALUES ('l', $1, $2, $2, 'P', '', $3)", key, id, tx.Now()); err != nil {
			return err
		}
		return audit.Record(tx, audit.Actor{Kind: audit.Machine}, audit.Event{Action: "activations.created", Object: "act_" + string(id)})
	})
}

func TestInit(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, cfg config.Config) {
		made := installed(t, cfg)
		if !made.Installation.Sandbox || !made.RootKeyMade || !strings.HasPrefix(made.SignInLink, "https://licensing.example.com/invitations/") {
			t.Errorf("made %+v", made)
		}
		d, _ := opened(t, cfg)
		people := accounts.New(d, access.New(d), nil, accounts.Config{})
		session, err := people.Token(t.Context(), made.Token)
		if err != nil || session.User.Staff != access.Operator {
			t.Errorf("the token belongs to %+v, %v", session, err)
		}
		for _, file := range []string{cfg.RootKeyFile, sqliteFile(cfg)} {
			if info, err := os.Stat(file); file != "" && (err != nil || info.Mode().Perm() != 0o600) {
				t.Errorf("%s: %v, %v", file, info, err)
			}
		}
		before, err := os.ReadFile(cfg.RootKeyFile)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Init(t.Context(), cfg, quiet, InitOptions{Operator: "other@example.com"})
		wantCode(t, "a second time", err, "db.initialized")
		if after, err := os.ReadFile(cfg.RootKeyFile); err != nil || string(after) != string(before) {
			t.Errorf("the root key changed: %v", err)
		}
		var people2 int
		if err := d.Read(t.Context(), func(tx *db.Tx) error { return tx.Row("SELECT count(*) FROM users").Scan(&people2) }); err != nil || people2 != 1 {
			t.Errorf("%d people, %v", people2, err)
		}
	})
}

func TestInitRefusesBeforeAnythingIsMade(t *testing.T) {
	t.Parallel()
	cfg := settings(t, db.SQLite)
	_, err := Init(t.Context(), cfg, quiet, InitOptions{Operator: "nobody"})
	wantCode(t, "no address", err, "access.address")
	if _, err := os.Stat(cfg.DataDir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("something was made: %v", err)
	}
}

func TestInitTakesUpAnAttemptThatFailed(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, cfg config.Config) {
		if err := makeFiles(cfg); err != nil {
			t.Fatal(err)
		}
		d, err := OpenDatabase(t.Context(), cfg, quiet)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if _, err := d.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := makeRootKey(t.Context(), d, cfg.RootKeyFile); err != nil {
			t.Fatal(err)
		}
		if _, err := seal.Open(t.Context(), d, cfg.RootKeyFile, seal.Options{}); err != nil {
			t.Fatal(err)
		}
		aside := cfg.RootKeyFile + ".aside"
		if err := os.Rename(cfg.RootKeyFile, aside); err != nil {
			t.Fatal(err)
		}
		_, err = Init(t.Context(), cfg, quiet, InitOptions{Operator: "op@example.com"})
		wantCode(t, "with the root key lost", err, "seal.root_key_missing")
		if err := os.Rename(aside, cfg.RootKeyFile); err != nil {
			t.Fatal(err)
		}
		if made := installed(t, cfg); made.RootKeyMade {
			t.Error("another root key was made")
		}
	})
}

func TestNothingIsMadeForAWrongPath(t *testing.T) {
	t.Parallel()
	cfg := settings(t, db.SQLite)
	_, err := Migrate(t.Context(), cfg, quiet)
	wantCode(t, "migrate", err, "init.database_missing")
	_, err = AuditVerify(t.Context(), cfg, quiet, nil, nil)
	wantCode(t, "audit verify", err, "init.database_missing")
	_, err = Backup(t.Context(), cfg, quiet, filepath.Join(cfg.DataDir, "b"), nil)
	wantCode(t, "backup", err, "init.database_missing")
	if found := Doctor(t.Context(), cfg, quiet, nil); found.Worst() != Fail {
		t.Errorf("the doctor found %+v", found)
	}
	if _, err := os.Stat(cfg.DataDir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("something was made: %v", err)
	}
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, cfg config.Config) {
		installed(t, cfg)
		if steps, err := Migrate(t.Context(), cfg, quiet); err != nil || len(steps) != 0 {
			t.Errorf("nothing was to be done: %v, %v", steps, err)
		}
	})
	known, err := db.Migrations()
	if err != nil {
		t.Fatal(err)
	}
	cfg := config.Config{Database: dbtest.Empty(t, db.Postgres)}
	if steps, err := Migrate(t.Context(), cfg, quiet); err != nil || len(steps) != len(known) {
		t.Errorf("%d steps of %d, %v", len(steps), len(known), err)
	}
}
