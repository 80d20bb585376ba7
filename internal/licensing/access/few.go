package access

import (
	"context"
	"slices"
	"strings"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// Few is an active Licensing ID with a single Administrator (ADM-04).
type Few struct {
	Licensing ids.ID
	Number    string
	Keys      bool // it has product keys, and fewer than two people reach downloads and keys
}

// person is who owns an address g.address: a user once, however many addresses there are. Whoever is invited counts, whoever is locked out
// does not.
const (
	person      = "coalesce(a.user_id, g.address)"
	whosePerson = " LEFT JOIN user_addresses a ON a.address = g.address AND a.verified_at IS NOT NULL LEFT JOIN users u ON u.id = a.user_id"
	nowHeld     = "u.disabled_at IS NULL AND g.revoked_at IS NULL AND g.valid_from <= $2 AND (g.valid_until IS NULL OR g.valid_until > $2)"
)

// FewPeople returns the Licensing IDs that depend on the actor alone, by number. Errors: those of Gate.Scope for ManageUsers.
func (s *Service) FewPeople(ctx context.Context, actor audit.Actor) ([]Few, error) {
	var all []Few
	err := s.Read(ctx, actor, func(tx *db.Tx, g *Gate) error {
		scope, err := g.Scope(ManageUsers)
		if err == nil {
			all, err = s.FewPeopleTx(tx, scope)
		}
		return err
	})
	return all, err
}

// FewPeopleTx returns the Licensing IDs of a scope that depend on one Administrator, by number. The caller decides access.
func (s *Service) FewPeopleTx(tx *db.Tx, scope Scope) ([]Few, error) {
	var all []Few
	days := days{now: tx.Now()}
	in := scope.SQL(tx, "g.licensing_id", "$1")
	query := "SELECT l.id, l.number, l.end_on, o.time_zone FROM licensing_ids l JOIN organizations o ON o.id = l.organization_id JOIN (" +
		"SELECT g.licensing_id, " + person + " AS person FROM role_grants g" + whosePerson + " WHERE g.role = 'administrator' AND " + nowHeld + " AND " + in + " UNION " +
		inherited("l.id, coalesce(a.user_id, n.address)", strings.ReplaceAll(whosePerson, "g.address", "n.address"), "u.disabled_at IS NULL AND r.role = 'administrator' AND "+
			scope.SQL(tx, "l.id", "$1")) + ") p ON p.licensing_id = l.id WHERE " + Shown + " GROUP BY l.id, l.number, l.end_on, o.time_zone HAVING count(DISTINCT p.person) = 1 ORDER BY l.number"
	err := tx.Each(query, []any{scope.Arg(), tx.Now()}, func(scan func(...any) error) error {
		var f Few
		var end, zone string
		if err := scan(&f.Licensing, &f.Number, &end, &zone); err != nil {
			return err
		}
		if days.reach(end, zone) {
			all = append(all, f)
		}
		return nil
	})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return all, keysOfFew(tx, all)
}

// keysOfFew notes which Licensing IDs have product keys that, with the downloads, nobody reaches beside their Administrator.
func keysOfFew(tx *db.Tx, all []Few) error {
	reaches := func(roles ...string) string {
		return "max(CASE WHEN g.role IN ('" + strings.Join(roles, "', '") + "') THEN 1 ELSE 0 END) = 1"
	}
	list := make([]ids.ID, len(all))
	for i, f := range all {
		list[i] = f.Licensing
	}
	alone, err := texts(tx, "SELECT DISTINCT k.licensing_id FROM product_keys k WHERE k.licensing_id IN "+tx.In("$1")+" AND k.state = 'assigned' AND NOT EXISTS ("+
		"SELECT 1 FROM role_grants g"+whosePerson+" WHERE g.licensing_id = k.licensing_id AND "+nowHeld+" AND NOT EXISTS (SELECT 1 FROM role_grants x"+
		" LEFT JOIN user_addresses b ON b.address = x.address AND b.verified_at IS NOT NULL WHERE x.licensing_id = k.licensing_id AND x.role = 'administrator' AND "+
		"x.revoked_at IS NULL AND x.valid_from <= $2 AND (x.valid_until IS NULL OR x.valid_until > $2) AND coalesce(b.user_id, x.address) = "+person+") GROUP BY "+person+
		" HAVING "+reaches("download", "key_administrator", "limited")+" AND "+reaches("product_keys", "key_administrator", "limited")+")", db.List(list), tx.Now())
	for i := range all {
		all[i].Keys = slices.Contains(alone, string(all[i].Licensing))
	}
	return err
}
