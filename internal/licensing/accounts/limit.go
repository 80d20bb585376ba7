package accounts

import (
	"context"
	"encoding/hex"
	"math"
	"time"

	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
)

// limit allows a number of attempts in a window of time that starts with the first one.
type limit struct {
	attempts int
	window   time.Duration
}

// The limits of attempts to sign in. A success gives its attempts back.
var (
	perAddress = limit{10, 15 * time.Minute}
	overall    = limit{300, time.Minute}
)

// longestWindow is that of the limits.
const longestWindow = 15 * time.Minute

const everybody = "everybody"

// subject is what attempts are counted under: addresses that people try need not be known here in clear.
func subject(address string) string { return hex.EncodeToString(digest(address)) }

// attempt counts an attempt before it is made. tooMany is Limited "accounts.too_many_attempts" with retry_after in
// seconds.
func (s *Service) attempt(ctx context.Context, address string) (tooMany *errs.Error, err error) {
	err = s.db.Housekeep(ctx, "counting an attempt to sign in", func(tx *db.Tx) error {
		tooMany = nil
		wait, err := perAddress.count(tx, subject(address))
		if err == nil && wait == 0 {
			wait, err = overall.count(tx, everybody)
		}
		if wait > 0 {
			tooMany = errs.New(errs.Limited, "accounts.too_many_attempts", errs.Params{"retry_after": int64(math.Ceil(wait.Seconds()))})
		}
		return err
	})
	return tooMany, err
}

// count adds one attempt, in one statement that refuses the one too many, and returns how long to wait when it did.
func (l limit) count(tx *db.Tx, subject string) (wait time.Duration, err error) {
	n, err := tx.Exec(`INSERT INTO signin_failures (subject, window_start, attempts) VALUES ($1, $2, 1) ON CONFLICT (subject) DO UPDATE SET
		attempts = CASE WHEN signin_failures.window_start <= $3 THEN 1 ELSE signin_failures.attempts + 1 END,
		window_start = CASE WHEN signin_failures.window_start <= $3 THEN excluded.window_start ELSE signin_failures.window_start END
		WHERE signin_failures.window_start <= $3 OR signin_failures.attempts < $4`, subject, tx.Now(), tx.Now().Add(-l.window), l.attempts)
	if err != nil || n == 1 {
		return 0, err
	}
	var start time.Time
	if err := tx.Row("SELECT window_start FROM signin_failures WHERE subject = $1", subject).Scan(&start); err != nil {
		return 0, err
	}
	return max(start.Add(l.window).Sub(tx.Now()), time.Second), nil
}

// forgive gives the attempts of an address back after it has signed in.
func forgive(tx *db.Tx, address string) error {
	if _, err := tx.Exec("DELETE FROM signin_failures WHERE subject = $1", subject(address)); err != nil {
		return err
	}
	_, err := tx.Exec("UPDATE signin_failures SET attempts = attempts - 1 WHERE subject = $1 AND attempts > 0", everybody)
	return err
}
