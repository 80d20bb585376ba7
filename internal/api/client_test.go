package api_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"chiave/client"
	"chiave/internal/app/apptest"
	"chiave/internal/platform/db"
	"chiave/verify"
)

func sdk(w *apptest.World, who string, options ...client.Option) *client.Client {
	return client.New(w.URL, append([]client.Option{client.HTTP(w.HTTP()), client.Token(w.Tokens[who])}, options...)...)
}

// code is that of the problem an SDK call ended with.
func code(err error) string {
	var p *client.Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return ""
}

// TestTheSDKDoesTheMainJob against the real server: from the feeds to an activation that the machine proves offline.
func TestTheSDKDoesTheMainJob(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		ctx, operator, admin := t.Context(), sdk(w, apptest.Operator), sdk(w, apptest.Admin)
		lines := "line_id,licensing_id,order_number,order_date,product,version,kind,quantity\n"
		for _, dry := range []bool{true, false} {
			report, err := operator.Import(ctx, client.Orders, "more.csv", dry, func() (io.Reader, error) {
				return strings.NewReader(lines + "L-9,E-1001,PO-1,2025-01-01,NIB-STD,2019,L,30\n"), nil
			})
			if err != nil || report.Rows != 1 || report.Created != 1 || report.DryRun != dry || report.Published == dry || report.File != "more.csv" || len(report.SHA256) != 64 {
				t.Fatalf("dry run %v: %+v, %v", dry, report, err)
			}
		}
		bad, err := operator.Import(ctx, client.Orders, "bad.csv", false, func() (io.Reader, error) {
			return strings.NewReader(lines + "L-10,E-1001,PO-1,2025-01-01,NOTHING,2019,L,30\n"), nil
		})
		if err != nil || bad.Published || len(bad.Errors) != 1 || bad.Errors[0].Line != 2 || bad.Errors[0].Field != "product" || bad.Errors[0].Detail == "" {
			t.Errorf("a bad row: %+v, %v", bad, err)
		}
		summary, err := admin.LicenseSummary(ctx, client.SummaryQuery{AsOf: "2026-03-31", LicensingIDs: []string{apptest.Enterprise}})
		if err != nil || summary.AsOf != "2026-03-31" || !slices.ContainsFunc(summary.Rows, func(r client.SummaryRow) bool {
			return r.Product == "NIB-STD" && r.Version == "2019" && r.Effective == 30
		}) {
			t.Errorf("got %+v, %v", summary, err)
		}
		explained, err := admin.ExplainSummary(ctx, client.SummaryQuery{AsOf: "2026-03-31", LicensingIDs: []string{apptest.Enterprise}}, "NIB-STD", "2019", false)
		if err != nil || len(explained.Effective) == 0 || explained.Effective[0].LineID != "L-9" || explained.Effective[0].Quantity != 30 {
			t.Errorf("got %+v, %v", explained, err)
		}
		made, err := operator.GenerateKeys(ctx, client.Generation{LicensingID: apptest.Enterprise, Type: "mak", Products: []string{"NIB-STD"}, Limit: 1})
		if err != nil || len(made) != 1 || made[0].Limit != 1 || made[0].Available != 1 {
			t.Fatalf("got %+v, %v", made, err)
		}
		revealed, err := admin.RevealKey(ctx, made[0].ID)
		if err != nil || revealed.ID != made[0].ID || !strings.HasSuffix(revealed.Masked, revealed.Key[24:]) {
			t.Fatalf("got %+v, %v", revealed, err)
		}
		activateAndProve(t, w, revealed.Key)
		page, err := admin.Activations(ctx, made[0].ID, client.PageQuery{})
		if err != nil || len(page.Items) != 1 || page.Items[0].Machine != "rossi-nb-500" {
			t.Errorf("got %+v, %v", page, err)
		}
		var file bytes.Buffer
		if err := admin.ExportKeys(ctx, "", "tsv", &file); err != nil || !strings.Contains(file.String(), revealed.Key) || strings.Contains(file.String(), w.Texts["foreign"]) {
			t.Errorf("%v, %s", err, &file)
		}
		file.Reset()
		if err := sdk(w, apptest.ReportView).ExportKeys(ctx, apptest.Enterprise, "csv", &file); code(err) != "access.role_missing" || file.Len() > 0 {
			t.Errorf("got %v, %q", err, &file)
		}
	})
}

func activateAndProve(t *testing.T, w *apptest.World, key string) {
	t.Helper()
	machine := client.New(w.URL, client.HTTP(w.HTTP()))
	ask := client.ActivationRequest{ProductKey: key, InstallationID: apptest.InstallationID("NIB-STD", "rossi-nb-500"), Product: "NIB-STD", Machine: "rossi-nb-500"}
	first, err := machine.Activate(t.Context(), ask)
	if err != nil || first.Again {
		t.Fatalf("got %+v, %v", first, err)
	}
	again, err := machine.Activate(t.Context(), ask)
	if err != nil || !again.Again || again.ID != first.ID {
		t.Errorf("got %+v, %v", again, err)
	}
	published, err := machine.JWKS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	trusted, err := verify.ParseKeys(published)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verify.Token(first.Token, trusted, verify.Expect{Issuer: w.App.Issuer(), InstallationID: ask.InstallationID, Product: "NIB-STD"}); err != nil {
		t.Errorf("the proof does not hold: %v", err)
	}
	ask.InstallationID = apptest.InstallationID("NIB-STD", "rossi-nb-501")
	if _, err := machine.Activate(t.Context(), ask); code(err) != "activation.none_left" {
		t.Errorf("one too many: %v", err)
	}
}

// TestTheSDKRunsTheRest of the interface.
func TestTheSDKRunsTheRest(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		ctx, admin := t.Context(), sdk(w, apptest.Admin)
		signedIn, err := sdk(w, "").SignIn(ctx, client.SignIn{Address: apptest.Admin, Password: apptest.Password})
		if err != nil {
			t.Fatal(err)
		}
		session := client.New(w.URL, client.Token(signedIn.Token))
		if me, err := session.Me(ctx); err != nil || me.Address != apptest.Admin || me.Name != "Chiara Bianchi" || len(me.Scopes) > 0 {
			t.Errorf("got %+v, %v", me, err)
		}
		if err := session.SignOut(ctx); err != nil {
			t.Error(err)
		}
		if _, err := session.Me(ctx); code(err) != "accounts.session" {
			t.Errorf("after signing out: %v", err)
		}
		if me, err := admin.Me(ctx); err != nil || !slices.Equal(me.Scopes, []string{"*"}) {
			t.Errorf("got %+v, %v", me, err)
		}
		if err := admin.SignOut(ctx); code(err) != "accounts.no_session" {
			t.Errorf("signing out with an API token: %v", err)
		}
		list, err := admin.LicensingIDs(ctx, true, "p-77", client.PageQuery{})
		if err != nil || len(list.Items) != 1 || list.Items[0].Number != apptest.Enterprise || list.Items[0].Status != "active" {
			t.Fatalf("got %+v, %v", list, err)
		}
		id := list.Items[0].ID
		if details, err := admin.LicensingID(ctx, id); err != nil || len(details.Contacts) == 0 || details.Parent.Number != "P-77" || details.Master.Number != "M-5" {
			t.Errorf("got %+v, %v", details, err)
		}
		given, err := admin.AssignRole(ctx, id, client.RoleGrant{Address: "New.Person@Rossi.example", Role: "download"})
		if err != nil || given.Address != "new.person@rossi.example" || given.From == "" {
			t.Fatalf("got %+v, %v", given, err)
		}
		if err := admin.RevokeRole(ctx, given.ID); err != nil {
			t.Error(err)
		}
		if grants, err := admin.Roles(ctx, id); err != nil || slices.ContainsFunc(grants, func(g client.RoleGrant) bool { return g.ID == given.ID }) {
			t.Errorf("got %+v, %v", grants, err)
		}
		trail, err := admin.AuditTrail(ctx, apptest.Enterprise, client.PageQuery{Limit: 2})
		if err != nil || len(trail.Items) != 2 || trail.Items[0].Action != "roles.revoked" || trail.Items[0].ActionText == "" || trail.Next == "" {
			t.Errorf("got %+v, %v", trail, err)
		}
		w.Queue("late@rossi.example")
		if n, err := sdk(w, apptest.Operator).ReleaseInvitations(ctx); err != nil || n < 1 {
			t.Errorf("released %d, %v", n, err)
		}
		before, err := admin.Clock(ctx)
		if err != nil || !before.Sandbox {
			t.Errorf("got %+v, %v", before, err)
		}
		if after, err := sdk(w, apptest.Operator).MoveClock(ctx, "48h"); err != nil || after.Now[:10] != "2026-04-02" {
			t.Errorf("got %+v, %v", after, err)
		}
		if _, err := sdk(w, apptest.Admin, client.Language("it")).MoveClock(ctx, "48h"); code(err) != "access.staff_only" || !strings.Contains(err.Error(), "personale") {
			t.Errorf("got %v", err)
		}
	})
}

// dropper loses the first answer to every request, after the server has given it.
type dropper struct {
	next http.RoundTripper
	lost map[string]bool
	n    atomic.Int64
}

func (d *dropper) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := d.next.RoundTrip(r)
	if err != nil || d.lost[r.Header.Get("Idempotency-Key")] {
		return answer, err
	}
	d.lost[r.Header.Get("Idempotency-Key")] = true
	d.n.Add(1)
	answer.Body.Close()
	return nil, io.ErrUnexpectedEOF
}

// TestALostAnswerCountsOnce (R4): the SDK repeats with the same key.
func TestALostAnswerCountsOnce(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		lossy := &dropper{next: http.DefaultTransport, lost: map[string]bool{}}
		operator := client.New(w.URL, client.Token(w.Tokens[apptest.Operator]), client.HTTP(&http.Client{Transport: lossy}))
		before := len(w.Rows()["product_keys"])
		made, err := operator.GenerateKeys(t.Context(), client.Generation{LicensingID: apptest.Enterprise, Type: "mak", Products: []string{"NIB-STD"}, Limit: 1, Count: 3})
		if err != nil || len(made) != 3 || lossy.n.Load() != 1 {
			t.Fatalf("%d answers lost: %+v, %v", lossy.n.Load(), made, err)
		}
		if n := len(w.Rows()["product_keys"]) - before; n != 3 {
			t.Errorf("%d keys were made", n)
		}
		line := rossi(t, w).line()
		report, err := operator.Import(t.Context(), client.Orders, "o.csv", false, func() (io.Reader, error) { return strings.NewReader(line), nil })
		if err != nil || report.Created != 1 || !report.Published || lossy.n.Load() != 2 {
			t.Errorf("%d answers lost: %+v, %v", lossy.n.Load(), report, err)
		}
	})
}

// TestPagesGoOnWhereTheyEnded, and cursors lead nowhere else.
func TestPagesGoOnWhereTheyEnded(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		for _, path := range []string{"/api/v1/product-keys?", "/api/v1/licensing-ids?", "/api/v1/audit-records?", "/api/v1/audit-records?licensing_id=E-1001&",
			"/api/v1/licensing-ids/lid_" + string(w.IDs[apptest.Enterprise]) + "/order-lines?", "/api/v1/product-keys/" + w.Wire("office") + "/activations?"} {
			whole := pages(t, w, path+"limit=200")
			if len(whole) != 1 || len(whole[0].Items) < 2 {
				t.Fatalf("%s has no two things: %+v", path, whole)
			}
			single := pages(t, w, path+"limit=1")
			if len(single) != len(whole[0].Items) {
				t.Errorf("%s: %d pages of one, %d things", path, len(single), len(whole[0].Items))
			}
			cursor := single[0].Next
			spoiled := "A" + cursor[1:]
			if cursor[0] == 'A' {
				spoiled = "B" + cursor[1:]
			}
			for what, req := range map[string]request{
				"spoiled":          {path: path + "cursor=" + spoiled, token: w.Tokens[apptest.Admin]},
				"short":            {path: path + "cursor=AAAA", token: w.Tokens[apptest.Admin]},
				"of somebody else": {path: path + "cursor=" + cursor, token: w.Tokens[apptest.Operator]},
				"of another list":  {path: "/api/v1/licensing-ids?search=x&cursor=" + cursor, token: w.Tokens[apptest.Admin]},
			} {
				req.method = http.MethodGet
				send(t, w, req).wants(t, path+" with a cursor that is "+what, http.StatusUnprocessableEntity, "request.cursor")
			}
		}
	})
}

type page struct {
	Items []any
	Next  string
}

// pages reads a list to its end as Admin.
func pages(t *testing.T, w *apptest.World, path string) (all []page) {
	t.Helper()
	for cursor := ""; len(all) < 200; {
		got := send(t, w, request{method: http.MethodGet, path: path + cursor, token: w.Tokens[apptest.Admin]})
		var p page
		if err := json.Unmarshal([]byte(got.body), &p); err != nil || got.status != http.StatusOK {
			t.Fatalf("%s%s: %d %s", path, cursor, got.status, got.body)
		}
		all = append(all, p)
		if p.Next == "" {
			return all
		}
		cursor = "&cursor=" + p.Next
	}
	t.Fatalf("%s has no end", path)
	return nil
}

// TestHeadAnswersLikeGetWithoutABody, and what no route matches is a problem too.
func TestHeadAnswersLikeGetWithoutABody(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, db.SQLite)
	for _, r := range apiRoutes(w) {
		if r.Method != http.MethodGet {
			continue
		}
		req := of(r, rossi(t, w), fit(r))
		get := send(t, w, req)
		req.method = http.MethodHead
		head := send(t, w, req)
		if get.status != http.StatusOK || head.status != get.status || head.body != "" || head.header.Get("Content-Type") != get.header.Get("Content-Type") {
			t.Errorf("%s: GET %d, HEAD %d %q %q", r.Pattern(), get.status, head.status, head.header.Get("Content-Type"), head.body)
		}
	}
	send(t, w, request{method: http.MethodGet, path: "/api/v1/nowhere"}).wants(t, "nowhere", http.StatusNotFound, "request.no_route")
	got := send(t, w, request{method: http.MethodPatch, path: "/api/v1/tokens"})
	got.wants(t, "another method", http.StatusMethodNotAllowed, "request.method")
	if got.header.Get("Allow") != "GET, HEAD, POST" {
		t.Errorf("Allow is %q", got.header.Get("Allow"))
	}
}
