package access

import (
	"errors"
	"slices"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// ErrUnknownLicensingID is the one answer to a Licensing ID that does not exist and to one the actor may not know of.
var ErrUnknownLicensingID = errs.New(errs.NotFound, "licensing_ids.unknown")

var (
	errSignIn      = errs.New(errs.Unauthenticated, "access.sign_in")
	errStaffOnly   = errs.New(errs.Denied, "access.staff_only")
	errViewing     = errs.New(errs.Denied, "access.viewing")
	errByToken     = errs.New(errs.Denied, "access.token_by_token")
	errUndecided   = errors.New("no access decision was taken")
	errWrongAction = errors.New("the action is not one of this kind of decision")
)

// Gate takes the access decisions of one use case, in its transaction. It belongs to the function it was handed to.
type Gate struct {
	tx      *db.Tx
	actor   audit.Actor
	who     *principal // nil until looked up
	allowed bool
	refusal *refusal // the last decision, when it was a refusal
	reads   []customerRead
}

// refusal is a decision that went against the actor.
type refusal struct {
	kind      errs.Kind
	action    Action
	licensing ids.ID
}

// customerRead is a customer's data opened to a member of staff.
type customerRead struct {
	action                  Action
	licensing, organization ids.ID
}

func newGate(tx *db.Tx, actor audit.Actor) *Gate { return &Gate{tx: tx, actor: actor} }

func (g *Gate) run(use func(tx *db.Tx, g *Gate) error) error {
	if err := use(g.tx, g); err != nil {
		return err
	}
	if !g.allowed {
		return errUndecided
	}
	return nil
}

// allow notes a decision in favour of the actor.
func (g *Gate) allow() {
	g.allowed, g.refusal = true, nil
}

// refuse notes a decision against the actor and returns its error.
func (g *Gate) refuse(action Action, licensing ids.ID, err *errs.Error) error {
	g.refusal = &refusal{kind: err.Kind, action: action, licensing: licensing}
	return err
}

// Refuse notes a refusal that the room has taken by a rule of its own (a wrong password), so that it goes on record
// like the gate's, and returns err.
func (g *Gate) Refuse(action Action, err *errs.Error) error { return g.refuse(action, "", err) }

// Public says on purpose that the use case is open to anybody.
func (g *Gate) Public() { g.allow() }

// Actor returns the actor, acting for the organization whose Licensing ID it was let onto by right of being staff.
func (g *Gate) Actor() audit.Actor {
	actor := g.actor
	if n := len(g.reads); n > 0 && g.reads[n-1].organization != "" {
		actor.For = g.reads[n-1].organization
	}
	return actor
}

// SignedIn lets any signed-in user pass, onto what is the user's own. Errors: Unauthenticated "access.sign_in"; Denied
// "access.token_scope".
func (g *Gate) SignedIn() error {
	if _, err := g.enter(SelfService, ""); err != nil {
		return err
	}
	g.allow()
	return nil
}

// Staff lets the publisher's staff pass whose kind the matrix allows the action. Errors: Unauthenticated
// "access.sign_in"; Denied "access.staff_only", "access.token_scope".
func (g *Gate) Staff(action Action) error {
	who, err := g.enter(action, "")
	if err != nil {
		return err
	}
	if m := matrix(action); len(m.roles) > 0 || len(m.staff) == 0 {
		return errWrongAction
	}
	if !who.may(action) {
		return g.refuse(action, "", errStaffOnly)
	}
	g.allow()
	if action == ReadCustomers && !who.trusted {
		g.reads = append(g.reads, customerRead{action: action, organization: g.actor.For})
	}
	return nil
}

// On lets the actor do action on a Licensing ID, given by its row id. Errors: Unauthenticated "access.sign_in";
// NotFound ErrUnknownLicensingID; Denied "access.role_missing" with the parameters action, licensing_id (its number) and
// roles (those that would do), "access.token_scope".
func (g *Gate) On(action Action, licensing ids.ID) error {
	who, err := g.enter(action, licensing)
	if err != nil {
		return err
	}
	if len(matrix(action).roles) == 0 {
		return errWrongAction
	}
	held, err := g.rolesOn(licensing)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(held, func(r Role) bool { return slices.Contains(matrix(action).roles, r) }) {
		g.allow()
		if who.viewing {
			g.reads = append(g.reads, customerRead{action: action, licensing: licensing})
		}
		return nil
	}
	if len(held) == 0 && !who.may(ReadCustomers) {
		return g.refuse(action, licensing, ErrUnknownLicensingID)
	}
	return g.onAsStaff(who, action, licensing)
}

// onAsStaff decides on a Licensing ID that the actor may know of, if it exists, but holds no fitting role on.
func (g *Gate) onAsStaff(who *principal, action Action, licensing ids.ID) error {
	var number string
	var organization ids.ID
	err := g.tx.Row("SELECT number, organization_id FROM licensing_ids WHERE id = $1", licensing).Scan(&number, &organization)
	if errors.Is(err, db.ErrNoRow) {
		return g.refuse(action, licensing, ErrUnknownLicensingID)
	}
	if err != nil {
		return err
	}
	if !who.may(action) {
		return g.refuse(action, licensing, errs.New(errs.Denied, "access.role_missing",
			errs.Params{"action": string(action), "licensing_id": number, "roles": RolesFor(action)}))
	}
	g.allow()
	if !who.trusted {
		g.reads = append(g.reads, customerRead{action, licensing, organization})
	}
	return nil
}

// Scope returns every Licensing ID on which the actor may do action. Who has no role at all is told of none, which is no refusal; who
// has roles that all do not reach, and staff whom the matrix does not allow the action, are refused. Staff whom it does get All, or the
// Licensing IDs of the organization they act for. Errors: Unauthenticated "access.sign_in"; Denied "access.role_nowhere" with the
// parameters action, roles (those that would do) and, where there is one that the actor knows, licensing_id; "access.token_scope".
func (g *Gate) Scope(action Action) (Scope, error) {
	who, err := g.enter(action, "")
	if err != nil {
		return Scope{}, err
	}
	if len(matrix(action).roles) == 0 {
		return Scope{}, errWrongAction
	}
	var scope Scope
	switch {
	case !who.may(action):
		scope.IDs, err = g.heldOn(matrix(action).roles)
		if err == nil && len(scope.IDs) == 0 {
			err = g.knowsOthers(who, action)
		}
	case g.actor.For != "":
		scope.IDs, err = g.ownedBy(g.actor.For)
	default:
		scope.All = true
	}
	if err != nil {
		return Scope{}, err
	}
	g.allow()
	if who.viewing || who.may(action) && !who.trusted {
		g.reads = append(g.reads, customerRead{action: action, organization: g.actor.For})
	}
	return scope, nil
}

// knowsOthers refuses an action that the actor may do nowhere to whom the reason can be told: there are Licensing IDs, and other roles.
func (g *Gate) knowsOthers(who *principal, action Action) error {
	known, err := g.heldOn(Roles())
	if err != nil || len(known) == 0 && who.staff == "" {
		return err
	}
	refusal := errs.New(errs.Denied, "access.role_nowhere", errs.Params{"action": string(action), "roles": RolesFor(action)})
	if len(known) > 0 {
		var number string
		if err := g.tx.Row("SELECT number FROM licensing_ids WHERE id = $1", known[0]).Scan(&number); err != nil {
			return err
		}
		refusal.Params["licensing_id"] = number
	}
	return g.refuse(action, "", refusal)
}

// Delegable reports whether the actor may make an API token with these scopes. A token makes none: what it made would outlive its own
// end and its revocation. Errors: as SignedIn; Denied "access.token_by_token"; Invalid "access.scope" for a scope that is none, or for no
// scope at all.
func (g *Gate) Delegable(scopes []Action) error {
	who, err := g.enter(SelfService, "")
	if err != nil {
		return err
	}
	if who.token {
		return g.refuse(SelfService, "", errByToken)
	}
	if err := CheckScopes(scopes); err != nil {
		return err
	}
	g.allow()
	return nil
}

// CheckScopes says what is wrong with the scopes of a token. Errors: Invalid "access.scope" for a scope that is none, or for no scope at all.
func CheckScopes(scopes []Action) error {
	if len(scopes) == 0 {
		return errs.New(errs.Invalid, "access.scope", errs.Params{"scope": ""})
	}
	for _, s := range scopes {
		if s != Everything && !slices.Contains(Actions(), s) {
			return errs.New(errs.Invalid, "access.scope", errs.Params{"scope": string(s)})
		}
	}
	return nil
}

func tokenScope(action Action) *errs.Error {
	return errs.New(errs.Denied, "access.token_scope", errs.Params{"action": string(action)})
}
