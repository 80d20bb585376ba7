package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"chiave/internal/app/apptest"
	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/errs"
	"chiave/internal/routes"
)

// changes returns the routes that change something, with somebody who may.
func changes(w *apptest.World) (list []routes.Route, who map[string]string) {
	who = map[string]string{}
	for _, r := range apiRoutes(w) {
		if r.Class == routes.Read {
			continue
		}
		list = append(list, r)
		who[r.Pattern()] = fit(r)
	}
	return list, who
}

// fit returns somebody who may use a route.
func fit(r routes.Route) string {
	switch {
	case r.Action == access.Public:
		return ""
	case r.Action == access.SelfService, len(access.RolesFor(r.Action)) > 0:
		return apptest.Admin
	}
	return apptest.Operator
}

// recorded returns the actions of the records that came since.
func recorded(w *apptest.World, before []audit.Entry) (actions []string) {
	known := map[string]bool{}
	for _, e := range before {
		known[string(e.ID)] = true
	}
	for _, e := range w.Audited() {
		if !known[string(e.ID)] {
			actions = append(actions, e.Action)
		}
	}
	slices.Sort(actions)
	return slices.Compact(actions)
}

// TestEveryChangeLeavesTheRecordItDeclares (R16).
func TestEveryChangeLeavesTheRecordItDeclares(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		list, who := changes(w)
		for _, r := range list {
			req := of(r, rossi(t, w), who[r.Pattern()])
			before := w.Audited()
			if got := send(t, w, req); !success(got.status) {
				t.Errorf("%s: got %d %s", r.Pattern(), got.status, got.body)
			}
			got := slices.DeleteFunc(recorded(w, before), func(action string) bool {
				return action == "customers.read" && who[r.Pattern()] == apptest.Operator || action == "invitations.released" && r.Event == "roles.assigned" // a first role invites
			})
			if !slices.Equal(got, []string{r.Event}) {
				t.Errorf("%s recorded %v and declares %s", r.Pattern(), got, r.Event)
			}
		}
		if len(list) < 15 {
			t.Errorf("only %d routes change something", len(list))
		}
	})
}

// TestWithoutItsRecordNothingHappens: the database refuses audit records, so every change is rolled back, and nobody is told why (R16).
func TestWithoutItsRecordNothingHappens(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		list, who := changes(w)
		requests := make([]request, len(list))
		for i, r := range list {
			requests[i] = of(r, rossi(t, w), who[r.Pattern()])
		}
		dbtest.RefuseAudit(t, w.App.DB)
		before := w.Rows()
		lines := request{method: http.MethodGet, path: "/api/v1/licensing-ids/" + rossi(t, w).lid() + "/order-lines", token: w.Tokens[apptest.Admin]}
		visible := send(t, w, lines)
		for i, r := range list {
			got := send(t, w, requests[i])
			got.wants(t, r.Pattern(), http.StatusInternalServerError, "internal")
			if strings.Contains(got.body, "record") && !strings.Contains(got.body, "recorded") || strings.Contains(got.body, "audit") {
				t.Errorf("%s tells what failed: %s", r.Pattern(), got.body)
			}
			unchanged(t, r.Pattern(), before, w.Rows(), "order_lines", "staged_keys", "signups") // where imports stage rows that nobody sees, and a try at a code counts before it is looked at
		}
		if after := send(t, w, lines); visible.status != http.StatusOK || after.body != visible.body {
			t.Errorf("staged lines show: %s", after.body)
		}
		// What reads a customer's data without being the customer is on record before it is shown.
		read := send(t, w, request{method: http.MethodGet, path: "/api/v1/license-summary?licensing_id=E-1001", token: w.Tokens[apptest.Operator]})
		read.wants(t, "staff reading", http.StatusInternalServerError, "internal")
		own := send(t, w, request{method: http.MethodGet, path: "/api/v1/license-summary?licensing_id=E-1001", token: w.Tokens[apptest.Admin]})
		if own.status != http.StatusOK {
			t.Errorf("the owner reading: got %d %s", own.status, own.body)
		}
	})
}

// TestWithoutADatabaseNothingIsSaid: 503, Retry-After and a problem, on every route that needs it.
func TestWithoutADatabaseNothingIsSaid(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		list := apiRoutes(w)
		requests := make([]request, len(list))
		for i, r := range list {
			requests[i] = of(r, rossi(t, w), apptest.Operator)
		}
		w.App.DB.Close()
		for i, r := range list {
			for _, token := range []string{requests[i].token, ""} {
				requests[i].token = token
				got := send(t, w, requests[i])
				if r.Pattern() == "GET /api/v1/openapi.json" && token == "" {
					continue // it is in the program
				}
				got.wants(t, r.Pattern(), http.StatusServiceUnavailable, "db.unavailable")
				if got.header.Get("Retry-After") != "1" || len(got.problem(t).Errors) > 0 || strings.Contains(got.body, "sql") {
					t.Errorf("%s: got %v %s", r.Pattern(), got.header, got.body)
				}
				for _, c := range canaries(w) {
					if strings.Contains(got.body, c) {
						t.Errorf("%s tells %q: %s", r.Pattern(), c, got.body)
					}
				}
			}
		}
	})
}

// TestRefusalsAreOnRecord: a signed-in caller's in its own record, a stranger's counted.
func TestRefusalsAreOnRecord(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		before := w.Audited()
		send(t, w, request{method: http.MethodGet, path: "/api/v1/product-keys/" + w.Wire("office"), token: w.Tokens[apptest.Stranger]})
		send(t, w, request{method: http.MethodPost, path: "/api/v1/imports/orders", token: w.Tokens[apptest.Admin], key: "12345678", body: "x"})
		if got := recorded(w, before); !slices.Equal(got, []string{"access.refused"}) {
			t.Errorf("recorded %v", got)
		}
		before = w.Audited()
		send(t, w, request{method: http.MethodPost, path: "/api/v1/imports/orders", key: "12345678", body: "x"})
		if err := w.App.Access.FlushRefusals(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := recorded(w, before); !slices.Equal(got, []string{"access.refused_anonymous"}) {
			t.Errorf("recorded %v", got)
		}
	})
}

// TestTooManyAttemptsSayHowLongToWait, in the header and in words.
func TestTooManyAttemptsSayHowLongToWait(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		var got answer
		for range 40 {
			if got = send(t, w, request{method: http.MethodPost, path: "/api/v1/session", media: "application/json", body: `{"email": "chiara.bianchi@rossi.example", "password": "wrong"}`}); got.status == http.StatusTooManyRequests {
				break
			}
			got.wants(t, "a wrong password", http.StatusUnauthorized, "accounts.credentials")
		}
		got.wants(t, "one attempt too many", http.StatusTooManyRequests, "accounts.too_many_attempts")
		if wait := got.header.Get("Retry-After"); len(wait) == 0 || strings.Trim(wait, "0123456789") != "" || wait == "0" {
			t.Errorf("Retry-After is %q", wait)
		}
	})
}

// TestRefusalsSayWhoCanHelp, in both languages.
func TestRefusalsSayWhoCanHelp(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		for lang, want := range map[string]string{
			"en": "None of your roles on E-1001 allows this. One of these would: Administrator, Product Keys, Key Administrator. Ask an Administrator of E-1001 for it.",
			"it": "Nessuno dei tuoi ruoli su E-1001 lo consente. Ne basterebbe uno di questi: Amministratore, Codici Product Key, Amministratore chiavi. Chiedilo a un amministratore di E-1001.",
		} {
			got := send(t, w, request{method: http.MethodGet, path: "/api/v1/product-keys?licensing_id=E-1001", token: w.Tokens[apptest.ReportView], lang: lang})
			got.wants(t, lang, http.StatusForbidden, "access.role_missing")
			if title := got.problem(t).Title; title != want {
				t.Errorf("%s: got %q", lang, title)
			}
		}
		w.Change("UPDATE users SET language = 'it' WHERE id = $1", w.Actors[apptest.ReportView].ID)
		got := send(t, w, request{method: http.MethodGet, path: "/api/v1/product-keys?licensing_id=E-1001", token: w.Tokens[apptest.ReportView]})
		if title := got.problem(t).Title; !strings.HasPrefix(title, "Nessuno") {
			t.Errorf("without a wish, her own language: got %q", title)
		}
	})
}

// TestRevocationHoldsFromTheNextRequest (R14), on a second server of the same database too.
func TestRevocationHoldsFromTheNextRequest(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		ask := request{method: http.MethodGet, path: "/api/v1/product-keys?licensing_id=E-1001", token: w.Tokens[apptest.KeyView]}
		if got := send(t, w, ask); got.status != http.StatusOK {
			t.Fatal(got.body)
		}
		revoke := request{method: http.MethodDelete, path: "/api/v1/roles/rol_" + string(w.Roles["keys"]), token: w.Tokens[apptest.Admin]}
		if got := send(t, w, revoke); got.status != http.StatusNoContent {
			t.Fatal(got.body)
		}
		send(t, w, ask).wants(t, "without the role", http.StatusNotFound, "licensing_ids.unknown")
		if err := w.App.Accounts.RevokeToken(t.Context(), w.Actors[apptest.KeyView], tokenOf(t, w, apptest.KeyView)); err != nil {
			t.Fatal(errs.CodeOf(err))
		}
		send(t, w, ask).wants(t, "without the token", http.StatusUnauthorized, "accounts.token")
	})
}
