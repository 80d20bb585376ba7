package ui_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"chiave/internal/platform/errs"
	"chiave/internal/platform/i18n"
	"chiave/internal/web/ui"
)

func TestReturnPathStaysOnTheSite(t *testing.T) {
	t.Parallel()
	tests := []struct{ path, want string }{
		{"/licenses?pool=servers&x=//y", "/licenses?pool=servers&x=//y"},
		{"/", "/"},
		{"", "/"},
		{"licenses", "/"},
		{"//elsewhere.example", "/"},
		{`/\elsewhere.example`, "/"},
		{"https://elsewhere.example", "/"},
		{"/a\r\nSet-Cookie: x=y", "/"},
		{"/\t/elsewhere.example", "/"},
	}
	for _, test := range tests {
		if got := ui.ReturnPath(test.path); got != test.want {
			t.Errorf("ReturnPath(%q) = %q, want %q", test.path, got, test.want)
		}
	}
}

func TestMenuForAReader(t *testing.T) {
	t.Parallel()
	v := view(t, i18n.Italian, ui.Light)
	menu := ui.Menu(v.Printer, ui.LicenseSummary, func(p ui.Place) ui.Access {
		switch p {
		case ui.Home, ui.LicenseSummary, ui.Help:
			return ui.Access{}
		case ui.MakeReservations:
			return ui.Access{Reason: "no role"}
		default:
			return ui.Access{Hidden: true}
		}
	})
	want := []ui.NavItem{
		{Label: "Home", Href: "/"},
		{Label: "Licenze", Active: true, Items: []ui.NavItem{
			{Label: "Riepilogo delle licenze", Href: "/licenses/summary", Active: true},
			{Label: "Effettua prenotazioni", Href: "/reservations/new", Reason: "no role"},
		}},
		{Label: "Serve aiuto?", Href: "/help"},
	}
	same := slices.EqualFunc(menu, want, func(a, b ui.NavItem) bool {
		return a.Label == b.Label && a.Href == b.Href && a.Active == b.Active && slices.EqualFunc(a.Items, b.Items, func(a, b ui.NavItem) bool {
			return a.Label == b.Label && a.Href == b.Href && a.Active == b.Active && a.Reason == b.Reason
		})
	})
	if !same {
		t.Errorf("Menu = %+v, want %+v", menu, want)
	}
}

// TestMenuIsWhole holds the customer's menu to the entries and the order of GEN-03 and GEN-04.
func TestMenuIsWhole(t *testing.T) {
	t.Parallel()
	var got []string
	var paths []string
	for _, item := range ui.Menu(view(t, i18n.English, ui.Light).Printer, "", func(ui.Place) ui.Access { return ui.Access{} }) {
		got = append(got, item.Label)
		paths = append(paths, item.Href)
		for _, entry := range item.Items {
			got = append(got, "- "+entry.Label)
			paths = append(paths, entry.Href)
		}
	}
	want := []string{
		"Home",
		"Back office", "- Imports", "- Invitations", "- Tenants", "- Catalog", "- Agreements", "- Orders", "- Product keys", "- View as", "- Support cases", "- Audit trail",
		"Customers",
		"Licenses", "- Relationship Summary", "- License Summary", "- Make Reservations", "- Manage my Reservations",
		"Downloads and Keys", "Online Service Activation",
		"Subscriptions", "- Online Services Agreement List",
		"Software Assurance", "- Software Assurance Summary", "- Manage Software Assurance Benefits",
		"Billing", "- Licenses", "- Downloads and keys",
		"Administration", "- My Permissions", "- Request Permissions", "- Manage Users", "- Pending Requests", "- Add New User", "- Add Open License", "- Audit trail", "- Tenant",
		"Need Help",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the menu is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	paths = slices.DeleteFunc(paths, func(p string) bool { return p == "" })
	slices.Sort(paths)
	if twice := len(paths) - len(slices.Compact(slices.Clone(paths))); twice > 0 {
		t.Errorf("%d paths are there twice: %v", twice, paths)
	}
}

// TestEveryKindOfErrorHasItsWords holds the words of refusals to the kinds of errors, in both languages.
func TestEveryKindOfErrorHasItsWords(t *testing.T) {
	t.Parallel()
	for _, lang := range i18n.Langs() {
		v := view(t, lang, ui.Light)
		for kind := errs.Internal; kind <= errs.Unavailable; kind++ {
			n := ui.ErrorNotice(v, errs.New(kind, "a.b"))
			if strings.Contains(n.What+n.Next, "⟦") {
				t.Errorf("%s in %s: %s %s", kind, lang, n.What, n.Next)
			}
			page := render(t, ui.RefusalPage(v, ui.Refusal{Err: errs.New(kind, "a.b")}))
			if bytes.Contains(page, []byte("⟦refusal")) {
				t.Errorf("%s in %s: the page lacks its title", kind, lang)
			}
		}
	}
}

func TestErrorNoticeKeepsFaultsToItself(t *testing.T) {
	t.Parallel()
	v := view(t, i18n.English, ui.Light)
	for _, err := range []error{errors.New("table secrets is gone"), errs.New(errs.Internal, "db.gone", errs.Params{"table": "secrets"})} {
		n := ui.ErrorNotice(v, err)
		if n.Why != "" || strings.Contains(n.What+n.Next, "secrets") || n.Tone != ui.Bad {
			t.Errorf("ErrorNotice(%v) = %+v", err, n)
		}
	}
}

func TestFieldErrors(t *testing.T) {
	t.Parallel()
	v := view(t, i18n.English, ui.Light)
	err := errs.New(errs.Invalid, "x.invalid").With(errs.Field{Pointer: "/quantity", Code: "x.gone"}, errs.Field{Pointer: "email", Code: "x.gone"})
	got := ui.FieldErrors(v, err)
	want := []ui.FieldError{{Field: "quantity", Message: "⟦error.x.gone⟧"}, {Field: "email", Message: "⟦error.x.gone⟧"}}
	if !slices.Equal(got, want) {
		t.Errorf("FieldErrors = %+v, want %+v", got, want)
	}
	if got := ui.FieldErrors(v, errors.New("x")); got != nil {
		t.Errorf("FieldErrors of a fault = %+v, want none", got)
	}
}

func TestAPIEquivalentIsSafeInAShell(t *testing.T) {
	t.Parallel()
	v := view(t, i18n.English, ui.Light)
	page := string(render(t, ui.APIEquivalent(v, ui.Call{Method: "POST", Path: "/api/v1/x?q=1&r=2", Headers: []string{"Idempotency-Key: k"}, Body: `{"name":"D'Angelo"}`})))
	want := "curl --header @token-header.txt --request POST \\\n  --header &#39;Idempotency-Key: k&#39; \\\n" +
		"  --header &#39;Content-Type: application/json&#39; \\\n  --data &#39;{&#34;name&#34;:&#34;D&#39;\\&#39;&#39;Angelo&#34;}&#39; \\\n  &#39;https://licenses.example/api/v1/x?q=1&amp;r=2&#39;"
	if !strings.Contains(page, "<code>"+want+"</code>") {
		t.Errorf("the page lacks\n%s\nit has\n%s", want, page)
	}
}

func TestActivationsBar(t *testing.T) {
	t.Parallel()
	v := view(t, i18n.English, ui.Light)
	tests := []struct {
		used, limit               int64
		width, level, words, rest string
	}{
		{0, 100, `width="0"`, "gauge-free", "0 used", "100 available"},
		{1, 1_000_000, `width="1"`, "gauge-free", "1 used", "999,999 available"},
		{89, 100, `width="890"`, "gauge-free", "89 used", "11 available"},
		{90, 100, `width="900"`, "gauge-near", "90 used", "10 available"},
		{999_999, 1_000_000, `width="999"`, "gauge-near", "999,999 used", "1 available"},
		{100, 100, `width="1000"`, "gauge-full", "100 used", "0 available"},
		{120, 100, `width="1000"`, "gauge-full", "120 used", "0 available"},
		{0, 0, `width="0"`, "gauge-free", "0 used", "0 available"},
	}
	for _, test := range tests {
		page := string(render(t, ui.Activations(v, ui.Gauge{Used: test.used, Limit: test.limit})))
		for _, want := range []string{test.width, test.level, test.words, test.rest} {
			if !strings.Contains(page, want) {
				t.Errorf("%d of %d lacks %s: %s", test.used, test.limit, want, page)
			}
		}
	}
}

// TestKeyIsMaskedUntilItIsRevealed holds the part to what it was given: it never has the whole key by itself.
func TestKeyIsMaskedUntilItIsRevealed(t *testing.T) {
	t.Parallel()
	v := view(t, i18n.English, ui.Light)
	masked := string(render(t, ui.Key(v, ui.ProductKey{Masked: "•••••-7K2QX", Reveal: "/keys/1/reveal"})))
	if strings.Contains(masked, "data-copy") || !strings.Contains(masked, `<form method="post" action="/keys/1/reveal"`) {
		t.Errorf("a masked key has no copy button and one form that reveals it: %s", masked)
	}
	refused := string(render(t, ui.Key(v, ui.ProductKey{Masked: "•••••-7K2QX", Reason: "No role."})))
	if strings.Contains(refused, "<form") || !strings.Contains(refused, "No role.") {
		t.Errorf("a reader without the right sees the reason and no form: %s", refused)
	}
}

func TestDeniedPlaceIsDimmedWithItsReason(t *testing.T) {
	t.Parallel()
	v := view(t, i18n.English, ui.Light)
	page := string(render(t, with(ui.Layout(v, ui.Page{Title: "x"}))))
	if strings.Contains(page, `href="/reservations/new"`) || strings.Contains(page, `href="/services"`) {
		t.Error("a place that the reader cannot open is a link")
	}
	if strings.Count(page, "You need the role Online Services Manager") != 2 {
		t.Error("the reason is not said")
	}
}
