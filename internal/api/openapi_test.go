package api_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"mime"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"chiave/internal/app/apptest"
	"chiave/internal/licensing/access"
	"chiave/internal/platform/db"
	"chiave/internal/routes"
)

var update = flag.Bool("update", false, "write docs/openapi.json anew")

const committed = "../../docs/openapi.json"

// openAPI is the parts of an OpenAPI 3.1 document that the tests look at.
type openAPI struct {
	OpenAPI    string
	Info       struct{ Title, Version, Description string }
	Paths      map[string]map[string]operation
	Components struct {
		Schemas         map[string]schema
		SecuritySchemes map[string]any
	}
	raw []byte
}

type operation struct {
	OperationID string
	Summary     string
	Parameters  []parameter
	RequestBody *content
	Responses   map[string]content
	Security    []map[string][]string
}

type parameter struct {
	Name, In string
	Required bool
	Schema   schema
	Example  any
}

type content struct {
	Required bool
	Content  map[string]struct{ Schema schema }
}

func document(t testing.TB, w *apptest.World) openAPI {
	t.Helper()
	got := send(t, w, request{method: http.MethodGet, path: "/api/v1/openapi.json"})
	doc := openAPI{raw: []byte(got.body)}
	if err := json.Unmarshal(doc.raw, &doc); err != nil || got.status != http.StatusOK {
		t.Fatalf("%d, %v", got.status, err)
	}
	return doc
}

func (d openAPI) of(r routes.Route) (operation, bool) {
	op, ok := d.Paths[r.Path][strings.ToLower(r.Method)]
	return op, ok
}

// check holds a successful answer against the schema that the document gives for it.
func (d openAPI) check(t testing.TB, r routes.Route, a answer) {
	t.Helper()
	op, _ := d.of(r)
	described, ok := op.Responses[fmt.Sprint(a.status)]
	if !ok {
		t.Errorf("%s answers %d, which is not in the document", r.Pattern(), a.status)
		return
	}
	if a.status == http.StatusNoContent || len(described.Content) == 0 {
		if a.body != "" {
			t.Errorf("%s answers %q, and the document knows no body", r.Pattern(), a.body)
		}
		return
	}
	media, _, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	form, ok := described.Content[media]
	if err != nil || !ok {
		t.Errorf("%s answers %q, which is not in the document", r.Pattern(), a.header.Get("Content-Type"))
		return
	}
	if form.Schema.Format == "binary" {
		return
	}
	var value any
	if err := json.Unmarshal([]byte(a.body), &value); err != nil {
		t.Errorf("%s: %v", r.Pattern(), err)
		return
	}
	for _, fault := range d.faults(form.Schema, value, "") {
		t.Errorf("%s: %s in %.400s", r.Pattern(), fault, a.body)
	}
}

func TestTheDocumentIsCommitted(t *testing.T) {
	t.Parallel()
	doc := document(t, apptest.Empty(t, db.SQLite))
	text := append(doc.raw, '\n')
	if *update {
		if err := os.WriteFile(committed, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	stored, err := os.ReadFile(committed)
	if err != nil || string(stored) != string(text) {
		t.Errorf("%s is not what the program serves (%v): run this test with -update", committed, err)
	}
}

func TestTheDocumentDescribesTheRoutesAndNothingElse(t *testing.T) {
	t.Parallel()
	w := apptest.Empty(t, db.SQLite)
	doc := document(t, w)
	if !strings.HasPrefix(doc.OpenAPI, "3.1.") || doc.Info.Title == "" || doc.Info.Version != apptest.Version || doc.Components.SecuritySchemes["bearer"] == nil {
		t.Errorf("the head says %s %+v", doc.OpenAPI, doc.Info)
	}
	described := map[string]bool{}
	for path, methods := range doc.Paths {
		for method := range methods {
			described[strings.ToUpper(method)+" "+path] = true
		}
	}
	names := map[string]string{}
	for _, r := range apiRoutes(w) {
		op, ok := doc.of(r)
		if !ok {
			t.Errorf("%s is not in the document", r.Pattern())
			continue
		}
		delete(described, r.Pattern())
		if other, twice := names[op.OperationID]; twice || op.OperationID == "" {
			t.Errorf("%s and %s are both called %q", r.Pattern(), other, op.OperationID)
		}
		names[op.OperationID] = r.Pattern()
		doc.checkOperation(t, r, op)
	}
	for pattern := range described {
		t.Errorf("%s is in the document and not a route", pattern)
	}
}

var wildcard = regexp.MustCompile(`\{([a-z_]+)\}`)

// checkOperation holds an operation against what its route declares.
func (d openAPI) checkOperation(t testing.TB, r routes.Route, op operation) {
	t.Helper()
	find := func(in, name string) int {
		return slices.IndexFunc(op.Parameters, func(p parameter) bool { return p.In == in && p.Name == name })
	}
	for _, m := range wildcard.FindAllStringSubmatch(r.Path, -1) {
		if i := find("path", m[1]); i < 0 || !op.Parameters[i].Required {
			t.Errorf("%s: the parameter %s is not described", r.Pattern(), m[1])
		}
	}
	if i := find("header", "Idempotency-Key"); (r.Class == routes.Key) != (i >= 0 && op.Parameters[i].Required) {
		t.Errorf("%s is of class %s; its parameters are %+v", r.Pattern(), r.Class, op.Parameters)
	}
	for _, p := range op.Parameters {
		if p.Example != nil {
			for _, fault := range d.faults(p.Schema, p.Example, "") {
				t.Errorf("%s: the example of %s is wrong: %s", r.Pattern(), p.Name, fault)
			}
		}
		if p.Schema.Type == nil {
			t.Errorf("%s: %s has no type", r.Pattern(), p.Name)
		}
	}
	if (r.Action == access.Public) != (len(op.Security) == 0) {
		t.Errorf("%s is for %s; its security is %v", r.Pattern(), r.Action, op.Security)
	}
	if op.Summary == "" {
		t.Errorf("%s has no summary", r.Pattern())
	}
	if problem := op.Responses["default"].Content["application/problem+json"].Schema.Ref; problem != "#/components/schemas/Problem" {
		t.Errorf("%s: errors are described by %q", r.Pattern(), problem)
	}
	if x := samples()[r.Pattern()]; x != nil && op.RequestBody == nil && slices.Contains([]string{"POST", "PUT"}, r.Method) && strings.Contains(r.Path, "/imports/") {
		t.Errorf("%s: its body is not described", r.Pattern())
	}
}

// TestEveryReferenceLeadsSomewhere also finds schemas that nothing refers to, and examples that are not true.
func TestEveryReferenceLeadsSomewhere(t *testing.T) {
	t.Parallel()
	doc := document(t, apptest.Empty(t, db.SQLite))
	used := map[string]bool{}
	for _, m := range regexp.MustCompile(`"\$ref":\s*"([^"]+)"`).FindAllSubmatch(doc.raw, -1) {
		name, ok := strings.CutPrefix(string(m[1]), "#/components/schemas/")
		if _, there := doc.Components.Schemas[name]; !ok || !there {
			t.Errorf("%s leads nowhere", m[1])
		}
		used[name] = true
	}
	for name, s := range doc.Components.Schemas {
		if !used[name] {
			t.Errorf("nothing refers to the schema %s", name)
		}
		for _, member := range s.Required {
			if s.Properties[member].empty() {
				t.Errorf("%s requires %s and does not describe it", name, member)
			}
		}
		for member, p := range s.Properties {
			for _, e := range p.Examples {
				for _, fault := range doc.faults(p, e, "/"+member) {
					t.Errorf("an example of %s is wrong: %s", name, fault)
				}
			}
			if strings.HasPrefix(p.Description, " ") || strings.Contains(p.Description, "TO"+"DO") {
				t.Errorf("%s.%s is described as %q", name, member, p.Description)
			}
		}
	}
}

// TestTheCheckOfSchemasFindsFaults is the control of all that rely on it.
func TestTheCheckOfSchemasFindsFaults(t *testing.T) {
	t.Parallel()
	doc := document(t, apptest.Empty(t, db.SQLite))
	for name, text := range map[string]string{
		"a member is missing":   `{"now": "2026-03-31T09:00:00Z"}`,
		"a member too many":     `{"now": "2026-03-31T09:00:00Z", "sandbox": true, "zone": "UTC"}`,
		"no text":               `{"now": 5, "sandbox": true}`,
		"no boolean":            `{"now": "2026-03-31T09:00:00Z", "sandbox": "yes"}`,
		"an instant of no form": `{"now": "31/03/2026", "sandbox": true}`,
		"an instant elsewhere":  `{"now": "2026-03-31T09:00:00+02:00", "sandbox": true}`,
		"no object":             `[]`,
	} {
		var value any
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		if len(doc.faults(schema{Ref: "#/components/schemas/Clock"}, value, "")) == 0 {
			t.Errorf("%s is not found", name)
		}
	}
}
