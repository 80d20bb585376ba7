package openlicense

import (
	"errors"
	"strings"
	"time"

	"chiave/internal/licensing/accounts"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// bump makes the tries of each subject come one after the other.
func bump(tx *db.Tx, subjects []ids.ID) error {
	_, err := tx.Exec("INSERT INTO open_license_limits (subject_id, version, failures) SELECT r.value->>0, 1, 0 FROM "+tx.Rows("$1", "r")+
		" WHERE TRUE ON CONFLICT (subject_id) DO UPDATE SET version = open_license_limits.version + 1", rows(subjects))
	return err
}

// rows packs ids, a row each, with what else belongs to each of them.
func rows(subjects []ids.ID, more ...func() any) string {
	all := [][]any{}
	for _, id := range subjects {
		row := []any{id}
		for _, m := range more {
			row = append(row, m())
		}
		all = append(all, row)
	}
	return db.Packed(all)
}

// suspendedAmong returns those of the licenses that are suspended.
func suspendedAmong(tx *db.Tx, licensing []ids.ID) ([]ids.ID, error) {
	var all []ids.ID
	err := tx.Each("SELECT subject_id FROM open_license_limits WHERE suspended_at IS NOT NULL AND subject_id IN "+tx.In("$1"), []any{db.List(licensing)},
		func(scan func(...any) error) error {
			var id ids.ID
			err := scan(&id)
			all = append(all, id)
			return err
		})
	return all, err
}

func addFailures(tx *db.Tx, subjects []ids.ID, user ids.ID) error {
	_, err := tx.Exec("INSERT INTO open_license_failures (subject_id, id, user_id, failed_at) SELECT r.value->>0, r.value->>1, $1, $2 FROM "+tx.Rows("$3", "r"),
		user, tx.Now(), rows(subjects, func() any { return tx.NewID() }))
	return err
}

// failuresOf returns who failed, a user for each failure since then.
func failuresOf(tx *db.Tx, subjects []ids.ID, since time.Time) (map[ids.ID][]ids.ID, error) {
	failed := map[ids.ID][]ids.ID{}
	err := tx.Each("SELECT subject_id, user_id FROM open_license_failures WHERE failed_at > $1 AND subject_id IN "+tx.In("$2"), []any{since, db.List(subjects)},
		func(scan func(...any) error) error {
			var subject, user ids.ID
			err := scan(&subject, &user)
			failed[subject] = append(failed[subject], user)
			return err
		})
	return failed, err
}

func suspend(tx *db.Tx, subjects []ids.ID, failures int) error {
	_, err := tx.Exec("UPDATE open_license_limits SET suspended_at = $1, failures = $2 WHERE subject_id IN "+tx.In("$3"), tx.Now(), failures, db.List(subjects))
	return err
}

// forget removes failures that count no longer: old ones, and those that led to a suspension.
func forget(tx *db.Tx, subjects, suspended []ids.ID, since time.Time) error {
	_, err := tx.Exec("DELETE FROM open_license_failures WHERE subject_id IN "+tx.In("$1")+" AND (failed_at <= $2 OR subject_id IN "+tx.In("$3")+")",
		db.List(subjects), since, db.List(suspended))
	return err
}

// forgive ends the row of wrong pairs of a person and on a license, unless the person has got the license before: dropping and adding it
// again proves nothing.
func forgive(tx *db.Tx, user, licensing ids.ID) error {
	_, err := tx.Exec("DELETE FROM open_license_failures WHERE subject_id IN "+tx.In("$1")+
		" AND (SELECT count(*) FROM open_license_additions a WHERE a.user_id = $2 AND a.licensing_id = $3) = 1", db.List([]ids.ID{user, licensing}), user, licensing)
	return err
}

// firstUse reports whether a user has never got anything by this function.
func firstUse(tx *db.Tx, user ids.ID) (bool, error) {
	var n int
	err := tx.Row("SELECT count(*) FROM open_license_additions WHERE user_id = $1", user).Scan(&n)
	return n == 0, err
}

// mayHave refuses a license to whom an Administrator has denied it. Errors: Denied "openlicense.denied".
func mayHave(tx *db.Tx, licensing ids.ID, me accounts.User) error {
	var n int
	err := tx.Row("SELECT count(*) FROM open_license_additions WHERE licensing_id = $1 AND denied_at IS NOT NULL AND (user_id = $2 OR address IN "+tx.In("$3")+")",
		licensing, me.ID, db.List(me.Addresses)).Scan(&n)
	if err == nil && n > 0 {
		return errs.New(errs.Denied, "openlicense.denied")
	}
	return err
}

func insert(tx *db.Tx, user ids.ID, a Addition) error {
	_, err := tx.Exec("INSERT INTO open_license_additions (id, licensing_id, user_id, address, added_at) VALUES ($1, $2, $3, $4, $5)", a.ID, a.Licensing, user, a.Address, a.Added)
	return err
}

// each reads additions with the names that go with them: of whoever entered the numbers the profile's, of a reseller what the license calls
// it, for its account is not the Administrators' to know. rest follows the tables: conditions on a, order, limit.
func each(tx *db.Tx, rest string, args []any, take func(Addition)) error {
	contact := func(name string) string {
		return "coalesce(u." + name + ", (SELECT c." + name + " FROM contacts c WHERE c.subject_id = a.licensing_id AND c.type = 'partner' AND c.address = a.address ORDER BY c.revision DESC, c.place LIMIT 1))"
	}
	return tx.Each("SELECT a.id, a.licensing_id, l.number, a.user_id, a.address, "+contact("first_name")+", "+contact("last_name")+`, a.added_at, a.denied_at, d.first_name, d.last_name
		FROM open_license_additions a JOIN licensing_ids l ON l.id = a.licensing_id LEFT JOIN users u ON u.id = a.user_id LEFT JOIN users d ON d.id = a.denied_by `+
		rest, args, func(scan func(...any) error) error {
		var a Addition
		var user ids.ID
		var first, last, by, byLast string
		if err := scan(&a.ID, &a.Licensing, &a.Number, &user, &a.Address, &first, &last, &a.Added, &a.Denied, &by, &byLast); err != nil {
			return err
		}
		a.Name, a.DeniedBy, a.Reseller = strings.TrimSpace(first+" "+last), strings.TrimSpace(by+" "+byLast), user == ""
		take(a)
		return nil
	})
}

var errUnknown = errs.New(errs.NotFound, "openlicense.unknown")

// one returns an addition. Errors: db.ErrNoRow.
func one(tx *db.Tx, id ids.ID) (a Addition, err error) {
	err = db.ErrNoRow
	failed := each(tx, "WHERE a.id = $1", []any{id}, func(found Addition) { a, err = found, nil })
	return a, errors.Join(failed, err)
}
