package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"chiave/internal/app/apptest"
	"chiave/internal/licensing/access"
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
		unchanged(t, "strangers", before, w.Rows(), "sessions", "credentials", "activations", "product_keys")
	})
}

// roleOf is what each of Rossi's people holds on Enterprise.
var roleOf = map[string]access.Role{apptest.Admin: access.Administrator, apptest.KeyView: access.ProductKeys, apptest.ReportView: access.LicensingInfoViewer}

// staffReads are the actions on a Licensing ID that the matrix of the requirements opens to operators.
var staffReads = []access.Action{access.SeeLicensingID, access.ViewReports, access.ReadAudit}

// stocked routes show keys, masked, to who maintains them.
var stocked = []string{"GET /api/v1/product-keys"}

// scoped routes have no object: they list what the caller may see, which may be nothing.
var scoped = []string{"GET /api/v1/licensing-ids"}

// wanted is the status that the matrix of the requirements asks for, on what is Rossi's.
func wanted(r routes.Route, who string) int {
	fits := slices.Contains(access.RolesFor(r.Action), roleOf[who])
	switch {
	case r.Action == access.Public, slices.Contains(scoped, r.Pattern()):
		return http.StatusOK
	case r.Action == access.SelfService && slices.Contains([]string{"tok", "lid"}, r.Names) && who != apptest.Admin: // the token, or the permission, is hers
		return http.StatusNotFound
	case r.Action == access.SelfService:
		return http.StatusOK
	case len(access.RolesFor(r.Action)) == 0:
		if who == apptest.Operator {
			return http.StatusOK
		}
		return http.StatusForbidden
	case r.Pattern() == "GET /api/v1/product-keys" && who == apptest.Operator: // the stock, masked, of staff who maintain it
		return http.StatusOK
	case fits, who == apptest.Operator && (slices.Contains(staffReads, r.Action) || slices.Contains(stocked, r.Pattern())):
		return http.StatusOK
	case roleOf[who] != "", who == apptest.Operator:
		return http.StatusForbidden
	}
	return http.StatusNotFound
}

// TestTheMatrixHoldsOnEveryRoute: every route × every principal, on Rossi's things (R11).
func TestTheMatrixHoldsOnEveryRoute(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		doc := document(t, w)
		for _, r := range apiRoutes(w) {
			for _, who := range []string{apptest.Nobody, apptest.Stranger, apptest.ReportView, apptest.KeyView, apptest.Operator, apptest.Admin} {
				got := send(t, w, of(r, rossi(t, w), who))
				status := got.status
				if status == http.StatusNoContent {
					status = http.StatusOK
				}
				if want := wanted(r, who); status != want {
					t.Errorf("%s as %s: got %d %.900s, want %d", r.Pattern(), who, got.status, got.body, want)
				}
				if success(got.status) {
					doc.check(t, r, got)
				} else {
					got.problem(t)
				}
				if (who == apptest.Nobody || who == apptest.Stranger) && r.Action != access.Public && !strings.HasSuffix(r.Path, "/me") {
					for _, c := range canaries(w) {
						if strings.Contains(got.body, c) {
							t.Errorf("%s tells %s of %q: %s", r.Pattern(), who, c, got.body)
						}
					}
				}
			}
		}
	})
}

// TestForeignAndUnknownAreTheSame: to another company's administrator, what exists elsewhere and what does not exist answer alike, byte for
// byte; on her own things she succeeds, which shows that the requests are right.
func TestForeignAndUnknownAreTheSame(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		compared := 0
		for _, r := range apiRoutes(w) {
			if r.Action == access.Public {
				continue
			}
			own := send(t, w, of(r, harbour(t, w), apptest.Stranger))
			if len(access.RolesFor(r.Action)) > 0 && !success(own.status) {
				t.Errorf("%s on her own: got %d %s", r.Pattern(), own.status, own.body)
			}
			foreign, unknown := send(t, w, of(r, rossi(t, w), apptest.Stranger)), send(t, w, of(r, nothing(t, w), apptest.Stranger))
			if foreign.status != unknown.status {
				t.Errorf("%s: foreign %d, unknown %d", r.Pattern(), foreign.status, unknown.status)
			}
			if r.Action == access.SelfService && r.Names == "" { // about herself, and each answer is new
				continue
			}
			if foreign.anonymous() != unknown.anonymous() {
				t.Errorf("%s: foreign %s, unknown %s", r.Pattern(), foreign.anonymous(), unknown.anonymous())
			}
			for name := range foreign.header {
				if name != "Request-Id" && name != "Date" && foreign.header.Get(name) != unknown.header.Get(name) {
					t.Errorf("%s: the header %s is %q for what is foreign and %q for what is unknown", r.Pattern(), name, foreign.header.Get(name), unknown.header.Get(name))
				}
			}
			compared++
		}
		if compared < 20 {
			t.Errorf("only %d routes were compared", compared)
		}
	})
}

// TestATokenDoesWhatItsScopesSay: a token of an Administrator that may only view reports.
func TestATokenDoesWhatItsScopesSay(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		_, w.Tokens[apptest.Admin] = w.Token(apptest.Admin, access.ViewReports)
		for _, r := range apiRoutes(w) {
			x := samples()[r.Pattern()](rossi(t, w))
			if r.Action == access.Public || x.form == "session" {
				continue
			}
			got := send(t, w, of(r, rossi(t, w), apptest.Admin))
			switch {
			case r.Action == access.ViewReports:
				if !success(got.status) {
					t.Errorf("%s: got %d %s", r.Pattern(), got.status, got.body)
				}
			default:
				got.wants(t, r.Pattern(), http.StatusForbidden, "access.token_scope")
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
