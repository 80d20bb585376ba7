package cli

import (
	"context"
	"errors"
	"maps"
	"syscall"

	"chiave/internal/app"
	"chiave/internal/demo"
	"chiave/internal/platform/errs"
)

// serveCommand serves the portal and the API.
type serveCommand struct {
	Demo bool
	storage
	Listen          string `placeholder:"ADDRESS" group:"settings"`
	BaseURL         string `name:"base-url" placeholder:"URL" group:"settings"`
	AdminListen     string `placeholder:"ADDRESS" group:"settings"`
	DNSServer       string `name:"dns-server" placeholder:"ADDRESS" group:"settings"`
	CheckpointFile  string `placeholder:"FILE" group:"settings"`
	SMTPHost        string `name:"smtp-host" placeholder:"NAME" group:"settings"`
	SMTPPort        string `name:"smtp-port" placeholder:"PORT" group:"settings"`
	SMTPSecurity    string `name:"smtp-security" placeholder:"KIND" group:"settings"`
	SMTPUser        string `name:"smtp-user" placeholder:"NAME" group:"settings"`
	SMTPPassword    string `name:"smtp-password-file" placeholder:"FILE" group:"settings"`
	SMTPAuthorities string `name:"smtp-ca-file" placeholder:"FILE" group:"settings"`
	MailFrom        string `placeholder:"ADDRESS" group:"settings"`
	LogFormat       string `placeholder:"FORMAT" group:"settings"`
	LogLevel        string `placeholder:"LEVEL" group:"settings"`
	PortalName      string `placeholder:"NAME" group:"settings"`
	PublisherName   string `placeholder:"NAME" group:"settings"`
	SupportLines    string `placeholder:"LINES" group:"settings"`
	PersonalDomains string `name:"personal-domains" placeholder:"DOMAINS" group:"settings"`
	ClockSkew       string `placeholder:"DURATION" group:"settings"`
	OpenFailures    string `name:"open-license-failures" placeholder:"COUNT" group:"settings"`
	OpenWithin      string `name:"open-license-within" placeholder:"DURATION" group:"settings"`
}

func (c *serveCommand) flags() map[string]string {
	flags := map[string]string{"listen": c.Listen, "base_url": c.BaseURL, "admin_listen": c.AdminListen, "dns_server": c.DNSServer, "checkpoint_file": c.CheckpointFile,
		"smtp_host": c.SMTPHost, "smtp_port": c.SMTPPort, "smtp_security": c.SMTPSecurity, "smtp_user": c.SMTPUser,
		"smtp_password_file": c.SMTPPassword, "smtp_ca_file": c.SMTPAuthorities, "mail_from": c.MailFrom, "log_format": c.LogFormat, "log_level": c.LogLevel,
		"portal_name": c.PortalName, "publisher_name": c.PublisherName, "support_lines": c.SupportLines, "clock_skew": c.ClockSkew, "personal_domains": c.PersonalDomains,
		"open_license_failures": c.OpenFailures, "open_license_within": c.OpenWithin}
	maps.Copy(flags, c.storage.flags())
	return flags
}

func (c *serveCommand) run(ctx context.Context, s *session) error {
	cfg, log, err := s.open(c.flags())
	if err != nil {
		return err
	}
	var people []demo.SignIn
	opt := app.RunOptions{Version: built().Version}
	opt.Ready = func(url string) { s.ready(url, people) }
	if c.Demo {
		made, cleanup, err := demo.Config(cfg)
		if err != nil {
			return err
		}
		defer cleanup()
		cfg = made
		s.tell(s.out.T("cli.serve.demo"))
		opt.Before = func(ctx context.Context, a *app.App) (err error) {
			people, err = demo.Make(ctx, a)
			return err
		}
	}
	err = app.Run(ctx, cfg, log, opt)
	if errors.Is(err, syscall.EADDRINUSE) {
		return errs.New(errs.Conflict, "cli.address_in_use", errs.Params{"address": cfg.Listen}).Wrap(err)
	}
	return err
}

// ready tells where the server is to be found, and who can sign in to the demo.
func (s *session) ready(url string, people []demo.SignIn) {
	type signIn struct {
		Role         string `json:"role"`
		Address      string `json:"email"`
		Password     string `json:"password"`
		Organization string `json:"organization"`
	}
	type serving struct {
		URL     string   `json:"url"`
		SignIns []signIn `json:"sign_ins,omitempty"`
	}
	answer := serving{URL: url}
	for _, p := range people {
		answer.SignIns = append(answer.SignIns, signIn{s.out.T(p.Role), p.Address, p.Password, p.Organization})
	}
	s.show(answer, func() {
		s.say(s.out.T("cli.serve.ready", "url", url))
		if len(answer.SignIns) == 0 {
			return
		}
		s.say("")
		t := newTable(s.out.T("cli.column.person"), s.out.T("cli.column.address"), s.out.T("cli.column.password"), s.out.T("cli.column.organization"))
		for _, p := range answer.SignIns {
			t.add(p.Role, p.Address, p.Password, p.Organization)
		}
		t.write(s.Stdout)
		s.say("")
		s.say(s.out.T("cli.serve.demo_ends"))
	})
}
