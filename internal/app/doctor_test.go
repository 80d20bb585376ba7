package app

import (
	"os"
	"path/filepath"
	"testing"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/config"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/seal"
)

// found returns the states of an examination by code.
func found(e Examination) map[string]State {
	states := map[string]State{}
	for _, f := range e.Findings {
		states[f.Code] = f.State
	}
	return states
}

func TestTheDoctorFindsNothingWrongWithANewInstallation(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, cfg config.Config) {
		installed(t, cfg)
		e := Doctor(t.Context(), cfg, quiet, nil)
		if e.Worst() != Warn {
			t.Errorf("found %+v", e)
		}
		for code, state := range found(e) {
			if want := code == "sandbox" || code == "mail_waits" || code == "disk_low"; (state == Warn) != want {
				t.Errorf("%s: %s", code, state)
			}
		}
	})
}

// eachHealthy runs test on both engines, each with an installation that holds one audit record. It is a copy, and quicker than Init.
func eachHealthy(t *testing.T, test func(t *testing.T, cfg config.Config)) {
	t.Helper()
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(engine.String(), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			cfg := config.Config{DataDir: dir, Database: dbtest.URL(t, engine), RootKeyFile: filepath.Join(dir, "root.key")}
			if err := seal.CreateRootKey(cfg.RootKeyFile); err != nil {
				t.Fatal(err)
			}
			d, _ := opened(t, cfg)
			err := d.Write(t.Context(), func(tx *db.Tx) error {
				return audit.Record(tx, audit.Itself(), audit.Event{Action: "users.created"})
			})
			if err != nil {
				t.Fatal(err)
			}
			test(t, cfg)
		})
	}
}

// Each fault is made in a healthy installation of its own; the doctor must find it and must not have found it before.
func TestTheDoctorFinds(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		code  string
		state State
		fault func(t *testing.T, cfg *config.Config, d *db.DB, sealer *seal.Sealer)
	}{
		{"counts_differ", Fail, func(t *testing.T, _ *config.Config, d *db.DB, sealer *seal.Sealer) {
			key := plantKey(t, d, sealer, keyText)
			if err := activate(t.Context(), d, key); err != nil {
				t.Fatal(err)
			}
			change(t, d, "UPDATE product_keys SET used = 2")
		}},
		{"ciphertext_broken", Fail, func(t *testing.T, _ *config.Config, d *db.DB, sealer *seal.Sealer) {
			plantKey(t, d, sealer, keyText)
			change(t, d, "UPDATE product_keys SET id = 'moved'")
		}},
		{"audit_altered", Fail, func(t *testing.T, _ *config.Config, d *db.DB, sealer *seal.Sealer) {
			if _, err := audit.NewLog(d, sealer.AuditSigner()).Seal(t.Context()); err != nil {
				t.Fatal(err)
			}
			change(t, d, "UPDATE audit_records SET action = 'users.removed' WHERE seq = 0")
		}},
		{"audit_waiting", Warn, func(t *testing.T, _ *config.Config, d *db.DB, _ *seal.Sealer) {
			change(t, d, "UPDATE installation SET clock_offset = 3600000000")
		}},
		{"clock_back", Fail, func(t *testing.T, _ *config.Config, d *db.DB, _ *seal.Sealer) {
			change(t, d, "UPDATE installation SET clock_offset = -3600000000")
		}},
		{"jobs_dead", Warn, func(t *testing.T, _ *config.Config, d *db.DB, _ *seal.Sealer) {
			change(t, d, "INSERT INTO jobs (id, kind, payload, enqueued_at, due_at, attempts, dead_at) VALUES ('j', 'k', '{}', 0, 0, 9, 1)")
		}},
		{"mail_failed", Warn, func(t *testing.T, _ *config.Config, d *db.DB, _ *seal.Sealer) {
			change(t, d, "INSERT INTO messages (id, event, recipient, lang, state, created_at, attempts, reply) VALUES ('m', 'e', 'a@example.com', 'en', 'failed', 0, 9, 550)")
		}},
		{"root_key", Fail, func(t *testing.T, cfg *config.Config, _ *db.DB, _ *seal.Sealer) {
			cfg.RootKeyFile = filepath.Join(t.TempDir(), "other.key")
			if err := seal.CreateRootKey(cfg.RootKeyFile); err != nil {
				t.Fatal(err)
			}
		}},
		{"file_open", Fail, func(t *testing.T, cfg *config.Config, _ *db.DB, _ *seal.Sealer) {
			if err := os.Chmod(cfg.RootKeyFile, 0o640); err != nil {
				t.Fatal(err)
			}
		}},
		{"schema", Fail, func(t *testing.T, _ *config.Config, d *db.DB, _ *seal.Sealer) {
			change(t, d, "UPDATE schema_migrations SET checksum = 'x' WHERE version = 1")
		}},
		{"installation", Fail, func(t *testing.T, _ *config.Config, d *db.DB, _ *seal.Sealer) {
			change(t, d, "DELETE FROM installation")
		}},
	} {
		t.Run(tc.code, func(t *testing.T) {
			t.Parallel()
			eachHealthy(t, func(t *testing.T, cfg config.Config) {
				d, sealer := opened(t, cfg)
				if _, there := found(Doctor(t.Context(), cfg, quiet, nil))[tc.code]; there {
					t.Fatalf("%s is found in a healthy installation", tc.code)
				}
				tc.fault(t, &cfg, d, sealer)
				if got := found(Doctor(t.Context(), cfg, quiet, nil))[tc.code]; got != tc.state {
					t.Errorf("%s is %q, want %q", tc.code, got, tc.state)
				}
			})
		})
	}
}

func TestTheDoctorFindsADamagedFile(t *testing.T) {
	t.Parallel()
	cfg := settings(t, db.SQLite)
	installed(t, cfg)
	text, err := os.ReadFile(sqliteFile(cfg))
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096
	copy(text[len(text)/page/2*page:][:page], make([]byte, page))
	if err := os.WriteFile(sqliteFile(cfg), text, 0o600); err != nil {
		t.Fatal(err)
	}
	if e := Doctor(t.Context(), cfg, quiet, nil); e.Worst() != Fail {
		t.Errorf("found %+v", e)
	}
}

func TestTheDoctorCountsAdministrators(t *testing.T) {
	t.Parallel()
	eachHealthy(t, func(t *testing.T, cfg config.Config) {
		d, _ := opened(t, cfg)
		plantLicensingIDs(t, d)
		grant := func(id, licensing, address string, until any) {
			change(t, d, "INSERT INTO role_grants (id, licensing_id, address, role, part, source, source_ref, valid_from, valid_until, granted_at) VALUES ($1, $2, $3, 'administrator', '', 'assigned', '', 0, $4, 0)",
				id, licensing, address, until)
		}
		grant("1", "l-sole", "a@example.com", nil)
		grant("2", "l-sole", "b@example.com", 1)
		grant("3", "l-two", "a@example.com", nil)
		grant("4", "l-two", "b@example.com", nil)
		counts := map[string]any{}
		for _, f := range Doctor(t.Context(), cfg, quiet, nil).Findings {
			counts[f.Code] = f.Params["count"]
		}
		if counts["administrators_sole"] != int64(1) || counts["administrators_none"] != int64(1) {
			t.Errorf("sole %v, none %v; want one each", counts["administrators_sole"], counts["administrators_none"])
		}
	})
}

// plantLicensingIDs stores three Licensing IDs: l-none, l-sole and l-two.
func plantLicensingIDs(t *testing.T, d *db.DB) {
	t.Helper()
	change(t, d, "INSERT INTO organizations (id, code, legal_name, country, time_zone, segment, recorded_at, version) VALUES ('o', 'O', 'O', 'IT', 'UTC', 'commercial', 0, 1)")
	for _, id := range []string{"l-none", "l-sole", "l-two"} {
		change(t, d, `INSERT INTO licensing_ids (id, number, number_folded, program, organization_id, agreement_number, enrollment_number, authorization_number, owner_id, start_on, end_on, version, created_at, changed_at)
			VALUES ($1, $1, $1, 'enterprise', 'o', '', '', '', '', '', '', 1, 0, 0)`, id)
	}
}
