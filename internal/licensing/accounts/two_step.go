package accounts

import (
	"context"
	"errors"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/notify"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// TwoStepPath is the page on which somebody turns two-step sign-in on and off.
const TwoStepPath = "/account/two-step"

// twoStepWait is how long a secret waits to be proven.
const twoStepWait = 15 * time.Minute

// perCodes limits the codes that are tried for one person.
var perCodes = limit{5, 15 * time.Minute}

// TwoStep is whether somebody's sign-in asks for a code too.
type TwoStep struct {
	Since  time.Time // zero when it is off
	Left   int       // recovery codes that were not used
	Secret string    // that waits to be proven, as text; "" when none does
	URI    string    // of that secret, for an app
}

var (
	errTwoStep    = errs.New(errs.Invalid, "accounts.two_step")
	errCodeField  = errTwoStep.With(errs.Field{Pointer: "code", Code: "accounts.code_wrong"})
	errTwoStepOn  = errs.New(errs.Conflict, "accounts.two_step_on")
	errTwoStepOff = errs.New(errs.Conflict, "accounts.two_step_off")
)

// secretRow is a row of totp_secrets.
type secretRow struct {
	secret    []byte // opened
	made      time.Time
	confirmed time.Time
}

func secretPlace(user ids.ID) string { return "totp_secrets/" + string(user) }

// totpOf returns the actor's secret; none when there is none, one that was not proven in time, or one that waits in another session.
func (s *Service) totpOf(tx *db.Tx, actor audit.Actor) (r secretRow, err error) {
	var sealed []byte
	var session ids.ID
	err = tx.Row("SELECT secret, made_at, confirmed_at, COALESCE(session_id, '') FROM totp_secrets WHERE user_id = $1", actor.ID).Scan(&sealed, &r.made, &r.confirmed, &session)
	if errors.Is(err, db.ErrNoRow) {
		return secretRow{}, nil
	}
	if err == nil {
		r.secret, err = s.sealer.Open(secretPlace(actor.ID), sealed)
	}
	if err == nil && r.confirmed.IsZero() && (session != actor.Session || tx.Now().Sub(r.made) > twoStepWait) {
		return secretRow{}, nil
	}
	return r, err
}

// TwoStep returns the actor's own. Issuer is the name under which an app lists the account. Errors: those of Gate.InPerson.
func (s *Service) TwoStep(ctx context.Context, actor audit.Actor, issuer string) (t TwoStep, err error) {
	err = s.access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.InPerson(); err != nil {
			return err
		}
		r, err := s.totpOf(tx, actor)
		if err != nil || r.secret == nil {
			return err
		}
		if t.Since = r.confirmed; !t.Since.IsZero() {
			return tx.Row("SELECT count(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL", actor.ID).Scan(&t.Left)
		}
		user, err := userTx(tx, actor.ID)
		if err != nil {
			return err
		}
		account := user.Name()
		if len(user.Addresses) > 0 {
			account = user.Addresses[0]
		}
		t.Secret, t.URI = totpText.EncodeToString(r.secret), totpURI(r.secret, issuer, account)
		return nil
	})
	return t, err
}

// StartTwoStep makes the actor, who gives the present password, a secret that an app has to prove. Until then nothing changes. Errors: as
// ChangePassword for the password; Conflict "accounts.two_step_on".
func (s *Service) StartTwoStep(ctx context.Context, actor audit.Actor, password string) error {
	if _, err := s.provenBy(ctx, actor, password); err != nil {
		return err
	}
	sealed, err := s.sealer.Seal(secretPlace(actor.ID), newTOTPSecret())
	if err != nil {
		return err
	}
	return s.access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.InPerson(); err != nil {
			return err
		}
		n, err := tx.Exec(`INSERT INTO totp_secrets (user_id, secret, made_at, last_step, session_id) VALUES ($1, $2, $3, 0, $4) ON CONFLICT (user_id) DO UPDATE SET
			secret = excluded.secret, made_at = excluded.made_at, session_id = excluded.session_id WHERE totp_secrets.confirmed_at IS NULL`, actor.ID, sealed, tx.Now(), actor.Session)
		if err != nil {
			return err
		}
		if n == 0 {
			return errTwoStepOn
		}
		return audit.Record(tx, actor, audit.Event{Action: "factors.started", Object: users.Wire(actor.ID)})
	})
}

// ConfirmTwoStep turns two-step sign-in on by a code of the app, ends the actor's other sessions, which no code has opened, and returns the
// recovery codes, which exist in this answer only. Errors: those of Gate.InPerson; Invalid "accounts.two_step" with its field; Limited
// "accounts.too_many_attempts"; Conflict "accounts.two_step_on", "accounts.two_step_off".
func (s *Service) ConfirmTwoStep(ctx context.Context, actor audit.Actor, code string) (recovery []string, err error) {
	if err := s.mustBeInPerson(ctx, actor); err != nil {
		return nil, err
	}
	err = s.tryCode(ctx, actor.ID, func() error {
		return s.access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
			if err := g.InPerson(); err != nil {
				return err
			}
			// A sign-in under way holds this row until its session is there to be ended; one that comes later is asked for a code.
			if _, err := tx.Exec("UPDATE credentials SET changed_at = changed_at WHERE user_id = $1", actor.ID); err != nil {
				return err
			}
			r, err := s.totpOf(tx, actor)
			switch {
			case err != nil:
				return err
			case r.secret == nil:
				return errTwoStepOff
			case !r.confirmed.IsZero():
				return errTwoStepOn
			}
			digits, _ := typedTOTPCode(code)
			step, ok := totpMatch(r.secret, tx.Now(), digits)
			if !ok {
				return errCodeField
			}
			n, err := tx.Exec("UPDATE totp_secrets SET confirmed_at = $1, last_step = $2 WHERE user_id = $3 AND confirmed_at IS NULL AND made_at = $4", tx.Now(), step, actor.ID, r.made)
			if err != nil {
				return err
			}
			if n == 0 { // another page was first
				return errTwoStepOn
			}
			if _, err := endSessions(tx, actor.ID, actor.Session); err != nil {
				return err
			}
			if recovery, err = newRecovery(tx, actor.ID); err != nil {
				return err
			}
			return s.factorChanged(tx, actor, "factors.turned_on", notify.TwoStepOn)
		})
	})
	return recovery, err
}

// RenewRecovery replaces the recovery codes. Errors: as StopTwoStep.
func (s *Service) RenewRecovery(ctx context.Context, actor audit.Actor, password, code string) (recovery []string, err error) {
	err = s.withFactor(ctx, actor, password, code, func(tx *db.Tx) error {
		if recovery, err = newRecovery(tx, actor.ID); err != nil {
			return err
		}
		return s.factorChanged(tx, actor, "factors.recovery_renewed", notify.RecoveryNew)
	})
	return recovery, err
}

// StopTwoStep turns two-step sign-in off. It wants the present password and a code of the app, or a recovery code. Errors: as ChangePassword for
// the password; Invalid "accounts.two_step" with its field; Limited "accounts.too_many_attempts"; Conflict "accounts.two_step_off".
func (s *Service) StopTwoStep(ctx context.Context, actor audit.Actor, password, code string) error {
	return s.withFactor(ctx, actor, password, code, func(tx *db.Tx) error {
		for _, table := range []string{"recovery_codes", "totp_secrets"} {
			if _, err := tx.Exec("DELETE FROM "+table+" WHERE user_id = $1", actor.ID); err != nil {
				return err
			}
		}
		return s.factorChanged(tx, actor, "factors.turned_off", notify.TwoStepOff)
	})
}

// withFactor does what both factors are wanted for.
func (s *Service) withFactor(ctx context.Context, actor audit.Actor, password, code string, do func(tx *db.Tx) error) error {
	if _, err := s.provenBy(ctx, actor, password); err != nil {
		return err
	}
	return s.tryCode(ctx, actor.ID, func() error {
		return s.access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
			if err := g.InPerson(); err != nil {
				return err
			}
			wanted, given, err := s.checkCode(tx, actor, code)
			switch {
			case err != nil:
				return err
			case !wanted:
				return errTwoStepOff
			case !given:
				return errCodeField
			}
			return do(tx)
		})
	})
}

// mustBeInPerson comes before a try is counted: who may not try must not use the owner's tries up. Errors: those of Gate.InPerson.
func (s *Service) mustBeInPerson(ctx context.Context, actor audit.Actor) error {
	return s.access.Read(ctx, actor, func(_ *db.Tx, g *access.Gate) error { return g.InPerson() })
}

// tryCode counts a try before it is made, and gives it back when the code was right. Errors: Limited "accounts.too_many_attempts".
func (s *Service) tryCode(ctx context.Context, user ids.ID, try func() error) error {
	subject := "code " + string(user)
	tooMany, err := s.countOnce(ctx, perCodes, subject)
	if err != nil {
		return err
	}
	if tooMany != nil {
		return tooMany
	}
	if err := try(); err != nil {
		return err
	}
	return s.forget(ctx, subject)
}

// checkCode uses a code up, if the user's sign-in wants one: of the app, each once, or a recovery code, of which the owner is told. The write
// itself takes it, so that of two servers one does.
func (s *Service) checkCode(tx *db.Tx, actor audit.Actor, code string) (wanted, given bool, err error) {
	r, err := s.totpOf(tx, actor)
	if err != nil || r.confirmed.IsZero() {
		return false, false, err
	}
	if digits, ok := typedTOTPCode(code); ok {
		step, ok := totpMatch(r.secret, tx.Now(), digits)
		if !ok {
			return true, false, nil
		}
		n, err := tx.Exec("UPDATE totp_secrets SET last_step = $1 WHERE user_id = $2 AND last_step < $1 AND confirmed_at IS NOT NULL", step, actor.ID)
		return true, n == 1, err
	}
	n, err := tx.Exec("UPDATE recovery_codes SET used_at = $1 WHERE user_id = $2 AND code_hash = $3 AND used_at IS NULL", tx.Now(), actor.ID, recoveryHash(code))
	if err != nil || n == 0 {
		return true, false, err
	}
	return true, true, s.factorChanged(tx, actor, "factors.recovery_used", notify.RecoveryUsed)
}

// newRecovery replaces the recovery codes of a user.
func newRecovery(tx *db.Tx, user ids.ID) (codes []string, err error) {
	if _, err := tx.Exec("DELETE FROM recovery_codes WHERE user_id = $1", user); err != nil {
		return nil, err
	}
	for range recoveryCodes {
		code := newRecoveryCode()
		if _, err := tx.Exec("INSERT INTO recovery_codes (user_id, code_hash) VALUES ($1, $2)", user, recoveryHash(code)); err != nil {
			return nil, err
		}
		codes = append(codes, code)
	}
	return codes, nil
}

// factorChanged records and mails what happened to the actor's second factor.
func (s *Service) factorChanged(tx *db.Tx, actor audit.Actor, event, mail string) error {
	return s.ownerTold(tx, actor, audit.Event{Action: event, Object: users.Wire(actor.ID)}, mail, TwoStepPath)
}

// ownerTold records what happened to the ways in which the actor signs in, and mails it to all addresses, with a link to the page about it.
func (s *Service) ownerTold(tx *db.Tx, actor audit.Actor, event audit.Event, mail, path string) error {
	who, err := knownTx(tx, actor.ID)
	if err != nil {
		return err
	}
	for _, address := range who.Addresses {
		err := s.mail.EnqueueTx(tx, notify.Message{To: address, Lang: string(who.Language), Zone: who.zone, Event: mail,
			Params: notify.Params{"name": who.Name(), "at": notify.Instant(tx.Now()), "link": s.baseURL + path}})
		if err != nil {
			return err
		}
	}
	return audit.Record(tx, actor, event)
}
