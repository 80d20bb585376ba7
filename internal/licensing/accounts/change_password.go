package accounts

import (
	"context"
	"errors"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/notify"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// passwordChange is what is wrong with a form that sets a password, field by field.
var errPasswordChange = errs.New(errs.Invalid, "accounts.password_change")

// known is what a user's new password is judged by and the mail about it is written with.
type known struct {
	User
	organization, zone string
	stored             string // form of the present password; "" when there is none
}

func knownTx(tx *db.Tx, user ids.ID) (known, error) {
	u, err := userTx(tx, user)
	k := known{User: u}
	if err != nil {
		return k, err
	}
	err = tx.Row(`SELECT COALESCE(o.legal_name, ''), COALESCE(o.time_zone, ''), COALESCE(c.password, '') FROM users u LEFT JOIN organizations o ON o.id = u.organization_id
		LEFT JOIN credentials c ON c.user_id = u.id WHERE u.id = $1`, user).Scan(&k.organization, &k.zone, &k.stored)
	return k, err
}

// judge returns what is wrong with a password that the person wants to have from now on.
func (k known) judge(password string) []errs.Field {
	context := append([]string{k.organization, k.FirstName, k.LastName}, k.Addresses...)
	if code, params := checkPassword(password, context...); code != "" {
		return []errs.Field{{Pointer: "password", Code: code, Params: params}}
	}
	return nil
}

// ChangePassword gives the actor another password, who proves to be the owner of the account by the present one, and ends the actor's other
// sessions. An API token does not do. Errors: those of Gate.InPerson; Invalid "accounts.password_change" with its fields; Limited
// "accounts.too_many_attempts"; Conflict "accounts.password_moved" when it was changed meanwhile.
func (s *Service) ChangePassword(ctx context.Context, actor audit.Actor, current, password string) error {
	who, err := s.provenBy(ctx, actor, current)
	if err != nil {
		return err
	}
	fields := who.judge(password)
	if current == password {
		fields = []errs.Field{{Pointer: "password", Code: "accounts.password_same"}}
	}
	if len(fields) > 0 {
		return errPasswordChange.With(fields...)
	}
	leave, err := s.hashes.admit()
	if err != nil {
		return err
	}
	defer leave()
	stored, err := s.hashes.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.InPerson(); err != nil {
			return err
		}
		n, err := tx.Exec("UPDATE credentials SET password = $1, changed_at = $2 WHERE user_id = $3 AND password = $4", stored, tx.Now(), actor.ID, who.stored)
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.New(errs.Conflict, "accounts.password_moved")
		}
		return s.passwordChanged(tx, actor, "passwords.changed", who, actor.Session)
	})
}

// provenBy returns the actor's data after the present password was given rightly. Attempts count like those to sign in. Errors: those of
// Gate.InPerson; Invalid "accounts.password_change"; Limited "accounts.too_many_attempts".
func (s *Service) provenBy(ctx context.Context, actor audit.Actor, password string) (known, error) {
	var who known
	err := s.access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) (err error) {
		if err := g.InPerson(); err != nil {
			return err
		}
		who, err = knownTx(tx, actor.ID)
		return err
	})
	if err != nil {
		return known{}, err
	}
	leave, err := s.hashes.admit()
	if err != nil {
		return known{}, err
	}
	defer leave()
	subject := "proof " + string(actor.ID)
	tooMany, err := s.countOnce(ctx, perAddress, subject)
	if err == nil && tooMany != nil {
		err = tooMany
	}
	if err != nil {
		return known{}, err
	}
	fits, _, err := s.hashes.check(ctx, who.stored, password)
	if err == nil && !fits {
		err = errPasswordChange.With(errs.Field{Pointer: "current", Code: "accounts.password_wrong"})
	}
	if err != nil {
		return known{}, err
	}
	return who, s.db.Housekeep(ctx, "giving the attempts of a proof back", func(tx *db.Tx) error {
		_, err := tx.Exec("DELETE FROM signin_failures WHERE subject = $1", subject)
		return err
	})
}

// passwordChanged does what belongs to every new password: whatever the old one opened is shut, but a session that stays, and the owner is told.
func (s *Service) passwordChanged(tx *db.Tx, actor audit.Actor, event string, who known, stays ids.ID) error {
	if _, err := endSessions(tx, who.ID, stays); err != nil {
		return err
	}
	if _, err := tx.Exec("UPDATE password_links SET used_at = $1 WHERE user_id = $2 AND used_at IS NULL", tx.Now(), who.ID); err != nil {
		return err
	}
	// A program that was let in and has not come yet may have been let in by whoever the password is changed for.
	if _, err := tx.Exec("UPDATE device_requests SET state = 'denied' WHERE user_id = $1 AND state = 'allowed'", who.ID); err != nil {
		return err
	}
	for _, address := range who.Addresses {
		err := s.mail.EnqueueTx(tx, notify.Message{To: address, Lang: string(who.Language), Zone: who.zone, Event: notify.PasswordChanged,
			Params: notify.Params{"name": who.Name(), "at": notify.Instant(tx.Now()), "link": s.baseURL + ForgottenPath}})
		if err != nil {
			return err
		}
	}
	return audit.Record(tx, actor, audit.Event{Action: event, Object: users.Wire(who.ID)})
}

// userOf returns who owns a verified address and may sign in with a password; "" for nobody.
func userOf(tx *db.Tx, address string) (user ids.ID, err error) {
	err = tx.Row(`SELECT u.id FROM user_addresses a JOIN users u ON u.id = a.user_id JOIN credentials c ON c.user_id = u.id
		WHERE a.address = $1 AND a.verified_at IS NOT NULL AND a.retired_at IS NULL AND u.disabled_at IS NULL`, address).Scan(&user)
	if errors.Is(err, db.ErrNoRow) {
		return "", nil
	}
	return user, err
}
