package archtest

import (
	"fmt"
	"strings"
)

const rooms = module + "/internal/licensing/"

// tier is a storey of the business. A room may import rooms of lower storeys.
type tier int

const (
	_    tier = iota
	who       // people and what they may do
	what      // what is sold and what was agreed
	use       // what is done with it
	asks      // questions across all of it
)

// tiers places every room.
func tiers() map[string]tier {
	return map[string]tier{
		"audit": who, "access": who, "notify": who, "accounts": who, "partners": who, "tenants": who, "registration": who,
		"catalog": what, "agreements": what, "entitlements": what,
		"orders": use, "reservations": use, "subscriptions": use, "benefits": use, "transfers": use,
		"requests": use, "openlicense": use, "keys": use, "activation": use, "downloads": use, "support": use,
		"reports": asks,
	}
}

// sibling is an import between two rooms of one storey, with the reason why it may be.
type sibling struct{ from, to, reason string }

// siblings lists all of them. They must not form a circle, which the compiler sees to.
func siblings() []sibling {
	const recorded = "every change writes its audit record in its own transaction, and audit owns Actor"
	return []sibling{
		{"access", "audit", recorded},
		{"accounts", "audit", recorded},
		{"partners", "audit", recorded},
		{"accounts", "access", "every use case starts with authorization, those about users too"},
		{"partners", "access", "every use case starts with authorization, those about partners too"},
		{"notify", "audit", recorded},
		{"notify", "access", "who may read the log of mails is decided where it is read"},
		{"accounts", "notify", "sign-in links and confirmations of addresses leave as messages"},
		{"tenants", "audit", recorded},
		{"tenants", "access", "every use case starts with authorization, those about tenants too"},
		{"tenants", "accounts", "a tenant is an organization's, and whoever administers it has an address"},
		{"tenants", "notify", "whoever is made administrator of a tenant is told by mail"},
		{"registration", "audit", recorded},
		{"registration", "access", "every use case starts with authorization, that it is open to anybody too"},
		{"registration", "accounts", "whoever registers becomes a user"},
		{"registration", "tenants", "the owner of a domain decides who registers under it"},
		{"registration", "notify", "codes and links that prove an address leave as messages"},
		{"catalog", "entitlements", "the computation owns what a catalog must say, and this room keeps it"},
		{"agreements", "entitlements", "calendar dates are the computation's type"},
		{"activation", "keys", "an activation uses up a product key, and keys owns its count"},
	}
}

const (
	upward   = "WHO stands below WHAT, WHAT below USE, reports on top; move the fact down, or compose the reaction in app"
	sideways = "rooms of one storey know each other only where a line in rooms.go says why"
	nowhere  = "every room has its place in rooms.go; without it nobody can say who may use it"
	nested   = "rooms are flat: what deserves a package of its own deserves a name in the house"
	unused   = "a permission that nobody uses hides the next import that should have been thought about"
)

// checkRooms returns the imports between rooms that the storeys do not allow, and the allowed ones that no import needs
// although both rooms are there.
func checkRooms(places map[string]tier, allowed []sibling, nodes []node) []violation {
	var found []violation
	needed := make([]bool, len(allowed))
	present := map[string]bool{}
	for _, n := range nodes {
		from, ok := strings.CutPrefix(n.ImportPath, rooms)
		if !ok {
			continue
		}
		present[from] = true
		from, rest, _ := strings.Cut(from, "/")
		if places[from] == 0 {
			found = append(found, violation{"place of a room", n.ImportPath, "is in no storey", nowhere})
			continue
		}
		if rest != "" && !forTests(rest) {
			found = append(found, violation{"flat rooms", n.ImportPath, "lies inside another room", nested})
		}
		for _, path := range n.Imports {
			to, ok := strings.CutPrefix(path, rooms)
			to, _, _ = strings.Cut(to, "/")
			if !ok || to == from || forTests(n.ImportPath) {
				continue
			}
			switch {
			case places[to] > places[from]:
				found = append(found, violation{"storeys", n.ImportPath, "imports " + path + " above it", upward})
			case places[to] == places[from] && !allow(allowed, needed, from, to):
				found = append(found, violation{"siblings", n.ImportPath, "imports " + path + " beside it", sideways})
			}
		}
	}
	for i, s := range allowed {
		if !needed[i] && present[s.from] && present[s.to] {
			what := fmt.Sprintf("may import %s, and does not", s.to)
			found = append(found, violation{"unused permission", rooms + s.from, what, unused})
		}
	}
	return found
}

// allow looks an edge up and notes that it is needed.
func allow(allowed []sibling, needed []bool, from, to string) bool {
	for i, s := range allowed {
		if s.from == from && s.to == to {
			needed[i] = true
			return true
		}
	}
	return false
}

// forTests tells a package that holds helpers for tests by its name.
func forTests(path string) bool { return strings.HasSuffix(path, "test") }

func lastElement(path string) string { return path[strings.LastIndex(path, "/")+1:] }
