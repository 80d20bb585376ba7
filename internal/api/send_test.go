package api_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"chiave/client"
	"chiave/internal/app/apptest"
)

// request is one call before it is sent. What is empty is not sent.
type request struct {
	method, path, token, body, media, key, lang string
	authorization                               string // instead of token
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func send(t testing.TB, w *apptest.World, r request) answer {
	t.Helper()
	var body io.Reader
	if r.body != "" {
		body = strings.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(t.Context(), r.method, w.URL+r.path, body)
	if err != nil {
		t.Fatal(err)
	}
	if r.token != "" {
		r.authorization = "Bearer " + r.token
	}
	for name, value := range map[string]string{"Authorization": r.authorization, "Content-Type": r.media, "Idempotency-Key": r.key, "Accept-Language": r.lang} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	got, err := w.HTTP().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{got.StatusCode, got.Header, string(text)}
}

// problem reads a problem document and checks what every one owes.
func (a answer) problem(t testing.TB) client.Problem {
	t.Helper()
	var p client.Problem
	if err := json.Unmarshal([]byte(a.body), &p); err != nil || a.header.Get("Content-Type") != "application/problem+json" {
		t.Fatalf("%d %s is no problem document: %.300s", a.status, a.header.Get("Content-Type"), a.body)
	}
	if p.Status != a.status || p.Code == "" || p.Type != "urn:chiave:error:"+p.Code || p.Title == "" || p.Request == "" || p.Request != a.header.Get("Request-Id") {
		t.Errorf("%d is a poor problem document: %s", a.status, a.body)
	}
	for _, text := range []string{a.body} {
		if strings.ContainsAny(text, "⟦⟧") {
			t.Errorf("a sentence is missing: %s", text)
		}
	}
	return p
}

// wants fails the test unless the answer is a problem with the status and the code.
func (a answer) wants(t testing.TB, what string, status int, code string) {
	t.Helper()
	if a.status != status {
		t.Errorf("%s: got %d %.300s, want %d %s", what, a.status, a.body, status, code)
		return
	}
	if p := a.problem(t); p.Code != code {
		t.Errorf("%s: got %s, want %s", what, a.body, code)
	}
}
