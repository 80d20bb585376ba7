package accesstest

import (
	"crypto/rand"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"chiave/internal/licensing/access"
	"chiave/internal/platform/db"
	"chiave/internal/routes"
)

// Case is a route with a request that is right in itself.
type Case struct {
	routes.Route
	Filter  bool                   // it looks for o among what the principal may see: to find nothing is an answer
	Also    access.Action          // of staff, whom it opens the route too; "" for none
	Session bool                   // an API token does not do
	Nowhere bool                   // who may do it nowhere is told so before it is looked for
	Judged  string                 // code of a refusal of what is right about one person and wrong about another
	Make    func(o Object) Request // a fresh one, which names what belongs to o
}

// Request is a request before it is sent. Once in its body is filled in anew whenever it is sent.
type Request struct {
	Path, Media, Body string
}

// Once stands in a body for the key that makes a form safe to send twice.
const Once = "once-is-filled-in"

// answer is what came back, and what the database was asked meanwhile: the statements of each transaction.
type answer struct {
	status     int
	header     http.Header
	body       string
	statements string
}

// verdict is how an answer is meant.
type verdict string

const (
	open    verdict = "open" // to anybody
	allowed verdict = "allowed"
	unasked verdict = "sign in"
	refused verdict = "refused" // the Licensing ID is known
	hidden  verdict = "hidden"  // as if it did not exist
	missing verdict = "missing" // to staff who may, when there is none
)

// expect says how a request of p about o has to be answered.
func (m Matrix) expect(c Case, p Principal, o Object, aimed bool) verdict {
	l := m[c.Action]
	also := m[c.Also].says(string(p.Staff)) && p.Staff != ""
	switch {
	case l.says(anonymous) && p.Over && c.Face != routes.Page: // a proof that does not hold is said to be none
		return unasked
	case l.says(anonymous):
		return open
	case p.nobody():
		return unasked
	case !p.covers(c.Action), p.byToken() && c.Session:
		return refused
	case l.says(signedIn) && c.Names == "lid" && c.Class == routes.Read && len(p.roles(o)) > 0: // their own permission
		return allowed
	case l.says(signedIn) && c.Names != "": // it is somebody else's
		return hidden
	case l.says(signedIn):
		return allowed
	case !l.onLicensingID() && !l.says(string(p.Staff)):
		return refused
	case !l.onLicensingID() && aimed && o == Unknown:
		return missing
	case !l.onLicensingID():
		return allowed
	case !aimed && !also && m.reachesNothing(p, c.Action):
		return refused
	case !aimed:
		return allowed
	case c.Nowhere && m.reachesNothing(p, c.Action):
		return refused
	case o == Unknown:
		return hidden
	case m.may(p, c.Action, o), also:
		return allowed
	case m.knows(p, o):
		return refused
	}
	return hidden
}

// fits reports whether the answer is what the verdict says.
func (a answer) fits(v verdict, c Case, o Object) bool {
	asks := a.status == http.StatusUnauthorized || a.status == http.StatusSeeOther && strings.HasPrefix(a.header.Get("Location"), "/sign-in")
	switch v {
	case open: // what it names may be nothing
		return a.status != http.StatusUnauthorized && a.status != http.StatusForbidden && a.status < http.StatusInternalServerError
	case unasked:
		return asks
	case refused:
		return a.status == http.StatusForbidden
	case hidden:
		return a.status == http.StatusNotFound || o == Unknown && c.Judged != "" && a.status == http.StatusUnprocessableEntity
	case missing:
		return !asks && a.status != http.StatusForbidden && a.status < http.StatusInternalServerError
	}
	if a.status == http.StatusConflict && o == Expired || c.Judged != "" && strings.Contains(a.body, c.Judged) {
		return true
	}
	return a.status < http.StatusBadRequest && (!asks || c.Event == "sessions.ended")
}

// Walk tries every case as every principal that who takes, on every Licensing ID, and reports what is wrong. It is used up then.
func (w *World) Walk(t *testing.T, m Matrix, cases []Case, who func(Principal) bool) {
	t.Helper()
	walk := &walk{World: w, t: t, m: m, first: flag.Lookup("test.failfast").Value.String() == "true"}
	for _, p := range w.principals {
		if who(p) {
			walk.people = append(walk.people, p)
		}
	}
	for _, c := range cases {
		if m[c.Action] == nil {
			t.Errorf("%s: its action %s is not in %s, so nobody said who may do it", c.Pattern(), c.Action, File)
			continue
		}
		walk.route(c)
	}
	walk.unmoved(cases)
	t.Logf("cells=%d leaks=%d", walk.cells, walk.leaks)
}

// All takes every principal.
func All(Principal) bool { return true }

type walk struct {
	*World
	t            *testing.T
	m            Matrix
	people       []Principal
	cells, leaks int
	first        bool // stop at the first thing that is wrong
}

// route walks one route.
func (w *walk) route(c Case) {
	unknown := map[string]answer{}
	aimed := c.Names != "" || c.Filter || strings.Contains(text(c.Make(Own)), numbers[Own]) || strings.Contains(text(c.Make(Own)), string(w.IDs[Own]))
	for _, o := range Objects() {
		if !aimed && o != Own {
			continue
		}
		request := c.Make(o)
		for _, p := range w.people {
			if c.Face == routes.Page && p.byToken() {
				p.Over = true // pages take no tokens
			}
			if w.m[c.Action].says(anonymous) && !slices.Contains([]string{anonymous, "administrator", "former", "disabled"}, p.Name) {
				continue // it opens to anybody: these are enough to see what it tells
			}
			want := w.m.expect(c, p, o, aimed && !c.Filter)
			if c.Class != routes.Read && (want == allowed || want == open) {
				request = c.Make(o)
			}
			got := w.cell(c, p, o, request, want)
			switch {
			case o == Unknown:
				unknown[p.Name] = got
			case aimed && !w.m.knows(p, o) && want != open && (want != allowed || c.Filter):
				w.alike(c, p, o, request, unknown[p.Name], got)
			}
		}
	}
}

func text(r Request) string {
	all := r.Path + " " + r.Body
	if plain, err := url.QueryUnescape(all); err == nil {
		all += " " + plain
	}
	return all
}

// cell tries one request as one principal.
func (w *walk) cell(c Case, p Principal, o Object, r Request, want verdict) answer {
	w.t.Helper()
	w.cells++
	got := w.send(c, p, r)
	if !got.fits(want, c, o) {
		w.leaks++
		w.wrong("%s as %s on %s: got %d, want %s: %.300s", c.Pattern(), p.Name, o, got.status, want, got.body)
	}
	if want == refused && c.Face == routes.Page && w.m[c.Action].onLicensingID() && !strings.Contains(got.body, "Administrator") {
		w.wrong("%s as %s on %s does not name the roles that would do: %.300s", c.Pattern(), p.Name, o, got.body)
	}
	told := got.body
	for name, values := range got.header {
		told += "\n" + name + ": " + strings.Join(values, " ")
	}
	if texts := w.seen(w.m, p, text(r), told, want); len(texts) > 0 {
		w.leaks++
		w.wrong("%s as %s on %s tells %v", c.Pattern(), p.Name, o, texts)
	}
	if c.Class != routes.Read && got.status < http.StatusBadRequest {
		w.restore()
	}
	return got
}

func (w *walk) wrong(format string, args ...any) {
	w.t.Helper()
	w.t.Errorf(format, args...)
	if w.first || w.leaks > 100 {
		w.t.FailNow()
	}
}

// alike compares the answer about what p may not know of with the one about what does not exist: status, headers, body and the number of
// statements in each transaction. Statements are counted again when they differ, since marks of last use are written now and then.
func (w *walk) alike(c Case, p Principal, o Object, r Request, unknown, got answer) {
	w.t.Helper()
	none := c.Make(Unknown)
	if unknown.statements != got.statements {
		unknown, got = w.send(c, p, none), w.send(c, p, r)
	}
	if a, b := w.plain(unknown, none, Unknown), w.plain(got, r, o); a != b {
		w.leaks++
		w.wrong("%s as %s tells %s from what does not exist:\n%s\n%s", c.Pattern(), p.Name, o, b, a)
	}
}

var (
	wireID  = regexp.MustCompile(`[a-z]{3}_[0-9a-z]{26}`)
	onceKey = regexp.MustCompile(`name="once" value="[^"]+"`)
)

// plain is an answer as text, without what the request itself said and what every answer makes anew.
func (w *walk) plain(a answer, r Request, o Object) string {
	replace := []string{a.header.Get("Request-Id"), "·", o.Number(), "·", string(w.IDs[o]), "·"}
	for _, id := range wireID.FindAllString(text(r), -1) {
		replace = append(replace, id, "·")
	}
	var lines []string
	for name, values := range a.header {
		lines = append(lines, name+": "+strings.Join(values, " "))
	}
	slices.Sort(lines)
	all := fmt.Sprintf("%d %s\n%s\n%s", a.status, a.statements, strings.Join(lines, "\n"), a.body)
	return onceKey.ReplaceAllString(strings.NewReplacer(replace...).Replace(all), "·")
}

// send sends a request as somebody.
func (w *walk) send(c Case, p Principal, r Request) answer {
	w.t.Helper()
	var mu sync.Mutex
	var counts []string
	ctx := db.Trace(w.t.Context(), func(statements int, writes bool) {
		mu.Lock()
		defer mu.Unlock()
		counts = append(counts, fmt.Sprintf("%d/%t", statements, writes))
	})
	key := rand.Text()
	req := httptest.NewRequestWithContext(ctx, c.Method, r.Path, strings.NewReader(strings.ReplaceAll(r.Body, Once, key)))
	if r.Media != "" {
		req.Header.Set("Content-Type", r.Media)
	}
	if c.Class == routes.Key {
		req.Header.Set("Idempotency-Key", key)
	}
	switch {
	case p.Session == "":
	case c.Face == routes.Page:
		req.AddCookie(&http.Cookie{Name: "chiave", Value: p.Session})
	default:
		req.Header.Set("Authorization", "Bearer "+p.Session)
	}
	rec := httptest.NewRecorder()
	w.Handler.ServeHTTP(rec, req)
	return answer{rec.Code, rec.Result().Header, rec.Body.String(), strings.Join(counts, " ")}
}
