package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/web/webtest"
)

const caseNumber = "case 4711"

func viewForms() map[string]func(t *testing.T, w *webtest.World) sent {
	return map[string]func(t *testing.T, w *webtest.World) sent{
		"POST /office/view-as": func(*testing.T, *webtest.World) sent {
			return sent{path: "/office/view-as", form: url.Values{"address": {webtest.Admin}, "reason": {caseNumber}}}
		},
		"POST /office/view-as/end": func(_ *testing.T, w *webtest.World) sent {
			w.View(webtest.Operator, webtest.Admin)
			return sent{path: "/office/view-as/end"}
		},
	}
}

// TestStaffSeeWhatACustomersPersonSees: the same pages, nothing that changes anything, nothing that is the person's alone, and all of it on record.
func TestStaffSeeWhatACustomersPersonSees(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		w := webtest.New(t, d, webtest.Options{})
		staff, luca := w.As(t, webtest.Operator), w.As(t, webtest.KeyView)
		ask := func(address, reason string) webtest.Page {
			return staff.Post("/office/view-as", url.Values{"address": {address}, "reason": {reason}})
		}
		for _, bad := range []struct{ address, reason, says string }{
			{"nobody@nowhere.example", caseNumber, "Nobody has registered with this address"}, {webtest.Operator, caseNumber, "This is a colleague"}, {webtest.KeyView, " ", "Say why you look"},
		} {
			if p := ask(bad.address, bad.reason); p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Text(), bad.says) {
				t.Errorf("%v: %d\n%s", bad, p.Status, p.Text())
			}
		}
		earlier := w.Acts(webtest.Operator)
		ask(webtest.KeyView, caseNumber)
		const banner = "You see the portal as Luca Verdi does"
		for _, path := range []string{"/", "/permissions", keyPath(w, "office"), "/licenses"} {
			seen, own := staff.Get(path), luca.Get(path)
			if !strings.Contains(seen.Text(), banner) || strings.Contains(own.Text(), banner) || seen.Status != own.Status {
				t.Errorf("%s: %d\n%s", path, seen.Status, seen.Text())
			}
			if there := strings.Replace(seen.Text(), banner+". Nothing can be changed. End this view ", "", 1); there != own.Text() {
				t.Errorf("%s differs from what Luca sees:\n%s\n%s", path, there, own.Text())
			}
		}
		for path, want := range map[string]int{"/account": http.StatusForbidden, "/account/two-step": http.StatusForbidden, "/account/passkeys": http.StatusForbidden, "/office/imports": http.StatusForbidden, "/office/view-as": http.StatusForbidden, "/audit": http.StatusForbidden} {
			if p := staff.Get(path); p.Status != want {
				t.Errorf("%s: %d, want %d", path, p.Status, want)
			}
		}
		before := dbtest.Rows(t, d)
		for _, s := range []sent{{path: keyPath(w, "office") + "/reveal"}, {path: "/keys/export", form: url.Values{"format": {"tsv"}}}, {path: "/permissions/" + lidWire.Wire(w.IDs[webtest.Enterprise]) + "/drop"},
			{path: "/permissions/request", form: url.Values{"program": {"enterprise"}, "licensing_id": {"E-1001"}, "roles": {"download"}}}} {
			if p := submit(staff, s); p.Status != http.StatusForbidden || !strings.Contains(p.Text(), "through somebody else's eyes") || strings.Contains(p.Body, w.Codes["office"].Reveal()) {
				t.Errorf("%s: %d\n%s", s.path, p.Status, p.Text())
			}
		}
		for table, rows := range dbtest.Rows(t, d) {
			if len(rows) != len(before[table]) && table != "audit_records" {
				t.Errorf("%s changed", table)
			}
		}
		did := w.Acts(webtest.Operator)
		if did["views.started"] != 1 || did["customers.read"] == earlier["customers.read"] || did["access.refused"]-earlier["access.refused"] != 10 {
			t.Errorf("on record: %v, and before %v", did, earlier)
		}
		if lists := w.Acts(webtest.Operator)["customers.read"]; staff.Get("/keys").Status != http.StatusOK || w.Acts(webtest.Operator)["customers.read"] == lists {
			t.Error("a list that is seen in a view is not on record")
		}
		if got := w.Acts(webtest.KeyView); got["access.refused"] != 0 {
			t.Errorf("on Luca's record: %v", got)
		}
		staff.Post("/preferences", url.Values{"lang": {"it"}})
		if p := staff.Get("/"); !strings.Contains(p.Text(), "Stai vedendo il portale come lo vede Luca Verdi") {
			t.Errorf("in Italian: %s", p.Text())
		}
		if p := luca.Get("/"); !strings.Contains(p.Text(), "Home") || strings.Contains(p.Text(), "Esci") {
			t.Errorf("Luca's language: %s", p.Text())
		}
		clk.Advance(29 * time.Minute)
		staff.Get("/")
		clk.Advance(time.Minute + time.Second)
		if p := staff.Get("/office/imports"); p.Status != http.StatusOK || strings.Contains(p.Text(), "Luca Verdi") {
			t.Errorf("after half an hour: %d", p.Status)
		}
		ask(webtest.KeyView, caseNumber)
		staff.Post("/office/view-as/end", nil)
		if p := staff.Get("/office/imports"); p.Status != http.StatusOK {
			t.Errorf("after the end: %d", p.Status)
		}
		ask(webtest.KeyView, caseNumber)
		w.Exec("UPDATE users SET disabled_at = $1 WHERE id = (SELECT user_id FROM user_addresses WHERE address = $2)", clk.Now(), webtest.KeyView)
		if p := staff.Get("/office/imports"); p.Status != http.StatusOK {
			t.Errorf("of somebody who is gone: %d", p.Status)
		}
	})
}

// TestSigningOutOfAView ends the session of whoever looks, and of nobody else.
func TestSigningOutOfAView(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w := webtest.New(t, d, webtest.Options{})
		staff, luca := w.As(t, webtest.Operator), w.As(t, webtest.KeyView)
		staff.Post("/office/view-as", url.Values{"address": {webtest.KeyView}, "reason": {caseNumber}})
		if p := staff.Post("/sign-out", nil); p.Status != http.StatusSeeOther || w.Acts(webtest.Operator)["sessions.ended"] != 1 {
			t.Errorf("%d\n%s", p.Status, p.Text())
		}
		if p := staff.Get("/permissions"); strings.Contains(p.Text(), "Luca Verdi") {
			t.Errorf("still there: %s", p.Text())
		}
		if p := luca.Get("/permissions"); p.Status != http.StatusOK || w.Acts(webtest.KeyView)["sessions.ended"] != 0 {
			t.Errorf("Luca's session: %d", p.Status)
		}
	})
}
