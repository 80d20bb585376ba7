package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"chiave/internal/app"
	"chiave/internal/platform/config"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/telemetry"
)

// storage are the settings of every command that opens the database.
type storage struct {
	DataDir              string `placeholder:"DIR" group:"settings"`
	Database             string `placeholder:"URL" group:"settings"`
	DatabasePasswordFile string `placeholder:"FILE" group:"settings"`
	RootKeyFile          string `placeholder:"FILE" group:"settings"`
}

func (f *storage) flags() map[string]string {
	return map[string]string{"data_dir": f.DataDir, "database": f.Database, "database_password_file": f.DatabasePasswordFile, "root_key_file": f.RootKeyFile}
}

// open returns the settings and the log of a command that opens the database.
func (s *session) open(flags map[string]string) (config.Config, *slog.Logger, error) {
	cfg, err := s.config(flags)
	if err != nil {
		return cfg, nil, err
	}
	log, err := telemetry.NewLogger(s.Stderr, telemetry.LogOptions{Format: cfg.LogFormat, Level: cfg.LogLevel})
	return cfg, log, err
}

// initCommand makes an installation.
type initCommand struct {
	Operator string `required:"" placeholder:"ADDRESS"`
	Sandbox  bool
	Clock    string `placeholder:"INSTANT"`
	BaseURL  string `name:"base-url" placeholder:"URL" group:"settings"`
	storage
}

func (c *initCommand) run(ctx context.Context, s *session) error {
	clock, err := c.clock()
	if err != nil {
		return err
	}
	flags := c.flags()
	flags["base_url"] = c.BaseURL
	cfg, log, err := s.open(flags)
	if err != nil {
		return err
	}
	file, _, err := s.tokenFile()
	if err != nil {
		return err
	}
	if _, err := os.Lstat(file); err == nil {
		return errs.New(errs.Conflict, "cli.token_file_exists", errs.Params{"file": file})
	}
	if err := writeSecret(file, ""); err != nil { // before anything is made: a token that cannot be kept is lost
		return err
	}
	made, err := app.Init(ctx, cfg, log, app.InitOptions{Operator: c.Operator, Sandbox: c.Sandbox, Clock: clock})
	if err != nil {
		return errors.Join(err, os.Remove(file))
	}
	if err := writeSecret(file, made.Token); err != nil {
		return err
	}
	type installation struct {
		Installation string `json:"installation"`
		Sandbox      bool   `json:"sandbox"`
		RootKeyFile  string `json:"root_key_file"`
		TokenFile    string `json:"token_file"`
		SignInLink   string `json:"sign_in_link"`
	}
	answer := installation{"urn:chiave:" + made.Installation.UUID, made.Installation.Sandbox, cfg.RootKeyFile, file, made.SignInLink}
	return s.show(answer, func() {
		s.say(s.out.T("cli.init.done", "installation", answer.Installation))
		if made.Installation.Sandbox {
			s.say(s.out.T("cli.init.sandbox"))
		}
		if made.RootKeyMade {
			s.say(s.out.T("cli.init.root_key", "file", cfg.RootKeyFile))
		}
		s.say(s.out.T("cli.init.token", "file", file))
		s.say(s.out.T("cli.init.link"))
		s.say("  " + made.SignInLink)
	})
}

// clock returns where the clock of the sandbox starts; zero when that was not said. Errors: Invalid "cli.instant", "cli.clock_sandbox".
func (c *initCommand) clock() (time.Time, error) {
	if c.Clock == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, c.Clock)
	switch {
	case err != nil:
		return at, errs.New(errs.Invalid, "cli.instant", errs.Params{"flag": "--clock"})
	case !c.Sandbox:
		return at, errs.New(errs.Invalid, "cli.clock_sandbox")
	}
	return at, nil
}

// migrateCommand brings the schema up to date.
type migrateCommand struct{ storage }

func (c *migrateCommand) run(ctx context.Context, s *session) error {
	cfg, log, err := s.open(c.flags())
	if err != nil {
		return err
	}
	steps, err := app.Migrate(ctx, cfg, log)
	if err != nil {
		return err
	}
	type migrated struct {
		Applied []string `json:"applied"`
	}
	answer := migrated{[]string{}}
	for _, m := range steps {
		answer.Applied = append(answer.Applied, fmt.Sprintf("%04d_%s", m.Version, m.Name))
	}
	return s.show(answer, func() {
		for _, step := range answer.Applied {
			s.say(step)
		}
		s.say(s.out.N("cli.migrate.done", int64(len(steps))))
	})
}

// backupCommand copies the database.
type backupCommand struct {
	Dest string `arg:""`
	storage
}

func (c *backupCommand) run(ctx context.Context, s *session) error {
	cfg, log, err := s.open(c.flags())
	if err != nil {
		return err
	}
	p := s.newProgress(s.out.T("cli.progress.backup"), -1, true)
	m, err := app.Backup(ctx, cfg, log, c.Dest, p.set)
	p.end()
	if err != nil {
		return err
	}
	return s.show(m, func() {
		s.say(s.out.T("cli.backup.done", "directory", c.Dest, "bytes", m.Size))
		s.say(s.out.T("cli.backup.root_key", "file", cfg.RootKeyFile, "fingerprint", m.RootKeyFingerprint))
	})
}

// restoreCommand puts a backup in place.
type restoreCommand struct {
	Src string `arg:""`
	storage
}

func (c *restoreCommand) run(ctx context.Context, s *session) error {
	cfg, log, err := s.open(c.flags())
	if err != nil {
		return err
	}
	p := s.newProgress(s.out.T("cli.progress.restore"), -1, true)
	result, err := app.Restore(ctx, cfg, log, c.Src, p.set)
	p.end()
	if err != nil {
		return err
	}
	type restored struct {
		app.Manifest
		RootKey string `json:"root_key"` // "ok", or the code of what is wrong with it
	}
	answer := restored{result.Manifest, "ok"}
	if result.RootKey != nil {
		answer.RootKey = errs.CodeOf(result.RootKey)
	}
	return s.show(answer, func() {
		s.say(s.out.T("cli.restore.done", "date", s.out.Time(result.Manifest.TakenAt, nil), "installation", "urn:chiave:"+result.Manifest.Installation))
		if result.RootKey != nil {
			problem, _ := s.problem(result.RootKey)
			s.say(problem.Title)
			s.say(s.out.T("cli.restore.root_key", "file", cfg.RootKeyFile, "fingerprint", result.Manifest.RootKeyFingerprint))
		}
	})
}
