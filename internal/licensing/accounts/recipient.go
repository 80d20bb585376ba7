package accounts

import (
	"errors"

	"chiave/internal/licensing/access"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/i18n"
	"chiave/internal/platform/ids"
)

// Recipient is somebody to whom a mail goes.
type Recipient struct {
	Address  string
	Name     string // may be empty
	Language i18n.Lang
	Zone     string // IANA; empty for staff and strangers
}

// UserTx returns a user who may sign in. The caller decides access. Errors: NotFound "accounts.user_unknown".
func (s *Service) UserTx(tx *db.Tx, user ids.ID) (User, error) {
	u, err := userTx(tx, user)
	if errors.Is(err, db.ErrNoRow) {
		err = errs.New(errs.NotFound, "accounts.user_unknown")
	}
	return u, err
}

// RecipientsTx returns who reads the mails to the addresses: people once, however many of the addresses are theirs, and those who are
// only invited so far in the language of their invitation. Whoever is locked out gets none.
func (s *Service) RecipientsTx(tx *db.Tx, addresses []string) ([]Recipient, error) {
	var all []Recipient
	seen := map[ids.ID]bool{}
	err := tx.Each(`SELECT v.value, u.id, coalesce(u.first_name, i.first_name, ''), coalesce(u.language, i.language, ''), coalesce(o.time_zone, '') FROM `+
		tx.Pick("json_each($1) v", "json_array_elements_text(CAST($1 AS json)) v (value)")+`
		LEFT JOIN user_addresses a ON a.address = v.value AND a.verified_at IS NOT NULL LEFT JOIN users u ON u.id = a.user_id
		LEFT JOIN invitations i ON i.address = v.value AND i.accepted_at IS NULL
		LEFT JOIN organizations o ON o.id = coalesce(u.organization_id, i.organization_id)
		WHERE u.id IS NULL OR u.disabled_at IS NULL ORDER BY v.value`, []any{db.List(addresses)}, func(scan func(...any) error) error {
		var r Recipient
		var user ids.ID
		var language string
		if err := scan(&r.Address, &user, &r.Name, &language, &r.Zone); err != nil {
			return err
		}
		r.Language = i18n.Lang(language)
		if user == "" || !seen[user] {
			all = append(all, r)
		}
		seen[user] = true
		return nil
	})
	return all, err
}

// StaffAddressesTx returns an address of each member of staff whom the matrix allows an action.
func (s *Service) StaffAddressesTx(tx *db.Tx, action access.Action) ([]string, error) {
	var kinds []string
	for _, k := range access.StaffKinds() {
		if k.May(action) {
			kinds = append(kinds, string(k))
		}
	}
	var all []string
	err := tx.Each("SELECT min(a.address) FROM users u JOIN user_addresses a ON a.user_id = u.id AND a.verified_at IS NOT NULL WHERE u.disabled_at IS NULL AND u.staff IN "+
		tx.In("$1")+" GROUP BY u.id ORDER BY 1", []any{db.List(kinds)}, func(scan func(...any) error) error {
		var a string
		err := scan(&a)
		all = append(all, a)
		return err
	})
	return all, err
}
