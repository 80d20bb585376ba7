package config

import (
	"cmp"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"chiave/internal/platform/errs"
)

// Config is what was set. docs/configuration.md describes the fields; Describe returns the same.
type Config struct {
	DataDir              string
	Database             string // without a password: DatabaseURL adds it
	DatabasePasswordFile string
	Listen               string
	BaseURL              string // without a slash at its end
	AdminListen          string // empty: no admin listener
	RootKeyFile          string
	DNSServer            string // empty: those of the system
	CheckpointFile       string // empty: checkpoints stay in the database
	SMTP                 SMTP
	MailFrom             string
	LogFormat            string // text or json
	LogLevel             string // debug, info, warn or error
	PortalName           string
	PublisherName        string
	SupportLines         []SupportLine
	OpenLicenseFailures  int           // wrong combinations of numbers that suspend Add Open License
	OpenLicenseWithin    time.Duration // in which they count, and for which a person is suspended
	PersonalDomains      []string      // mail domains of persons rather than organizations
	// ClockSkew makes this process's clock wrong. Whoever starts the server refuses it unless the database is a sandbox.
	ClockSkew time.Duration
}

// SMTP is the server that mails are handed to; no mail is sent while Host is empty.
type SMTP struct {
	Host         string
	Port         int // 0: the usual one of Security
	User         string
	PasswordFile string
	Security     string // starttls, implicit or none
	CAFile       string
}

// SupportLine is how support is reached from one country (L10N-04).
type SupportLine struct {
	Country string // ISO 3166-1 alpha-2, or "*" for countries without a line of their own
	Text    string // number, and what else is to be known: menu path, hours
}

// SupportLine returns the line for a country, or the one for all others, or "".
func (c Config) SupportLine(country string) string {
	var other string
	for _, l := range c.SupportLines {
		switch l.Country {
		case country:
			return l.Text
		case "*":
			other = l.Text
		}
	}
	return other
}

// DatabaseURL returns the address of the database with the password from its file. Errors: Unavailable
// "config.secret_unreadable" {name}; Invalid "config.database_user" when the address names no user.
func (c Config) DatabaseURL() (string, error) {
	if c.DatabasePasswordFile == "" || strings.HasPrefix(c.Database, "sqlite:") {
		return c.Database, nil
	}
	password, err := os.ReadFile(c.DatabasePasswordFile)
	if err != nil {
		return "", errs.New(errs.Unavailable, "config.secret_unreadable", errs.Params{"name": "database_password_file"}).Wrap(err)
	}
	scheme, rest, _ := strings.Cut(c.Database, "://")
	user, host, ok := strings.Cut(rest, "@")
	if !ok {
		return "", errs.New(errs.Invalid, "config.database_user")
	}
	secret := url.UserPassword("", strings.TrimRight(string(password), "\r\n")).String() // ":" and the password, escaped
	return scheme + "://" + user + secret + "@" + host, nil
}

// Sources are where settings come from: the lines of the file by name (see ParseFile), the environment by the name of
// the variable (see Environ), and the flags that were given, with or without dashes ("data-dir").
type Sources struct {
	File, Env, Flags map[string]string
}

// envPrefix begins the name of every variable that is a setting.
const envPrefix = "CHIAVE_"

// Environ turns os.Environ's lines into Sources.Env.
func Environ(lines []string) map[string]string {
	env := map[string]string{}
	for _, line := range lines {
		if name, value, ok := strings.Cut(line, "="); ok {
			env[name] = value
		}
	}
	return env
}

// Load puts the sources together and checks every value. An empty value counts as not set. Errors: Invalid
// "config.invalid" with a field for each problem: "config.unknown" {source, nearest}, "config.value" {source, example},
// "config.password_in_url" {source}. source is the name as it is written there: --listen, CHIAVE_LISTEN or listen.
func Load(from Sources) (Config, error) {
	given, problems := gather(from)
	var c Config
	for _, s := range settings() {
		v, ok := given[s.name]
		if !ok {
			v = value{text: s.fallback, source: "default"}
		}
		if err := s.set(&c, v.text); v.text != "" && err != nil {
			problems = append(problems, err.field(s.name, v.source))
		}
	}
	if len(problems) > 0 {
		return Config{}, errs.New(errs.Invalid, "config.invalid").With(problems...)
	}
	c.derive(from.Env["CREDENTIALS_DIRECTORY"])
	return c, nil
}

// derive fills in what follows from other settings.
func (c *Config) derive(credentials string) {
	c.Database = cmp.Or(c.Database, "sqlite:"+filepath.Join(c.DataDir, "chiave.db"))
	c.BaseURL = cmp.Or(c.BaseURL, "http://"+reachable(c.Listen))
	c.RootKeyFile = cmp.Or(c.RootKeyFile, credential(credentials, "root_key"), filepath.Join(c.DataDir, "root.key"))
	c.SMTP.PasswordFile = cmp.Or(c.SMTP.PasswordFile, credential(credentials, "smtp_password"))
	c.DatabasePasswordFile = cmp.Or(c.DatabasePasswordFile, credential(credentials, "database_password"))
}

// credential returns the file that systemd handed over under name, if there is one (systemd.exec(5), LoadCredential=).
func credential(dir, name string) string {
	file := filepath.Join(dir, name)
	if _, err := os.Stat(file); dir == "" || err != nil {
		return ""
	}
	return file
}

// reachable turns an address to listen on into one that a browser on this machine can open.
func reachable(listen string) string {
	for _, any := range []string{"0.0.0.0:", "[::]:", ":", "127.0.0.1:", "[::1]:"} {
		if port, ok := strings.CutPrefix(listen, any); ok {
			return "localhost:" + port
		}
	}
	return listen
}
