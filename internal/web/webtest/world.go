package webtest

import (
	"bytes"
	"embed"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

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
	"chiave/internal/licensing/tenants/tenantstest"
	"chiave/internal/platform/db"
	"chiave/internal/platform/i18n"
	"chiave/internal/platform/ids"
	"chiave/internal/platform/jobs"
	"chiave/internal/platform/mail"
	"chiave/internal/platform/seal"
	"chiave/internal/routes"
	"chiave/internal/web"
)

//go:embed feeds
var feeds embed.FS

// The numbers of the Licensing IDs. Rossi has the first three, Harbour the last.
const (
	Enterprise = "E-1001" // active, with a parent and a master agreement
	Select     = "S-2002" // active
	Old        = "L-3003" // inactive
	Foreign    = "E-9001" // another company's
)

// World is the installation.
type World struct {
	t        testing.TB
	DB       *db.DB
	Rooms    web.Rooms
	Table    *routes.Table
	Web      *web.Web
	URL      string               // of the running portal
	Handler  http.Handler         // what is served there
	Keys     map[string]ids.ID    // row ids of the product keys by name: "office", "server", "foreign"
	IDs      map[string]ids.ID    // row ids of the Licensing IDs by number
	Codes    map[string]keys.Code // the texts of the keys
	Operator audit.Actor
	BaseURL  string // public address
	DNS      *tenantstest.DNS
	asked    *int // networks that mails were asked from so far
	log      *logged
	sealer   *seal.Sealer
	password string // what is stored of everybody's password
}

// Options say what differs from a usual installation.
type Options struct {
	Bare    bool   // without customers and people
	BaseURL string // "http://localhost" with the port at which the portal is served when empty
}

// New makes the world on a database and serves its portal until the test ends.
func New(t testing.TB, d *db.DB, o Options) *World {
	t.Helper()
	w := &World{t: t, DB: d, Table: &routes.Table{}, Keys: map[string]ids.ID{}, IDs: map[string]ids.ID{}, Codes: map[string]keys.Code{}, log: &logged{}, asked: new(int)}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	w.check(err)
	if o.BaseURL == "" {
		o.BaseURL = "http://localhost:" + strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	}
	texts, err := i18n.Load()
	w.check(err)
	w.BaseURL = o.BaseURL
	w.build(texts, o.BaseURL)
	w.Web = web.New(web.Config{
		DB: d, Texts: texts, Portal: "Chiave", Publisher: "Aurelia Software", BaseURL: o.BaseURL, Rooms: w.Rooms,
		Log:     slog.New(slog.NewTextHandler(w.log, nil)),
		Support: func(string) string { return "+39 02 5550 1234" },
	}, w.Table)
	if !o.Bare {
		w.fill()
	}
	w.serve(listener)
	return w
}

func (w *World) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// build puts the rooms together as the program does.
func (w *World) build(texts *i18n.Catalog, baseURL string) {
	w.t.Helper()
	root := filepath.Join(w.t.TempDir(), "root.key")
	w.check(seal.CreateRootKey(root))
	sealer, err := seal.Open(w.t.Context(), w.DB, root, seal.Options{})
	w.check(err)
	w.sealer = sealer
	post, err := mail.New(mail.Config{})
	w.check(err)
	r := &w.Rooms
	r.Access = access.New(w.DB)
	queue := jobs.New(w.DB, jobs.Config{})
	r.Notify = notify.New(notify.Needs{DB: w.DB, Access: r.Access, Queue: queue, Sealer: sealer, Mail: post, Texts: texts})
	r.Accounts = accounts.New(w.DB, r.Access, r.Notify, accounts.Config{BaseURL: baseURL, Queue: queue, Sealer: sealer})
	w.DNS = tenantstest.ServeDNS(w.t)
	r.Tenants = tenants.New(tenants.Needs{Access: r.Access, Accounts: r.Accounts, Mail: r.Notify, DNS: tenants.ResolverAt(w.DNS.Address), BaseURL: baseURL})
	r.Registration = registration.New(registration.Needs{DB: w.DB, Access: r.Access, Accounts: r.Accounts, Tenants: r.Tenants, Mail: r.Notify, Queue: queue, BaseURL: baseURL,
		Personal: []string{"posta.example"}})
	r.Partners = partners.New(r.Access)
	r.Catalog = catalog.New(w.DB, r.Access)
	r.Agreements = agreements.New(w.DB, r.Access, r.Accounts, r.Partners)
	r.Orders = orders.New(w.DB, r.Access, r.Catalog, r.Agreements)
	r.Reports = reports.New(r.Access, r.Catalog, r.Agreements, r.Orders)
	r.Requests = requests.New(requests.Needs{DB: w.DB, Access: r.Access, Accounts: r.Accounts, Agreements: r.Agreements, Notify: r.Notify, Queue: queue, BaseURL: baseURL})
	r.Open = openlicense.New(openlicense.Needs{DB: w.DB, Access: r.Access, Accounts: r.Accounts, Agreements: r.Agreements, Notify: r.Notify, Queue: queue, BaseURL: baseURL})
	r.Keys = keys.New(w.DB, r.Access, sealer, r.Reports)
	r.Activation = activation.New(r.Access, sealer, func(tx *db.Tx) (activation.Signer, error) { return sealer.Signer(tx) }, "urn:chiave:018f3c5e-7a90-7c11-9d4e-3b6f2a1c0d58")
	r.Activation.Start(1)
	w.t.Cleanup(r.Activation.Stop)
}

// serve answers as the program does: the route table under request ids, with panics caught.
func (w *World) serve(listener net.Listener) {
	w.t.Helper()
	inner, err := w.Table.Handler(func(r routes.Route) http.Handler {
		if r.Face == routes.Page {
			return w.Web.Wrap(r)
		}
		return r.Handler
	}, w.Web.Rest)
	w.check(err)
	h := routes.Recover(w.Web.Log, inner, func(rw http.ResponseWriter, r *http.Request) { w.Web.Fail(rw, r, errors.New("a handler panicked")) })
	w.Handler = routes.Identify(h)
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: w.Handler}}
	server.Start()
	w.t.Cleanup(server.Close)
	w.URL = server.URL
}

// Logged returns what the portal has written to its log.
func (w *World) Logged() string { return w.log.String() }

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

// Feed opens one of the files that the world is filled with.
func Feed(t testing.TB, name string) io.Reader {
	t.Helper()
	text, err := feeds.ReadFile("feeds/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(text)
}
