package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"chiave/internal/accesstest"
	"chiave/internal/app/apptest"
	"chiave/internal/licensing/access"
	"chiave/internal/platform/db"
	"chiave/internal/routes"
)

// canaries are texts by which Rossi's data would be recognised.
func canaries(w *apptest.World) []string {
	return []string{"E-1001", "S-2002", "Rossi", "PO-700", "OL-1", "chiara", "bianchi", "TECNO", "Tecnoponte", w.Wire("office"), string(w.IDs[apptest.Enterprise]), w.Texts["office"],
		w.Texts["office"][24:], "rossi-nb"}
}

// TestNobodyComesInWithoutAProof: every route, without a credential and with ones that prove nothing.
func TestNobodyComesInWithoutAProof(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		before := w.Rows()
		for _, r := range apiRoutes(w) {
			if strings.HasSuffix(r.Path, "/accept") || strings.HasSuffix(r.Path, "/release") {
				continue // their samples change the database by themselves; the next test has them
			}
			for _, authorization := range []string{"", "Basic Y2hpYXJhOng=", "Bearer", "Bearer nonsense", "bearer chv_nonsense", "Bearer " + strings.Repeat("x", 5000)} {
				req := of(r, nothing(t, w), "")
				req.authorization = authorization
				got := send(t, w, req)
				bearer := strings.HasPrefix(strings.ToLower(authorization), "bearer")
				switch {
				case r.Action == access.Public && !bearer:
					if got.status == http.StatusUnauthorized && r.Pattern() != "POST /api/v1/session" {
						t.Errorf("%s is public and wants a proof: %s", r.Pattern(), got.body)
					}
				case got.status != http.StatusUnauthorized || got.header.Get("Www-Authenticate") == "":
					t.Errorf("%s with %.30q: got %d %s", r.Pattern(), authorization, got.status, got.body)
				default:
					want := map[bool][]string{false: {"access.sign_in"}, true: {"accounts.session", "accounts.token"}}[bearer]
					if p := got.problem(t); !slices.Contains(want, p.Code) {
						t.Errorf("%s with %.30q: got %s", r.Pattern(), authorization, got.body)
					}
				}
			}
		}
		unchanged(t, "strangers", before, w.Rows(), "sessions", "credentials", "activations", "product_keys", "device_requests", "signups")
	})
}

// alsoStaff are routes that another action opens to staff: the stock of keys, masked, to who maintains it; requests that nobody else can answer.
var alsoStaff = map[string]access.Action{"GET /api/v1/product-keys": access.MaintainKeys, "GET /api/v1/permission-requests": access.AnswerRequests}

// judged are refusals that depend on who the person is, not on roles.
var judged = map[string]string{"DELETE /api/v1/session": "accounts.no_session", "PUT /api/v1/password": "accounts.password_change", "POST /api/v1/permission-requests": "requests.no_address",
	"POST /api/v1/open-license-additions": "urn:chiave:error:openlicense.",
	"POST /api/v1/address-claim":          "accounts.too_many_mails", "POST /api/v1/address-claim/proof": "registration.link_unknown"}

// cases are the routes of the API with their samples, about any Licensing ID.
func cases(t *testing.T, w *apptest.World, a *accesstest.World) (list []accesstest.Case) {
	t.Helper()
	for o, id := range a.IDs {
		w.IDs[o.Number()] = id
	}
	known := samples()
	known["POST /api/v1/open-license-additions"] = wrongPair // numbers that fit would give principals roles that they are not to have
	for _, r := range apiRoutes(w) {
		sample := known[r.Pattern()]
		if sample == nil {
			t.Errorf("%s has no sample", r.Pattern())
			continue
		}
		about := func(o accesstest.Object) side {
			if o == accesstest.Unknown {
				return nothing(t, w)
			}
			return side{t, w, apptest.Admin, o.Number()}
		}
		list = append(list, accesstest.Case{Route: r, Also: alsoStaff[r.Pattern()], Session: r.Event == "tokens.created" || r.Path == "/api/v1/password" || r.Path == "/api/v1/address-claim" && r.Class != routes.Read || r.Path == "/api/v1/address-claim/proof", Judged: judged[r.Pattern()],
			Nowhere: strings.HasPrefix(r.Path, "/api/v1/users/"),
			Make: func(o accesstest.Object) accesstest.Request {
				x := sample(about(o))
				return accesstest.Request{Path: x.path, Media: x.media, Body: x.body}
			}})
	}
	return append(list, searches(list)...)
}

// searches are cases of routes that look for a Licensing ID among what the caller may see.
func searches(cases []accesstest.Case) (list []accesstest.Case) {
	for _, c := range cases {
		query := map[string]string{"GET /api/v1/licensing-ids": "?inactive=true&search="}[c.Pattern()]
		if query == "" {
			continue
		}
		path := c.Path + query
		c.Filter, c.Make = true, func(o accesstest.Object) accesstest.Request { return accesstest.Request{Path: path + o.Number()} }
		list = append(list, c)
	}
	return list
}

// TestTheMatrixHoldsOnEveryRoute: every route × every principal × every relation of a Licensing ID to the principal, against
// docs/access-matrix.csv (R11); on PostgreSQL one principal of each kind.
func TestTheMatrixHoldsOnEveryRoute(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		a := accesstest.Fill(t, accesstest.House{DB: w.App.DB, Handler: w.Handler, Access: w.App.Access, Accounts: w.App.Accounts, Agreements: w.App.Agreements,
			Orders: w.App.Orders, Keys: w.App.Keys, Activation: w.App.Activation, Operator: w.Actors[apptest.Operator], Maker: apptest.Admin})
		who := accesstest.Few
		if w.App.DB.Engine() == db.SQLite {
			who = accesstest.All
		}
		m := accesstest.Load(t)
		m.Covers(t, w.Table.All())
		a.Walk(t, m, cases(t, w, a), who)
	})
}

// TestAnswersAreAsTheDocumentSays: on every route, what succeeds has its schema and what is refused is a problem document.
func TestAnswersAreAsTheDocumentSays(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		doc := document(t, w)
		for _, r := range apiRoutes(w) {
			fits := 0
			for _, who := range []string{apptest.Admin, apptest.Operator, apptest.Nobody} {
				if got := send(t, w, of(r, rossi(t, w), who)); success(got.status) {
					doc.check(t, r, got)
					fits++
				} else {
					got.problem(t)
				}
			}
			if fits == 0 {
				t.Errorf("%s: nobody succeeds", r.Pattern())
			}
		}
	})
}

// unchanged compares what the tables held before and after; of the tables that are named it does not speak.
func unchanged(t testing.TB, what string, before, after map[string][]string, except ...string) {
	t.Helper()
	for table, rows := range after {
		if !slices.Contains(except, table) && !slices.Equal(before[table], rows) {
			t.Errorf("%s changed %s: %d rows before, %d after", what, table, len(before[table]), len(rows))
		}
	}
}
