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

// addresses returns those of a page and one more, in their order. It walks the index of addresses and stops with the page: what it takes
// does not grow with the people there are.
func (f PeopleFilter) addresses(tx *db.Tx, scope Scope) ([]string, error) {
	above, err := texts(tx, "SELECT DISTINCT i.address FROM ("+inheriting(tx, scope)+") i ORDER BY 1", scope.Arg())
	if err != nil {
		return nil, err
	}
	const table = " FROM role_grants g WHERE g.address > $3 AND "
	where := counts + " AND " + scope.SQL(tx, "g.licensing_id", "$1")
	if f.Inactive {
		where = scope.SQL(tx, "g.licensing_id", "$1") + " AND g.address NOT IN " + tx.In("$6") + " AND NOT EXISTS (SELECT 1 FROM role_grants h WHERE h.address = g.address AND " +
			strings.ReplaceAll(counts, "g.", "h.") + " AND " + scope.SQL(tx, "h.licensing_id", "$1") + ")"
	} else {
		where += " AND CAST($6 AS TEXT) IS NOT NULL"
	}
	found, err := texts(tx, "SELECT g.address"+table+where+f.named(tx, scope, "g.address")+" GROUP BY g.address ORDER BY g.address LIMIT $5",
		scope.Arg(), tx.Now(), f.After, like(f.Search), f.Limit+1, db.List(above))
	if err != nil || f.Inactive || len(above) == 0 {
		return found, err
	}
	more, err := texts(tx, "SELECT v.value FROM "+tx.Pick("json_each($6) v", "json_array_elements_text(CAST($6 AS json)) v (value)")+
		" WHERE CAST($1 AS TEXT) IS NOT NULL AND CAST($2 AS BIGINT) > 0 AND CAST($3 AS TEXT) IS NOT NULL AND CAST($5 AS BIGINT) > 0"+f.named(tx, scope, "v.value"),
		scope.Arg(), tx.Now(), f.After, like(f.Search), f.Limit+1, db.List(above))
	found = append(found, slices.DeleteFunc(more, func(a string) bool { return a <= f.After })...)
	slices.Sort(found)
	found = slices.Compact(found)
	return found[:min(len(found), f.Limit+1)], err
}

// named is the condition that the address in a column, or the person's name, fits what is looked for, in $4.
func (f PeopleFilter) named(tx *db.Tx, scope Scope, column string) string {
	if strings.TrimSpace(f.Search) == "" {
		return " AND CAST($4 AS TEXT) IS NOT NULL"
	}
	return " AND (lower(" + column + ") LIKE $4 OR " + column + " IN (SELECT k.address FROM (" + knownNames(tx, scope) + ") k WHERE lower(k.first_name || ' ' || k.last_name) LIKE $4))"
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
		" AND "+scope.SQL(tx, "g.licensing_id", "$1")+" UNION ALL SELECT i.address, i.id, i.licensing_id, i.holds FROM ("+inheriting(tx, scope)+") i WHERE i.address IN "+tx.In("$3")+
		") p GROUP BY p.address", []any{scope.Arg(), tx.Now(), db.List(addresses)}, func(scan func(...any) error) error {
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
