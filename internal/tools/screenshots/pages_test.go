package screenshots

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"chiave/internal/app"
	"chiave/internal/demo"
	"chiave/internal/platform/config"
	"chiave/internal/routes"
)

// page is one page as somebody of the demo sees it.
type page struct {
	name   string
	route  string // path in the route table
	person string // role of the demo's sign-in; "" is nobody
	at     string // address; {…} are places of the demo, see places
}

const (
	giulia   = "demo.customer_administrator"
	luca     = "demo.key_viewer"
	operator = "demo.operator"
)

// pages lists what is pictured.
func pages() []page {
	return []page{
		{"sign-in", "/sign-in", "", "/sign-in"},
		{"invitation", "/invitations/{token}", "", "{invitation}"},
		{"help", "/help", giulia, "/help"},
		{"password-forgotten", "/password", "", "/password"},
		{"register", "/register", "", "/register"},
		{"join", "/join", luca, "/join"},
		{"convert", "/convert", luca, "/convert"},
		{"account", "/account", giulia, "/account"},
		{"device", "/device", giulia, "/device"},
		{"passkeys", "/account/passkeys", giulia, "/account/passkeys"},
		{"two-step", "/account/two-step", giulia, "/account/two-step"},
		{"two-step-off", "/account/two-step/off", giulia, "/account/two-step/off"},
		{"home", "/{$}", giulia, "/"},
		{"home-key-viewer", "/{$}", luca, "/"},
		{"home-operator", "/{$}", operator, "/"},
		{"permissions", "/permissions", giulia, "/permissions"},
		{"permission-drop", "/permissions/{lid}/drop", giulia, "/permissions/{licensing}/drop"},
		{"users", "/users", giulia, "/users"},
		{"user-new", "/users/new", giulia, "/users/new"},
		{"users-several", "/users/several", giulia, "/users/several"},
		{"request-permissions", "/permissions/request", luca, "/permissions/request?licensing_id=E-5561048&role=download"},
		{"pending-requests", "/requests", giulia, "/requests"},
		{"pending-request", "/requests/{request}", giulia, "/requests/{request}"},
		{"open-license-add", "/open-license/add", giulia, "/open-license/add"},
		{"open-license-none", "/open-license/add", luca, "/open-license/add"},
		{"open-license", "/open-license", giulia, "/open-license"},
		{"open-license-deny", "/open-license/{addition}", giulia, "/open-license/{addition}"},
		{"relationship-summary", "/licenses", giulia, "/licenses?show=all"},
		{"license-summary", "/licenses/summary", giulia, "/licenses/summary"},
		{"license-summary-filtered", "/licenses/summary", giulia, "/licenses/summary?licensing=E-5561048"},
		{"license-summary-wrong-day", "/licenses/summary", giulia, "/licenses/summary?as_of=2019-13-01"}, // a day that is none
		{"license-summary-operator", "/licenses/summary", operator, "/licenses/summary"},
		{"explanation", "/licenses/summary/explanation", giulia, "/licenses/summary/explanation?product=TEL-DRW&version=9"},
		{"licensing-id", "/licenses/{licensing}", giulia, "/licenses/{licensing}"},
		{"licensing-id-contacts", "/licenses/{licensing}/contacts", giulia, "/licenses/{licensing}/contacts"},
		{"licensing-id-orders", "/licenses/{licensing}/orders", giulia, "/licenses/{licensing}/orders"},
		{"licensing-id-licenses", "/licenses/{licensing}/licenses", giulia, "/licenses/{licensing}/licenses"},
		{"licensing-id-keys", "/licenses/{licensing}/keys", giulia, "/licenses/{licensing}/keys"},
		{"licensing-id-audit", "/licenses/{licensing}/audit", giulia, "/licenses/{licensing}/audit"},
		{"keys", "/keys", giulia, "/keys"},
		{"key", "/keys/{key}", giulia, "/keys/{key}"},
		{"key-foreign", "/keys/{key}", giulia, "/keys/{foreign}"},
		{"audit", "/audit", giulia, "/audit"},
		{"audit-operator", "/audit", operator, "/audit"},
		{"office-imports", "/office/imports", operator, "/office/imports"},
		{"office-invitations", "/office/invitations", operator, "/office/invitations"},
		{"view-as", "/office/view-as", operator, "/office/view-as"},
		{"tenants", "/tenant", operator, "/tenant"},
		{"office-tenants", "/office/tenants", operator, "/office/tenants"},
		{"office-keys", "/office/keys", operator, "/office/keys"},
		{"office-key", "/office/keys/{key}", operator, "/office/keys/{key}"},
		{"refused", "/licenses/{licensing}/audit", luca, "/licenses/{licensing}/audit"}, // a page that the role does not open
		{"not-found", "", giulia, "/licenses/nowhere"},
	}
}

// leftOut are pages that need no picture, with the reason.
func leftOut() map[string]string {
	return map[string]string{
		"/password/{token}":        "its link is in a mail, and the demo sends none; the tests of the portal look at it",
		"/tenant/{tenant}":         "the demo has no tenants that somebody administers; the tests of the portal look at it",
		"/tenant/{tenant}/domains": "as /tenant/{tenant}",
		"/register/{signup}":       "its code is in a mail, and the demo sends none; the tests of the portal look at it",
		"/join/{token}":            "as /register/{signup}",
		"/convert/{signup}":        "as /register/{signup}",
		"/users/{user}":            "people have no place in the demo's list; the story of Manage Users looks at it",
	}
}

// TestEveryPageIsListed compares the list with the route table.
func TestEveryPageIsListed(t *testing.T) {
	t.Parallel()
	base, err := config.Load(config.Sources{})
	if err != nil {
		t.Fatal(err)
	}
	cfg, cleanup, err := demo.Config(base)
	if err != nil {
		t.Fatal(err)
	}
	defer cleanup()
	a, err := app.Open(context.Background(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	table, _, err := a.Routes("test")
	if err != nil {
		t.Fatal(err)
	}
	var shown []string
	for _, r := range table.All() {
		if r.Face != routes.Page || r.Method != http.MethodGet {
			continue
		}
		shown = append(shown, r.Path)
		if _, out := leftOut()[r.Path]; !out && !slices.ContainsFunc(pages(), func(p page) bool { return p.route == r.Path }) {
			t.Errorf("%s is a page, and neither listed nor left out with a reason", r.Path)
		}
	}
	names := map[string]bool{}
	for _, p := range pages() {
		if p.route != "" && !slices.Contains(shown, p.route) {
			t.Errorf("%s: the table has no page %s", p.name, p.route)
		}
		if names[p.name] || strings.ContainsAny(p.name, "./ ") {
			t.Errorf("%q names two pages, or no file", p.name)
		}
		names[p.name] = true
	}
	for path := range leftOut() {
		if !slices.Contains(shown, path) {
			t.Errorf("%s is left out, and no page", path)
		}
	}
}
