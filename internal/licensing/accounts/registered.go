package accounts

import (
	"context"

	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/notify"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// NewUser is somebody who has proven an address by another room's rule.
type NewUser struct {
	User
	Country string // confirmed, ISO 3166-1 alpha-2
	Address string // normalised
	Stored  string // form of the password, as Password made it
}

// CheckNames trims names and returns what is wrong with them.
func CheckNames(n *Names) []errs.Field { return n.faults() }

// CheckNewPassword returns what is wrong with a password of somebody whom context describes.
func CheckNewPassword(password string, context ...string) []errs.Field {
	if code, params := checkPassword(password, context...); code != "" {
		return []errs.Field{{Pointer: "password", Code: code, Params: params}}
	}
	return nil
}

// Password makes the form in which a password is stored. Whoever calls has found out that the password is wanted: hashing is dear. Errors:
// Limited "accounts.too_many_attempts".
func (s *Service) Password(ctx context.Context, password string) (stored string, err error) {
	leave, err := s.hashes.admit()
	if err != nil {
		return "", err
	}
	defer leave()
	return s.hashes.hash(ctx, password)
}

// MayAsk counts a mail that somebody asks for. Errors: Limited "accounts.too_many_mails".
func (s *Service) MayAsk(ctx context.Context, remote, what string) error {
	return s.mayAsk(ctx, remote, what)
}

// OwnerTx returns the user who owns a verified address, "" when nobody does.
func (s *Service) OwnerTx(tx *db.Tx, address string) (ids.ID, error) { return ownerTx(tx, address) }

// RegisterTx makes a user who owns an address, takes an invitation of the address as accepted, and tells the person. The caller has decided, and
// records it. Errors: Conflict "accounts.address_taken".
func (s *Service) RegisterTx(tx *db.Tx, u NewUser) (ids.ID, error) {
	u.ID = tx.NewID()
	if u.Organization == "" { // that of whoever invited the address
		err := tx.Each("SELECT organization_id FROM invitations WHERE address = $1 AND accepted_at IS NULL AND user_id IS NULL", []any{u.Address}, func(scan func(...any) error) error {
			return scan(&u.Organization)
		})
		if err != nil {
			return "", err
		}
	}
	if err := addUser(tx, u.User, u.Address); err != nil {
		return "", err
	}
	if _, err := tx.Exec("UPDATE users SET country = $1 WHERE id = $2", u.Country, u.ID); err != nil {
		return "", err
	}
	if err := acceptedTx(tx, u.ID, u.Address); err != nil {
		return "", err
	}
	if _, err := tx.Exec("INSERT INTO credentials (user_id, password, changed_at) VALUES ($1, $2, $3)", u.ID, u.Stored, tx.Now()); err != nil {
		return "", err
	}
	return u.ID, s.mail.EnqueueTx(tx, notify.Message{To: u.Address, Lang: string(u.Language), Event: notify.PasswordSet,
		Params: notify.Params{"name": u.Name(), "at": notify.Instant(tx.Now()), "link": s.baseURL + SignInPath}})
}

// acceptedTx ends an invitation of an address that has an owner now: its link would make another.
func acceptedTx(tx *db.Tx, user ids.ID, address string) error {
	_, err := tx.Exec("UPDATE invitations SET accepted_at = $1, user_id = $2 WHERE address = $3 AND accepted_at IS NULL AND user_id IS NULL", tx.Now(), user, address)
	return err
}

// AddAddressTx makes a proven address a user's. The caller has decided, and records it. Errors: Conflict "accounts.address_taken".
func (s *Service) AddAddressTx(tx *db.Tx, user ids.ID, address string) error {
	n, err := tx.Exec("INSERT INTO user_addresses (address, user_id, verified_at) VALUES ($1, $2, $3) ON CONFLICT (address) DO UPDATE SET user_id = excluded.user_id, "+
		"verified_at = excluded.verified_at WHERE user_addresses.verified_at IS NULL", address, user, tx.Now())
	if err == nil && n == 0 {
		err = errs.New(errs.Conflict, "accounts.address_taken")
	}
	if err != nil {
		return err
	}
	return acceptedTx(tx, user, address)
}

// ConvertTx makes a work address the one that a user signs in with: the addresses so far keep their permissions and sign in no longer (REG-11).
// The caller has decided, and records it. Errors: Conflict "accounts.address_taken".
func (s *Service) ConvertTx(tx *db.Tx, user ids.ID, names Names, country, address string) error {
	if _, err := tx.Exec("UPDATE user_addresses SET retired_at = $1 WHERE user_id = $2 AND retired_at IS NULL", tx.Now(), user); err != nil {
		return err
	}
	if err := s.AddAddressTx(tx, user, address); err != nil {
		return err
	}
	if _, err := tx.Exec("UPDATE password_links SET used_at = $1 WHERE user_id = $2 AND used_at IS NULL", tx.Now(), user); err != nil { // they are in the personal mailbox
		return err
	}
	_, err := tx.Exec("UPDATE users SET first_name = $1, last_name = $2, country = coalesce(country, $3) WHERE id = $4", names.First, names.Last, country, user)
	return err
}

// convertedTo refuses an address that signed in before its account was converted, and names the work account instead (ERR-02). Only whoever
// has given the password learns it. Errors: Conflict "accounts.e06".
func (s *Service) convertedTo(ctx context.Context, address string, user ids.ID) (refusal *errs.Error, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		refusal = nil
		var retired int
		if err := tx.Row("SELECT count(*) FROM user_addresses WHERE address = $1 AND retired_at IS NOT NULL", address).Scan(&retired); err != nil || retired == 0 {
			return err
		}
		u, err := userTx(tx, user)
		if err == nil {
			refusal = errs.New(errs.Conflict, "accounts.e06", errs.Params{"account": u.Addresses[0]})
		}
		return err
	})
	return refusal, err
}

// RegisteredActor is a user as the one who has just registered.
func RegisteredActor(user ids.ID, request string) audit.Actor {
	return audit.Actor{Kind: audit.User, ID: user, Request: request}
}

// UserWire returns the wire id of a user, for records.
func UserWire(user ids.ID) string { return users.Wire(user) }
