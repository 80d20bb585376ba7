package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/mail"
	"os"
	"strings"
	"time"

	smtp "github.com/wneessen/go-mail"

	"chiave/internal/platform/errs"
)

// Security says how the connection to the SMTP server is protected.
type Security string

// The kinds of protection.
const (
	StartTLS Security = "starttls" // plain connection that must turn to TLS before anything else (RFC 3207); the default
	Implicit Security = "implicit" // TLS from the first byte (RFC 8314, section 3.3)
	None     Security = "none"     // no TLS: for a server on this machine only
)

// Config says where and how mail is handed over.
type Config struct {
	Host string
	Port int // 587 for starttls, 465 for implicit and 25 for none when zero
	// User signs in to the server; empty for a server that wants nobody to.
	User string
	// PasswordFile holds the password, read for every mail so that it can be changed while the server runs.
	PasswordFile string
	Security     Security // StartTLS when empty
	// CAFile holds certificates (PEM) to trust instead of the system's.
	CAFile string
	// From is the sender: an address, or "Name <address>".
	From string
	// Timeout bounds connecting, and each exchange with the server; 20 seconds when zero.
	Timeout time.Duration
}

// Client hands mails to one SMTP server. It is safe for concurrent use.
type Client struct {
	cfg  Config
	from mail.Address
}

// Mail is one mail to one person.
type Mail struct {
	To      string
	Subject string
	Text    string
	HTML    string
	// ID is the local part of the Message-ID. The same mail sent again carries the same, so that a duplicate can be told.
	ID string
	// Date is the instant the mail was written at.
	Date time.Time
}

var (
	errNotConfigured = errs.New(errs.Unavailable, "mail.not_configured")
	errUnsent        = errs.New(errs.Unavailable, "mail.unsent")
	errRefused       = errs.New(errs.Invalid, "mail.refused")
)

// New returns a client. Without a host it is valid and every Send says "mail.not_configured". Errors: Invalid
// "mail.sender" when From is no address; Invalid "mail.security".
func New(cfg Config) (*Client, error) {
	if cfg.Host == "" {
		return &Client{}, nil
	}
	from, err := mail.ParseAddress(cfg.From)
	if err != nil {
		return nil, errs.New(errs.Invalid, "mail.sender").Wrap(err)
	}
	if cfg.Security == "" {
		cfg.Security = StartTLS
	}
	ports := map[Security]int{StartTLS: 587, Implicit: 465, None: 25}
	if ports[cfg.Security] == 0 {
		return nil, errs.New(errs.Invalid, "mail.security", errs.Params{"value": string(cfg.Security)})
	}
	if cfg.Port == 0 {
		cfg.Port = ports[cfg.Security]
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 20 * time.Second
	}
	return &Client{cfg: cfg, from: *from}, nil
}

// Configured reports that there is a server to send by.
func (c *Client) Configured() bool { return c.cfg.Host != "" }

// Refused reports that err is the server's final word: sending the same again is useless.
func Refused(err error) bool { return errors.Is(err, errRefused) }

// Send hands m to the server. Errors: Invalid "mail.refused" {reply}; Unavailable "mail.unsent" {reply, 0 when the
// server was not reached} and "mail.not_configured".
func (c *Client) Send(ctx context.Context, m Mail) error {
	if !c.Configured() {
		return errNotConfigured
	}
	msg, err := c.compose(m)
	if err != nil {
		return refusal(0).Wrap(err)
	}
	client, err := c.connection()
	if err != nil {
		return unsent(0).Wrap(err)
	}
	err = client.DialAndSendWithContext(ctx, msg)
	if err == nil || msg.IsDelivered() {
		return nil
	}
	return classify(err)
}

// classify tells the server's final word from everything else. The error's own text may repeat addresses, but never
// contents.
func classify(err error) error {
	var sending *smtp.SendError
	if !errors.As(err, &sending) {
		return unsent(0).Wrap(err)
	}
	if reply := sending.ErrorCode(); reply >= 500 && reply < 600 {
		return refusal(reply).Wrap(err)
	}
	return unsent(sending.ErrorCode()).Wrap(err)
}

func refusal(reply int) *errs.Error {
	return errs.New(errRefused.Kind, errRefused.Code, errs.Params{"reply": reply})
}

func unsent(reply int) *errs.Error {
	return errs.New(errUnsent.Kind, errUnsent.Code, errs.Params{"reply": reply})
}

// compose writes the mail. It is marked as automatic, so that nobody's absence note answers it (RFC 3834, section 5),
// and is no mailing list's.
func (c *Client) compose(m Mail) (*smtp.Msg, error) {
	msg := smtp.NewMsg(smtp.WithNoDefaultUserAgent())
	if err := msg.From(c.from.String()); err != nil {
		return nil, fmt.Errorf("the sender: %w", err)
	}
	if err := msg.To(m.To); err != nil {
		return nil, fmt.Errorf("the recipient: %w", err)
	}
	_, domain, _ := strings.Cut(c.from.Address, "@")
	msg.SetMessageIDWithValue(m.ID + "@" + domain)
	msg.SetDateWithValue(m.Date)
	msg.Subject(strings.Join(strings.Fields(m.Subject), " "))
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(smtp.TypeTextPlain, m.Text)
	msg.AddAlternativeString(smtp.TypeTextHTML, m.HTML)
	return msg, nil
}

// connection prepares a connection of its own for one mail: mails are few, and a kept connection goes stale.
func (c *Client) connection() (*smtp.Client, error) {
	options := []smtp.Option{smtp.WithPort(c.cfg.Port), smtp.WithTimeout(c.cfg.Timeout)}
	switch c.cfg.Security {
	case StartTLS:
		options = append(options, smtp.WithTLSPolicy(smtp.TLSMandatory))
	case Implicit:
		options = append(options, smtp.WithSSL())
	case None:
		options = append(options, smtp.WithTLSPolicy(smtp.NoTLS))
	}
	trust, err := c.trust()
	if err != nil {
		return nil, err
	}
	options = append(options, smtp.WithTLSConfig(trust))
	if c.cfg.User != "" {
		password, err := os.ReadFile(c.cfg.PasswordFile)
		if err != nil {
			return nil, fmt.Errorf("reading the SMTP password file: %w", err)
		}
		options = append(options, smtp.WithSMTPAuth(smtp.SMTPAuthAutoDiscover), smtp.WithUsername(c.cfg.User),
			smtp.WithPassword(strings.TrimRight(string(password), "\r\n")))
	}
	return smtp.NewClient(c.cfg.Host, options...)
}

func (c *Client) trust() (*tls.Config, error) {
	trust := &tls.Config{ServerName: c.cfg.Host, MinVersion: tls.VersionTLS12}
	if c.cfg.CAFile == "" {
		return trust, nil
	}
	pem, err := os.ReadFile(c.cfg.CAFile)
	if err != nil {
		return nil, fmt.Errorf("reading the certificates to trust: %w", err)
	}
	trust.RootCAs = x509.NewCertPool()
	if !trust.RootCAs.AppendCertsFromPEM(pem) {
		return nil, errors.New("the file of certificates to trust holds none")
	}
	return trust, nil
}
