package cli

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// installation answers of the commands that open the database, as programs read them.
type installationJSON struct {
	Installation string `json:"installation"`
	Sandbox      bool   `json:"sandbox"`
	RootKeyFile  string `json:"root_key_file"`
	TokenFile    string `json:"token_file"`
	SignInLink   string `json:"sign_in_link"`
}

func decode[T any](t *testing.T, out string) T {
	t.Helper()
	var v T
	d := json.NewDecoder(strings.NewReader(out))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return v
}

func TestTheLifeOfAnInstallation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := decode[installationJSON](t, w.ok("init --operator op@example.com --sandbox --data-dir DIR/data --base-url https://l.example --json"))
	if !strings.HasPrefix(made.Installation, "urn:chiave:") || !made.Sandbox || made.RootKeyFile != filepath.Join(w.dir, "data/root.key") ||
		made.TokenFile != filepath.Join(w.dir, ".config/chiave/token") || !strings.HasPrefix(made.SignInLink, "https://l.example/invitations/") {
		t.Errorf("made %+v", made)
	}
	if text, err := os.ReadFile(made.TokenFile); err != nil || !strings.HasPrefix(string(text), "chv_") {
		t.Errorf("the token file holds %q, %v", text, err)
	}
	if code, _, errs := w.run("init --operator op@example.com --data-dir DIR/data"); code != exitRefused || !strings.Contains(errs, "--token-file") {
		t.Errorf("over the token file: exit code %d, %s", code, errs)
	}
	if code, _, errs := w.run("init --operator op@example.com --data-dir DIR/data --token-file DIR/t2"); code != exitRefused || !strings.Contains(errs, "an installation already") {
		t.Errorf("over the installation: exit code %d, %s", code, errs)
	}
	if _, err := os.Stat(filepath.Join(w.dir, "t2")); err == nil {
		t.Error("a token file was left for a token that was never made")
	}
	if out := w.ok("migrate --data-dir DIR/data --json"); !strings.Contains(out, `"applied": []`) {
		t.Errorf("migrated %s", out)
	}
	examined := w.ok("doctor --data-dir DIR/data")
	if strings.Contains(examined, "fail  ") || strings.Contains(examined, "⟦") || !strings.Contains(examined, "warn  This is a sandbox") {
		t.Errorf("examined:\n%s", examined)
	}
	if out := w.ok("doctor --data-dir DIR/data --lang it"); strings.Contains(out, "⟦") || !strings.Contains(out, "Questa è una sandbox") {
		t.Errorf("examined:\n%s", out)
	}
	v := decode[verification](t, w.ok("audit verify --data-dir DIR/data --json"))
	if !v.Valid || v.Unsealed == 0 || len(v.Faults) != 0 {
		t.Errorf("verified %+v", v)
	}
	if out := w.ok("backup DIR/backup --data-dir DIR/data"); !strings.Contains(out, "The root key is not in it.") || !strings.Contains(out, "data/root.key") {
		t.Errorf("backed up: %s", out)
	}
	out := w.ok("restore DIR/backup --data-dir DIR/other")
	if !strings.Contains(out, made.Installation) || !strings.Contains(out, "The root key is missing") || !strings.Contains(out, "other/root.key") {
		t.Errorf("restored: %s", out)
	}
	if code, out, _ := w.run("doctor --data-dir DIR/other"); code != exitFault || !strings.Contains(out, "fail  The secrets cannot be opened: The root key is missing") {
		t.Errorf("without the root key: exit code %d\n%s", code, out)
	}
	if code, _, errs := w.run("audit verify --data-dir DIR/other"); code != exitUnavailable || !strings.Contains(errs, "other/root.key") {
		t.Errorf("without the root key: exit code %d\n%s", code, errs)
	}
	w.ok("audit verify --data-dir DIR/other --root-key-file DIR/data/root.key")
	if code, _, errs := w.run("restore DIR/backup --data-dir DIR/data"); code != exitRefused || !strings.Contains(errs, "already") {
		t.Errorf("over the installation: exit code %d, %s", code, errs)
	}
}

func TestSettingsFlagBeforeEnvironmentBeforeFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.file("settings", "data_dir = "+w.dir+"/file\nserver = http://localhost:1\ntoken_file = "+w.dir+"/token\nbase_url = https://file.example\n")
	made := func(line string) installationJSON {
		t.Helper()
		return decode[installationJSON](t, w.ok("init --operator op@example.com --json --config DIR/settings "+line))
	}
	if got := made(""); got.RootKeyFile != w.dir+"/file/root.key" || got.TokenFile != w.dir+"/token" || !strings.HasPrefix(got.SignInLink, "https://file.example/") {
		t.Errorf("file: %+v", got)
	}
	w.environ = append(w.environ, "CHIAVE_DATA_DIR="+w.dir+"/environment", "CHIAVE_TOKEN_FILE="+w.dir+"/token2")
	if got := made(""); got.RootKeyFile != w.dir+"/environment/root.key" || got.TokenFile != w.dir+"/token2" {
		t.Errorf("environment: %+v", got)
	}
	if got := made("--data-dir DIR/flag --token-file DIR/token3 --base-url https://flag.example"); got.RootKeyFile != w.dir+"/flag/root.key" || got.TokenFile != w.dir+"/token3" || !strings.HasPrefix(got.SignInLink, "https://flag.example/") {
		t.Errorf("flag: %+v", got)
	}
	w.environ = append(w.environ, "CHIAVE_DATA_DRI=x")
	code, _, errs := w.run("doctor")
	if code != exitUsage || !strings.Contains(errs, "data_dri") || strings.Contains(errs, "⟦") {
		t.Errorf("an unknown setting: exit code %d, %s", code, errs)
	}
}

func TestTheClockOfASandboxStartsWhereItIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, line := range []string{"--clock 2026-03-31T09:00:00Z", "--sandbox --clock 2026-03-31"} {
		if code, _, _ := w.run("init --operator op@example.com --data-dir DIR/data " + line); code != exitUsage {
			t.Errorf("%s: exit code %d", line, code)
		}
	}
	w.ok("init --operator op@example.com --data-dir DIR/data --sandbox --clock 2020-02-29T09:00:00Z")
	if out := w.ok("backup DIR/backup --data-dir DIR/data --json"); !strings.Contains(out, `"taken_at": "2020-02-29T09:00:`) {
		t.Errorf("the clock stands elsewhere: %s", out)
	}
}

func TestAlteredAuditLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.ok("init --operator op@example.com --data-dir DIR/data")
	w.file("foreign", "not a checkpoint\n")
	code, out, errs := w.run("audit verify --data-dir DIR/data --checkpoint DIR/foreign")
	if code != exitFault || out != "" || !strings.Contains(errs, "A kept checkpoint is not from this log") || !strings.Contains(errs, "1 fault.") {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
	code, out, _ = w.run("audit verify --data-dir DIR/data --checkpoint DIR/foreign --json")
	if v := decode[verification](t, out); code != exitFault || v.Valid || v.Faults[0].Kind != "kept_unknown" {
		t.Errorf("exit code %d, %+v", code, v)
	}
	w.file("empty", "\n")
	if code, _, errs := w.run("audit verify --data-dir DIR/data --checkpoint DIR/empty"); code != exitUsage || !strings.Contains(errs, "There is nothing in") {
		t.Errorf("an empty file of checkpoints: exit code %d, %s", code, errs)
	}
	if code, _, _ := w.run("audit verify --data-dir DIR/data --checkpoint DIR/none"); code != exitUsage {
		t.Errorf("no such checkpoint: exit code %d", code)
	}
}

func TestServeWithoutAnInstallation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code, _, errs := w.run("serve --data-dir DIR/none --listen 127.0.0.1:0")
	if code != exitNotFound || !strings.Contains(errs, "chiave init") {
		t.Errorf("exit code %d, %s", code, errs)
	}
	if _, err := fs.Stat(os.DirFS(w.dir), "none/chiave.db"); err == nil {
		t.Error("serve made a database")
	}
}
