package accounts

import (
	"context"
	"errors"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
)

// stepLife is how long a right password waits for its code.
const stepLife = 10 * time.Minute

var (
	errCodeMissing = errs.New(errs.Unauthenticated, "accounts.code_missing")
	errCodeWrong   = errs.New(errs.Unauthenticated, "accounts.code_wrong")
	errStep        = errs.New(errs.Unauthenticated, "accounts.step")
)

// waitForCode keeps that a password was right, and returns the secret by which Proceed goes on.
func (s *Service) waitForCode(ctx context.Context, p proof) (step string, err error) {
	step = newSecret("")
	return step, s.db.Housekeep(ctx, "keeping that a password was right until its code comes", func(tx *db.Tx) error {
		_, err := tx.Exec("INSERT INTO signin_steps (token_hash, user_id, address, started_at) VALUES ($1, $2, $3, $4)", digest(step), p.user, p.address, tx.Now())
		return err
	})
}

// Proceed goes on from a sign-in that wanted a code, with the step that Enter has returned. Errors: Unauthenticated "accounts.step" when it began
// too long ago or the password was changed since, "accounts.code_wrong"; Limited "accounts.too_many_attempts".
func (s *Service) Proceed(ctx context.Context, a Attempt, step string) (sessionToken string, session Session, err error) {
	var p proof
	err = s.access.Read(ctx, audit.Nobody(a.Request), func(tx *db.Tx, g *access.Gate) error {
		g.Public()
		err := tx.Row(`SELECT t.address, t.user_id, c.password FROM signin_steps t JOIN credentials c ON c.user_id = t.user_id JOIN users u ON u.id = t.user_id
			WHERE t.token_hash = $1 AND t.started_at > $2 AND c.changed_at <= t.started_at AND u.disabled_at IS NULL`, digest(step), tx.Now().Add(-stepLife)).Scan(&p.address, &p.user, &p.stored)
		if errors.Is(err, db.ErrNoRow) {
			return g.Refuse(access.SignIn, errStep)
		}
		return err
	})
	if err != nil {
		return "", Session{}, err
	}
	p.renewed, p.step = p.stored, step
	return s.start(ctx, a, p)
}
