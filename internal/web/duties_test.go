package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	pathpkg "path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/keys"
	"chiave/internal/licensing/tenants"
	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/ids"
	"chiave/internal/routes"
	"chiave/internal/web/htmltest"
	"chiave/internal/web/webtest"
)

var wildcard = regexp.MustCompile(`\{[a-z]+\}`)

// pagesOf returns the rows of the table that are pages.
func pagesOf(w *webtest.World) []routes.Route {
	return slices.DeleteFunc(w.Table.All(), func(r routes.Route) bool { return r.Face != routes.Page })
}

// whose says which object an address names.
type whose int

const (
	own     whose = iota
	unknown       // none has this id
	broken        // no id at all
)

// address fills the wildcard of a route in.
func address(w *webtest.World, r routes.Route, of whose) string {
	path := strings.TrimSuffix(r.Path, "{$}")
	id := "not-an-id"
	fresh := ids.New(dbtest.Start)
	switch {
	case of == broken:
	case r.Names == "key":
		id = keys.Wire.Wire(map[whose]ids.ID{own: w.Keys["office"], unknown: fresh}[of])
	case r.Names == "tnt" && of == unknown:
		id = tenants.Wire.Wire(fresh)
	case r.Names == "tnt":
		if w.IDs["tenant"] == "" {
			w.IDs["tenant"] = w.Tenant(true).ID
		}
		id = tenants.Wire.Wire(w.IDs["tenant"])
	case r.Names == "lid":
		id = lidWire.Wire(map[whose]ids.ID{own: w.IDs[webtest.Enterprise], unknown: fresh}[of])
	}
	return wildcard.ReplaceAllLiteralString(path, id)
}

// send asks for a page as its row says.
func send(v *webtest.Visitor, r routes.Route, path string, form url.Values) webtest.Page {
	if r.Method == http.MethodGet {
		return v.Get(path)
	}
	if r.Class == routes.Form {
		form = url.Values{"once": {"a-key-for-a-duty"}}
	}
	return v.Post(path, form)
}

// TestEveryPageDoesItsDuties proves for every row of the route table what every page owes beside the authorization matrix: a
// stranger is asked to sign in and finds the way back; input that makes no sense is answered.
func TestEveryPageDoesItsDuties(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w := webtest.New(t, d, webtest.Options{})
		stranger, admin := w.Visit(t), w.As(t, webtest.Admin)
		for _, r := range pagesOf(w) {
			if r.Path == "/sign-out" { // it would end the session that the others are tried with
				continue
			}
			asksStranger(t, w, stranger, r)
			tellsNoIDFromUnknown(t, w, admin, r)
			takesNonsense(t, w, admin, r)
		}
		if text := w.Logged(); text != "" {
			t.Errorf("the log complains:\n%s", text)
		}
	})
}

func asksStranger(t *testing.T, w *webtest.World, stranger *webtest.Visitor, r routes.Route) {
	t.Helper()
	path := address(w, r, own)
	p := send(stranger, r, path, nil)
	if r.Action == access.Public {
		if p.Status >= http.StatusInternalServerError {
			t.Errorf("%s: a stranger gets %d\n%s", r.Pattern(), p.Status, p.Text())
		}
		return
	}
	query := url.Values{}
	if r.Method != http.MethodGet { // back to the page with the form
		query.Set("unsent", "1")
		shown := slices.DeleteFunc(pagesOf(w), func(p routes.Route) bool { return p.Method != http.MethodGet })
		for pattern := r.Path; pattern != "/" && !slices.ContainsFunc(shown, func(p routes.Route) bool { return p.Path == pattern }); {
			pattern, path = pathpkg.Dir(pattern), pathpkg.Dir(path)
		}
	}
	if path != "/" {
		query.Set("return", path)
	}
	want := "/sign-in"
	if len(query) > 0 {
		want += "?" + query.Encode()
	}
	if p.Status != http.StatusSeeOther || p.Location != want {
		t.Errorf("%s: a stranger gets %d to %q, want 303 to %q", r.Pattern(), p.Status, p.Location, want)
	}
}

var passing = regexp.MustCompile(`<code class="code">[0-9a-f]{20}</code>|(key|lid)_[0-9a-z]{26}|not-an-id`)

// tellsNoIDFromUnknown: what cannot be an id gets the answer that an id gets which nothing has.
func tellsNoIDFromUnknown(t *testing.T, w *webtest.World, admin *webtest.Visitor, r routes.Route) {
	t.Helper()
	if r.Names == "" || len(access.RolesFor(r.Action)) == 0 {
		return
	}
	none, no := send(admin, r, address(w, r, unknown), nil), send(admin, r, address(w, r, broken), nil)
	if none.Status != http.StatusNotFound || no.Status != http.StatusNotFound || passing.ReplaceAllString(none.Body, "") != passing.ReplaceAllString(no.Body, "") {
		t.Errorf("%s: %d for an id that nothing has and %d for what is no id, or the pages differ", r.Pattern(), none.Status, no.Status)
	}
}

// takesNonsense sends what no browser would.
func takesNonsense(t *testing.T, w *webtest.World, admin *webtest.Visitor, r routes.Route) {
	t.Helper()
	path := address(w, r, own)
	for _, query := range []string{"?before=%00", "?search=%ff", "?after=zz&before=zz&licensing=nonsense&as_of=2026-02-31&from=x&until=y&show=x&search=%27%22%3C", "?%zz"} {
		p := send(admin, r, path+query, url.Values{"format": {"exe"}, "limit": {"-1e9"}, "version": {"x"}, "theme": {"pink"}, "lang": {"xx"}})
		if p.Status >= http.StatusInternalServerError {
			t.Errorf("%s%s: %d\n%s", r.Pattern(), query, p.Status, p.Text())
		}
		if p.Status != http.StatusSeeOther && strings.Contains(p.Header.Get("Content-Type"), "html") {
			for _, fault := range htmltest.Faults([]byte(p.Body)) {
				t.Errorf("%s%s: %s", r.Pattern(), query, fault)
			}
		}
	}
	if r.Method == http.MethodGet {
		return
	}
	if r.Class == routes.Form {
		unread := r.MaxBody > 1<<20 && len(access.RolesFor(r.Action)) == 0 // a file of somebody who is not staff
		if p := admin.Post(path, url.Values{}); p.Status != http.StatusUnprocessableEntity && !(unread && p.Status == http.StatusForbidden) {
			t.Errorf("%s: a form without its key gets %d, want 422", r.Pattern(), p.Status)
		}
		big := url.Values{"once": {"a-key-for-a-duty"}, "x": {strings.Repeat("x", 300<<10)}}
		if p := admin.Upload(path, big, "file", "x", "x"); p.Status != http.StatusRequestEntityTooLarge && !(unread && p.Status == http.StatusForbidden) {
			t.Errorf("%s: a form of 300 KiB gets %d, want 413", r.Pattern(), p.Status)
		}
	}
	admin.Header = http.Header{"Sec-Fetch-Site": {"cross-site"}}
	defer func() { admin.Header = http.Header{} }()
	if p := send(admin, r, path, nil); p.Status != http.StatusForbidden {
		t.Errorf("%s: a form of another site gets %d, want 403", r.Pattern(), p.Status)
	}
}

// TestPagesSayWhenTheDatabaseIsGone: every page answers 503, says that trying again is safe, and does not ask to sign in.
func TestPagesSayWhenTheDatabaseIsGone(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.URL(t, db.SQLite), clock.NewManual(dbtest.Start))
	w := webtest.New(t, d, webtest.Options{})
	admin := w.As(t, webtest.Admin)
	address(w, routes.Route{Names: "tnt"}, own) // while there is a database to make the tenant in
	d.Close()
	for _, r := range pagesOf(w) {
		p := send(admin, r, address(w, r, own), nil)
		if p.Status != http.StatusServiceUnavailable || p.Header.Get("Retry-After") == "" || !strings.Contains(p.Text(), "Riprova tra qualche secondo") {
			t.Errorf("%s: %d\n%s", r.Pattern(), p.Status, p.Text())
		}
		for _, fault := range htmltest.Faults([]byte(p.Body)) {
			t.Errorf("%s: %s", r.Pattern(), fault)
		}
	}
}

// TestPagesAreWholeInBothLanguages reads every page that can be opened, as its people do.
func TestPagesAreWholeInBothLanguages(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	for _, lang := range []string{"en", "it"} {
		for _, who := range []string{webtest.Admin, webtest.Operator, webtest.InfoView, webtest.Nobody} {
			v := w.As(t, who)
			v.Post("/preferences", url.Values{"lang": {lang}})
			for _, r := range pagesOf(w) {
				if r.Method != http.MethodGet {
					continue
				}
				p := v.Get(address(w, r, own))
				if p.Status == http.StatusSeeOther {
					continue
				}
				if want := fmt.Sprintf(`<html lang="%s"`, lang); !strings.Contains(p.Body, want) {
					t.Errorf("%s: %s lacks %s", who, r.Pattern(), want)
				}
				for _, fault := range htmltest.Faults([]byte(p.Body)) {
					t.Errorf("%s in %s: %s: %s", who, lang, r.Pattern(), fault)
				}
			}
		}
	}
}
