package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// seen is a request as the server saw it.
type seen struct {
	method, target, key, authorization, language, body string
}

// script is a server that gives the next answer of a list to each request, and the waits between them.
type script struct {
	*Client
	mu       sync.Mutex
	answers  []func(w http.ResponseWriter)
	requests []seen
	waits    []time.Duration
}

func start(t *testing.T, answers ...func(w http.ResponseWriter)) *script {
	t.Helper()
	s := &script{answers: answers}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.requests = append(s.requests, seen{r.Method, r.URL.RequestURI(), r.Header.Get("Idempotency-Key"), r.Header.Get("Authorization"), r.Header.Get("Accept-Language"), string(body)})
		if len(s.answers) == 0 {
			s.mu.Unlock()
			t.Errorf("unexpected request %s %s", r.Method, r.URL)
			return
		}
		answer := s.answers[0]
		s.answers = s.answers[1:]
		s.mu.Unlock()
		answer(w)
	}))
	t.Cleanup(server.Close)
	s.Client = New(server.URL+"/", Token("chv_t"), Language("it"), HTTP(server.Client()))
	s.wait = func(_ context.Context, d time.Duration) error {
		s.waits = append(s.waits, d)
		return nil
	}
	return s
}

func says(status int, body string, headers ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// lost is an answer that never arrives.
func lost(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		conn.Close()
	}
}

const busy = `{"type":"urn:chiave:error:db.unavailable","title":"Later","status":503,"code":"db.unavailable"}`

func TestARequestWithAnUnknownOutcomeIsRepeatedWithItsKey(t *testing.T) {
	t.Parallel()
	s := start(t, lost, says(503, busy, "Retry-After", "2"), says(502, "<html>"), says(200, `{"items":[{"id":"key_1"}]}`))
	made, err := s.GenerateKeys(t.Context(), Generation{LicensingID: "E-1", Type: "mak", Products: []string{"P"}})
	if err != nil || len(made) != 1 || made[0].ID != "key_1" {
		t.Fatalf("got %v, %v", made, err)
	}
	if len(s.requests) != 4 {
		t.Fatalf("%d requests", len(s.requests))
	}
	first := s.requests[0]
	if len(first.key) != 32 || first.authorization != "Bearer chv_t" || first.language != "it" || !strings.Contains(first.body, `"licensing_id":"E-1"`) {
		t.Errorf("the first request was %+v", first)
	}
	for _, r := range s.requests {
		if r != first {
			t.Errorf("repeated as %+v, first %+v", r, first)
		}
	}
	if want := []time.Duration{200 * time.Millisecond, 2 * time.Second, 600 * time.Millisecond}; !slices.Equal(s.waits, want) {
		t.Errorf("waited %v, want %v", s.waits, want)
	}
}

func TestTwoCallsHaveTwoKeys(t *testing.T) {
	t.Parallel()
	s := start(t, says(200, `{"released":1}`), says(200, `{"now":"2026-03-31T09:00:00Z"}`), says(200, `{"now":"2026-03-31T09:00:00Z"}`))
	s.ReleaseInvitations(t.Context())
	s.MoveClock(t.Context(), "1h")
	s.MoveClock(t.Context(), "1h")
	if s.requests[1].key == "" || s.requests[1].key == s.requests[2].key {
		t.Errorf("the keys are %q and %q", s.requests[1].key, s.requests[2].key)
	}
}

func TestRepeatingEnds(t *testing.T) {
	t.Parallel()
	s := start(t, says(503, busy), says(503, busy), says(503, busy), says(503, busy))
	_, err := s.MoveClock(t.Context(), "1h")
	if !OutcomeUnknown(err) || len(s.requests) != tries {
		t.Errorf("after %d requests: %v", len(s.requests), err)
	}
	var p *Problem
	if !errors.As(err, &p) || p.Code != "db.unavailable" {
		t.Errorf("got %v", err)
	}
	closed := New("http://127.0.0.1:1")
	closed.wait = func(context.Context, time.Duration) error { return nil }
	if _, err := closed.Me(t.Context()); !OutcomeUnknown(err) {
		t.Errorf("without a server: %v", err)
	}
}

func TestACancelledRequestIsNotRepeated(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s := start(t, func(w http.ResponseWriter) { cancel(); lost(w) })
	if _, err := s.Me(ctx); err == nil || len(s.requests) > 1 {
		t.Errorf("%d requests, %v", len(s.requests), err)
	}
}

func TestProblemsAreErrorsAndAreNotRepeated(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		answer func(http.ResponseWriter)
		want   Problem
		text   string
	}{
		{"refused", says(403, `{"title":"No","status":403,"code":"access.role_missing","request":"r1"}`), Problem{Title: "No", Status: 403, Code: "access.role_missing", Request: "r1"},
			"No (access.role_missing)"},
		{"fields", says(422, `{"title":"Wrong","status":422,"code":"request.invalid","errors":[{"pointer":"query/as_of","code":"x","detail":"no day"}]}`),
			Problem{Title: "Wrong", Status: 422, Code: "request.invalid", Errors: []FieldProblem{{"query/as_of", "x", "no day"}}}, "Wrong (request.invalid); query/as_of: no day"},
		{"a proxy's page", says(413, "<html>too large</html>"), Problem{Title: "413 Request Entity Too Large", Status: 413, Code: "http.413"}, "413 Request Entity Too Large (http.413)"},
		{"a lying status", says(404, `{"title":"No","status":200,"code":"x.y"}`), Problem{Title: "No", Status: 404, Code: "x.y"}, "No (x.y)"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, tc.answer)
			_, err := s.LicenseSummary(t.Context(), SummaryQuery{})
			var p *Problem
			if !errors.As(err, &p) {
				t.Fatalf("got %v", err)
			}
			got, _ := json.Marshal(p)
			want, _ := json.Marshal(tc.want)
			if !bytes.Equal(got, want) || err.Error() != tc.text || OutcomeUnknown(err) {
				t.Errorf("got %s %q, want %s", got, err, want)
			}
		})
	}
}

func TestAnImportIsOpenedAgainForEachTry(t *testing.T) {
	t.Parallel()
	s := start(t, lost, says(200, `{"kind":"orders","rows":2,"published":true,"errors":[]}`))
	opened := 0
	report, err := s.Import(t.Context(), Orders, "orders.csv", true, func() (io.Reader, error) {
		opened++
		return strings.NewReader("a;b\n"), nil
	})
	if err != nil || report.Rows != 2 || opened != 2 {
		t.Fatalf("opened %d times: %+v, %v", opened, report, err)
	}
	for _, r := range s.requests {
		if r.target != "/api/v1/imports/orders?dry_run=true&file=orders.csv" || r.body != "a;b\n" || r.key != s.requests[0].key {
			t.Errorf("sent %+v", r)
		}
	}
	missing := errors.New("no file")
	if _, err := s.Import(t.Context(), Orders, "x", false, func() (io.Reader, error) { return nil, missing }); !errors.Is(err, missing) {
		t.Errorf("got %v", err)
	}
}

func TestPathsAndQueries(t *testing.T) {
	t.Parallel()
	ok := says(200, `{}`)
	for _, tc := range []struct {
		want string
		call func(c *Client, ctx context.Context) error
	}{
		{"GET /api/v1/license-summary?as_of=2026-03-31&licensing_id=E-1&licensing_id=E+2", func(c *Client, ctx context.Context) error {
			_, err := c.LicenseSummary(ctx, SummaryQuery{AsOf: "2026-03-31", LicensingIDs: []string{"E-1", "E 2"}})
			return err
		}},
		{"GET /api/v1/license-summary/explanation?granted=true&product=P&version=2024", func(c *Client, ctx context.Context) error {
			_, err := c.ExplainSummary(ctx, SummaryQuery{}, "P", "2024", true)
			return err
		}},
		{"GET /api/v1/licensing-ids?cursor=c&inactive=true&limit=7&search=a%26b", func(c *Client, ctx context.Context) error {
			_, err := c.LicensingIDs(ctx, true, "a&b", PageQuery{Cursor: "c", Limit: 7})
			return err
		}},
		{"POST /api/v1/product-keys/..%2Fx/reveal", func(c *Client, ctx context.Context) error {
			_, err := c.RevealKey(ctx, "../x")
			return err
		}},
		{"GET /api/v1/product-keys/key_1/activations", func(c *Client, ctx context.Context) error {
			_, err := c.Activations(ctx, "key_1", PageQuery{})
			return err
		}},
		{"DELETE /api/v1/roles/rol_1", func(c *Client, ctx context.Context) error { return c.RevokeRole(ctx, "rol_1") }},
		{"DELETE /api/v1/my-permissions/lid_1", func(c *Client, ctx context.Context) error { return c.DropPermission(ctx, "lid_1") }},
		{"GET /.well-known/jwks.json", func(c *Client, ctx context.Context) error {
			_, err := c.JWKS(ctx)
			return err
		}},
	} {
		t.Run(tc.want, func(t *testing.T) {
			t.Parallel()
			s := start(t, ok)
			if err := tc.call(s.Client, t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := s.requests[0].method + " " + s.requests[0].target; got != tc.want {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestExportStreams(t *testing.T) {
	t.Parallel()
	s := start(t, says(200, "a\tb\n"), says(403, `{"title":"No","code":"access.role_missing"}`))
	var file bytes.Buffer
	if err := s.ExportKeys(t.Context(), "E-1", "tsv", &file); err != nil || file.String() != "a\tb\n" {
		t.Errorf("got %q, %v", file.String(), err)
	}
	if err := s.ExportKeys(t.Context(), "E-1", "tsv", &file); err == nil || file.String() != "a\tb\n" {
		t.Errorf("a refusal was written: %q, %v", file.String(), err)
	}
}

func TestPauseEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := pause(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := pause(t.Context(), time.Microsecond); err != nil {
		t.Errorf("got %v", err)
	}
}
