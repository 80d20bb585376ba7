package mail_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/crypto/bcrypt"

	"chiave/internal/platform/errs"
	"chiave/internal/platform/mail"
	"chiave/internal/platform/mail/mailtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var written = time.Date(2026, 3, 31, 9, 0, 0, 0, time.UTC)

func sample(to string) mail.Mail {
	return mail.Mail{To: to, Subject: "Perché no?\r\nBcc: x@y.example", Text: "Città\n", HTML: "<p>Città</p>", ID: "msg-1", Date: written}
}

func client(t *testing.T, cfg mail.Config) *mail.Client {
	t.Helper()
	if cfg.From == "" {
		cfg.From = "Chiave <no-reply@center.example>"
	}
	c, err := mail.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSendArrivesWithItsHeaders(t *testing.T) {
	t.Parallel()
	server := mailtest.Start(t)
	c := client(t, mail.Config{Host: server.Host, Port: server.Port, Security: mail.None})
	if err := c.Send(t.Context(), sample("ada@example.com")); err != nil {
		t.Fatal(err)
	}
	got, err := server.Wait(t.Context(), "ada@example.com", 1)
	if err != nil {
		t.Fatal(err)
	}
	if got.Subject != "Perché no? Bcc: x@y.example" || strings.TrimSpace(got.Text) != "Città" || got.HTML != "<p>Città</p>" ||
		got.From != (mailtest.Address{Name: "Chiave", Address: "no-reply@center.example"}) || len(got.To) != 1 {
		t.Errorf("got %+v", got)
	}
	for name, want := range map[string]string{"Auto-Submitted": "auto-generated", "Message-Id": "<msg-1@center.example>",
		"Date": "Tue, 31 Mar 2026 09:00:00 +0000"} {
		if v := got.Header[name]; len(v) != 1 || v[0] != want {
			t.Errorf("%s is %q, want %q", name, v, want)
		}
	}
	for name := range got.Header {
		if strings.HasPrefix(name, "List-") || name == "Bcc" || name == "X-Mailer" || name == "User-Agent" {
			t.Errorf("unwanted header %s: %q", name, got.Header[name])
		}
	}
}

func TestErrorsAreTemporaryOrFinal(t *testing.T) {
	t.Parallel()
	server := mailtest.Start(t, "--enable-chaos")
	c := client(t, mail.Config{Host: server.Host, Port: server.Port, Security: mail.None})
	for _, tc := range []struct {
		reply   int
		code    string
		refused bool
	}{{451, "mail.unsent", false}, {550, "mail.refused", true}, {0, "", false}} {
		if err := server.Refuse(t.Context(), tc.reply); err != nil {
			t.Fatal(err)
		}
		err := c.Send(t.Context(), sample("ada@example.com"))
		if tc.reply == 0 {
			if err != nil {
				t.Errorf("after the refusals: %v", err)
			}
			continue
		}
		if errs.CodeOf(err) != tc.code || mail.Refused(err) != tc.refused || strings.Contains(err.Error(), "Citt") {
			t.Errorf("reply %d gave %v, want %s", tc.reply, err, tc.code)
		}
	}
	for _, to := range []string{"not an address", "a@b.example\r\nRCPT TO:<c@d.example>"} {
		if err := c.Send(t.Context(), sample(to)); !mail.Refused(err) {
			t.Errorf("recipient %q gave %v, want mail.refused", to, err)
		}
	}
}

func TestSendWithoutAServer(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	silent := l.Addr().(*net.TCPAddr).Port // takes connections and never says a word
	defer l.Close()
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := gone.Addr().(*net.TCPAddr).Port
	gone.Close()
	for name, c := range map[string]*mail.Client{
		"nobody listens": client(t, mail.Config{Host: "127.0.0.1", Port: closed, Security: mail.None}),
		"silent server":  client(t, mail.Config{Host: "127.0.0.1", Port: silent, Security: mail.None, Timeout: 200 * time.Millisecond}),
	} {
		if err := c.Send(t.Context(), sample("ada@example.com")); errs.CodeOf(err) != "mail.unsent" || mail.Refused(err) {
			t.Errorf("%s: %v, want mail.unsent", name, err)
		}
	}
	if err := client(t, mail.Config{}).Send(t.Context(), sample("ada@example.com")); errs.CodeOf(err) != "mail.not_configured" {
		t.Errorf("no server configured: %v", err)
	}
}

func TestTLSAndSignIn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := certificate(t, dir)
	hash, err := bcrypt.GenerateFromPassword([]byte("correct horse"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	users, password, wrong := filepath.Join(dir, "users"), filepath.Join(dir, "password"), filepath.Join(dir, "wrong")
	for file, text := range map[string]string{users: "center:" + string(hash) + "\n", password: "correct horse\n", wrong: "battery staple\n"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	flags := []string{"--smtp-tls-cert", cert, "--smtp-tls-key", key, "--smtp-auth-file", users}
	upgrade := mailtest.Start(t, append(flags, "--smtp-require-starttls")...)
	plain := mailtest.Start(t)
	good := mail.Config{Host: upgrade.Host, Port: upgrade.Port, User: "center", PasswordFile: password, CAFile: cert}
	for _, tc := range []struct {
		name   string
		change func(*mail.Config)
		ok     bool
	}{
		{"starttls with password", func(*mail.Config) {}, true},
		{"wrong password", func(c *mail.Config) { c.PasswordFile = wrong }, false},
		{"no password file", func(c *mail.Config) { c.PasswordFile = filepath.Join(dir, "none") }, false},
		{"certificate of nobody we trust", func(c *mail.Config) { c.CAFile = "" }, false},
		{"a server that cannot do TLS", func(c *mail.Config) { c.Port = plain.Port }, false},
	} {
		cfg := good
		tc.change(&cfg)
		err := client(t, cfg).Send(t.Context(), sample("ada@example.com"))
		if tc.ok && err != nil || !tc.ok && errs.CodeOf(err) != "mail.unsent" {
			t.Errorf("%s: %v", tc.name, err)
		}
		if err != nil && strings.Contains(err.Error(), "battery") {
			t.Errorf("%s: the error tells the password", tc.name)
		}
	}
	if all, err := plain.All(t.Context(), ""); err != nil || len(all) != 0 {
		t.Errorf("%d mails went out without TLS, %v", len(all), err)
	}
}

func TestImplicitTLS(t *testing.T) {
	t.Parallel()
	cert, key := certificate(t, t.TempDir())
	server := mailtest.Start(t, "--smtp-tls-cert", cert, "--smtp-tls-key", key, "--smtp-require-tls")
	c := client(t, mail.Config{Host: server.Host, Port: server.Port, Security: mail.Implicit, CAFile: cert})
	if err := c.Send(t.Context(), sample("ada@example.com")); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Wait(t.Context(), "ada@example.com", 1); err != nil {
		t.Error(err)
	}
}

func TestNewRefusesABadConfiguration(t *testing.T) {
	t.Parallel()
	for code, cfg := range map[string]mail.Config{
		"mail.sender":   {Host: "h", From: "nobody"},
		"mail.security": {Host: "h", From: "a@b.example", Security: "perhaps"},
	} {
		if _, err := mail.New(cfg); errs.CodeOf(err) != code {
			t.Errorf("got %v, want %s", err, code)
		}
	}
}
