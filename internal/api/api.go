package api

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"chiave/client"
	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/i18n"
	"chiave/internal/platform/seal"
	"chiave/internal/routes"
)

// maxBody is the largest JSON body a route takes, in bytes, unless it says otherwise.
const maxBody = 1 << 20

// Caller is who sent a request, as its credential proves it on current data.
type Caller struct {
	Actor  audit.Actor
	Lang   i18n.Lang // the person's own choice; "" when none
	User   accounts.User
	Scopes []access.Action // of the API token; none for a session
	Bearer string          // the credential itself; "" when there was none
	Remote string          // where the request came from, as net/http says it
	Agent  string          // what the caller's program calls itself
}

// Config is what the face is built from.
type Config struct {
	DB      *db.DB
	Texts   *i18n.Catalog
	Portal  string // name of the portal in texts
	Version string // of the program, for the OpenAPI document
	Log     *slog.Logger
	// Authenticate returns who holds the bearer token. Errors: Unauthenticated.
	Authenticate func(ctx context.Context, bearer string) (Caller, error)
	// PublicKeys returns the JWKS document of the installation.
	PublicKeys func(ctx context.Context) ([]byte, error)
	Sealer     *seal.Sealer // makes cursors
	Rooms      Rooms
}

// API is the face. Its routes are in a table.
type API struct {
	Config
	huma  huma.API
	table *routes.Table
	lists map[string][]string // by pattern: the query parameters of which there may be several
}

var setHuma sync.Once // huma keeps its error constructor, and how it reads names, in variables of the package

// New puts the routes of the REST face into table.
func New(cfg Config, table *routes.Table) *API {
	setHuma.Do(func() { huma.NewErrorWithContext, huma.ValidateStrictCasing = fromHuma, true })
	a := &API{Config: cfg, table: table, lists: map[string][]string{}}
	hc := huma.DefaultConfig("Chiave", cfg.Version)
	hc.OpenAPIPath, hc.DocsPath, hc.SchemasPath, hc.CreateHooks = "", "", "", nil
	hc.Formats = map[string]huma.Format{"application/json": jsonFormat(), "json": jsonFormat()}
	hc.Info.Description = "The volume licensing service center's REST interface. Errors are problem documents (RFC 9457)."
	hc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"bearer": {Type: "http", Scheme: "bearer"}}
	a.huma = huma.NewAPI(hc, adapter{a})
	schemas := a.huma.OpenAPI().Components.Schemas
	schemas.Schema(reflect.TypeFor[client.Problem](), true, "Problem")
	a.register()
	delete(schemas.Map(), "ErrorModel") // huma's own, which nothing answers with
	return a
}

// adapter puts what huma registers into the table.
type adapter struct{ api *API }

// Handle adds the operation to the table; its row rides in the operation's metadata.
func (ad adapter) Handle(op *huma.Operation, serve func(huma.Context)) {
	r := op.Metadata["route"].(routes.Route)
	if takes, _ := op.Metadata["takes"].([]string); takes != nil { // said only now: told before, huma would read a feed into memory, as JSON
		op.RequestBody = &huma.RequestBody{Required: true, Content: files(takes)}
	}
	r.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { serve(humago.NewContext(op, req, w)) })
	for _, p := range op.Parameters {
		if p.In == "query" && p.Schema.Type == huma.TypeArray {
			ad.api.lists[r.Pattern()] = append(ad.api.lists[r.Pattern()], p.Name)
		}
	}
	ad.api.table.Add(r)
}

// ServeHTTP is never used: the table serves.
func (ad adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }

// Wrap lays around a route of this face what all of them share: language, the caller's proof, the limit of the body, idempotency.
// Nothing of the body is read for a caller who may not use the route at all.
func (a *API) Wrap(r routes.Route) http.Handler {
	inner := r.Handler
	if r.Class == routes.Key {
		inner = a.once(r, inner)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		ctx := a.withPrinter(req, "")
		w.Header().Set("Cache-Control", "no-store")
		caller, err := a.caller(ctx, req)
		if err == nil {
			ctx = a.withPrinter(req.WithContext(ctx), caller.Lang)
			err = a.admit(ctx, r, caller, req)
		}
		if err != nil {
			a.Fail(w, req.WithContext(ctx), err)
			return
		}
		if r.MaxBody > 0 {
			req.Body = http.MaxBytesReader(w, req.Body, r.MaxBody)
		}
		ctx = context.WithValue(ctx, callerKey{}, caller)
		inner.ServeHTTP(w, req.WithContext(withList(ctx, caller.Actor, req)))
	})
}

// caller returns who sent the request. Errors: those of Authenticate.
func (a *API) caller(ctx context.Context, req *http.Request) (Caller, error) {
	scheme, bearer, _ := strings.Cut(req.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return Caller{Actor: audit.Nobody(routes.RequestID(ctx)), Remote: req.RemoteAddr, Agent: req.UserAgent()}, nil
	}
	c, err := a.Authenticate(ctx, bearer)
	c.Actor.Request, c.Remote = routes.RequestID(ctx), req.RemoteAddr
	return c, err
}

// admit refuses what no room needs to look at: callers who are nobody, others than staff where staff is asked for, and addresses that
// are no text. The rooms decide again, on what they then find. Errors: Unauthenticated "access.sign_in"; Denied "access.staff_only",
// "access.token_scope"; Invalid "request.invalid".
func (a *API) admit(ctx context.Context, r routes.Route, c Caller, req *http.Request) error {
	switch {
	case r.Action == access.Public:
	case c.Actor.Kind == audit.Anonymous:
		return a.Rooms.Access.Read(ctx, c.Actor, func(_ *db.Tx, g *access.Gate) error {
			return g.Refuse(r.Action, errs.New(errs.Unauthenticated, "access.sign_in"))
		})
	case r.Class == routes.Key && r.Action != access.SelfService && len(access.RolesFor(r.Action)) == 0 && len(access.TenantRolesFor(r.Action)) == 0:
		err := a.Rooms.Access.Read(ctx, c.Actor, func(_ *db.Tx, g *access.Gate) error { return g.Staff(r.Action) })
		if err != nil {
			return err
		}
	}
	query, err := url.QueryUnescape(req.URL.RawQuery)
	if text := req.URL.Path + query; err != nil || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return errs.New(errs.Invalid, "request.invalid")
	}
	return queryFaults(req.URL.Query(), a.lists[r.Pattern()])
}

// queryFaults refuses parameters that are there and say nothing, or twice what can be said once: taken for absent, the one would widen what
// a request is about, and of the other half would be lost. Errors: Invalid "request.invalid" with its fields.
func queryFaults(query url.Values, lists []string) error {
	invalid := errs.New(errs.Invalid, "request.invalid")
	for _, name := range slices.Sorted(maps.Keys(query)) {
		at := pointer("query." + name)
		if slices.Contains(query[name], "") {
			invalid = invalid.With(errs.Field{Pointer: at, Code: "field.empty"})
		} else if len(query[name]) > 1 && !slices.Contains(lists, name) {
			invalid = invalid.With(errs.Field{Pointer: at, Code: "field.twice"})
		}
	}
	if len(invalid.Fields) > 0 {
		return invalid
	}
	return nil
}

type (
	callerKey  struct{}
	printerKey struct{}
)

func callerOf(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}

// withPrinter chooses the language: the one the request asks for, which is a program's choice, or else the person's own.
func (a *API) withPrinter(r *http.Request, own i18n.Lang) context.Context {
	asked := r.Header.Get("Accept-Language")
	if asked != "" {
		own = ""
	}
	p := a.Texts.For(i18n.Negotiate(string(own), "", asked)).WithPortal(a.Portal)
	return context.WithValue(r.Context(), printerKey{}, p)
}

func printerOf(ctx context.Context) i18n.Printer {
	p, _ := ctx.Value(printerKey{}).(i18n.Printer)
	return p
}

// Fail answers err as a problem and logs what is our fault.
func (a *API) Fail(w http.ResponseWriter, r *http.Request, err error) {
	ctx := r.Context()
	if _, ok := ctx.Value(printerKey{}).(i18n.Printer); !ok {
		ctx = a.withPrinter(r, "")
	}
	a.logFault(ctx, err)
	newProblem(ctx, printerOf(ctx), err).write(w)
}

func (a *API) logFault(ctx context.Context, err error) {
	if k := errs.KindOf(err); (k == errs.Internal || k == errs.Unavailable) && ctx.Err() == nil {
		a.Log.ErrorContext(ctx, "a request failed", "request", routes.RequestID(ctx), "error", err)
	}
}

// Rest answers a request that no route matches.
func (a *API) Rest(w http.ResponseWriter, r *http.Request, status int) {
	ctx := a.withPrinter(r, "")
	code := "request.no_route"
	if status == http.StatusMethodNotAllowed {
		code = "request.method"
	}
	p := newProblem(ctx, printerOf(ctx), errs.New(errs.NotFound, code))
	p.Status = status
	p.write(w)
}

// document returns the OpenAPI document, made from the operations themselves.
func (a *API) document() ([]byte, error) { return json.MarshalIndent(a.huma.OpenAPI(), "", "  ") }
