package apptest

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"chiave/internal/app"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/keys"
	"chiave/internal/licensing/tenants/tenantstest"
	"chiave/internal/platform/config"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/ids"
	"chiave/internal/platform/seal"
	"chiave/internal/routes"
)

// Version is what the served program calls itself.
const Version = "1.2.3"

// World is an installation with people in it.
type World struct {
	t      testing.TB
	Config config.Config
	App    *app.App
	Table  *routes.Table
	URL    string
	// Handler is what is served at URL.
	Handler http.Handler

	Tokens   map[string]string      // API tokens that narrow nothing, by address
	Actors   map[string]audit.Actor // by address
	IDs      map[string]ids.ID      // row ids of the Licensing IDs by number
	Keys     map[string]ids.ID      // row ids of product keys by name: "office", "server", "foreign"
	Texts    map[string]string      // what these keys are
	Roles    map[string]ids.ID      // row ids of role rows that an Administrator gave: "viewer", "foreign"
	Owned    map[string]ids.ID      // row ids of API tokens beside those of Tokens: "viewer", "foreign"
	DNS      *tenantstest.DNS
	Invited  string // secret of the link of an open invitation
	log      *logged
	password string // what is stored of everybody's password
	server   *httptest.Server
}

// Each runs test in a world of its own on both engines.
func Each(t *testing.T, test func(t *testing.T, w *World)) {
	t.Helper()
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(engine.String(), func(t *testing.T) {
			t.Parallel()
			test(t, New(t, engine))
		})
	}
}

// New makes a world and serves it until the test ends.
func New(t testing.TB, engine db.Engine) *World {
	t.Helper()
	w := Empty(t, engine)
	w.fill()
	return w
}

// Empty is a world without data and people.
func Empty(t testing.TB, engine db.Engine) *World {
	t.Helper()
	dir := t.TempDir()
	w := &World{t: t, log: &logged{}, Tokens: map[string]string{}, Actors: map[string]audit.Actor{}, IDs: map[string]ids.ID{}, Keys: map[string]ids.ID{},
		Texts: map[string]string{}, Roles: map[string]ids.ID{}, Owned: map[string]ids.ID{}}
	w.Config = config.Config{DataDir: dir, Database: dbtest.URL(t, engine), RootKeyFile: filepath.Join(dir, "root.key"),
		BaseURL: "https://licensing.example.com", PortalName: "Chiave"}
	w.DNS = tenantstest.ServeDNS(t)
	w.Config.DNSServer = w.DNS.Address
	w.check(seal.CreateRootKey(w.Config.RootKeyFile))
	w.startClock()
	w.Open()
	return w
}

// startClock puts the clock of the sandbox back to where that of every test database starts.
func (w *World) startClock() {
	w.t.Helper()
	d, err := app.OpenDatabase(w.t.Context(), w.Config, slog.New(slog.DiscardHandler))
	w.check(err)
	defer d.Close()
	w.check(d.Housekeep(w.t.Context(), "a test's clock", func(tx *db.Tx) error {
		_, err := tx.Exec("UPDATE installation SET clock_offset = $1", dbtest.Start.Sub(tx.Now()).Microseconds())
		return err
	}))
}

// Open opens the installation as `chiave serve` does, jobs apart, and serves it; what was open before is closed.
func (w *World) Open() {
	w.t.Helper()
	w.Close()
	var err error
	w.App, err = app.Open(w.t.Context(), w.Config, slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	w.check(err)
	w.App.Activation.Start(1)
	w.Table, _, err = w.App.Routes(Version)
	w.check(err)
	w.Handler, err = w.App.Handler(Version)
	w.check(err)
	w.server = httptest.NewServer(w.Handler)
	w.URL = w.server.URL
	w.t.Cleanup(w.Close)
}

// Close ends the server and closes the database.
func (w *World) Close() {
	if w.server == nil {
		return
	}
	w.server.Close()
	w.server = nil
	w.App.Activation.Stop()
	w.App.Close()
}

// HTTP returns a client that follows no redirect and gives up on an answer that never comes.
func (w *World) HTTP() *http.Client {
	return &http.Client{Transport: w.server.Client().Transport, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Logged returns what the program has written to its log.
func (w *World) Logged() string { return w.log.String() }

// Change alters the database behind the program's back.
func (w *World) Change(statement string, args ...any) {
	w.t.Helper()
	w.check(w.App.DB.Housekeep(context.Background(), "a test", func(tx *db.Tx) error {
		_, err := tx.Exec(statement, args...)
		return err
	}))
}

// Audited returns the records that are there, the oldest first; within a millisecond their order says nothing.
func (w *World) Audited() (entries []audit.Entry) {
	w.t.Helper()
	w.check(w.App.DB.Read(context.Background(), func(tx *db.Tx) error {
		entries = nil
		return tx.Each("SELECT id, action, object, refused FROM audit_records ORDER BY id", nil, func(scan func(...any) error) error {
			var e audit.Entry
			err := scan(&e.ID, &e.Action, &e.Object, &e.Refused)
			entries = append(entries, e)
			return err
		})
	}))
	return entries
}

// Rows returns the facts in the database, as dbtest.Rows does.
func (w *World) Rows() map[string][]string {
	w.t.Helper()
	return dbtest.Rows(w.t, w.App.DB)
}

// Wire returns the id of a product key on the wire.
func (w *World) Wire(key string) string { return keys.Wire.Wire(w.Keys[key]) }

func (w *World) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// logged is a log that tests read while it is written.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
