package openlicense_test

import (
	"testing"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/notify"
	"chiave/internal/licensing/openlicense"
	"chiave/internal/licensing/requests/requeststest"
	"chiave/internal/platform/errs"
)

// TestAnAdministratorDeniesTheAccess, once and for good, and what else the person holds stays (OPEN-09, OPEN-17; N11).
func TestAnAdministratorDeniesTheAccess(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.Give("dario@alba.example", other, access.Download)
		a := w.add(t, w.dario, pair(other, otherNumber))
		link := requeststest.BaseURL + "/open-license/" + openlicense.Wire.Wire(a.ID)
		if mails := w.Mails(notify.OpenLicenseUsed); len(mails) != 1 || mails[0].Params["link"] != link {
			t.Errorf("mails %+v", mails)
		}
		if got, err := w.Own(t.Context(), w.dario, a.ID); err != nil || got.Number != other {
			t.Errorf("one's own: %+v, %v", got, err)
		}
		for name, x := range map[string]struct {
			actor audit.Actor
			want  string
		}{"another Administrator": {w.Anna, "openlicense.unknown"}, "the person": {w.dario, "access.role_missing"}, "staff": {w.Olga, "access.role_missing"}} {
			_, read := w.Get(t.Context(), x.actor, a.ID)
			if _, err := w.Deny(t.Context(), x.actor, a.ID); errs.CodeOf(err) != x.want || errs.CodeOf(read) != x.want {
				t.Errorf("%s: %v, %v", name, read, err)
			}
		}
		if list, _, err := w.List(t.Context(), w.Bruno, openlicense.Filter{}); err != nil || len(list) != 1 || list[0].Name != "Dario Conti" || !list[0].Denied.IsZero() {
			t.Errorf("%+v, %v", list, err)
		}
		if got, err := w.Deny(t.Context(), w.Bruno, a.ID); err != nil || got.DeniedBy != "Bruno Virtanen" {
			t.Fatalf("%+v, %v", got, err)
		}
		if w.May(w.dario, access.SeeLicensingID, other) != nil || errs.KindOf(w.May(w.dario, access.ViewKeys, other)) != errs.Denied {
			t.Error("more or less was taken away than the numbers had given")
		}
		if mails := w.Mails(notify.OpenLicenseDenied, notify.RolesChanged); len(mails) != 1 || mails[0].To != "dario@alba.example" || mails[0].Params["licensing_id"] != other {
			t.Errorf("mails %+v", mails)
		}
		if _, err := w.Deny(t.Context(), w.Bruno, a.ID); errs.CodeOf(err) != "openlicense.denied_before" {
			t.Errorf("again: %v", err)
		}
		w.fails(t, "openlicense.denied", w.dario, pair(other, otherNumber))
	})
}

// TestTakingTheRolesAwayDeniesToo: what an Administrator takes away role by role does not come back by the same numbers either, once nothing of it is
// left; what the person drops does (OPEN-08, OPEN-09, OPEN-17; N11).
func TestTakingTheRolesAwayDeniesToo(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		a := w.add(t, w.dario, pair(other, otherNumber))
		if err := w.Access.Drop(t.Context(), w.dario, a.Licensing); err != nil {
			t.Fatal(err)
		}
		a = w.add(t, w.dario, pair(other, otherNumber))
		roles, err := w.Access.ListRoles(t.Context(), w.Bruno, a.Licensing)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range roles {
			if g.Source != access.OpenLicense {
				continue
			}
			if len(w.Mails(notify.OpenLicenseDenied)) > 0 {
				t.Error("denied while a role is left")
			}
			if err := w.Access.Revoke(t.Context(), w.Bruno, g.ID); err != nil {
				t.Fatal(err)
			}
		}
		if mails := w.Mails(notify.OpenLicenseDenied); len(mails) != 1 || mails[0].To != "dario@alba.example" {
			t.Errorf("mails %+v", mails)
		}
		if got, err := w.Get(t.Context(), w.Bruno, a.ID); err != nil || got.DeniedBy != "Bruno Virtanen" {
			t.Errorf("%+v, %v", got, err)
		}
		w.fails(t, "openlicense.denied", w.dario, pair(other, otherNumber))
	})
}

// TestWhoSeesWhat: Administrators what is theirs, people their own additions, nobody anything.
func TestWhoSeesWhat(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		a := w.add(t, w.dario, pair(other, otherNumber))
		for range 5 {
			w.Add(t.Context(), w.dario, pair(other, "0"))
		}
		for name, x := range map[string]struct {
			actor      audit.Actor
			count      int
			want, read string // codes of the lists, and of the addition as one's own
		}{"her Administrator": {w.Bruno, 1, "", "openlicense.unknown"}, "another": {w.Anna, 0, "", "openlicense.unknown"}, "the person": {w.dario, 0, "access.role_nowhere", ""},
			"staff": {w.Olga, 0, "access.role_nowhere", "openlicense.unknown"}, "nobody": {audit.Nobody("req"), 0, "access.sign_in", "access.sign_in"}} {
			list, _, err := w.List(t.Context(), x.actor, openlicense.Filter{})
			suspended, again := w.Suspensions(t.Context(), x.actor)
			if len(list) != x.count || len(suspended) != x.count || code(err) != x.want || code(again) != x.want {
				t.Errorf("%s: %+v, %v; %+v, %v", name, list, err, suspended, again)
			}
			if _, err := w.Own(t.Context(), x.actor, a.ID); code(err) != x.read {
				t.Errorf("%s, as one's own: %v", name, err)
			}
		}
		if st, err := w.Standing(t.Context(), audit.Nobody("req")); errs.CodeOf(err) != "access.sign_in" || st.Names != (accounts.Names{}) {
			t.Errorf("nobody: %+v, %v", st, err)
		}
	})
}

func code(err error) string {
	if err == nil {
		return ""
	}
	return errs.CodeOf(err)
}
