package api_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"chiave/internal/app/apptest"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
	"chiave/internal/routes"
)

// Values that must never come back: a product key of ours, one of somebody else's, and the answer to a secret question.
var secrets = []string{"K7QW2-M4XZ9-PR3TB-HN6VD-YC8FJ", "AB12C-DE34F-GH56J-KL78M-NP90Q", "canary-3f9a1c"}

// quiet fails the test when an answer or the log repeats a secret.
func quiet(t testing.TB, w *apptest.World, what string, a answer) {
	t.Helper()
	for _, s := range secrets {
		if strings.Contains(a.body, s) {
			t.Errorf("%s repeats %q: %.400s", what, s, a.body)
		}
		for name, values := range a.header {
			if strings.Contains(strings.Join(values, " "), s) {
				t.Errorf("%s repeats %q in the header %s", what, s, name)
			}
		}
	}
}

// refuses fails the test unless the answer is a problem by which the caller's fault can be found.
func refuses(t testing.TB, w *apptest.World, what string, a answer) {
	t.Helper()
	if !slices.Contains([]int{400, 401, 403, 404, 409, 412, 413, 415, 422, 429}, a.status) {
		t.Errorf("%s: got %d %.300s", what, a.status, a.body)
		return
	}
	a.problem(t)
	quiet(t, w, what, a)
}

// TestBrokenRequestsAreRefused: every route with a body, and every route's address (duties that all share).
func TestBrokenRequestsAreRefused(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, db.Postgres) // the engine that refuses more
	_, who := changes(w)
	before := w.Rows()
	for _, r := range apiRoutes(w) {
		caller, known := who[r.Pattern()]
		if !known {
			caller = apptest.Admin
		}
		good := of(r, nothing(t, w), caller)
		brokenAddress(t, w, r, good)
		if good.media == "application/json" && !strings.Contains(r.Path, "/imports/") {
			brokenBody(t, w, r, good)
		}
	}
	unchanged(t, "broken requests", before, w.Rows(), "invitations", "sessions", "signups")
	for _, s := range secrets {
		if strings.Contains(w.Logged(), s) {
			t.Errorf("the log repeats %q", s)
		}
	}
}

func brokenAddress(t testing.TB, w *apptest.World, r routes.Route, good request) {
	t.Helper()
	path, query, _ := strings.Cut(good.path, "?")
	try := func(what, address string) answer {
		t.Helper()
		req := good
		req.path = address
		a := send(t, w, req)
		refuses(t, w, r.Pattern()+" "+what, a)
		return a
	}
	for what, code := range map[string]string{"x=": "field.empty", "licensing_id=&licensing_id=E-1001": "field.empty", "x=1&x=2": "field.twice"} {
		if a := try("with "+what, path+"?"+what); a.status == http.StatusOK || a.status == http.StatusUnprocessableEntity && !strings.Contains(a.body, code) {
			t.Errorf("%s with %s: got %d %s", r.Pattern(), what, a.status, a.body)
		}
	}
	if a := try("with an unknown parameter", path+"?"+query+"&"+secrets[0]+"="+secrets[1]); a.status == http.StatusUnprocessableEntity && !strings.Contains(a.body, `"field.unknown"`) {
		t.Errorf("%s does not name what is unknown: %s", r.Pattern(), a.body)
	}
	try("with NUL", path+"?"+query+"&x=%00")
	try("with no UTF-8", path+"?"+query+"&x=%ff")
	if r.Names != "" {
		for _, id := range append(secrets, "%00", "%ff", "x", strings.Repeat("9", 300), r.Names+"_"+strings.Repeat("z", 26)) {
			at := strings.LastIndex(path, r.Names+"_")
			_, tail, _ := strings.Cut(path[at:], "/")
			address := path[:at] + id
			if tail != "" {
				address += "/" + tail
			}
			try("at "+id, address)
		}
	}
	for _, name := range []string{"cursor", "limit", "as_of", "inactive", "granted", "format", "dry_run"} {
		try("with a wrong "+name, path+"?"+name+"="+secrets[2])
	}
}

func brokenBody(t testing.TB, w *apptest.World, r routes.Route, good request) {
	t.Helper()
	try := func(what, body, media string) answer {
		t.Helper()
		req := good
		req.body, req.media = body, media
		if req.key != "" {
			req.key = "k" + strings.Repeat("x", 10)
		}
		a := send(t, w, req)
		refuses(t, w, r.Pattern()+" with "+what, a)
		return a
	}
	const json8 = "application/json"
	for what, body := range map[string]string{"no body": "", "half a body": "{", "a list": "[]", "null": "null", "a number": "7", "a text": `"` + secrets[0] + `"`, "no JSON": secrets[1],
		"more than one": good.body + "{}", "NUL": strings.Replace(good.body, `": "`, `": "\u0000`, 1), "an unknown member": strings.Replace(good.body, "{", `{"`+secrets[2]+`": "`+secrets[0]+`", `, 1)} {
		if what == "NUL" && body == good.body {
			continue
		}
		try(what, body, json8)
	}
	for _, media := range []string{"text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"} {
		try("the type "+media, good.body, media).wants(t, r.Pattern(), http.StatusUnsupportedMediaType, "request.media_type")
	}
	try("too much", `{"x": "`+strings.Repeat("y", 1<<20)+`"}`, json8).wants(t, r.Pattern(), http.StatusRequestEntityTooLarge, "request.too_large")
	var members map[string]any
	if err := json.Unmarshal([]byte(good.body), &members); err != nil {
		t.Fatal(err)
	}
	for name, value := range members {
		for _, wrong := range []any{secrets[0], secrets[1], secrets[2], []any{secrets[0]}, map[string]any{secrets[1]: secrets[2]}, -1.5, true, nil, strings.Repeat(secrets[2], 1000)} {
			if text, ok := wrong.(string); ok && free(r, name) && len(text) < 100 {
				continue // any text will do there
			}
			if wrong == nil && optional(name) {
				continue // the same as absent
			}
			spoiled := maps.Clone(members)
			spoiled[name] = wrong
			text, _ := json.Marshal(spoiled)
			try("a wrong "+name, string(text), json8)
		}
		for _, again := range []string{name, strings.ToUpper(name)} { // which of the two would hold is nobody's guess
			text, _ := json.Marshal(map[string]any{again: value})
			try(again+" beside "+name, strings.TrimSuffix(strings.TrimSpace(good.body), "}")+", "+string(text[1:]), json8)
		}
		spoiled := maps.Clone(members)
		delete(spoiled, name)
		if text, _ := json.Marshal(spoiled); value != nil && !optional(name) {
			try("no "+name, string(text), json8)
		}
	}
}

// free tells members that take any text.
func free(r routes.Route, name string) bool {
	return slices.Contains([]string{"POST /api/v1/tokens name", "POST /api/v1/device name", "POST /api/v1/invitations/accept first_name", "POST /api/v1/invitations/accept last_name",
		"POST /api/v1/invitations/accept password", "PUT /api/v1/password password", "POST /api/v1/password/reset password", "POST /activation/v1/activations machine",
		"POST /api/v1/permission-requests licensing_id", "POST /api/v1/open-license-additions license_number", "POST /api/v1/open-license-additions authorization_number",
		"POST /api/v1/open-license-additions first_name", "POST /api/v1/open-license-additions last_name", "POST /api/v1/permission-requests comments"}, r.Pattern()+" "+name)
}

func optional(name string) bool {
	return slices.Contains([]string{"limit", "count", "machine", "until", "from", "comments", "note", "first_name", "last_name"}, name)
}

// TestWrongPlacesAreNamed: pointers, codes and sentences, in both languages.
func TestWrongPlacesAreNamed(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, db.SQLite)
	for _, tc := range []struct{ method, path, body, pointer, code, en, it string }{
		{"GET", "/api/v1/license-summary?as_of=tomorrow", "", "query/as_of", "field.date", "Write a day as 2026-03-31.", "Scrivi il giorno come 2026-03-31."},
		{"GET", "/api/v1/products?page=2", "", "query/page", "field.unknown", "Nothing of this name is taken here.", "Qui non è previsto nulla con questo nome."},
		{"GET", "/api/v1/products?Page=2", "", "query/…", "field.unknown", "Nothing of this name is taken here.", "Qui non è previsto nulla con questo nome."},
		{"GET", "/api/v1/license-summary/explanation?product=P", "", "query/version", "field.missing", "version is missing.", "Manca version."},
		{"GET", "/api/v1/product-keys?limit=0", "", "query/limit", "field.minimum", "This must be 1 at least.", "Il minimo è 1."},
		{"GET", "/api/v1/product-keys?limit=5000", "", "query/limit", "field.maximum", "This may be 1000 at the most.", "Il massimo è 1000."},
		{"POST", "/api/v1/product-keys/export?format=pdf", "", "query/format", "field.one_of", "Choose one of these: tsv, csv.", "Scegli uno di questi: tsv, csv."},
		{"POST", "/api/v1/session", `{"email": 5, "password": "x"}`, "/email", "field.text", "Write a text.", "Scrivi un testo."},
		{"POST", "/api/v1/session", `{"password": "x"}`, "", "field.missing", "email is missing.", "Manca email."},
		{"POST", "/api/v1/session", `{"email": "a@b.example", "password": "` + strings.Repeat("x", 1025) + `"}`, "/password", "field.too_long", "This may have 1024 characters at the most.", "Qui sono ammessi al massimo 1024 caratteri."},
		{"POST", "/api/v1/product-keys", `{"licensing_id": "E-1001", "type": "mak", "products": ["NIB-STD", 7]}`, "/products/1", "field.text", "Write a text.", "Scrivi un testo."},
		{"POST", "/api/v1/product-keys", `{"licensing_id": "E-1001", "type": "mak", "products": ["NIB-STD"], "limit": "all"}`, "/limit", "field.number", "Write a whole number.", "Scrivi un numero intero."},
		{"POST", "/api/v1/clock/advance", `{"by": "a week"}`, "/by", "field.duration", "Write a duration as 72h or 90m.", "Scrivi la durata come 72h o 90m."},
	} {
		for lang, want := range map[string]string{"en": tc.en, "it-IT": tc.it} {
			req := request{method: tc.method, path: tc.path, body: tc.body, media: "application/json", token: w.Tokens[apptest.Operator], lang: lang, key: "k" + tc.code + lang + "-12345"}
			got := send(t, w, req)
			if p := got.problem(t); got.status != http.StatusUnprocessableEntity || len(p.Errors) != 1 || p.Errors[0].Pointer != tc.pointer || p.Errors[0].Code != tc.code || p.Errors[0].Detail != want {
				t.Errorf("%s %s %s: got %d %s", tc.method, tc.path, tc.body, got.status, got.body)
			}
		}
	}
}

// TestWhatRoomsRefuseIsPointedAt by the member's own name.
func TestWhatRoomsRefuseIsPointedAt(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, db.SQLite)
	roles := "/api/v1/licensing-ids/" + ids.Prefix("lid").Wire(w.IDs[apptest.Enterprise]) + "/roles"
	for _, tc := range []struct{ path, body, pointer string }{
		{roles, `{"email": "nobody", "role": "download"}`, "/email"},
		{roles, `{"email": "a@b.example", "role": "limited"}`, "/role"},
		{roles, `{"email": "a@b.example", "role": "download", "until": "2001-01-01T00:00:00Z"}`, "/until"},
	} {
		got := send(t, w, request{method: "POST", path: tc.path, body: tc.body, media: "application/json", token: w.Tokens[apptest.Admin], key: "pointed" + tc.pointer})
		if p := got.problem(t); got.status != http.StatusUnprocessableEntity || len(p.Errors) != 1 || p.Errors[0].Pointer != tc.pointer {
			t.Errorf("%s %s: got %d %s", tc.path, tc.body, got.status, got.body)
		}
	}
}

// TestNothingCanBeAssignedInPassing: every member of every schema, sent to every route that takes a body (R13).
func TestNothingCanBeAssignedInPassing(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		doc := document(t, w)
		members := map[string]bool{}
		for _, s := range doc.Components.Schemas {
			for name := range s.Properties {
				members[name] = true
			}
		}
		list, who := changes(w)
		tried := 0
		for _, r := range list {
			op, _ := doc.of(r)
			if op.RequestBody == nil || strings.Contains(r.Path, "/imports/") {
				continue
			}
			taken := doc.Components.Schemas[strings.TrimPrefix(op.RequestBody.Content["application/json"].Schema.Ref, "#/components/schemas/")]
			if taken.AdditionalProperties != false {
				t.Errorf("%s takes members that are not described", r.Pattern())
			}
			good := of(r, rossi(t, w), who[r.Pattern()])
			before := w.Rows()
			extra := good
			for name := range members {
				if _, its := taken.Properties[name]; !its {
					extra.body = strings.Replace(extra.body, "{", `{"`+name+`": "operator", `, 1)
				}
			}
			got := send(t, w, extra)
			refused := map[string]bool{}
			for _, e := range got.problem(t).Errors {
				refused[e.Pointer] = e.Code == "field.unknown"
			}
			for name := range members {
				if _, its := taken.Properties[name]; !its && !refused["/"+name] {
					t.Errorf("%s takes %s: %d %s", r.Pattern(), name, got.status, got.body)
				}
				tried++
			}
			unchanged(t, r.Pattern(), before, w.Rows())
		}
		if tried < 500 {
			t.Errorf("only %d members were tried", tried)
		}
	})
}
