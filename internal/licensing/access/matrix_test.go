package access_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// customers is the role × action matrix of the requirements, its columns in the order of access.Roles.
var customers = map[access.Action]string{
	//                     A V D K KA SAM OSM SUB LIM
	access.SeeLicensingID: "✓ ✓ ✓ ✓ ✓ ✓ ✓ ✓ ✓",
	access.ViewReports:    "✓ ✓ – – – – – – ✓",
	access.ViewKeys:       "✓ – – ✓ ✓ – – – ✓",
	access.SeeMachines:    "✓ – – ✓ ✓ – – – –",
	access.ReadAudit:      "✓ – – – – – – – –",
	access.ManageUsers:    "✓ – – – – – – – –",
}

func TestEveryRoleAndAction(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		own, other, unknown := w.licensing(w.organization(), "E-1"), w.licensing(w.organization(), "E-2"), ids.New(w.clk.Now())
		for column, role := range access.Roles() {
			address := string(role) + "@example.com"
			actor := w.user("", address)
			w.grant(own, address, role)
			for action, line := range customers {
				want := strings.Fields(line)[column] == "✓"
				err := w.on(actor, action, own)
				if got := err == nil; got != want {
					t.Errorf("%s, %s on the own Licensing ID: %v, want allowed %t", role, action, err, want)
				}
				if !want {
					wantErr := errs.New(errs.Denied, "access.role_missing", errs.Params{"action": string(action), "licensing_id": "E-1", "roles": access.RolesFor(action)})
					if !reflect.DeepEqual(err, error(wantErr)) {
						t.Errorf("%s, %s: %v, want %v", role, action, err, wantErr)
					}
				}
				hidden, missing := w.on(actor, action, other), w.on(actor, action, unknown)
				if !reflect.DeepEqual(hidden, missing) || !reflect.DeepEqual(missing, error(access.ErrUnknownLicensingID)) {
					t.Errorf("%s, %s: another's %v, none %v; want both %v", role, action, hidden, missing, access.ErrUnknownLicensingID)
				}
				scope, err := w.scope(actor, action)
				told := err == nil // who has roles, and none that reaches, is told so
				if !want {
					told = errs.CodeOf(err) == "access.role_nowhere"
				}
				if !told || scope.All || slices.Contains(scope.IDs, own) != want || len(scope.IDs) > 1 {
					t.Errorf("%s, scope of %s: %+v %v, want the own Licensing ID: %t", role, action, scope, err, want)
				}
			}
		}
	})
}

func (w *world) scope(actor audit.Actor, action access.Action) (scope access.Scope, err error) {
	err = w.ask(actor, func(g *access.Gate) error {
		scope, err = g.Scope(action)
		return err
	})
	return scope, err
}

// publisher is the staff's part of the matrix, its columns in the order of access.StaffKinds.
var publisher = map[access.Action]string{
	//                        O S AM BS
	access.Import:             "✓ – – –",
	access.MaintainKeys:       "✓ – – –",
	access.ReleaseInvitations: "✓ – – –",
	access.ReadCustomers:      "✓ ✓ – –",
	access.MoveClock:          "✓ – – –",
	access.VerifyAudit:        "✓ – – –",
}

func TestEveryKindOfStaffAndAction(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		own, unknown := w.licensing(w.organization(), "E-1"), ids.New(w.clk.Now())
		for column, kind := range access.StaffKinds() {
			actor := w.user(kind, string(kind)+"@publisher.example")
			for action, line := range publisher {
				want := strings.Fields(line)[column] == "✓"
				err := w.ask(actor, func(g *access.Gate) error { return g.Staff(action) })
				if got := err == nil; got != want || !want && errs.CodeOf(err) != "access.staff_only" {
					t.Errorf("%s, %s: %v, want allowed %t", kind, action, err, want)
				}
			}
			reads := kind == access.Operator || kind == access.Support
			for action := range customers {
				wantKind := errs.NotFound // staff who may not read customers learn nothing
				if reads {
					wantKind = errs.Denied
				}
				allowed := reads && slices.Contains([]access.Action{access.SeeLicensingID, access.ViewReports, access.ReadAudit}, action)
				if err := w.on(actor, action, own); (err == nil) != allowed || err != nil && errs.KindOf(err) != wantKind {
					t.Errorf("%s, %s on a customer's Licensing ID: %v, want allowed %t or %s", kind, action, err, allowed, wantKind)
				}
				if err := w.on(actor, action, unknown); !reflect.DeepEqual(err, error(access.ErrUnknownLicensingID)) {
					t.Errorf("%s, %s on no Licensing ID: %v", kind, action, err)
				}
				if scope, err := w.scope(actor, action); (err == nil) != allowed || scope.All != allowed || len(scope.IDs) > 0 {
					t.Errorf("%s, scope of %s: %+v %v, want all %t", kind, action, scope, err, allowed)
				}
			}
		}
		customer := w.user("", "a@example.com")
		for action := range publisher {
			if err := w.ask(customer, func(g *access.Gate) error { return g.Staff(action) }); errs.CodeOf(err) != "access.staff_only" {
				t.Errorf("a customer, %s: %v", action, err)
			}
		}
	})
}

func TestWhoIsNobody(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		own := w.licensing(w.organization(), "E-1")
		gone := w.user("operator", "gone@example.com")
		w.grant(own, "gone@example.com", access.Administrator)
		w.exec("UPDATE users SET disabled_at = 1 WHERE id = $2 AND CAST($1 AS TEXT) IS NOT NULL", gone.ID)
		for name, actor := range map[string]audit.Actor{"anonymous": audit.Nobody("r"), "a machine": {Kind: audit.Machine}, "no kind": {},
			"a user who never was": {Kind: audit.User, ID: ids.New(w.clk.Now())}, "a disabled user": gone} {
			for question, ask := range map[string]func(*access.Gate) error{
				"On":         func(g *access.Gate) error { return g.On(access.SeeLicensingID, own) },
				"Staff":      func(g *access.Gate) error { return g.Staff(access.Import) },
				"SignedIn":   (*access.Gate).SignedIn,
				"Scope":      func(g *access.Gate) error { _, err := g.Scope(access.SeeLicensingID); return err },
				"Delegable":  func(g *access.Gate) error { return g.Delegable([]access.Action{access.SelfService}) },
				"On unknown": func(g *access.Gate) error { return g.On(access.SeeLicensingID, "x") },
			} {
				if err := w.ask(actor, ask); errs.KindOf(err) != errs.Unauthenticated || errs.CodeOf(err) != "access.sign_in" {
					t.Errorf("%s, %s: %v", name, question, err)
				}
			}
			if err := w.ask(actor, func(g *access.Gate) error { g.Public(); return nil }); err != nil {
				t.Errorf("%s, what is open to anybody: %v", name, err)
			}
		}
		if err := w.on(audit.Itself(), access.ManageUsers, own); err != nil {
			t.Errorf("the installation itself: %v", err)
		}
		if err := w.on(audit.Itself(), access.ManageUsers, "x"); errs.KindOf(err) != errs.NotFound {
			t.Errorf("the installation itself on nothing: %v", err)
		}
	})
}
