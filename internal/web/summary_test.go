package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"chiave/internal/web/htmltest"
	"chiave/internal/web/webtest"
)

// TestSummaryFilterFaultsComeBack: a filter that cannot be answered comes back with what was entered and what is wrong with it
// (LSUM-02).
func TestSummaryFilterFaultsComeBack(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	staff, admin := w.As(t, webtest.Operator), w.As(t, webtest.Admin)
	for _, test := range []struct {
		who        *webtest.Visitor
		query      string
		want, kept string
		not        string
	}{
		{staff, "numbers=E-1001,+E-100", "There is no Licensing ID E-100. Check the number.", `value="E-1001, E-100"`, "Nimbus"},
		{staff, "numbers=E-1001&as_of=2026-02-31", "Enter a date that exists", `value="E-1001"`, "Nimbus"},
		{staff, "filter=ids&numbers=+,", "Tick at least one Licensing ID.", `value=" ,"`, "Nimbus"},
		{admin, "filter=ids&as_of=2026-03-01", "Seleziona almeno un ID licenza.", `value="2026-03-01"`, "Nimbus"},
	} {
		p := test.who.Get("/licenses/summary?" + test.query)
		if p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Text(), test.want) || !strings.Contains(p.Body, test.kept) || strings.Contains(p.Text(), test.not) || strings.Contains(p.Body, " checked") {
			t.Errorf("%s: %d\n%s", test.query, p.Status, p.Text())
		}
		for _, fault := range htmltest.Faults([]byte(p.Body)) {
			t.Errorf("%s: %s", test.query, fault)
		}
	}
	if p := admin.Get("/licenses/summary?licensing=E-100"); p.Status != http.StatusNotFound {
		t.Errorf("a customer's address with a wrong number: %d", p.Status)
	}
}

// TestSummaryOfANumberWithSpaces: what is ticked is one number, whatever it is made of; only typed text holds several.
func TestSummaryOfANumberWithSpaces(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	const number = "X 2/../3; a"
	report, err := w.Rooms.Agreements.Import(t.Context(), w.Operator, "more.json", strings.NewReader(`{"agreements": [{"licensing_id": "`+number+`", "program": "select-plus",
		"organization": "ROSSI", "start": "2025-01-01", "contacts": [{"type": "primary", "email": "`+webtest.Admin+`", "first_name": "Chiara", "last_name": "Bianchi"}]}]}`), false)
	if err != nil || report.Failed() {
		t.Fatal(err, report.Errors)
	}
	p := w.As(t, webtest.Admin).Get("/licenses/summary?" + url.Values{"filter": {"ids"}, "licensing": {number}}.Encode())
	if p.Status != http.StatusOK || !strings.Contains(p.Text(), "da 1 ID licenza") {
		t.Errorf("a ticked number with spaces: %d\n%s", p.Status, p.Text())
	}
	p = w.As(t, webtest.Operator).Get("/licenses/summary?numbers=E-1001%3B+S-2002")
	if p.Status != http.StatusOK || !strings.Contains(p.Text(), "from 2 Licensing IDs") {
		t.Errorf("two typed numbers: %d\n%s", p.Status, p.Text())
	}
}
