// Package routes is the table of everything the server answers, and the only thing that registers with the HTTP library.
//
// A route says, besides its handler, which action its room decides on, what the id in its path names, which audit event
// it leaves and how it is made safe to repeat. The OpenAPI document, the authorization matrix and the duties that every
// route shares (no session, no right, somebody else's id, broken input, repeated request) are derived from the table. A route
// that does not say these things does not start.
//
// The package decides no access itself: rooms do, on current data.
package routes

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"chiave/internal/licensing/access"
)

// Face is the side of the server a route belongs to; it decides how callers prove who they are and how errors look.
type Face string

// The faces.
const (
	API        Face = "api"        // /api/v1: bearer token, JSON, RFC 9457 problems
	Activation Face = "activation" // /activation/v1 and the public keys: machines, frozen
	Page       Face = "page"       // the portal: session cookie, HTML
	Probe      Face = "probe"      // /healthz, /readyz, /metrics
	Asset      Face = "asset"      // files embedded in the binary
)

// Class says how a request is made safe to repeat.
type Class string

// The classes of idempotency.
const (
	Read    Class = "read"    // changes nothing
	Key     Class = "key"     // needs the Idempotency-Key header; the effect happens once for a key
	Form    Class = "form"    // a portal form: a hidden field carries the key, the answer is a redirect (303)
	Natural Class = "natural" // repeating it has the same effect by its nature
)

// Route is one row of the table.
type Route struct {
	Method  string
	Path    string // pattern of net/http without the method: "/api/v1/product-keys/{key}"
	Face    Face
	Action  access.Action // what the room decides on; access.Public when anybody may ask
	Names   string        // wire prefix of the object that the path's wildcard names ("key"); "" without a wildcard
	Event   string        // audit event of a change; "" when it leaves none
	Class   Class
	MaxBody int64 // largest body it takes, in bytes; 0 leaves it to the server's own limit
	Handler http.Handler
}

// Pattern returns the pattern for net/http.
func (r Route) Pattern() string { return r.Method + " " + r.Path }

// problem says what the row fails to declare.
func (r Route) problem() error {
	changes := r.Class == Key || r.Class == Form || r.Class == Natural
	switch {
	case r.Method == "" || !strings.HasPrefix(r.Path, "/") || r.Handler == nil:
		return errors.New("method, path or handler is missing")
	case !slices.Contains([]Face{API, Activation, Page, Probe, Asset}, r.Face):
		return fmt.Errorf("unknown face %q", r.Face)
	case r.Action == "":
		return errors.New("it names no action")
	case r.Class != Read && !changes:
		return fmt.Errorf("unknown idempotency class %q", r.Class)
	case changes && r.Event == "":
		return errors.New("it changes something and names no audit event")
	case r.Class == Read && r.Method != http.MethodGet:
		return errors.New("only GET is a read")
	case changes && r.Method == http.MethodGet:
		return errors.New("GET changes nothing")
	case r.Names == "" && (r.Face == API || r.Face == Page) && strings.Contains(r.Path, "{") && !strings.HasSuffix(r.Path, "{$}"):
		return errors.New("its path has a wildcard and does not say what it names")
	case r.Face == API && r.Class == Form || r.Face == Page && r.Class == Key:
		return fmt.Errorf("class %s does not belong to face %s", r.Class, r.Face)
	}
	return nil
}

// Table collects routes.
type Table struct {
	routes   []Route
	problems []error
}

// Add puts a route into the table; what is wrong with it is told by Handler.
func (t *Table) Add(r Route) {
	if err := r.problem(); err != nil {
		t.problems = append(t.problems, fmt.Errorf("route %s: %w", r.Pattern(), err))
	}
	if slices.ContainsFunc(t.routes, func(o Route) bool { return o.Pattern() == r.Pattern() }) {
		t.problems = append(t.problems, fmt.Errorf("route %s: it is in the table twice", r.Pattern()))
	}
	t.routes = append(t.routes, r)
}

// All returns the routes in the order they were added.
func (t *Table) All() []Route { return slices.Clone(t.routes) }

// Handler returns what serves the table: wrap is laid around every route, rest answers what no route matches, and 405
// answers carry Allow. It fails when any route is not fully declared.
func (t *Table) Handler(wrap func(Route) http.Handler, rest func(w http.ResponseWriter, r *http.Request, status int)) (http.Handler, error) {
	if err := errors.Join(t.problems...); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	for _, r := range t.routes {
		mux.Handle(r.Pattern(), wrap(r))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		probe := &refusal{header: http.Header{}}
		h.ServeHTTP(probe, r)
		if allow := probe.header.Get("Allow"); allow != "" {
			w.Header().Set("Allow", allow)
		}
		if location := probe.header.Get("Location"); location != "" {
			http.Redirect(w, r, location, probe.status)
			return
		}
		rest(w, r, probe.status)
	}), nil
}

// refusal takes what the mux would have said about a request that no route matches.
type refusal struct {
	header http.Header
	status int
}

func (p *refusal) Header() http.Header         { return p.header }
func (p *refusal) Write(b []byte) (int, error) { return len(b), nil }
func (p *refusal) WriteHeader(status int)      { p.status = status }
