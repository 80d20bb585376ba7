package config

import (
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"chiave/internal/platform/errs"
)

// Setting describes one setting.
type Setting struct {
	Name    string // in the file
	Env     string // variable of the environment
	Flag    string // with its dashes
	Default string // what holds when it is not set; in words when it depends on others
	Doc     string // one or two sentences
}

// setting is a Setting and how it is read.
type setting struct {
	name     string
	fallback string // read like a given value
	usual    string // said instead of fallback, when the default depends on others
	doc      string
	set      func(*Config, string) *fault
}

// fault is what is wrong with a value.
type fault struct{ code, example string }

// example refuses a value and shows one that would do.
func example(value string) *fault { return &fault{"config.value", value} }

func (f *fault) field(name, source string) errs.Field {
	return errs.Field{Pointer: name, Code: f.code, Params: errs.Params{"source": source, "example": f.example}}
}

// Describe returns every setting in the order in which the documentation lists them.
func Describe() []Setting {
	var all []Setting
	for _, s := range settings() {
		usual := s.usual
		if usual == "" {
			usual = s.fallback
		}
		all = append(all, Setting{Name: s.name, Env: variable(s.name), Flag: flag(s.name), Default: usual, Doc: s.doc})
	}
	return all
}

func settings() []setting {
	return slices.Concat(storage(), network(), mails(), logs(), words(), guards())
}

func storage() []setting {
	return []setting{
		{"data_dir", "chiave-data", "", "Directory of everything that the server keeps on this machine.",
			func(c *Config, v string) *fault { c.DataDir = v; return nil }},
		{"database", "", "sqlite: and the file chiave.db in data_dir", "`sqlite:PATH`, or a PostgreSQL address such as `postgres://chiave@db.example/chiave`, which may name several hosts and must not hold a password.",
			setDatabase},
		{"database_password_file", "", "the systemd credential `database_password`, if there is one", "File with the password of the PostgreSQL user.",
			func(c *Config, v string) *fault { c.DatabasePasswordFile = v; return nil }},
		{"root_key_file", "", "the systemd credential `root_key` if there is one, else root.key in data_dir", "File with the root key that seals all other secrets. Keep a copy away from the backups: without it they cannot be read.",
			func(c *Config, v string) *fault { c.RootKeyFile = v; return nil }},
		{"checkpoint_file", "", "none: checkpoints stay in the database", "File to which each checkpoint of the audit log is appended. On another machine it proves that whoever owns the database did not rewrite the log.",
			func(c *Config, v string) *fault { c.CheckpointFile = v; return nil }},
		{"clock_skew", "0s", "", "By how much this process's clock is wrong, such as `-5m`. Only for tests, and refused unless the database is a sandbox.",
			func(c *Config, v string) (f *fault) {
				var err error
				if c.ClockSkew, err = time.ParseDuration(v); err != nil {
					return example("-5m")
				}
				return nil
			}},
	}
}

func network() []setting {
	return []setting{
		{"listen", "127.0.0.1:8080", "", "Address and port of the portal and the API. Attempts to sign in are limited by the network that a connection comes from; behind a proxy that is the proxy's, so let the proxy limit attempts by client.",
			func(c *Config, v string) *fault { c.Listen = v; return address(v) }},
		{"base_url", "", "http:// and the address of listen", "Address under which people reach the portal; links in mails begin with it.",
			func(c *Config, v string) *fault {
				u, err := url.Parse(v)
				if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.TrimRight(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil {
					return example("https://licensing.example.com")
				}
				c.BaseURL = strings.TrimRight(v, "/")
				return nil
			}},
		{"dns_server", "", "none: those of this machine", "Address and port of the name server that is asked whether a domain is a tenant's.",
			func(c *Config, v string) *fault { c.DNSServer = v; return address(v) }},
		{"admin_listen", "", "none: no admin listener", "Address and port of the metrics and profiles. Nobody has to sign in there: keep it away from other machines.",
			func(c *Config, v string) *fault { c.AdminListen = v; return address(v) }},
	}
}

func mails() []setting {
	return []setting{
		{"smtp_host", "", "none: mails wait", "Name of the mail server that takes the mails.",
			func(c *Config, v string) *fault { c.SMTP.Host = v; return nil }},
		{"smtp_port", "", "587 for starttls, 465 for implicit, 25 for none", "Port of the mail server.",
			func(c *Config, v string) *fault {
				port, err := strconv.ParseUint(v, 10, 16)
				if err != nil || port == 0 {
					return example("587")
				}
				c.SMTP.Port = int(port)
				return nil
			}},
		{"smtp_security", "starttls", "", "`starttls`, `implicit` (TLS from the first byte), or `none`, which is for a mail server on this machine.",
			func(c *Config, v string) *fault { c.SMTP.Security = v; return oneOf(v, "starttls", "implicit", "none") }},
		{"smtp_user", "", "none: nobody signs in", "User name at the mail server.",
			func(c *Config, v string) *fault { c.SMTP.User = v; return nil }},
		{"smtp_password_file", "", "the systemd credential `smtp_password`, if there is one", "File with the password at the mail server.",
			func(c *Config, v string) *fault { c.SMTP.PasswordFile = v; return nil }},
		{"smtp_ca_file", "", "the certificates that the system trusts", "File with certificates (PEM) to trust instead, for a mail server of your own.",
			func(c *Config, v string) *fault { c.SMTP.CAFile = v; return nil }},
		{"mail_from", "Chiave <no-reply@localhost>", "", "Sender of the mails: an address, or a name and an address.",
			func(c *Config, v string) *fault {
				if _, err := mail.ParseAddress(v); err != nil {
					return example("Licensing <no-reply@example.com>")
				}
				c.MailFrom = v
				return nil
			}},
	}
}

func logs() []setting {
	return []setting{
		{"log_format", "text", "", "`text` or `json`.",
			func(c *Config, v string) *fault { c.LogFormat = v; return oneOf(v, "text", "json") }},
		{"log_level", "info", "", "`debug`, `info`, `warn` or `error`.",
			func(c *Config, v string) *fault { c.LogLevel = v; return oneOf(v, "debug", "info", "warn", "error") }},
	}
}

func words() []setting {
	return []setting{
		{"portal_name", "Chiave", "", "Name of the portal on pages and in mails.",
			func(c *Config, v string) *fault { c.PortalName = v; return nil }},
		{"publisher_name", "", "none", "Name of the publisher whose licenses are managed.",
			func(c *Config, v string) *fault { c.PublisherName = v; return nil }},
		{"support_lines", "", "none", "How support is reached by phone, per country and for all others: `IT +39 02 555 0100, Mon-Fri 9-18; * +1 555 0100`.",
			setSupportLines},
		{"personal_domains", personalDomains, "well-known mail services, such as gmail.com", "Mail domains that belong to persons, separated by spaces: nobody registers under them.",
			func(c *Config, v string) *fault {
				c.PersonalDomains = strings.Fields(strings.ToLower(v))
				for _, d := range c.PersonalDomains {
					if !strings.Contains(d, ".") || strings.Contains(d, "@") {
						return example("gmail.com libero.it")
					}
				}
				return nil
			}},
	}
}

func setDatabase(c *Config, v string) *fault {
	c.Database = v
	if strings.HasPrefix(v, "sqlite:") && v != "sqlite:" {
		return nil
	}
	// Not net/url: it refuses addresses with several hosts and ports, and would then hide a password from us.
	rest, ok := strings.CutPrefix(v, "postgres://")
	if !ok {
		rest, ok = strings.CutPrefix(v, "postgresql://")
	}
	if !ok {
		return example("postgres://chiave@db.example/chiave")
	}
	rest, query, _ := strings.Cut(rest, "?")
	if user, _, named := strings.Cut(rest, "@"); named && strings.Contains(user, ":") {
		return &fault{code: "config.password_in_url"}
	}
	params, err := url.ParseQuery(query)
	if err != nil {
		return example("postgres://chiave@db.example/chiave")
	}
	if params.Has("password") || params.Has("sslpassword") {
		return &fault{code: "config.password_in_url"}
	}
	return nil
}

func setSupportLines(c *Config, v string) *fault {
	for entry := range strings.SplitSeq(v, ";") {
		country, text, _ := strings.Cut(strings.TrimSpace(entry), " ")
		letters := len(country) == 2 && strings.ToUpper(country) == country && strings.Trim(country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
		if text = strings.TrimSpace(text); text == "" || !letters && country != "*" {
			return example("IT +39 02 555 0100; * +1 555 0100")
		}
		c.SupportLines = append(c.SupportLines, SupportLine{country, text})
	}
	return nil
}

func address(v string) *fault {
	if _, port, err := net.SplitHostPort(v); err != nil || port == "" {
		return example("127.0.0.1:8080")
	}
	return nil
}

func oneOf(v string, values ...string) *fault {
	if slices.Contains(values, v) {
		return nil
	}
	return example(strings.Join(values, ", "))
}

// personalDomains are domains of mail services for everybody.
const personalDomains = "gmail.com googlemail.com outlook.com outlook.it hotmail.com hotmail.it live.com live.it msn.com yahoo.com yahoo.it ymail.com icloud.com me.com mac.com " +
	"aol.com gmx.com gmx.net gmx.de web.de mail.com proton.me protonmail.com fastmail.com libero.it virgilio.it tiscali.it alice.it tin.it email.it inwind.it iol.it " +
	"fastwebnet.it orange.fr free.fr laposte.net t-online.de yandex.com qq.com 163.com"
