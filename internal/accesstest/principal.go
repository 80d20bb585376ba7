package accesstest

import (
	"slices"

	"chiave/internal/licensing/access"
)

// Object is a Licensing ID by what it is to the principals that hold a role.
type Object string

// The Licensing IDs. A role is held on Own and on Expired and on no other.
const (
	Own     Object = "own"
	Expired Object = "expired" // ended long ago
	Child   Object = "child"   // another under the parent agreement of Own
	Sibling Object = "sibling" // another of the same company
	Other   Object = "other"   // another company's
	Unknown Object = "unknown" // there is none
)

// Objects returns all of them. The matrix begins where nobody is let in.
func Objects() []Object { return []Object{Unknown, Other, Child, Sibling, Own, Expired} }

// Principal is somebody who asks.
type Principal struct {
	Name    string
	Role    access.Role // on the objects in On
	Part    string      // of a role group
	On      []Object
	Staff   access.Staff
	Scopes  []access.Action // of the API token, which stands for one if not nil
	Session string          // token of the session, or the API token; "" for who shows none
	Over    bool            // the proof no longer holds, or never did
	address string
}

func (p Principal) nobody() bool { return p.Session == "" || p.Over }

func (p Principal) byToken() bool { return p.Scopes != nil }

// covers reports whether the token, if it is one, is good for action.
func (p Principal) covers(action access.Action) bool {
	return !p.byToken() || slices.Contains(p.Scopes, access.Everything) || slices.Contains(p.Scopes, action)
}

// roles returns what p holds on a Licensing ID.
func (p Principal) roles(o Object) []access.Role {
	if p.Role == "" || !slices.Contains(p.On, o) {
		return nil
	}
	return []access.Role{p.Role}
}

// cast returns everybody, before they have arrived.
func cast() []Principal {
	mine := []Object{Own, Expired}
	all := []Principal{{Name: "anonymous"}}
	for _, r := range access.Roles() {
		all = append(all, Principal{Name: string(r), Role: r, On: mine})
		for _, part := range r.Parts() {
			all = append(all, Principal{Name: string(r) + "/" + part, Role: r, Part: part, On: mine})
		}
	}
	for _, s := range access.StaffKinds() {
		all = append(all, Principal{Name: "staff " + string(s), Staff: s})
	}
	all = append(all,
		Principal{Name: "nobody's role"},
		Principal{Name: "reseller's person"},
		Principal{Name: "other company's administrator", Role: access.Administrator, On: []Object{Other}},
		Principal{Name: "former"}, Principal{Name: "role over"}, Principal{Name: "role to come"}, Principal{Name: "address unproven"},
		Principal{Name: "session ended", Over: true}, Principal{Name: "disabled", Over: true},
		Principal{Name: "token revoked", Scopes: []access.Action{access.Everything}, Over: true},
		Principal{Name: "token expired", Scopes: []access.Action{access.Everything}, Over: true},
		Principal{Name: "token of nothing", Scopes: []access.Action{}, Role: access.Administrator, On: mine},
	)
	for _, s := range append(access.Actions(), access.Everything) {
		all = append(all, Principal{Name: "token of " + string(s), Scopes: []access.Action{s}, Role: access.Administrator, On: mine})
	}
	return all
}

// Few takes one principal of each kind: those who walk where time is short.
func Few(p Principal) bool {
	return slices.Contains([]string{"anonymous", "administrator", "licensing_info_viewer", "limited", "staff operator", "staff support", "staff billing_support",
		"other company's administrator", "former", "disabled", "token of nothing", "token of reports.view"}, p.Name)
}
