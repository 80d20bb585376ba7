package access

import (
	"context"
	"slices"
	"strings"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// counts is a condition on a role row g: it counts at the instant $2, or will.
const counts = "g.revoked_at IS NULL AND (g.valid_until IS NULL OR g.valid_until > $2)"

// ListPeople lists who holds or held roles on the actor's own Licensing IDs, by address, and where the next page goes on. Errors: those of
// Gate.Scope for ManageUsers; those of Gate.On for the Licensing ID that the filter names.
func (s *Service) ListPeople(ctx context.Context, actor audit.Actor, f PeopleFilter) (page []Person, next string, err error) {
	err = s.Read(ctx, actor, func(tx *db.Tx, g *Gate) (err error) {
		page, next, _, err = f.page(tx, g)
		return err
	})
	return page, next, err
}

// ListStandings is ListPeople with the roles that each person holds on the actor's own Licensing IDs.
func (s *Service) ListStandings(ctx context.Context, actor audit.Actor, f PeopleFilter) (all []Standing, next string, err error) {
	err = s.Read(ctx, actor, func(tx *db.Tx, g *Gate) error {
		all = nil
		page, more, scope, err := f.page(tx, g)
		if err != nil {
			return err
		}
		next = more
		addresses := make([]string, len(page))
		for i, p := range page {
			addresses[i] = p.Address
		}
		held, err := grantsOf(tx, scope, addresses)
		if err != nil {
			return err
		}
		numbers, err := numbersIn(tx, held)
		for _, p := range page {
			some := slices.DeleteFunc(slices.Clone(held), func(g Grant) bool { return g.Address != p.Address })
			all = append(all, Standing{p, some, numbers})
		}
		return err
	})
	return all, next, err
}

func (f PeopleFilter) page(tx *db.Tx, g *Gate) (page []Person, next string, scope Scope, err error) {
	if f.Limit <= 0 || f.Limit > 100 {
		f.Limit = 25
	}
	if scope, err = g.Scope(ManageUsers); err != nil {
		return nil, "", scope, err
	}
	if f.On != "" {
		if err := g.On(ManageUsers, f.On); err != nil {
			return nil, "", scope, err
		}
		scope = Scope{IDs: []ids.ID{f.On}}
	}
	found, err := f.addresses(tx, scope)
	if err != nil || len(found) == 0 {
		return nil, "", scope, err
	}
	if len(found) > f.Limit {
		found, next = found[:f.Limit], found[f.Limit-1]
	}
	page, err = describe(tx, scope, found)
	return page, next, scope, err
}

// numbersIn returns the numbers of the Licensing IDs of some roles.
func numbersIn(tx *db.Tx, grants []Grant) (map[ids.ID]string, error) {
	changes := make([]RoleChange, len(grants))
	for i, g := range grants {
		changes[i].Licensing = g.Licensing
	}
	return numbersOf(tx, changes)
}

// addresses returns those of a page and one more, in their order.
func (f PeopleFilter) addresses(tx *db.Tx, scope Scope) ([]string, error) {
	above, err := f.above(tx, scope)
	if err != nil {
		return nil, err
	}
	found, err := f.direct(tx, scope, above)
	if err != nil {
		return nil, err
	}
	if !f.Inactive {
		found = append(found, above...)
		slices.Sort(found)
		found = slices.Compact(found)
	}
	return found[:min(len(found), f.Limit+1)], nil
}

// above returns the addresses of those who inherit roles; of the active ones, those who come after the page before and fit the search.
func (f PeopleFilter) above(tx *db.Tx, scope Scope) ([]string, error) {
	search := " AND CAST($2 AS TEXT) IS NOT NULL"
	if !f.Inactive {
		search = f.named(tx, scope, "i.address", "$2")
	}
	all, err := texts(tx, "SELECT DISTINCT i.address FROM ("+inheriting(tx, scope)+") i WHERE TRUE"+search, scope.Arg(), like(f.Search))
	if !f.Inactive {
		all = slices.DeleteFunc(all, func(a string) bool { return a <= f.After })
	}
	return all, err
}

// walkAtOnce is how many addresses are looked at first; then ever more, for those of the actor may lie far apart among everybody's.
const walkAtOnce, walkAtMost = 128, 16384

// direct returns the addresses with a role row of their own, a few more than the page needs. Without a search it walks the index of
// addresses and stops with the page, so that what it takes does not grow with the people there are.
func (f PeopleFilter) direct(tx *db.Tx, scope Scope, above []string) ([]string, error) {
	holds, skip := 1, []string(nil)
	if f.Inactive { // who inherits is active
		holds, skip = 0, above
	}
	wanted := func(all []string) []string {
		return slices.DeleteFunc(all, func(a string) bool { return slices.Contains(skip, a) })
	}
	const fits = " GROUP BY g.address HAVING max(CASE WHEN " + counts + " THEN 1 ELSE 0 END) = $4 ORDER BY g.address"
	if strings.TrimSpace(f.Search) != "" {
		all, err := texts(tx, "SELECT g.address FROM role_grants g WHERE g.address > $3 AND "+scope.SQL(tx, "g.licensing_id", "$1")+f.named(tx, scope, "g.address", "$5")+fits,
			scope.Arg(), tx.Now(), f.After, holds, like(f.Search))
		return wanted(all), err
	}
	var found []string
	after := f.After
	for some := walkAtOnce; ; some = min(4*some, walkAtMost) {
		next, err := texts(tx, "SELECT DISTINCT g.address FROM role_grants g WHERE g.address > $1 ORDER BY g.address LIMIT $2", after, some)
		if err != nil || len(next) == 0 {
			return found, err
		}
		fitting, err := texts(tx, "SELECT g.address FROM role_grants g WHERE g.address > $3 AND g.address <= $5 AND "+scope.SQL(tx, filtered, "$1")+fits,
			scope.Arg(), tx.Now(), after, holds, next[len(next)-1])
		if found = append(found, wanted(fitting)...); err != nil || len(found) > f.Limit || len(next) < some {
			return found, err
		}
		after = next[len(next)-1]
	}
}

// filtered is the Licensing ID of a role row g, written so that rows are not looked for by it: with few addresses and many Licensing IDs the
// index of addresses is the one to use.
const filtered = "g.licensing_id || ''"

// named is the condition that the address in a column, or the person's name, fits what is looked for, which is bound to search.
func (f PeopleFilter) named(tx *db.Tx, scope Scope, column, search string) string {
	if strings.TrimSpace(f.Search) == "" {
		return " AND CAST(" + search + " AS TEXT) IS NOT NULL"
	}
	return " AND (" + column + " LIKE " + search + " OR " + column + " IN (SELECT k.address FROM (" + knownNames(tx, scope) + ") k WHERE lower(k.first_name || ' ' || k.last_name) LIKE " + search + "))"
}

// knownNames selects the names that Administrators in the scope bound to $1 may know: those of users of the organizations of the scope, and
// what people are called there. The name, and the account, of somebody else's user is not theirs to learn.
func knownNames(tx *db.Tx, scope Scope) string {
	const owners = "SELECT l.organization_id FROM licensing_ids l WHERE "
	in := scope.SQL(tx, "l.id", "$1")
	return "SELECT a.address, u.first_name, u.last_name, 1 AS own FROM users u JOIN user_addresses a ON a.user_id = u.id AND a.verified_at IS NOT NULL " +
		"WHERE u.organization_id IN (" + owners + in + ") OR u.organization_id IS NULL AND u.staff = '' UNION ALL " +
		"SELECT n.address, n.first_name, n.last_name, 0 FROM person_names n WHERE n.organization_id IN (" + owners + in + ")"
}

// namesOf returns what Administrators in the scope may call people, by address.
func namesOf(tx *db.Tx, scope Scope, addresses []string) (map[string]string, error) {
	names := map[string]string{}
	err := tx.Each("SELECT k.address, k.first_name, k.last_name FROM ("+knownNames(tx, scope)+") k WHERE k.address IN "+tx.In("$2")+" ORDER BY k.own, k.first_name, k.last_name",
		[]any{scope.Arg(), db.List(addresses)}, func(scan func(...any) error) error {
			var address, first, last string
			err := scan(&address, &first, &last)
			names[address] = strings.TrimSpace(first + " " + last)
			return err
		})
	return names, err
}

// describe tells about people by their addresses, in that order.
func describe(tx *db.Tx, scope Scope, addresses []string) ([]Person, error) {
	names, err := namesOf(tx, scope, addresses)
	if err != nil {
		return nil, err
	}
	all := make([]Person, len(addresses))
	for i, a := range addresses {
		all[i] = Person{Address: a, Name: names[a]}
	}
	err = tx.Each("SELECT p.address, min(p.id), max(p.holds), count(DISTINCT CASE WHEN p.holds = 1 THEN p.licensing_id END) FROM ("+
		"SELECT g.address, g.id, g.licensing_id, CASE WHEN "+counts+" THEN 1 ELSE 0 END AS holds FROM role_grants g WHERE g.address IN "+tx.In("$3")+
		" AND g.address >= $4 AND g.address <= $5 AND "+scope.SQL(tx, filtered, "$1")+" UNION ALL SELECT i.address, i.id, i.licensing_id, i.holds FROM ("+inheriting(tx, scope)+") i WHERE i.address IN "+tx.In("$3")+
		") p GROUP BY p.address", []any{scope.Arg(), tx.Now(), db.List(addresses), addresses[0], addresses[len(addresses)-1]}, func(scan func(...any) error) error {
		var p Person
		var holds int
		err := scan(&p.Address, &p.ID, &holds, &p.Licensings)
		if i, ok := slices.BinarySearch(addresses, p.Address); ok {
			all[i].ID, all[i].Active, all[i].Licensings = p.ID, holds == 1, p.Licensings
		}
		return err
	})
	return all, err
}
