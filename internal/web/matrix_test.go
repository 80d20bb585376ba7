package web_test

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"chiave/internal/accesstest"
	"chiave/internal/licensing/access"
	"chiave/internal/licensing/openlicense"
	"chiave/internal/licensing/requests"
	"chiave/internal/licensing/tenants"
	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/routes"
	"chiave/internal/web/webtest"
)

// question is what a page is asked in its address, about a Licensing ID: {number} and {lid} stand for it.
type question struct {
	query    string
	filters  bool // it looks for something among what the reader may see
	required bool // without it the page answers nothing
}

var questions = map[string]question{
	"GET /licenses/summary/explanation": {query: "?product=NIB-STD&version=2024&licensing={number}", required: true},
	"GET /licenses/summary":             {query: "?licensing={number}"},
	"GET /keys":                         {query: "?licensing={lid}"},
	"GET /audit":                        {query: "?licensing={lid}"},
	"GET /licenses":                     {query: "?show=all&search={number}", filters: true},
}

// judged are forms about the reader's own password and sessions: what is right for one is answered with a page that says why it is wrong for
// another.
var judged = map[string]string{"POST /permissions/request": "</html>", "POST /account/password": "</html>", "POST /device": "</html>", "POST /account/passkeys": "</html>", "POST /account/passkeys/new": "</html>", "POST /account/passkeys/rename": "</html>",
	"POST /account/passkeys/remove": "</html>", "POST /sign-in/passkey/answer": "</html>", "POST /sign-in/code": "</html>", "POST /account/two-step": "</html>", "POST /account/two-step/confirm": "</html>",
	"POST /account/two-step/recovery": "</html>", "POST /account/two-step/off": "</html>", "POST /account/tokens/revoke": "</html>", "POST /account/sessions/end": "</html>", "POST /open-license/add": "</html>", "POST /join": "</html>",
	"GET /licenses/summary": "</html>"} // a form that names the number which there is not

// cases are the pages with what is sent to them, about any Licensing ID.
func cases(t *testing.T, w *webtest.World, a *accesstest.World) (list []accesstest.Case) {
	t.Helper()
	known := forms()
	for _, r := range pagesOf(w) {
		c := accesstest.Case{Route: r, Also: map[string]access.Action{"GET /requests": access.AnswerRequests}[r.Pattern()], Judged: judged[r.Pattern()], Nowhere: strings.HasPrefix(r.Path, "/users/")}
		switch {
		case r.Pattern() == "POST /permissions/{lid}/drop": // whoever holds something there drops it: that is another test's
			c.Make = func(accesstest.Object) accesstest.Request {
				return accesstest.Request{Path: "/permissions/" + lidWire.Wire(a.IDs[accesstest.Unknown]) + "/drop"}
			}
		case r.Pattern() == "POST /open-license/add": // numbers that fit would give principals roles that they are not to have
			c.Make = func(o accesstest.Object) accesstest.Request { return form(t, w, a, o, r, wrongPair) }
		case r.Pattern() == "GET /users/{user}":
			c.Make = func(o accesstest.Object) accesstest.Request {
				return accesstest.Request{Path: form(t, w, a, o, r, givesDownload).Path}
			}
		case r.Method == http.MethodGet:
			c.Make = func(o accesstest.Object) accesstest.Request {
				there := elsewhere(w, a, o)
				switch {
				case r.Names == "ola" && o == accesstest.Unknown:
					return accesstest.Request{Path: "/open-license/" + openlicense.Wire.Wire(a.IDs[o])}
				case r.Names == "ola":
					return accesstest.Request{Path: "/open-license/" + there.Addition(webtest.Nobody)}
				case r.Names == "tnt" && o == accesstest.Unknown:
					return accesstest.Request{Path: wildcard.ReplaceAllLiteralString(r.Path, tenants.Wire.Wire(a.IDs[o]))}
				case r.Names != "prq":
					return page(there, r, "")
				case o == accesstest.Unknown:
					return accesstest.Request{Path: "/requests/" + requests.Wire.Wire(a.IDs[o])}
				}
				return accesstest.Request{Path: "/requests/" + there.Request(webtest.Nobody)}
			}
		case personal(r):
			continue
		case known[r.Pattern()] == nil:
			t.Errorf("%s changes something and has no form", r.Pattern())
			continue
		default:
			c.Make = func(o accesstest.Object) accesstest.Request { return form(t, w, a, o, r, known[r.Pattern()]) }
		}
		q, asked := questions[r.Pattern()]
		if !q.required {
			list = append(list, c)
		}
		if asked {
			c.Filter = q.filters
			c.Make = func(o accesstest.Object) accesstest.Request {
				named := strings.NewReplacer("{number}", o.Number(), "{lid}", lidWire.Wire(a.IDs[o])).Replace(q.query)
				return page(elsewhere(w, a, o), r, named)
			}
			list = append(list, c)
		}
	}
	return list
}

// wrongPair is the form of Add Open License with numbers that do not belong together.
func wrongPair(_ *testing.T, w *webtest.World) sent {
	return sent{path: "/open-license/add", form: url.Values{"license_number": {webtest.Enterprise}, "authorization_number": {"0"}, "first_name": {"Ada"}, "last_name": {"Neri"}, "acknowledged": {"yes"}}}
}

// elsewhere is the world in which another Licensing ID is the one that addresses and forms name.
func elsewhere(w *webtest.World, a *accesstest.World, o accesstest.Object) *webtest.World {
	seen := *w
	seen.IDs, seen.Keys = maps.Clone(w.IDs), maps.Clone(w.Keys)
	seen.IDs[webtest.Enterprise], seen.Keys["office"] = a.IDs[o], a.Key[o]
	if o == accesstest.Unknown {
		seen.Keys["office"] = a.IDs[o] // no key has it
	}
	return &seen
}

func page(w *webtest.World, r routes.Route, query string) accesstest.Request {
	return accesstest.Request{Path: address(w, r, own) + query}
}

var wireID = regexp.MustCompile(`([a-z]{3}_)[0-9a-z]{26}`)

// form makes the form of a page about o. What does not exist is what exists with other ids.
func form(t *testing.T, w *webtest.World, a *accesstest.World, o accesstest.Object, r routes.Route, fill func(*testing.T, *webtest.World) sent) accesstest.Request {
	t.Helper()
	there := o
	if o == accesstest.Unknown {
		there = accesstest.Own
	}
	s := fill(t, elsewhere(w, a, there))
	rename := func(text string) string {
		text = strings.ReplaceAll(text, webtest.Enterprise, o.Number())
		if o == accesstest.Unknown && r.Names != "inv" {
			text = wireID.ReplaceAllString(text, "${1}"+string(a.IDs[o]))
		}
		return text
	}
	values := url.Values{"once": {accesstest.Once}}
	for name, list := range s.form {
		for _, value := range list {
			values.Add(name, rename(value))
		}
	}
	if s.file != "" {
		media, body := webtest.Multipart(t, values, "file", "a file.csv", rename(s.file))
		return accesstest.Request{Path: rename(s.path), Media: media, Body: body}
	}
	return accesstest.Request{Path: rename(s.path), Media: "application/x-www-form-urlencoded", Body: values.Encode()}
}

// TestTheMatrixHoldsOnEveryPage: every page × every principal × every relation of a Licensing ID to the principal, against
// docs/access-matrix.csv (R11); on PostgreSQL one principal of each kind.
func TestTheMatrixHoldsOnEveryPage(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w := webtest.New(t, d, webtest.Options{})
		r := w.Rooms
		a := accesstest.Fill(t, accesstest.House{DB: d, Handler: w.Handler, Access: r.Access, Accounts: r.Accounts, Agreements: r.Agreements,
			Orders: r.Orders, Keys: r.Keys, Activation: r.Activation, Operator: w.Operator, Maker: webtest.Admin})
		who := accesstest.Few
		if d.Engine() == db.SQLite {
			who = accesstest.All
		}
		m := accesstest.Load(t)
		m.Covers(t, w.Table.All())
		a.Walk(t, m, cases(t, w, a), who)
	})
}
