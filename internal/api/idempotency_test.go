package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"chiave/internal/app/apptest"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
	"chiave/internal/routes"
)

func tokenOf(t testing.TB, w *apptest.World, who string) (id ids.ID) {
	t.Helper()
	err := w.App.DB.Read(t.Context(), func(tx *db.Tx) error {
		return tx.Row("SELECT id FROM api_tokens WHERE user_id = $1 ORDER BY id LIMIT 1", w.Actors[who].ID).Scan(&id)
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// keyed returns the routes of the class "key".
func keyed(w *apptest.World) (list []routes.Route, who map[string]string) {
	all, who := changes(w)
	return slices.DeleteFunc(all, func(r routes.Route) bool { return r.Class != routes.Key }), who
}

// together sends the same request several times at once.
func together(t testing.TB, w *apptest.World, r request, times int) []answer {
	t.Helper()
	answers := make([]answer, times)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() { answers[i] = send(t, w, r) })
	}
	all.Wait()
	return answers
}

// TestARequestWithAKeyHasItsEffectOnce: every route of the class "key" (R5). The header missing; the same request at once, again, and after
// a restart; another request under the same key.
func TestARequestWithAKeyHasItsEffectOnce(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		list, who := keyed(w)
		requests, first := make([]request, len(list)), make([]answer, len(list))
		for i, r := range list {
			requests[i] = of(r, rossi(t, w), who[r.Pattern()])
			for _, key := range []string{"", "short", strings.Repeat("k", 129), "città-città"} {
				without := requests[i]
				without.key = key
				send(t, w, without).wants(t, r.Pattern()+" without a key", http.StatusBadRequest, "idempotency.missing")
			}
			before := effects(w)
			for _, a := range together(t, w, requests[i], 4) {
				switch {
				case a.status == http.StatusConflict: // it is being worked on: by its key, or since one import runs at a time
					if p := a.problem(t); p.Code != "idempotency.running" && p.Code != "imports.running" {
						t.Errorf("%s at once: got %s", r.Pattern(), a.body)
					}
				case !success(a.status):
					t.Errorf("%s at once: got %d %s", r.Pattern(), a.status, a.body)
				case a.header.Get("Idempotency-Replayed") == "":
					if first[i].status != 0 {
						t.Errorf("%s had its effect twice: %s and %s", r.Pattern(), first[i].body, a.body)
					}
					first[i] = a
				}
			}
			effect := effects(w) - before
			again := send(t, w, requests[i])
			if !success(again.status) || again.header.Get("Idempotency-Replayed") != "true" || !same(t, again.body, first[i].body) {
				t.Errorf("%s again: got %d %s, first %s", r.Pattern(), again.status, again.body, first[i].body)
			}
			if got := effects(w) - before; effect == 0 || got != effect {
				t.Errorf("%s: %d records, and %d after it was repeated", r.Pattern(), effect, got)
			}
			other := requests[i]
			other.body += " "
			send(t, w, other).wants(t, r.Pattern()+" with another body", http.StatusUnprocessableEntity, "idempotency.other_request")
		}
		w.Open() // a restart
		before := w.Rows()
		for i, r := range list {
			again := send(t, w, requests[i])
			if !success(again.status) || again.header.Get("Idempotency-Replayed") != "true" || !same(t, again.body, first[i].body) {
				t.Errorf("%s after a restart: got %d %s, first %s", r.Pattern(), again.status, again.body, first[i].body)
			}
		}
		unchanged(t, "repeating after a restart", before, w.Rows())
		w.Change("UPDATE users SET staff = '' WHERE staff <> ''")
		w.Change("UPDATE role_grants SET revoked_at = valid_from")
		w.Change("UPDATE named_contacts SET ended_at = named_at")
		w.Change("UPDATE tenant_roles SET ended_at = given_at")
		w.Change("UPDATE sessions SET ended_at = created_at")
		for i, r := range list {
			if again := send(t, w, requests[i]); again.status != http.StatusForbidden && again.status != http.StatusNotFound && again.status != http.StatusUnauthorized {
				t.Errorf("%s without the right: got %d %s", r.Pattern(), again.status, again.body)
			}
		}
		if len(list) < 9 {
			t.Errorf("only %d routes", len(list))
		}
	})
}

// effects counts the records of changes; that staff looked at a customer's data is recorded each time.
func effects(w *apptest.World) (n int) {
	for _, e := range w.Audited() {
		if e.Action != "customers.read" {
			n++
		}
	}
	return n
}

// same compares two answers about one effect, without what is shown once or moves by itself.
func same(t testing.TB, a, b string) bool {
	t.Helper()
	var x, y map[string]any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return false
	}
	for _, name := range []string{"secret", "now", "changes", "state"} {
		delete(x, name)
		delete(y, name)
	}
	left, _ := json.Marshal(x)
	right, _ := json.Marshal(y)
	return string(left) == string(right)
}

// TestKeysBelongToTheirCaller: the same key of two callers is two requests.
func TestKeysBelongToTheirCaller(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		body := `{"name": "nightly", "scopes": ["reports.view"], "until": "2026-06-30T00:00:00Z"}`
		secrets := map[string]bool{}
		for _, who := range []string{apptest.Admin, apptest.Stranger, apptest.Admin} {
			got := send(t, w, request{method: http.MethodPost, path: "/api/v1/tokens", token: w.Session(who), key: "the-same-key", body: body, media: "application/json"})
			var made struct{ Secret string }
			if err := json.Unmarshal([]byte(got.body), &made); err != nil || got.status != http.StatusOK {
				t.Fatalf("%d %s", got.status, got.body)
			}
			secrets[made.Secret] = true
		}
		if len(secrets) != 3 || !secrets[""] { // two secrets, and a replay without one
			t.Errorf("got %d secrets", len(secrets))
		}
	})
}
