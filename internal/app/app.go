package app

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/activation"
	"chiave/internal/licensing/agreements"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/catalog"
	"chiave/internal/licensing/keys"
	"chiave/internal/licensing/notify"
	"chiave/internal/licensing/openlicense"
	"chiave/internal/licensing/orders"
	"chiave/internal/licensing/partners"
	"chiave/internal/licensing/registration"
	"chiave/internal/licensing/reports"
	"chiave/internal/licensing/requests"
	"chiave/internal/licensing/tenants"
	"chiave/internal/platform/clock"
	"chiave/internal/platform/config"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/i18n"
	"chiave/internal/platform/jobs"
	"chiave/internal/platform/mail"
	"chiave/internal/platform/seal"
)

// App is an installation that is open: its database, its secrets and its rooms.
type App struct {
	Config   config.Config
	Log      *slog.Logger
	DB       *db.DB
	Install  db.Installation
	Texts    *i18n.Catalog
	Sealer   *seal.Sealer
	Jobs     *jobs.Runner
	AuditLog *audit.Log

	Access       *access.Service
	Accounts     *accounts.Service
	Notify       *notify.Service
	Partners     *partners.Service
	Catalog      *catalog.Service
	Agreements   *agreements.Service
	Orders       *orders.Service
	Reports      *reports.Service
	Requests     *requests.Service
	Open         *openlicense.Service
	Tenants      *tenants.Service
	Registration *registration.Service
	Keys         *keys.Service
	Activation   *activation.Service

	clock   clock.Clock
	metrics *metrics
}

// OpenDatabase opens the database of cfg, without looking whether it can be worked with.
func OpenDatabase(ctx context.Context, cfg config.Config, log *slog.Logger) (*db.DB, error) {
	url, err := cfg.DatabaseURL()
	if err != nil {
		return nil, err
	}
	return db.Open(ctx, db.Config{URL: url, Clock: systemClock(cfg), Log: log})
}

func systemClock(cfg config.Config) clock.Clock {
	if cfg.ClockSkew == 0 {
		return clock.System{}
	}
	return clock.Skewed{Of: clock.System{}, By: cfg.ClockSkew}
}

// Open opens the installation of cfg. It serves nothing and runs no jobs. Errors: those of db.CheckSchema, db.ErrNotInitialized,
// those of seal.Open; Denied "app.skew_sandbox_only".
func Open(ctx context.Context, cfg config.Config, log *slog.Logger) (*App, error) {
	d, err := OpenDatabase(ctx, cfg, log)
	if err != nil {
		return nil, err
	}
	a := &App{Config: cfg, Log: log, DB: d, clock: systemClock(cfg)}
	a.metrics = a.newMetrics()
	if err := a.open(ctx); err != nil {
		d.Close()
		return nil, err
	}
	return a, nil
}

func (a *App) open(ctx context.Context) (err error) {
	if err := a.DB.CheckSchema(ctx); err != nil {
		return err
	}
	if a.Install, err = a.DB.Installation(ctx); err != nil {
		return err
	}
	if a.Config.ClockSkew != 0 && !a.Install.Sandbox {
		return errs.New(errs.Denied, "app.skew_sandbox_only")
	}
	if a.Sealer, err = seal.Open(ctx, a.DB, a.Config.RootKeyFile, seal.Options{}); err != nil {
		return err
	}
	if a.Texts, err = i18n.Load(); err != nil {
		return err
	}
	post, err := postOffice(a.Config)
	if err != nil {
		return err
	}
	a.Jobs = jobs.New(a.DB, jobs.Config{Log: a.Log, Observe: a.metrics.ran})
	a.AuditLog = audit.NewLog(a.DB, a.Sealer.AuditSigner())
	a.rooms(post)
	a.schedules()
	return nil
}

// postOffice returns the way mails leave; nil when none is set, and mails wait.
func postOffice(cfg config.Config) (*mail.Client, error) {
	s := cfg.SMTP
	return mail.New(mail.Config{Host: s.Host, Port: s.Port, User: s.User, PasswordFile: s.PasswordFile, Security: mail.Security(s.Security), CAFile: s.CAFile, From: cfg.MailFrom})
}

// rooms builds the business from the bottom up.
func (a *App) rooms(post *mail.Client) {
	a.Access = access.New(a.DB)
	a.Notify = notify.New(notify.Needs{DB: a.DB, Access: a.Access, Queue: a.Jobs, Sealer: a.Sealer, Mail: post, Texts: a.Texts, Portal: a.Config.PortalName})
	a.Accounts = accounts.New(a.DB, a.Access, a.Notify, accounts.Config{BaseURL: a.Config.BaseURL, Queue: a.Jobs, Sealer: a.Sealer,
		Domains: func(tx *db.Tx, address string) error { return a.Registration.MakesAccounts(tx, address) }})
	a.Access.Tell(a.Accounts)
	a.Jobs.Handle(accounts.AskedKind, func(ctx context.Context, j jobs.Job) error {
		var asked accounts.Asked
		if err := j.Into(&asked); err != nil {
			return err
		}
		return a.Accounts.Answer(ctx, j.ID, asked)
	})
	a.Tenants = tenants.New(tenants.Needs{Access: a.Access, Accounts: a.Accounts, Mail: a.Notify, DNS: tenants.ResolverAt(a.Config.DNSServer), BaseURL: a.Config.BaseURL})
	a.register()
	a.Partners = partners.New(a.Access)
	a.Catalog = catalog.New(a.DB, a.Access)
	a.Agreements = agreements.New(a.DB, a.Access, a.Accounts, a.Partners)
	a.Orders = orders.New(a.DB, a.Access, a.Catalog, a.Agreements)
	a.Reports = reports.New(a.Access, a.Catalog, a.Agreements, a.Orders)
	a.Requests = requests.New(requests.Needs{DB: a.DB, Access: a.Access, Accounts: a.Accounts, Agreements: a.Agreements, Notify: a.Notify, Queue: a.Jobs, BaseURL: a.Config.BaseURL})
	a.Open = openlicense.New(openlicense.Needs{DB: a.DB, Access: a.Access, Accounts: a.Accounts, Agreements: a.Agreements, Notify: a.Notify, Queue: a.Jobs, BaseURL: a.Config.BaseURL,
		Limits: openlicense.Limits{Failures: a.Config.OpenLicenseFailures, Within: a.Config.OpenLicenseWithin}})
	a.Orders.Tell(a.Open)
	a.Access.Tell(a.Open)
	a.Keys = keys.New(a.DB, a.Access, a.Sealer, a.Reports)
	a.Activation = activation.New(a.Access, a.Sealer, func(tx *db.Tx) (activation.Signer, error) { return a.Sealer.Signer(tx) }, a.Issuer())
}

// Issuer returns the name under which the installation signs.
func (a *App) Issuer() string { return "urn:chiave:" + a.Install.UUID }

// schedules says what happens by itself.
func (a *App) schedules() {
	a.Jobs.Every("audit.seal", 5*time.Second, func(ctx context.Context) error {
		_, err := a.AuditLog.Seal(ctx)
		return err
	})
	a.Jobs.Every("accounts.purge", time.Hour, a.Accounts.Purge)
	a.Jobs.Every("accounts.advise", accounts.AdviseEvery, a.Accounts.Advise)
	a.Jobs.Every("registration.purge", time.Hour, a.Registration.Purge)
	a.Jobs.Every("idempotency.purge", time.Hour, a.purgeIdempotency)
	a.Jobs.Every("agreements.greet", time.Hour, a.Agreements.Greet)
	a.Jobs.Every("requests.remind", requests.RemindEvery, a.Requests.Remind)
	a.Jobs.Every("orders.purge", 10*time.Minute, a.Orders.Purge)
}

// idempotencyFor is how long a repeated request is known.
const idempotencyFor = 72 * time.Hour

func (a *App) purgeIdempotency(ctx context.Context) error {
	return a.DB.Housekeep(ctx, "forgetting old idempotency keys", func(tx *db.Tx) error {
		_, err := tx.Exec("DELETE FROM idempotency WHERE created_at < $1", tx.Now().Add(-idempotencyFor))
		return err
	})
}

// PublicKeys returns the document that products verify activations with.
func (a *App) PublicKeys(ctx context.Context) (document []byte, err error) {
	err = a.DB.Read(ctx, func(tx *db.Tx) error {
		list, err := a.Sealer.PublicKeys(tx)
		if err != nil {
			return err
		}
		public := make([]activation.PublicKey, len(list))
		for i, k := range list {
			public[i] = activation.PublicKey{ID: string(k.ID), Key: k.Public}
		}
		document, err = activation.JWKS(public)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("publishing the signing keys: %w", err)
	}
	return document, nil
}

// Close closes the database. Run's parts must have ended.
func (a *App) Close() error { return a.DB.Close() }
