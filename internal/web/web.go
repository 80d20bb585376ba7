package web

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/activation"
	"chiave/internal/licensing/agreements"
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
	"chiave/internal/platform/db"
	"chiave/internal/platform/i18n"
	"chiave/internal/routes"
	"chiave/internal/web/static"
	"chiave/internal/web/ui"
)

// Config is what the face is built from.
type Config struct {
	DB        *db.DB
	Texts     *i18n.Catalog
	Portal    string                      // name of the portal
	Publisher string                      // whose licenses are managed; may be empty
	Support   func(country string) string // support line of a country (ISO 3166-1 alpha-2), "" when there is none
	BaseURL   string                      // public address, without a slash at the end
	Log       *slog.Logger
	Rooms     Rooms
}

// Rooms are the rooms whose use cases the pages call.
type Rooms struct {
	Access       *access.Service
	Accounts     *accounts.Service
	Notify       *notify.Service
	Partners     *partners.Service
	Catalog      *catalog.Service
	Agreements   *agreements.Service
	Orders       *orders.Service
	Keys         *keys.Service
	Activation   *activation.Service
	Reports      *reports.Service
	Requests     *requests.Service
	Open         *openlicense.Service
	Tenants      *tenants.Service
	Registration *registration.Service
}

// Web is the face. Its pages are in a route table.
type Web struct {
	Config
	secure  bool // the portal is reached by https
	origins *http.CrossOriginProtection
	places  map[string]ui.Place                           // by pattern of the route
	pages   map[string]bool                               // paths that a GET answers, for the menu
	admits  map[string]func(context.Context, *call) error // by pattern: who may send a file at all, asked before it is read
	sandbox atomic.Pointer[bool]
}

// New puts the pages into table.
func New(cfg Config, table *routes.Table) *Web {
	w := &Web{Config: cfg, secure: strings.HasPrefix(cfg.BaseURL, "https://"), origins: http.NewCrossOriginProtection(),
		places: map[string]ui.Place{}, pages: map[string]bool{}, admits: map[string]func(context.Context, *call) error{}}
	if cfg.BaseURL != "" {
		// Behind a proxy the request's host may differ from the public one. An address that is no origin trusts nobody.
		_ = w.origins.AddTrustedOrigin(cfg.BaseURL)
	}
	r := registrar{w, table}
	r.sessions()
	r.invitations()
	r.account()
	r.devices()
	r.twoStep()
	r.passkeys()
	r.password()
	r.home()
	r.permissions()
	r.requests()
	r.openLicenses()
	r.users()
	r.addUsers()
	r.bulkUsers()
	r.inheritance()
	r.register()
	r.join()
	r.convert()
	r.tenant()
	r.officeTenants()
	r.licenses()
	r.keys()
	r.audit()
	r.office()
	r.viewAs()
	r.help()
	table.Add(routes.Route{Method: http.MethodGet, Path: static.Prefix, Face: routes.Asset, Action: access.Public, Class: routes.Read, Handler: static.Handler()})
	return w
}

// registrar puts pages into the table.
type registrar struct {
	web   *Web
	table *routes.Table
}

// read registers a page that is looked at.
func (r registrar) read(path string, place ui.Place, action access.Action, names string, show handler) {
	r.web.pages[strings.TrimSuffix(path, "{$}")] = true
	r.add(routes.Route{Method: http.MethodGet, Path: path, Action: action, Names: names, Class: routes.Read}, place, show)
}

// change registers what a form sends to. event is the audit event it leaves.
func (r registrar) change(path string, place ui.Place, action access.Action, names, event string, class routes.Class, do handler) {
	r.add(routes.Route{Method: http.MethodPost, Path: path, Action: action, Names: names, Event: event, Class: class, MaxBody: maxForm}, place, do)
}

// upload registers what a form with a file sends to. Nothing is read of a reader whom admit refuses.
func (r registrar) upload(path string, place ui.Place, action access.Action, event string, admit func(context.Context, *call) error, do handler) {
	route := routes.Route{Method: http.MethodPost, Path: path, Action: action, Event: event, Class: routes.Form, MaxBody: maxUpload}
	r.web.admits[route.Pattern()] = admit
	r.add(route, place, do)
}

func (r registrar) add(route routes.Route, place ui.Place, do handler) {
	route.Face = routes.Page
	route.Handler = r.web.serve(do)
	r.web.places[route.Pattern()] = place
	r.table.Add(route)
}
