package e2e

import (
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"chiave/internal/licensing/tenants/tenantstest"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/mail/mailtest"
)

// binary is the program under test, built once.
var binary string

// update writes what scripts compare with cmp anew.
var update = flag.Bool("update", false, "write the files that scripts compare with anew; look at the difference before keeping it")

func TestMain(m *testing.M) {
	code, err := buildAndRun(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// buildAndRun builds the program as it is shipped, unless CHIAVE_TEST_BINARY names one. Its races are looked for by the tests of the
// packages.
func buildAndRun(m *testing.M) (int, error) {
	if binary = os.Getenv("CHIAVE_TEST_BINARY"); binary != "" {
		return m.Run(), nil
	}
	dir, err := os.MkdirTemp("", "chiave-e2e")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "chiave")
	build := exec.Command("go", "build", "-trimpath", "-o", binary, "chiave/cmd/chiave")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("building the program: %v\n%s", err, out)
	}
	return m.Run(), nil
}

func TestScenarios(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("CHIAVE_TEST_SCENARIOS")
	if dir == "" {
		dir = "testdata"
	}
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(engine.String(), func(t *testing.T) {
			t.Parallel()
			testscript.Run(t, testscript.Params{
				Dir:                 dir,
				RequireExplicitExec: true,
				UpdateScripts:       *update,
				RequireUniqueNames:  true,
				Setup:               func(env *testscript.Env) error { return setUp(t, engine, dir, env) },
				Cmds:                commands(),
				Condition:           func(cond string) (bool, error) { return cond == engine.String(), nil },
			})
		})
	}
}

// setUp gives a script an empty database, a mail server and an environment in which the program finds both.
func setUp(t *testing.T, engine db.Engine, dir string, env *testscript.Env) error {
	mail, err := mailtest.Launch(t.Context(), os.Getenv(mailtest.Env))
	if err != nil {
		return err
	}
	env.Defer(mail.Stop)
	w := &world{mail: mail, dns: tenantstest.ServeDNS(t), servers: map[string]*server{}, visitors: map[string]*visitor{}, mails: map[string]int{}}
	env.Values[worldKey{}] = w
	env.Defer(w.close)
	data := filepath.Join(env.WorkDir, "data")
	if err := os.MkdirAll(data, 0o700); err != nil {
		return err
	}
	if err := lendFiles(dir, env.WorkDir); err != nil {
		return err
	}
	programs := filepath.Join(env.WorkDir, "bin")
	if err := os.Mkdir(programs, 0o700); err != nil {
		return err
	}
	if err := os.Symlink(binary, filepath.Join(programs, "chiave")); err != nil {
		return err
	}
	database := "sqlite:" + filepath.Join(data, "chiave.db")
	if engine == db.Postgres {
		file := filepath.Join(env.WorkDir, "database.password")
		w.database = func() (string, error) { return withoutPassword(dbtest.Empty(t, engine), file) }
		if database, err = w.database(); err != nil {
			return err
		}
		env.Setenv("CHIAVE_DATABASE_PASSWORD_FILE", file)
	}
	for name, value := range map[string]string{
		"PATH":                 programs + string(os.PathListSeparator) + os.Getenv("PATH"),
		"HOME":                 env.WorkDir,
		"LANG":                 "en_US.UTF-8",
		"ENGINE":               engine.String(),
		"CHIAVE_DATA_DIR":      data,
		"CHIAVE_DATABASE":      database,
		"CHIAVE_LISTEN":        "127.0.0.1:0",
		"CHIAVE_SMTP_HOST":     mail.Host,
		"CHIAVE_SMTP_PORT":     strconv.Itoa(mail.Port),
		"CHIAVE_SMTP_SECURITY": "none",
		"CHIAVE_DNS_SERVER":    w.dns.Address,
		"CHIAVE_MAIL_FROM":     "licensing@publisher.example",
	} {
		env.Setenv(name, value)
	}
	return nil
}

// lendFiles copies the feeds that every script may use, those of our own folder and of the folder that is run, and the password.
func lendFiles(dir, work string) error {
	for _, from := range []string{"testdata", dir} {
		if _, err := os.Stat(filepath.Join(from, "feeds")); err != nil {
			continue
		}
		files, err := filepath.Glob(filepath.Join(from, "feeds", "*"))
		if err != nil {
			return err
		}
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err == nil {
				err = os.MkdirAll(filepath.Join(work, "feeds"), 0o700)
			}
			if err == nil {
				err = os.WriteFile(filepath.Join(work, "feeds", filepath.Base(name)), text, 0o600)
			}
			if err != nil {
				return err
			}
		}
	}
	return os.WriteFile(filepath.Join(work, "password.txt"), []byte(password+"\n"), 0o600)
}

// withoutPassword takes the password out of a database's address and puts it into a file, where the program wants it.
func withoutPassword(address, file string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	password, _ := u.User.Password()
	u.User = url.User(u.User.Username())
	return u.String(), os.WriteFile(file, []byte(password), 0o600)
}
