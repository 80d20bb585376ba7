package access_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

func TestOnlyCurrentRolesOfVerifiedAddressesCount(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		admin := w.user("", "admin@example.com")
		anna := w.user("", "anna@example.com")
		w.address(anna.ID, "anna.b@example.com", true)
		w.address(anna.ID, "shared@example.com", false)
		organization := w.organization()
		now := w.clk.Now()
		cases := map[string]struct {
			address     string
			from, until time.Time
			want        []bool // now, after 1 hour, after 2 hours
		}{
			"E-plain":      {"anna@example.com", time.Time{}, time.Time{}, []bool{true, true, true}},
			"E-second":     {"Anna.B@Example.com", time.Time{}, time.Time{}, []bool{true, true, true}},
			"E-unverified": {"shared@example.com", time.Time{}, time.Time{}, []bool{false, false, false}},
			"E-somebody":   {"else@example.com", time.Time{}, time.Time{}, []bool{false, false, false}},
			"E-future":     {"anna@example.com", now.Add(2 * time.Hour), time.Time{}, []bool{false, false, true}},
			"E-ends":       {"anna@example.com", time.Time{}, now.Add(time.Hour), []bool{true, false, false}},
			"E-window":     {"anna@example.com", now.Add(time.Hour), now.Add(2 * time.Hour), []bool{false, true, false}},
		}
		rows := map[string]ids.ID{}
		for number, c := range cases {
			rows[number] = w.licensing(organization, number)
			w.grant(rows[number], "admin@example.com", access.Administrator)
			if _, err := w.Assign(t.Context(), admin, access.Assignment{Licensing: rows[number], Address: c.address, Role: access.ProductKeys, From: c.from, Until: c.until}); err != nil {
				t.Fatal(err)
			}
		}
		for hour := range 3 {
			for number, c := range cases {
				err := w.on(anna, access.ViewKeys, rows[number])
				if (err == nil) != c.want[hour] || err != nil && errs.KindOf(err) != errs.NotFound {
					t.Errorf("%s after %d hours: %v, want allowed %t", number, hour, err, c.want[hour])
				}
			}
			w.clk.Advance(time.Hour)
		}
	})
}

func TestRightsAreTheUnionOverAddresses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		lid := w.licensing(w.organization(), "E-1")
		anna := w.user("", "a@example.com")
		w.address(anna.ID, "b@example.org", true)
		w.grant(lid, "a@example.com", access.Download)
		w.grant(lid, "b@example.org", access.ProductKeys)
		w.grant(lid, "b@example.org", access.LicensingInfoViewer)
		for action, want := range map[access.Action]errs.Kind{access.ViewKeys: errs.Internal, access.ViewReports: errs.Internal, access.ManageUsers: errs.Denied} {
			if err := w.on(anna, action, lid); (err == nil) != (want == errs.Internal) || errs.KindOf(err) != want {
				t.Errorf("%s: %v", action, err)
			}
		}
	})
}

func TestTokenScopesNarrow(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		lid, other := w.licensing(w.organization(), "E-1"), w.licensing(w.organization(), "E-2")
		admin, operator := w.user("", "a@example.com"), w.user(access.Operator, "o@publisher.example")
		w.grant(lid, "a@example.com", access.Administrator)
		token := func(owner audit.Actor, scopes string, until time.Duration, revoked any) audit.Actor {
			owner.Token = w.exec(`INSERT INTO api_tokens (id, token_hash, user_id, name, scopes, created_at, expires_at, revoked_at) VALUES ($1, $2, $3, 'n', $4, 1, $5, $6)`,
				[]byte(ids.New(w.clk.Now())), owner.ID, scopes, w.clk.Now().Add(until), revoked)
			return owner
		}
		stolen := token(admin, "*", time.Hour, nil)
		stolen.ID = operator.ID
		for name, c := range map[string]struct {
			actor audit.Actor
			ask   func(*access.Gate) error
			want  string // code, "" when allowed
		}{
			"in scope":              {token(admin, "keys.view reports.view", time.Hour, nil), on(access.ViewKeys, lid), ""},
			"everything":            {token(admin, "*", time.Hour, nil), on(access.ManageUsers, lid), ""},
			"out of scope":          {token(admin, "reports.view", time.Hour, nil), on(access.ViewKeys, lid), "access.token_scope"},
			"out of scope, other":   {token(admin, "reports.view", time.Hour, nil), on(access.ViewKeys, other), "access.token_scope"},
			"a scope is no right":   {token(admin, "*", time.Hour, nil), on(access.ViewKeys, other), "licensing_ids.unknown"},
			"nor for staff":         {token(admin, "imports.run", time.Hour, nil), staff(access.Import), "access.staff_only"},
			"staff in scope":        {token(operator, "imports.run", time.Hour, nil), staff(access.Import), ""},
			"staff out of scope":    {token(operator, "customers.read", time.Hour, nil), staff(access.Import), "access.token_scope"},
			"no self":               {token(admin, "keys.view", time.Hour, nil), (*access.Gate).SignedIn, "access.token_scope"},
			"expired":               {token(admin, "*", 0, nil), on(access.ViewKeys, lid), "access.sign_in"},
			"revoked":               {token(admin, "*", time.Hour, int64(1)), on(access.ViewKeys, lid), "access.sign_in"},
			"another user's":        {stolen, staff(access.Import), "access.sign_in"},
			"a token from a token":  {token(admin, "self keys.view", time.Hour, nil), delegable(access.SelfService), "access.token_by_token"},
			"even from everything":  {token(admin, "*", time.Hour, nil), delegable(access.SelfService), "access.token_by_token"},
			"any, from a session":   {admin, delegable(access.Everything), ""},
			"no such scope":         {admin, delegable("keys.destroy"), "access.scope"},
			"no scope":              {admin, delegable(), "access.scope"},
			"public is not a scope": {admin, delegable(access.Public), "access.scope"},
		} {
			if err := w.ask(c.actor, c.ask); (err == nil) != (c.want == "") || err != nil && errs.CodeOf(err) != c.want {
				t.Errorf("%s: %v, want %q", name, err, c.want)
			}
		}
	})
}

func on(action access.Action, lid ids.ID) func(*access.Gate) error {
	return func(g *access.Gate) error { return g.On(action, lid) }
}

func staff(action access.Action) func(*access.Gate) error {
	return func(g *access.Gate) error { return g.Staff(action) }
}

func delegable(scopes ...access.Action) func(*access.Gate) error {
	return func(g *access.Gate) error { return g.Delegable(scopes) }
}

// TestNoneIsLookedUpLikeAnothers: how long the answer takes must not tell whether there is such a Licensing ID, so both ask the same.
func TestNoneIsLookedUpLikeAnothers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		anna, others := w.user("", "a@example.com"), w.licensing(w.organization(), "E-1")
		w.grant(others, "b@example.com", access.Administrator)
		for _, table := range []string{"users", "role_grants", "user_addresses"} {
			rename := func(from, to string) { w.exec("ALTER TABLE " + from + " RENAME TO " + to) }
			for _, lid := range []ids.ID{others, "", ids.New(w.clk.Now())} {
				if err := w.on(anna, access.ViewKeys, lid); !errors.Is(err, access.ErrUnknownLicensingID) {
					t.Errorf("%q: %v", lid, err)
				}
				rename(table, "hidden")
				if err := w.on(anna, access.ViewKeys, lid); errs.KindOf(err) != errs.Internal {
					t.Errorf("%q did not ask %s: %v", lid, table, err)
				}
				rename("hidden", table)
			}
		}
	})
}

func TestUseCaseWithoutAnAllowedDecisionFails(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		anna := w.user("", "a@example.com")
		silent := func(*access.Gate) error { return nil }
		swallowed := func(g *access.Gate) error { g.On(access.ViewKeys, "x"); return nil }
		wrongKind := func(g *access.Gate) error { return errors.Join(g.Staff(access.ViewKeys), g.On(access.Import, "x")) }
		for name, ask := range map[string]func(*access.Gate) error{"silent": silent, "swallowed": swallowed, "wrong kind": wrongKind} {
			if err := w.ask(anna, ask); err == nil || errs.KindOf(err) != errs.Internal {
				t.Errorf("%s, reading: %v", name, err)
			}
			err := w.Write(t.Context(), anna, func(tx *db.Tx, g *access.Gate) error {
				if _, err := tx.Exec("UPDATE users SET first_name = 'changed'"); err != nil {
					return err
				}
				tx.Audited()
				return ask(g)
			})
			var changed int
			w.db.Read(t.Context(), func(tx *db.Tx) error {
				return tx.Row("SELECT count(*) FROM users WHERE first_name = 'changed'").Scan(&changed)
			})
			if err == nil || errs.KindOf(err) != errs.Internal || changed != 0 {
				t.Errorf("%s, writing: %v, %d rows changed", name, err, changed)
			}
		}
	})
}

func TestRefusalsAreOnRecord(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		lid, other := w.licensing(w.organization(), "E-1"), w.licensing(w.organization(), "E-2")
		anna := w.user("", "a@example.com")
		w.grant(lid, "a@example.com", access.Download)
		for _, ask := range []func(*access.Gate) error{on(access.ViewKeys, lid), on(access.ViewKeys, other), staff(access.Import)} {
			w.ask(anna, ask)
		}
		ctx, cancel := context.WithCancel(t.Context()) // whoever hangs up leaves traces all the same
		w.Write(ctx, anna, func(_ *db.Tx, g *access.Gate) error { defer cancel(); return g.On(access.ManageUsers, lid) })
		w.ask(anna, func(g *access.Gate) error { // a refusal that the use case could live with is none
			if g.On(access.ViewKeys, lid) == nil {
				return errors.New("keys are open")
			}
			return g.On(access.SeeLicensingID, lid)
		})
		want := []logged{
			{ActorID: anna.ID, Action: "access.refused", Object: "lid_" + string(lid), LicensingID: lid, Refused: true, After: json.RawMessage(`{"action":"keys.view"}`)},
			{ActorID: anna.ID, Action: "access.refused", Object: "lid_" + string(other), Refused: true, After: json.RawMessage(`{"action":"keys.view"}`)},
			{ActorID: anna.ID, Action: "access.refused", Refused: true, After: json.RawMessage(`{"action":"imports.run"}`)},
			{ActorID: anna.ID, Action: "access.refused", Object: "lid_" + string(lid), LicensingID: lid, Refused: true, After: json.RawMessage(`{"action":"users.manage"}`)},
		}
		got := w.log("access.refused")
		for _, l := range want {
			if !slices.ContainsFunc(got, func(g logged) bool { return reflect.DeepEqual(g, l) }) {
				t.Errorf("no record of %+v in %+v", l, got)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%d records, want %d", len(got), len(want))
		}
	})
}

func TestAnonymousRefusalsAreCounted(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for range 500 {
			w.on(audit.Nobody("r"), access.ViewKeys, "x")
		}
		w.ask(audit.Nobody("r"), staff(access.Import))
		if got := w.log("access.refused_anonymous"); len(got) != 0 {
			t.Errorf("%d records within the first minute", len(got))
		}
		w.clk.Advance(time.Minute)
		w.on(audit.Nobody("r"), access.ViewKeys, "x")
		got := w.log("access.refused_anonymous")
		if len(got) != 1 {
			t.Fatalf("%d records after a minute, want 1", len(got))
		}
		var after struct{ Counts map[access.Action]int }
		if err := json.Unmarshal(got[0].After, &after); err != nil || after.Counts[access.ViewKeys] != 501 || after.Counts[access.Import] != 1 {
			t.Errorf("counted %v, %v", after.Counts, err)
		}
		if err := w.FlushRefusals(t.Context()); err != nil || len(w.log("access.refused_anonymous")) != 1 {
			t.Errorf("nothing to write made a record, or %v", err)
		}
	})
}

func TestStaffReadingACustomerIsOnRecord(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		organization := w.organization()
		lid := w.licensing(organization, "E-1")
		w.licensing(w.organization(), "E-2")
		agent := w.user(access.Support, "s@publisher.example")
		if err := w.on(agent, access.ViewReports, lid); err != nil {
			t.Fatal(err)
		}
		agent.For = organization
		scope, err := w.scope(agent, access.SeeLicensingID)
		if err != nil || scope.All || !slices.Equal(scope.IDs, []ids.ID{lid}) {
			t.Errorf("scope of staff acting for an organization: %+v %v", scope, err)
		}
		agent.For = ""
		if err := w.ask(agent, staff(access.ReadCustomers)); err != nil {
			t.Fatal(err)
		}
		want := map[string]logged{
			"reports.view":     {ActorID: agent.ID, For: organization, Action: "customers.read", Object: "lid_" + string(lid), LicensingID: lid, After: json.RawMessage(`{"action":"reports.view"}`)},
			"licensing_id.see": {ActorID: agent.ID, For: organization, Action: "customers.read", After: json.RawMessage(`{"action":"licensing_id.see"}`)},
			"customers.read":   {ActorID: agent.ID, Action: "customers.read", After: json.RawMessage(`{"action":"customers.read"}`)},
		}
		got := w.log("customers.read")
		for name, l := range want {
			if !slices.ContainsFunc(got, func(g logged) bool { return reflect.DeepEqual(g, l) }) {
				t.Errorf("%s: no record of %+v in %+v", name, l, got)
			}
		}
		w.grant(lid, "s@publisher.example", access.LicensingInfoViewer) // by an own role it is no staff's reading
		if err := w.on(agent, access.ViewReports, lid); err != nil || len(w.log("customers.read")) != len(want) {
			t.Errorf("%v, %d records, want %d", err, len(w.log("customers.read")), len(want))
		}
		err = w.Write(t.Context(), w.user(access.Operator, "o@publisher.example"), func(_ *db.Tx, g *access.Gate) error {
			if err := g.On(access.ReadAudit, lid); err != nil || g.Actor().For != organization {
				t.Errorf("operator acts for %q, %v", g.Actor().For, err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestScopeAsACondition(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		organization := w.organization()
		a, b := w.licensing(organization, "E-1"), w.licensing(organization, "E-2")
		for name, c := range map[string]struct {
			scope access.Scope
			want  []string
		}{
			"all":  {access.Scope{All: true}, []string{"E-1", "E-2"}},
			"one":  {access.Scope{IDs: []ids.ID{b}}, []string{"E-2"}},
			"none": {access.Scope{}, nil},
		} {
			var got []string
			err := w.db.Read(t.Context(), func(tx *db.Tx) error {
				return tx.Each("SELECT number FROM licensing_ids WHERE "+c.scope.SQL(tx, "id", "$1")+" AND program = $2 ORDER BY number", []any{c.scope.Arg(), "enterprise"},
					func(scan func(...any) error) error {
						var n string
						err := scan(&n)
						got = append(got, n)
						return err
					})
			})
			if err != nil || !slices.Equal(got, c.want) || c.scope.Has(a) != slices.Contains(c.want, "E-1") {
				t.Errorf("%s: %v %v, want %v", name, got, err, c.want)
			}
		}
	})
}
