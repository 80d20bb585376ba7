package accounts

import (
	"context"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/i18n"
	"chiave/internal/platform/ids"
)

// User is one person (ORG-08).
type User struct {
	ID           ids.ID
	FirstName    string
	LastName     string
	Language     i18n.Lang
	Staff        access.Staff
	Organization ids.ID   // "" for staff
	TimeZone     string   // of the organization, IANA name; "" for staff
	Addresses    []string // verified, the oldest first; those that sign in no longer come last
}

// Name returns the person's full name, or the first address when there is no name.
func (u User) Name() string {
	if name := strings.TrimSpace(u.FirstName + " " + u.LastName); name != "" || len(u.Addresses) == 0 {
		return name
	}
	return u.Addresses[0]
}

// Names are what a person says to be called.
type Names struct{ First, Last string }

// longestName is in characters.
const longestName = 100

// faults trims the names and returns what is wrong with them.
func (n *Names) faults() []errs.Field {
	var fields []errs.Field
	for _, part := range []struct {
		pointer string
		name    *string
	}{{"first_name", &n.First}, {"last_name", &n.Last}} {
		*part.name = strings.TrimSpace(*part.name)
		if *part.name == "" || !plainText(*part.name, longestName) {
			fields = append(fields, errs.Field{Pointer: part.pointer, Code: "accounts.name", Params: errs.Params{"max": longestName}})
		}
	}
	return fields
}

// CheckName returns what is wrong with a part of a person's name, which may be missing: "accounts.name" with its parameters, or nil.
func CheckName(s string) *errs.Error {
	if plainText(s, longestName) {
		return nil
	}
	return errs.New(errs.Invalid, "accounts.name", errs.Params{"max": longestName})
}

// plainText reports whether s is one line of at most max characters that a page can show.
func plainText(s string, max int) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= max && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// userTx returns a user who may sign in. Errors: db.ErrNoRow.
func userTx(tx *db.Tx, id ids.ID) (User, error) {
	u := User{ID: id}
	var language, staff string
	err := tx.Row(`SELECT u.first_name, u.last_name, u.language, u.staff, u.organization_id, o.time_zone
		FROM users u LEFT JOIN organizations o ON o.id = u.organization_id WHERE u.id = $1 AND u.disabled_at IS NULL`, id).
		Scan(&u.FirstName, &u.LastName, &language, &staff, &u.Organization, &u.TimeZone)
	if err != nil {
		return User{}, err
	}
	u.Language, u.Staff = i18n.Lang(language), access.Staff(staff)
	err = tx.Each("SELECT address FROM user_addresses WHERE user_id = $1 AND verified_at IS NOT NULL ORDER BY CASE WHEN retired_at IS NULL THEN 0 ELSE 1 END, verified_at, address", []any{id},
		func(scan func(...any) error) error {
			var a string
			err := scan(&a)
			u.Addresses = append(u.Addresses, a)
			return err
		})
	return u, err
}

// ownerTx returns the user who owns a verified address: "" when nobody does.
func ownerTx(tx *db.Tx, address string) (ids.ID, error) {
	var id ids.ID
	err := tx.Row("SELECT user_id FROM user_addresses WHERE address = $1 AND verified_at IS NOT NULL", address).Scan(&id)
	if errors.Is(err, db.ErrNoRow) {
		return "", nil
	}
	return id, err
}

// addUser writes a new user and the address that is proven to be the user's. Errors: Conflict "accounts.address_taken".
func addUser(tx *db.Tx, u User, address string) error {
	_, err := tx.Exec("INSERT INTO users (id, first_name, last_name, language, staff, organization_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		u.ID, u.FirstName, u.LastName, string(u.Language), string(u.Staff), u.Organization, tx.Now())
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO user_addresses (address, user_id, verified_at) VALUES ($1, $2, $3)", address, u.ID, tx.Now())
	if errors.Is(err, db.ErrDuplicate) {
		return errs.New(errs.Conflict, "accounts.address_taken")
	}
	return err
}

// userChange is how a user appears in the audit log: without name and address.
type userChange struct {
	Language     i18n.Lang    `json:"language"`
	Staff        access.Staff `json:"staff,omitempty"`
	Organization ids.ID       `json:"organization,omitempty"`
}

func (u User) change() userChange { return userChange{u.Language, u.Staff, u.Organization} }

// SetLanguage sets the language in which the actor reads pages and mails. Errors: those of Gate.SignedIn; Invalid
// "accounts.language".
func (s *Service) SetLanguage(ctx context.Context, actor audit.Actor, lang i18n.Lang) error {
	return s.access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.SignedIn(); err != nil {
			return err
		}
		if _, ok := i18n.ParseLang(string(lang)); !ok {
			return errs.New(errs.Invalid, "accounts.language")
		}
		n, err := tx.Exec("UPDATE users SET language = $1 WHERE id = $2 AND language <> $1", string(lang), actor.ID)
		if err != nil || n == 0 {
			return err
		}
		return audit.Record(tx, actor, audit.Event{Action: "users.language_set", Object: users.Wire(actor.ID), After: userChange{Language: lang}})
	})
}
