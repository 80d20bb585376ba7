package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"chiave/internal/api"
	"chiave/internal/platform/config"
	"chiave/internal/platform/db"
	"chiave/internal/routes"
	"chiave/internal/web"
)

// postgresWorkers is how many batches of activations are under way at once on PostgreSQL; SQLite has one writer.
const postgresWorkers = 2

// RunOptions says how Run serves.
type RunOptions struct {
	Version string // of the program
	// Before runs on the open installation before it is served: the demo makes its data there.
	Before func(ctx context.Context, a *App) error
	// Ready is told the address once requests are answered.
	Ready func(url string)
}

// Run serves the installation of cfg until ctx is done, and then ends in order: no new requests, those under way, the activations
// that wait, the jobs, a last seal of the audit log. It migrates an SQLite database by itself; PostgreSQL wants `chiave migrate`.
func Run(ctx context.Context, cfg config.Config, log *slog.Logger, opt RunOptions) error {
	socket, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	defer socket.Close()
	cfg.BaseURL = strings.Replace(cfg.BaseURL, ":0", portOf(socket), 1)
	if err := migrateEmbedded(ctx, cfg, log); err != nil {
		return err
	}
	a, err := Open(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer a.Close()
	handler, err := a.Handler(opt.Version)
	if err != nil {
		return err
	}
	stop := a.start(ctx)
	defer stop()
	if opt.Before != nil {
		if err := opt.Before(ctx, a); err != nil {
			return err
		}
	}
	if opt.Ready != nil {
		opt.Ready(cfg.BaseURL)
	}
	return a.listen(ctx, socket, handler)
}

// portOf returns ":PORT" of an open socket.
func portOf(socket net.Listener) string {
	_, port, _ := net.SplitHostPort(socket.Addr().String())
	return ":" + port
}

func migrateEmbedded(ctx context.Context, cfg config.Config, log *slog.Logger) error {
	d, err := openExisting(ctx, cfg, log) // serving makes no database: a wrong path must not look like an empty installation
	if err != nil {
		return err
	}
	defer d.Close()
	if d.Engine() != db.SQLite {
		return nil
	}
	if _, err := d.Installation(ctx); err != nil { // an empty file is told about, not filled
		return err
	}
	steps, err := d.Migrate(ctx)
	for _, s := range steps {
		log.Info("the schema was migrated", "step", s.Version, "name", s.Name)
	}
	return err
}

// start starts what works besides requests and returns what ends it.
func (a *App) start(ctx context.Context) (stop func()) {
	workers := 1
	if a.DB.Engine() == db.Postgres {
		workers = postgresWorkers
	}
	a.Activation.Start(workers)
	a.Jobs.Start(ctx)
	ctx, cancel := context.WithCancel(ctx)
	var others sync.WaitGroup
	others.Go(func() {
		a.Sealer.Run(ctx, func(err error) { a.Log.Warn("the keys could not be looked at again", "error", err) })
	})
	others.Go(func() { a.minutely(ctx) })
	return func() {
		a.Activation.Stop()
		cancel()
		others.Wait()
		a.Jobs.Stop()
		a.last(ctx)
	}
}

// minutely does once a minute what belongs to each server rather than to the installation.
func (a *App) minutely(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := a.Access.FlushRefusals(ctx); err != nil {
				a.Log.Warn("refusals of anonymous callers could not be recorded", "error", err)
			}
			if err := a.Activation.FlushRefusals(ctx); err != nil {
				a.Log.Warn("refused activations could not be recorded", "error", err)
			}
			if err := a.keepCheckpoint(ctx); err != nil {
				a.Log.Error("a checkpoint of the audit log could not be kept", "error", err)
			}
		}
	}
}

// last records and seals what is left when everything else has ended.
func (a *App) last(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	err := errors.Join(a.Access.FlushRefusals(ctx), a.Activation.FlushRefusals(ctx))
	_, sealed := a.AuditLog.Seal(ctx)
	if err := errors.Join(err, sealed, a.keepCheckpoint(ctx)); err != nil {
		a.Log.Warn("the audit log was not sealed to its end; the next start does it", "error", err)
	}
}

// listen serves the faces, and on the admin address, when one is set, what only operators may reach.
func (a *App) listen(ctx context.Context, socket net.Listener, handler http.Handler) error {
	if a.Config.AdminListen == "" {
		return serve(ctx, a.Log, socket, handler)
	}
	admin, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.Config.AdminListen)
	if err != nil {
		return fmt.Errorf("listening for operators: %w", err)
	}
	operators, err := a.AdminHandler()
	if err != nil {
		return errors.Join(err, admin.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make(chan error, 1)
	go func() {
		failed <- serve(ctx, a.Log, admin, operators)
		cancel()
	}()
	err = serve(ctx, a.Log, socket, handler)
	cancel()
	return errors.Join(err, <-failed)
}

// Handler returns everything the server answers, built from the route table.
func (a *App) Handler(version string) (http.Handler, error) {
	table, faces, err := a.Routes(version)
	if err != nil {
		return nil, err
	}
	inner, err := table.Handler(func(r routes.Route) http.Handler { return a.measured(r, faces.wrap(r)) }, faces.rest)
	if err != nil {
		return nil, err
	}
	h := routes.Recover(a.Log, inner, func(w http.ResponseWriter, r *http.Request) { faces.fail(w, r, errors.New("a handler panicked")) })
	return routes.Identify(paced(secured(h, strings.HasPrefix(a.Config.BaseURL, "https://")), bodyGrace)), nil
}

// faces are the sides of the server; each answers in its own manner.
type faces struct {
	api *api.API
	web *web.Web
}

// Routes returns the table of everything the server answers.
func (a *App) Routes(version string) (*routes.Table, *faces, error) {
	table := &routes.Table{}
	f := &faces{}
	a.probes(table)
	f.api = api.New(api.Config{DB: a.DB, Texts: a.Texts, Portal: a.Config.PortalName, Version: version, Log: a.Log,
		Authenticate: func(ctx context.Context, bearer string) (api.Caller, error) {
			return api.SessionCaller(ctx, a.Accounts, bearer)
		},
		PublicKeys: a.PublicKeys, Sealer: a.Sealer,
		Rooms: api.Rooms{Access: a.Access, Accounts: a.Accounts, Partners: a.Partners, Catalog: a.Catalog, Agreements: a.Agreements, Orders: a.Orders,
			Reports: a.Reports, Requests: a.Requests, Open: a.Open, Tenants: a.Tenants, Registration: a.Registration, Keys: a.Keys, Activation: a.Activation}}, table)
	f.web = web.New(web.Config{DB: a.DB, Texts: a.Texts, Portal: a.Config.PortalName, Publisher: a.Config.PublisherName, Support: a.Config.SupportLine,
		BaseURL: a.Config.BaseURL, Log: a.Log,
		Rooms: web.Rooms{Access: a.Access, Accounts: a.Accounts, Notify: a.Notify, Partners: a.Partners, Catalog: a.Catalog, Agreements: a.Agreements, Orders: a.Orders,
			Reports: a.Reports, Requests: a.Requests, Open: a.Open, Tenants: a.Tenants, Registration: a.Registration, Keys: a.Keys, Activation: a.Activation}}, table)
	return table, f, nil
}

func (f *faces) wrap(r routes.Route) http.Handler {
	switch r.Face {
	case routes.API, routes.Activation:
		return f.api.Wrap(r)
	case routes.Page:
		return f.web.Wrap(r)
	}
	return r.Handler
}

// forAPI reports whether a request expects the manners of the REST face.
func forAPI(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/api/") || strings.HasPrefix(r.URL.Path, "/activation/") || strings.HasPrefix(r.URL.Path, "/.well-known/")
}

func (f *faces) rest(w http.ResponseWriter, r *http.Request, status int) {
	if forAPI(r) {
		f.api.Rest(w, r, status)
		return
	}
	f.web.Rest(w, r, status)
}

func (f *faces) fail(w http.ResponseWriter, r *http.Request, err error) {
	if forAPI(r) {
		f.api.Fail(w, r, err)
		return
	}
	f.web.Fail(w, r, err)
}
