package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"chiave/internal/platform/config"
	"chiave/internal/platform/errs"
)

func load(t *testing.T, from config.Sources) config.Config {
	t.Helper()
	c, err := config.Load(from)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestFlagBeforeEnvironmentBeforeFileBeforeDefault(t *testing.T) {
	t.Parallel()
	all := config.Sources{
		File:  map[string]string{"portal_name": "file", "publisher_name": "file", "log_level": "warn"},
		Env:   map[string]string{"CHIAVE_PORTAL_NAME": "environment", "CHIAVE_PUBLISHER_NAME": "environment", "CHIAVE_LISTEN": "", "PATH": "/bin", "CHIAVE_TEST_POSTGRES": "x", "CHIAVE_SERVER": "x"},
		Flags: map[string]string{"portal-name": "flag"},
	}
	c := load(t, all)
	got := []string{c.PortalName, c.PublisherName, c.LogLevel, c.LogFormat, c.Listen}
	if want := []string{"flag", "environment", "warn", "text", "127.0.0.1:8080"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWithoutAnySourceItRuns(t *testing.T) {
	t.Parallel()
	got := load(t, config.Sources{})
	want := config.Config{DataDir: "chiave-data", Database: "sqlite:chiave-data/chiave.db", Listen: "127.0.0.1:8080", BaseURL: "http://localhost:8080",
		PersonalDomains: got.PersonalDomains, RootKeyFile: "chiave-data/root.key", SMTP: config.SMTP{Security: "starttls"}, MailFrom: "Chiave <no-reply@localhost>", LogFormat: "text", LogLevel: "info", PortalName: "Chiave",
		OpenLicenseFailures: 5, OpenLicenseWithin: 24 * time.Hour}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestEverySettingReachesTheStruct(t *testing.T) {
	t.Parallel()
	values := map[string]string{
		"data_dir": "d", "database": "postgres://chiave@a.example:5432,b.example:5433/chiave?sslmode=verify-full", "database_password_file": "p", "root_key_file": "r",
		"checkpoint_file": "c", "clock_skew": "-5m", "listen": ":443", "base_url": "https://licensing.example.com/", "admin_listen": "[::1]:9090", "dns_server": "127.0.0.1:53", "personal_domains": "a.example B.example",
		"smtp_host": "mail.example.com", "smtp_port": "2525", "smtp_security": "implicit", "smtp_user": "center", "smtp_password_file": "s", "smtp_ca_file": "ca",
		"mail_from": "no-reply@example.com", "log_format": "json", "log_level": "debug", "portal_name": "Center", "publisher_name": "Example S.p.A.",
		"support_lines": "IT +39 02 555 0100, Mon-Fri 9-18; * +1 555 0100", "open_license_failures": "3", "open_license_within": "12h",
	}
	for _, s := range config.Describe() {
		if values[s.Name] == "" {
			t.Errorf("this test has no value for %s", s.Name)
		}
	}
	want := config.Config{DataDir: "d", Database: values["database"], DatabasePasswordFile: "p", Listen: ":443", BaseURL: "https://licensing.example.com", AdminListen: "[::1]:9090", DNSServer: "127.0.0.1:53", PersonalDomains: []string{"a.example", "b.example"},
		RootKeyFile: "r", CheckpointFile: "c", SMTP: config.SMTP{Host: "mail.example.com", Port: 2525, User: "center", PasswordFile: "s", Security: "implicit", CAFile: "ca"},
		MailFrom: "no-reply@example.com", LogFormat: "json", LogLevel: "debug", PortalName: "Center", PublisherName: "Example S.p.A.", ClockSkew: -5 * time.Minute, OpenLicenseFailures: 3, OpenLicenseWithin: 12 * time.Hour,
		SupportLines: []config.SupportLine{{Country: "IT", Text: "+39 02 555 0100, Mon-Fri 9-18"}, {Country: "*", Text: "+1 555 0100"}}}
	got := load(t, config.Sources{File: values})
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if it, de := got.SupportLine("IT"), got.SupportLine("DE"); it != "+39 02 555 0100, Mon-Fri 9-18" || de != "+1 555 0100" || (config.Config{}).SupportLine("IT") != "" {
		t.Errorf("support lines %q, %q", it, de)
	}
}

func TestUnknownNamesAreRefusedWithTheNearest(t *testing.T) {
	t.Parallel()
	_, err := config.Load(config.Sources{
		File:  map[string]string{"databse": "x"},
		Env:   map[string]string{"CHIAVE_BASEURL": "x", "CHIAVE_SMTP_PASSWORD": "hunter2"},
		Flags: map[string]string{"--listn": "x"},
	})
	if strings.Contains(err.Error(), "hunter2") {
		t.Fatalf("the error repeats a value: %v", err)
	}
	refused, ok := errors.AsType[*errs.Error](err)
	if !ok || refused.Kind != errs.Invalid {
		t.Fatal(err)
	}
	var got [][2]string
	for _, f := range refused.Fields {
		if f.Code != "config.unknown" {
			t.Errorf("code %s", f.Code)
		}
		got = append(got, [2]string{f.Params["source"].(string), f.Params["nearest"].(string)})
	}
	want := [][2]string{{"databse", "database"}, {"CHIAVE_BASEURL", "CHIAVE_BASE_URL"}, {"CHIAVE_SMTP_PASSWORD", "CHIAVE_SMTP_PASSWORD_FILE"}, {"--listn", "--listen"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestBadValuesAreRefusedWithoutRepeatingThem(t *testing.T) {
	t.Parallel()
	const password = "config.password_in_url"
	for _, tc := range []struct{ name, value, code string }{
		{"database", "mysql://x", "config.value"}, {"database", "sqlite:", "config.value"},
		{"database", "postgres://u:hunter2@h/d", password}, {"database", "postgresql://u:@h1:1,h2:2/d", password},
		{"database", "postgres://u@h/d?password=hunter2", password}, {"database", "postgres://u@h/d?sslpassword=hunter2", password},
		{"database", "postgres://u@h/d?%zz", "config.value"},
		{"listen", "8080", "config.value"}, {"listen", "localhost:", "config.value"}, {"admin_listen", "x", "config.value"},
		{"base_url", "licensing.example.com", "config.value"}, {"base_url", "https://x.example/sub", "config.value"}, {"base_url", "https://u:hunter2@x.example", "config.value"},
		{"smtp_port", "0", "config.value"}, {"smtp_port", "70000", "config.value"}, {"smtp_security", "tls", "config.value"},
		{"mail_from", "nobody", "config.value"}, {"log_format", "xml", "config.value"}, {"log_level", "INFO", "config.value"},
		{"clock_skew", "5", "config.value"}, {"support_lines", "IT", "config.value"}, {"support_lines", "italy +39", "config.value"},
		{"open_license_failures", "0", "config.value"}, {"open_license_failures", "many", "config.value"}, {"open_license_within", "1s", "config.value"}, {"open_license_within", "a day", "config.value"},
	} {
		_, err := config.Load(config.Sources{Env: map[string]string{"CHIAVE_" + strings.ToUpper(tc.name): tc.value}})
		refused, _ := errors.AsType[*errs.Error](err)
		if refused == nil || len(refused.Fields) != 1 || refused.Fields[0].Code != tc.code || refused.Fields[0].Pointer != tc.name {
			t.Errorf("%s = %q: %v, want %s", tc.name, tc.value, err, tc.code)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error repeats the value", tc.name)
		}
	}
}

func TestSecretsComeFromFilesAndCredentials(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"root_key": "k", "smtp_password": "s", "database_password": "p@ss:w/rd?\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := map[string]string{"CREDENTIALS_DIRECTORY": dir, "CHIAVE_DATABASE": "postgres://chiave@a:1,b:2/d?sslmode=disable"}
	c := load(t, config.Sources{Env: env})
	if c.RootKeyFile != filepath.Join(dir, "root_key") || c.SMTP.PasswordFile != filepath.Join(dir, "smtp_password") {
		t.Errorf("credentials not found: %+v", c)
	}
	if got, err := c.DatabaseURL(); err != nil || got != "postgres://chiave:p%40ss%3Aw%2Frd%3F@a:1,b:2/d?sslmode=disable" {
		t.Errorf("address %q, %v", got, err)
	}
	c = load(t, config.Sources{Env: env, Flags: map[string]string{"root-key-file": "mine"}})
	if c.RootKeyFile != "mine" {
		t.Errorf("the credential %q was preferred to the flag", c.RootKeyFile)
	}
	c.DatabasePasswordFile = filepath.Join(dir, "none")
	if _, err := c.DatabaseURL(); errs.CodeOf(err) != "config.secret_unreadable" {
		t.Errorf("missing password file: %v", err)
	}
	c.DatabasePasswordFile, c.Database = filepath.Join(dir, "root_key"), "postgres://a/d"
	if _, err := c.DatabaseURL(); errs.CodeOf(err) != "config.database_user" {
		t.Errorf("no user: %v", err)
	}
	if got, err := load(t, config.Sources{Env: map[string]string{"CREDENTIALS_DIRECTORY": dir}}).DatabaseURL(); err != nil || got != "sqlite:chiave-data/chiave.db" {
		t.Errorf("SQLite with a password file: %q, %v", got, err)
	}
}
