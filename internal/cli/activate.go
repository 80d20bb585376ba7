package cli

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"chiave/client"
	"chiave/internal/platform/errs"
	"chiave/verify"
)

// installation are the flags that say which installation is meant.
type installation struct {
	InstallationID string   `name:"installation-id" placeholder:"ID" xor:"installation"`
	MachineFact    []string `placeholder:"TEXT" sep:"none" xor:"installation"`
}

// id returns the installation ID: as given, or made from the facts. Without either it is made from the operating system's own name of
// the machine. Errors: Invalid "cli.installation_id", "cli.machine_unknown".
func (i *installation) id(product string) (string, error) {
	if i.InstallationID != "" {
		id, err := verify.ParseInstallationID(i.InstallationID)
		if err != nil {
			return "", errs.New(errs.Invalid, "cli.installation_id").Wrap(err)
		}
		return id, nil
	}
	var facts [][]byte
	for _, fact := range i.MachineFact {
		facts = append(facts, []byte(fact))
	}
	if len(facts) == 0 {
		fact, err := machineID()
		if err != nil {
			return "", errs.New(errs.Invalid, "cli.machine_unknown").Wrap(err)
		}
		facts = append(facts, fact)
	}
	id, err := verify.InstallationID(product, facts...)
	if err != nil {
		return "", errs.New(errs.Invalid, "cli.machine_unknown").Wrap(err)
	}
	return id, nil
}

// machineID returns the random name that the operating system gave the machine when it was installed (machine-id(5)).
func machineID() ([]byte, error) {
	for _, file := range []string{"/etc/machine-id", "/var/lib/dbus/machine-id"} {
		if text, err := readSecret(file); err == nil && text != "" {
			return []byte(text), nil
		}
	}
	return nil, errors.New("the operating system has no name for this machine")
}

// activateCommand activates a machine.
type activateCommand struct {
	KeyFile string `required:"" placeholder:"FILE"`
	Product string `required:"" placeholder:"P"`
	installation
	Machine string `placeholder:"NAME"`
	Output  string `placeholder:"FILE"`
}

func (c *activateCommand) run(ctx context.Context, s *session) error {
	id, err := c.id(c.Product)
	if err != nil {
		return err
	}
	key, err := s.secret(c.KeyFile)
	if err != nil {
		return err
	}
	cl, err := s.anonymous()
	if err != nil {
		return err
	}
	result, err := cl.Activate(ctx, client.ActivationRequest{ProductKey: key, InstallationID: id, Product: c.Product, Machine: c.Machine})
	if err != nil {
		return err
	}
	if c.Output != "" {
		if err := writeWhole(c.Output, func(f *os.File) error {
			_, err := f.WriteString(result.Token + "\n")
			return err
		}); err != nil {
			return err
		}
	}
	return s.show(result, func() {
		if result.Again {
			s.tell(s.out.T("cli.activate.again", "product", c.Product, "installation", id))
		} else {
			s.tell(s.out.T("cli.activate.done", "product", c.Product, "installation", id))
		}
		if c.Output != "" {
			s.tell(s.out.T("cli.activate.kept", "file", c.Output))
		} else {
			s.say(result.Token)
		}
	})
}

// verifyCommand checks an activation token offline.
type verifyCommand struct {
	File    string `arg:"" name:"tokenfile"`
	JWKS    string `name:"jwks" placeholder:"FILE"`
	Product string `placeholder:"P"`
	installation
	Issuer string `placeholder:"URN"`
}

// verified is what verifying has found. Compared names the claims that were compared with what was asked for; the others are only what the
// center signed.
type verified struct {
	Valid          bool     `json:"valid"`
	Reason         string   `json:"reason,omitempty"`
	Issuer         string   `json:"issuer,omitempty"`
	InstallationID string   `json:"installation_id,omitempty"`
	Products       []string `json:"products,omitempty"`
	Key            string   `json:"key,omitempty"`
	Activation     string   `json:"activation,omitempty"`
	IssuedAt       string   `json:"issued_at,omitempty"`
	Expires        string   `json:"expires,omitempty"`
	Compared       []string `json:"compared"`
}

func (c *verifyCommand) run(ctx context.Context, s *session) error {
	token, err := s.secret(c.File)
	if err != nil {
		return err
	}
	keys, err := c.keys(ctx, s)
	if err != nil {
		return err
	}
	want, compared, err := c.expect(token)
	if err != nil {
		return err
	}
	claims, err := verify.Token(token, keys, want)
	if err != nil {
		return c.invalid(s, err, compared)
	}
	found := verified{Valid: true, Issuer: claims.Issuer, InstallationID: claims.InstallationID, Products: claims.Products, Key: claims.KeyReference,
		Activation: claims.ActivationID, IssuedAt: claims.IssuedAt.Format("2006-01-02T15:04:05Z07:00"), Compared: compared}
	if !claims.Expires.IsZero() {
		found.Expires = claims.Expires.Format("2006-01-02T15:04:05Z07:00")
	}
	return s.show(found, func() { s.showVerified(found) })
}

func (s *session) showVerified(v verified) {
	s.say(s.out.T("cli.verify.valid"))
	t := newTable("", "", "")
	line := func(claim, name, value string) {
		note := ""
		switch claim {
		case "":
		default:
			note = s.out.T("cli.verify.not_compared")
			for _, c := range v.Compared {
				if c == claim {
					note = s.out.T("cli.verify.compared")
				}
			}
		}
		t.add("  "+name, value, note)
	}
	line("issuer", s.out.T("cli.column.issuer"), v.Issuer)
	line("installation_id", s.out.T("cli.column.installation"), v.InstallationID)
	line("product", s.out.T("cli.column.product"), strings.Join(v.Products, ", "))
	line("", s.out.T("cli.column.key"), v.Key)
	line("", s.out.T("cli.column.at"), s.instant(v.IssuedAt))
	if v.Expires != "" {
		line("", s.out.T("cli.column.end"), s.instant(v.Expires))
	}
	t.head = t.rows[0]
	t.rows = t.rows[1:]
	t.write(s.Stdout)
}

// keys returns the public keys to trust: of the document named, else of the server.
func (c *verifyCommand) keys(ctx context.Context, s *session) (verify.Keys, error) {
	var document []byte
	var err error
	if c.JWKS != "" {
		if document, err = os.ReadFile(c.JWKS); err != nil {
			return verify.Keys{}, unreadable(c.JWKS, err)
		}
	} else {
		cl, err := s.anonymous()
		if err != nil {
			return verify.Keys{}, err
		}
		if document, err = cl.JWKS(ctx); err != nil {
			return verify.Keys{}, err
		}
	}
	keys, err := verify.ParseKeys(document)
	if err != nil {
		return keys, errs.New(errs.Invalid, "cli.jwks").Wrap(err)
	}
	return keys, nil
}

// expect returns what the token must be for. What was not asked for is taken from the token itself, and not among compared.
func (c *verifyCommand) expect(token string) (want verify.Expect, compared []string, err error) {
	said := unsigned(token)
	want = verify.Expect{Issuer: said.Issuer, InstallationID: said.Installation}
	compared = []string{}
	if len(said.Products) > 0 {
		want.Product = said.Products[0]
	}
	if c.Issuer != "" {
		want.Issuer, compared = c.Issuer, append(compared, "issuer")
	}
	if c.Product != "" {
		want.Product, compared = c.Product, append(compared, "product")
	}
	if c.InstallationID != "" || len(c.MachineFact) > 0 {
		if want.InstallationID, err = c.id(want.Product); err != nil {
			return want, nil, err
		}
		compared = append(compared, "installation_id")
	}
	return want, compared, nil
}

// claimed is what a token says of itself, before anything is checked.
type claimed struct {
	Issuer       string   `json:"iss"`
	Installation string   `json:"sub"`
	Products     []string `json:"products"`
}

func unsigned(token string) (said claimed) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return said
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(payload, &said) != nil {
		return claimed{}
	}
	return said
}

// reasons are the refusals of package verify by the ends of their sentences' keys.
var reasons = []struct {
	err  error
	code string
}{
	{verify.ErrAlgorithm, "algorithm"}, {verify.ErrType, "type"}, {verify.ErrUnknownKey, "unknown_key"}, {verify.ErrSignature, "signature"},
	{verify.ErrIssuer, "issuer"}, {verify.ErrInstallation, "installation"}, {verify.ErrProduct, "product"}, {verify.ErrNotYet, "not_yet"},
	{verify.ErrExpired, "expired"}, {verify.ErrFormat, "format"},
}

// invalid says why a token proves nothing.
func (c *verifyCommand) invalid(s *session, cause error, compared []string) error {
	code := "format"
	for _, r := range reasons {
		if errors.Is(cause, r.err) {
			code = r.code
			break
		}
	}
	err := s.show(verified{Reason: code, Compared: compared}, func() {
		fmt.Fprintf(s.Stderr, "chiave: %s\n", s.out.T("cli.verify.invalid_"+code))
	})
	return errors.Join(err, &finding{exitFault})
}
