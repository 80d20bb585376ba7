package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/keys"
	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/web/webtest"
)

// TestSignIn: a wrong password and an unknown address read alike, the way leads back, the session ends by itself and by hand.
func TestSignIn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		w := webtest.New(t, d, webtest.Options{})
		v := w.Visit(t)
		wrong := v.Post("/sign-in", url.Values{"address": {webtest.Admin}, "password": {"not it"}, "return": {"/keys"}})
		stranger := v.Post("/sign-in", url.Values{"address": {"nobody@rossi.example"}, "password": {"not it"}, "return": {"/keys"}})
		if wrong.Status != http.StatusUnprocessableEntity || strings.ReplaceAll(wrong.Body, webtest.Admin, "x") != strings.ReplaceAll(stranger.Body, "nobody@rossi.example", "x") {
			t.Errorf("a wrong password (%d) and an unknown address (%d) differ", wrong.Status, stranger.Status)
		}
		if !strings.Contains(wrong.Body, `value="`+webtest.Admin+`"`) || strings.Contains(wrong.Body, "not it") {
			t.Error("the form does not keep the address, or keeps the password")
		}
		in := v.Post("/sign-in", url.Values{"address": {webtest.Admin}, "password": {webtest.Password}, "return": {"/keys"}})
		if in.Status != http.StatusSeeOther || in.Location != "/keys" {
			t.Errorf("signing in: %d to %q", in.Status, in.Location)
		}
		away := w.Visit(t).Post("/sign-in", url.Values{"address": {webtest.Admin}, "password": {webtest.Password}, "return": {"//elsewhere.example"}})
		if away.Location != "/" {
			t.Errorf("the way back leads to %q", away.Location)
		}
		clk.Advance(31 * time.Minute)
		late := v.Get("/keys")
		if want := "/sign-in?ended=1&return=%2Fkeys"; late.Location != want {
			t.Errorf("after half an hour: %d to %q, want %q", late.Status, late.Location, want)
		}
		if p := v.Get(late.Location); !strings.Contains(p.Text(), "La sessione è terminata") {
			t.Errorf("the sign-in page does not say that the session has ended, in the language of before:\n%s", p.Text())
		}
		again := w.As(t, webtest.Admin)
		if out := again.Post("/sign-out", nil); out.Location != "/sign-in" || len(again.Cookies()["chiave"]) > 0 {
			t.Errorf("signing out: %d to %q, cookies %v", out.Status, out.Location, again.Cookies())
		}
	})
}

// TestSessionCookieIsBoundToHTTPS: on https the cookie carries the prefix that keeps other hosts and plain connections away.
func TestSessionCookieIsBoundToHTTPS(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.URL(t, db.SQLite), clock.NewManual(dbtest.Start))
	w := webtest.New(t, d, webtest.Options{BaseURL: "https://portal.example"})
	p := w.Visit(t).Post("/sign-in", url.Values{"address": {webtest.Admin}, "password": {webtest.Password}})
	cookie := p.Header.Get("Set-Cookie")
	for _, want := range []string{"__Host-chiave=", "Path=/", "HttpOnly", "Secure", "SameSite=Lax"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie lacks %s: %s", want, cookie)
		}
	}
}

// TestInvitation: looking uses nothing up, faults come back with what was entered, the account works, the link only once.
func TestInvitation(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w := webtest.New(t, d, webtest.Options{})
		path := "/invitations/" + w.Invite("new@rossi.example", "ROSSI")
		v := w.Visit(t)
		for range 2 {
			if p := v.Get(path); p.Status != http.StatusOK || !strings.Contains(p.Text(), "Rossi Meccanica S.p.A. named you with the address new@rossi.example") {
				t.Fatalf("the invitation's page: %d\n%s", p.Status, p.Text())
			}
		}
		form := url.Values{"first_name": {"Ada"}, "last_name": {""}, "language": {"it"}, "password": {"short"}}
		p := v.Post(path, form)
		if p.Status != http.StatusUnprocessableEntity || strings.Count(p.Body, `class="field-error"`) != 2 || !strings.Contains(p.Body, `value="Ada"`) || strings.Contains(p.Body, "short") {
			t.Errorf("a form with two faults: %d\n%s", p.Status, p.Text())
		}
		form.Set("last_name", "Neri")
		form.Set("password", webtest.Password)
		if p := v.Post(path, form); p.Location != "/sign-in?registered=1" {
			t.Errorf("registering: %d to %q\n%s", p.Status, p.Location, p.Text())
		}
		if p := v.Post(path, form); p.Status != http.StatusConflict {
			t.Errorf("the link works twice: %d", p.Status)
		}
		if p := w.As(t, "new@rossi.example").Get("/"); !strings.Contains(p.Text(), "Ti diamo il benvenuto, Ada") {
			t.Errorf("the new user's home:\n%s", p.Text())
		}
	})
}

// TestRevealIsOnTheRecord: the key is on that one page, in no other and in no log, and who saw it is recorded.
func TestRevealIsOnTheRecord(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w := webtest.New(t, d, webtest.Options{})
		text, v := w.Codes["office"].Reveal(), w.As(t, webtest.KeyView)
		path := keyPath(w, "office")
		if p := v.Get(path); strings.Contains(p.Body, text) || !strings.Contains(p.Text(), "•••••-"+text[len(text)-5:]) {
			t.Error("the key is not masked")
		}
		p := v.Post(path+"/reveal", nil)
		if p.Status != http.StatusOK || !strings.Contains(p.Body, text) || p.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("revealing: %d, %s", p.Status, p.Header.Get("Cache-Control"))
		}
		for _, other := range []string{"/keys", path, "/"} {
			if strings.Contains(v.Get(other).Body, text) {
				t.Errorf("%s shows the key too", other)
			}
		}
		v.Post(path+"/copied", nil)
		if strings.Contains(w.Logged(), text) {
			t.Error("the log holds the key")
		}
		records, _, err := w.Rooms.Reports.AuditTrail(t.Context(), audit.Itself(), audit.Filter{Object: keys.Wire.Wire(w.Keys["office"]), Action: "keys."})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range records {
			got = append(got, r.Action)
		}
		if joined := strings.Join(got, " "); strings.Count(joined, "keys.revealed") != 2 || !strings.Contains(joined, "keys.copied") {
			t.Errorf("on record: %v", got)
		}
	})
}

// TestKeyFile: the same seven columns in every language, only of the Licensing ID asked for.
func TestKeyFile(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	v := w.As(t, webtest.Admin)
	all := v.Post("/keys/export", url.Values{"format": {"tsv"}})
	if want := "Licensing ID\tParent Program\tOrganization\tProduct\tProduct Key\tType\tMAK Activations-Used/Available\n"; !strings.HasPrefix(all.Body, want) || strings.Count(all.Body, "\n") != 4 {
		t.Errorf("the file is\n%s", all.Body)
	}
	if got := all.Header.Get("Content-Disposition"); got != `attachment; filename="product-keys.tsv"` {
		t.Errorf("it is sent as %s", got)
	}
	one := v.Post("/keys/export", url.Values{"format": {"csv"}, "licensing": {lidWire.Wire(w.IDs[webtest.Select])}})
	if strings.Count(one.Body, "\n") != 2 || !strings.Contains(one.Body, w.Codes["design"].Reveal()) {
		t.Errorf("the file of one Licensing ID is\n%s", one.Body)
	}
	if p := v.Post("/keys/export", url.Values{"format": {"csv"}, "licensing": {lidWire.Wire(w.IDs[webtest.Foreign])}}); p.Status != http.StatusNotFound {
		t.Errorf("another company's file: %d", p.Status)
	}
}

// TestImport: a dry run changes nothing, a bad row is named by line, column, field and reason, a file sent twice is taken once.
func TestImport(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w := webtest.New(t, d, webtest.Options{})
		v := w.As(t, webtest.Operator)
		const header = "line_id,licensing_id,order_number,order_date,product,kind,quantity,coverage_start,coverage_end\n"
		once := v.Get("/office/imports").Once()
		bad := v.Upload("/office/imports", url.Values{"once": {once}, "kind": {"orders"}}, "file", "november.csv",
			header+"N-1,E-1001,PO-1,2026-03-01,NIB-STD,L,5,,\nN-2,E-1001,PO-1,2026-02-30,NIB-STD,L,5,,\nN-3,E-1001,PO-1,2026-03-01,NIB-NONE,L,5,,\n")
		if bad.Status != http.StatusUnprocessableEntity {
			t.Errorf("a file with bad rows: %d", bad.Status)
		}
		for _, want := range []string{"november.csv was not imported. Nothing was changed.", "1 row is in order. 2 rows are refused.", "Line 3", "order_date (column", "Line 4", "product (column"} {
			if !strings.Contains(bad.Text(), want) {
				t.Errorf("the report lacks %q:\n%s", want, bad.Text())
			}
		}
		good := header + "N-1,E-1001,PO-1,2026-03-01,NIB-STD,L,5,,\n"
		dry := v.Upload("/office/imports", url.Values{"once": {bad.Once()}, "kind": {"orders"}, "dry_run": {"yes"}}, "file", "november.csv", good)
		if dry.Status != http.StatusOK || !strings.Contains(dry.Text(), "november.csv can be imported. Nothing was changed yet.") {
			t.Errorf("the dry run: %d\n%s", dry.Status, dry.Text())
		}
		var locations []string
		for range 2 {
			p := v.Upload("/office/imports", url.Values{"once": {dry.Once()}, "kind": {"orders"}}, "file", "november.csv", good)
			locations = append(locations, p.Location)
		}
		if !strings.HasPrefix(locations[0], "/office/imports?done=imp_") || locations[0] != locations[1] {
			t.Fatalf("sent twice, the file leads to %v", locations)
		}
		if p := v.Get(locations[0]); !strings.Contains(p.Text(), "november.csv was imported.") || !strings.Contains(p.Text(), "New 1") {
			t.Errorf("the report:\n%s", p.Text())
		}
		if p := v.Upload("/office/imports", url.Values{"once": {v.Get("/office/imports").Once()}}, "file", "x.csv", good); p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Text(), "Choose what the file holds") {
			t.Errorf("a file of no kind: %d", p.Status)
		}
	})
}

// TestOfficeKeys: a key is made once however often the form is sent, and its limit changes under the eyes of whoever saw its last state.
func TestOfficeKeys(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w := webtest.New(t, d, webtest.Options{})
		v := w.As(t, webtest.Operator)
		form := url.Values{"once": {v.Get("/office/keys").Once()}, "licensing_id": {"E-9999"}, "type": {"mak"}, "products": {""}, "limit": {"many"}}
		p := v.Post("/office/keys", form)
		if p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Body, `value="E-9999"`) || !strings.Contains(p.Text(), "whole number") {
			t.Errorf("a bad form: %d\n%s", p.Status, p.Text())
		}
		form = url.Values{"once": {p.Once()}, "licensing_id": {webtest.Select}, "type": {"mak"}, "products": {"TEL-DRW"}, "limit": {""}}
		first, second := v.Post("/office/keys", form), v.Post("/office/keys", form)
		if first.Status != http.StatusSeeOther || first.Location != second.Location {
			t.Fatalf("sent twice: %d to %q, %d to %q\n%s", first.Status, first.Location, second.Status, second.Location, first.Text())
		}
		page := v.Get(first.Location)
		if !strings.Contains(page.Text(), "0 used 68 available") { // 45 licenses × 1.5, rounded up
			t.Errorf("the limit worked out:\n%s", page.Text())
		}
		limit := url.Values{"once": {page.Once()}, "version": {"1"}, "limit": {"90"}}
		if p := v.Post(first.Location+"/limit", limit); p.Location != first.Location {
			t.Errorf("a new limit: %d\n%s", p.Status, p.Text())
		}
		stale := url.Values{"once": {v.Get(first.Location).Once()}, "version": {"1"}, "limit": {"95"}}
		if p := v.Post(first.Location+"/limit", stale); p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Body, `value="95"`) {
			t.Errorf("a limit set on an old state: %d\n%s", p.Status, p.Text())
		}
		if p := v.Get(first.Location); !strings.Contains(p.Text(), "0 used 90 available") {
			t.Errorf("the key afterwards:\n%s", p.Text())
		}
	})
}

// TestReleaseInvitations sends what waits, once.
func TestReleaseInvitations(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w := webtest.New(t, d, webtest.Options{})
		v := w.As(t, webtest.Operator)
		if p := v.Get("/office/invitations"); !strings.Contains(p.Text(), "Release 1 invitation") || !strings.Contains(p.Text(), webtest.Invited) {
			t.Errorf("the list:\n%s", p.Text())
		}
		for _, want := range []string{"Invitations released: 1.", "No invitation was waiting."} {
			p := v.Post("/office/invitations", nil)
			if got := v.Get(p.Location); !strings.Contains(got.Text(), want) {
				t.Errorf("after releasing: %q is missing\n%s", want, got.Text())
			}
		}
	})
}
