package cli

import (
	"context"
	"maps"

	"chiave/internal/app"
)

// serveCommand serves the portal and the API.
type serveCommand struct {
	Demo bool
	storage
	Listen          string `placeholder:"ADDRESS" group:"settings"`
	BaseURL         string `name:"base-url" placeholder:"URL" group:"settings"`
	AdminListen     string `placeholder:"ADDRESS" group:"settings"`
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
	ClockSkew       string `placeholder:"DURATION" group:"settings"`
}

func (c *serveCommand) flags() map[string]string {
	flags := map[string]string{"listen": c.Listen, "base_url": c.BaseURL, "admin_listen": c.AdminListen, "checkpoint_file": c.CheckpointFile,
		"smtp_host": c.SMTPHost, "smtp_port": c.SMTPPort, "smtp_security": c.SMTPSecurity, "smtp_user": c.SMTPUser,
		"smtp_password_file": c.SMTPPassword, "smtp_ca_file": c.SMTPAuthorities, "mail_from": c.MailFrom, "log_format": c.LogFormat, "log_level": c.LogLevel,
		"portal_name": c.PortalName, "publisher_name": c.PublisherName, "support_lines": c.SupportLines, "clock_skew": c.ClockSkew}
	maps.Copy(flags, c.storage.flags())
	return flags
}

func (c *serveCommand) run(ctx context.Context, s *session) error {
	cfg, log, err := s.open(c.flags())
	if err != nil {
		return err
	}
	return app.Run(ctx, cfg, log, app.RunOptions{Version: built().Version, Ready: s.ready})
}

// ready tells where the server is to be found.
func (s *session) ready(url string) {
	type serving struct {
		URL string `json:"url"`
	}
	s.show(serving{url}, func() { s.say(s.out.T("cli.serve.ready", "url", url)) })
}
