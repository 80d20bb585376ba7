package routes

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"chiave/internal/licensing/access"
	"chiave/internal/platform/errs"
)

func answering(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, text) })
}

func unwrapped(r Route) http.Handler { return r.Handler }

// change is a route that declares everything.
func change() Route {
	return Route{Method: http.MethodPost, Path: "/api/v1/things/{thing}", Face: API, Action: access.ManageUsers, Names: "thg", Event: "things.changed", Class: Key, Handler: answering("changed")}
}

func TestARouteThatDoesNotDeclareItselfDoesNotStart(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		spoil  func(r *Route)
		reason string
	}{
		{"no method", func(r *Route) { r.Method = "" }, "method, path or handler is missing"},
		{"no path", func(r *Route) { r.Path = "" }, "method, path or handler is missing"},
		{"a path of nowhere", func(r *Route) { r.Path = "api" }, "method, path or handler is missing"},
		{"no handler", func(r *Route) { r.Handler = nil }, "method, path or handler is missing"},
		{"no face", func(r *Route) { r.Face = "" }, "unknown face"},
		{"no action", func(r *Route) { r.Action = "" }, "names no action"},
		{"no class", func(r *Route) { r.Class = "" }, "unknown idempotency class"},
		{"another class", func(r *Route) { r.Class = "often" }, "unknown idempotency class"},
		{"no event", func(r *Route) { r.Event = "" }, "names no audit event"},
		{"a change that calls itself a read", func(r *Route) { r.Class = Read }, "only GET is a read"},
		{"a GET that changes", func(r *Route) { r.Method = http.MethodGet }, "GET changes nothing"},
		{"an id of nothing", func(r *Route) { r.Names = "" }, "does not say what it names"},
		{"a form of the API", func(r *Route) { r.Class = Form }, "does not belong to face"},
		{"a key of a page", func(r *Route) { r.Face = Page }, "does not belong to face"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := change()
			tc.spoil(&r)
			var table Table
			table.Add(r)
			if _, err := table.Handler(unwrapped, nil); err == nil || !strings.Contains(err.Error(), tc.reason) {
				t.Errorf("got %v, want %q", err, tc.reason)
			}
		})
	}
}

func TestARouteIsThereOnce(t *testing.T) {
	t.Parallel()
	var table Table
	table.Add(change())
	if _, err := table.Handler(unwrapped, nil); err != nil {
		t.Fatal(err) // the control: declared fully, it starts
	}
	table.Add(change())
	if _, err := table.Handler(unwrapped, nil); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("got %v", err)
	}
}

func TestTheTableAnswers(t *testing.T) {
	t.Parallel()
	var table Table
	table.Add(change())
	table.Add(Route{Method: http.MethodGet, Path: "/api/v1/things", Face: API, Action: access.Public, Class: Read, Handler: answering("list")})
	table.Add(Route{Method: http.MethodGet, Path: "/pages/", Face: Page, Action: access.Public, Class: Read, Handler: answering("page")})
	wrapped := func(r Route) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			w.Header().Set("Route", r.Pattern())
			r.Handler.ServeHTTP(w, req)
		})
	}
	h, err := table.Handler(wrapped, func(w http.ResponseWriter, _ *http.Request, status int) { w.WriteHeader(status) })
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		method, path string
		status       int
		header       [2]string
		body         string
	}{
		{"GET", "/api/v1/things", 200, [2]string{"Route", "GET /api/v1/things"}, "list"},
		{"HEAD", "/api/v1/things", 200, [2]string{"Route", "GET /api/v1/things"}, "list"}, // net/http keeps the body back
		{"POST", "/api/v1/things/1", 200, [2]string{"Route", "POST /api/v1/things/{thing}"}, "changed"},
		{"DELETE", "/api/v1/things", 405, [2]string{"Allow", "GET, HEAD"}, ""},
		{"GET", "/api/v1/things/1", 405, [2]string{"Allow", "POST"}, ""},
		{"GET", "/nowhere", 404, [2]string{"Route", ""}, ""},
		{"GET", "/pages", 301, [2]string{"Location", "/pages/"}, "-"},
		{"GET", "/pages//x", 200, [2]string{"Route", "GET /pages/"}, "-"},
	} {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest(tc.method, tc.path, nil))
		if tc.path == "/pages//x" {
			if rec.Code/100 != 3 || rec.Header().Get("Location") != "/pages/x" {
				t.Errorf("%s: got %d to %q", tc.path, rec.Code, rec.Header().Get("Location"))
			}
			continue
		}
		if rec.Code/100 != tc.status/100 || tc.status/100 != 3 && rec.Code != tc.status || rec.Header().Get(tc.header[0]) != tc.header[1] || tc.body != "-" && rec.Body.String() != tc.body {
			t.Errorf("%s %s: got %d %v %q", tc.method, tc.path, rec.Code, rec.Header(), rec.Body)
		}
	}
}

func TestEveryRequestHasAnIDThatItsSenderCannotChoose(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	h := Identify(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, RequestID(r.Context())) }))
	for range 3 {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Request-Id", "mine")
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		id := rec.Body.String()
		if len(id) != 20 || rec.Header().Get("Request-Id") != id || seen[id] {
			t.Errorf("got %q, in the header %q", id, rec.Header().Get("Request-Id"))
		}
		seen[id] = true
	}
	if RequestID(context.Background()) != "" {
		t.Error("there is an id without a request")
	}
}

func TestAPanicIsAnsweredAndLogged(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	panics := func(with any) http.Handler {
		return Recover(slog.New(slog.NewTextHandler(&log, nil)), http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(with) }),
			func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	}
	rec := httptest.NewRecorder()
	panics("a bug").ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
	if rec.Code != 500 || !strings.Contains(log.String(), "a bug") || !strings.Contains(log.String(), "routes_test.go") {
		t.Errorf("got %d, logged %s", rec.Code, &log)
	}
	defer func() {
		if p := recover(); p != http.ErrAbortHandler {
			t.Errorf("a cut connection became %v", p)
		}
	}()
	panics(http.ErrAbortHandler).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
}

func TestKindsHaveStatuses(t *testing.T) {
	t.Parallel()
	for kind, want := range map[errs.Kind]int{errs.Internal: 500, errs.Invalid: 422, errs.Unauthenticated: 401, errs.Denied: 403, errs.NotFound: 404, errs.Conflict: 409,
		errs.Precondition: 412, errs.Limited: 429, errs.Unavailable: 503} {
		if got := StatusOf(errs.New(kind, "x.y")); got != want {
			t.Errorf("%s: got %d, want %d", kind, got, want)
		}
	}
	for code, want := range map[string]int{"idempotency.missing": 400, "request.body": 400, "request.too_large": 413} {
		if got := StatusOf(errs.New(errs.Invalid, code)); got != want {
			t.Errorf("%s: got %d, want %d", code, got, want)
		}
	}
	if got := StatusOf(errors.New("anything else")); got != 500 {
		t.Errorf("got %d", got)
	}
}
