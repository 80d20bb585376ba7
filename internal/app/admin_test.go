package app_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"chiave/internal/app/apptest"
	"chiave/internal/platform/db"
)

func TestOperatorsReadFiguresOnTheirOwnAddress(t *testing.T) {
	t.Parallel()
	w := apptest.Empty(t, db.SQLite)
	admin, err := w.App.AdminHandler()
	if err != nil {
		t.Fatal(err)
	}
	ask := func(h http.Handler, path string) *httptest.ResponseRecorder {
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
		return answer
	}
	if got := ask(admin, "/metrics"); got.Code != http.StatusOK || !strings.Contains(got.Body.String(), "chiave_audit_unsealed 0") {
		t.Errorf("figures: %d\n%s", got.Code, got.Body)
	}
	if got := ask(admin, "/api/v1/me"); got.Code != http.StatusNotFound {
		t.Errorf("the admin address serves the API: %d", got.Code)
	}
	public, err := w.App.Handler("test")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/metrics", "/debug/pprof/"} {
		if got := ask(public, path); got.Code != http.StatusNotFound {
			t.Errorf("%s on the public address: %d", path, got.Code)
		}
	}
}
