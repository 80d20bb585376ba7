package accounts

import (
	"context"
	"encoding/hex"
	"math"
	"net/netip"
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
	perNetwork = limit{300, time.Minute}
)

// longestWindow is that of the limits.
const longestWindow = 15 * time.Minute

// The bits of a client's IP address that name its network: what one customer of an Internet provider usually has for itself.
const (
	networkBits4 = 24
	networkBits6 = 56
)

// addressSubject and networkSubject are what attempts are counted under: the addresses that people try, and where they sit, need not be
// known here in clear.
func addressSubject(address string) string { return hex.EncodeToString(digest(address)) }

func networkSubject(network string) string { return "network " + hex.EncodeToString(digest(network)) }

// networkOf returns the network of a client, given as net/http gives its address: "192.0.2.7:49152". Clients without an IP address are
// one network.
func networkOf(remote string) string {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return ""
	}
	ip, bits := at.Addr().Unmap().WithZone(""), networkBits4
	if ip.Is6() {
		bits = networkBits6
	}
	network, err := ip.Prefix(bits)
	if err != nil {
		return ""
	}
	return network.String()
}

var errManyAttempts = errs.New(errs.Limited, "accounts.too_many_attempts", errs.Params{"retry_after": int64(1)})

// attempt counts an attempt before it is made: first under its network, so that one refused there leaves the address alone and writes
// nothing under addresses that somebody makes up. tooMany is Limited "accounts.too_many_attempts" with retry_after in seconds.
func (s *Service) attempt(ctx context.Context, network, address string) (tooMany *errs.Error, err error) {
	err = s.db.Housekeep(ctx, "counting an attempt to sign in", func(tx *db.Tx) error {
		tooMany = nil
		wait, err := perNetwork.count(tx, networkSubject(network))
		if err == nil && wait == 0 {
			wait, err = perAddress.count(tx, addressSubject(address))
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

// forgive gives the attempts of an address back after it has signed in. It takes the rows in the order in which attempt does.
func forgive(tx *db.Tx, network, address string) error {
	if _, err := tx.Exec("UPDATE signin_failures SET attempts = attempts - 1 WHERE subject = $1 AND attempts > 0", networkSubject(network)); err != nil {
		return err
	}
	_, err := tx.Exec("DELETE FROM signin_failures WHERE subject = $1", addressSubject(address))
	return err
}
