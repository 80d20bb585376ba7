package accounts

import (
	"context"
	"math"
	"strings"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// Queue takes work that is done after the transaction that wants it.
type Queue interface {
	Enqueue(tx *db.Tx, kind string, payload any, at time.Time) error
}

// AskedKind is the kind of the jobs that answer what strangers ask for by naming an address. Whatever the address is, asking does the same work
// and says the same; what differs is done afterwards, out of sight.
const AskedKind = "accounts.asked"

// Wish is what a stranger asks to be mailed.
type Wish string

// The wishes.
const WantsPassword Wish = "password"

// Asked is the payload of such a job.
type Asked struct {
	Wish    Wish   `json:"wish"`
	Address string `json:"address"` // normalised
}

// The limits of asking for mails.
var (
	perAsked   = limit{3, 15 * time.Minute}
	perAsking  = limit{30, 15 * time.Minute}
	errTooMany = func(wait time.Duration) *errs.Error {
		return errs.New(errs.Limited, "accounts.too_many_mails", errs.Params{"retry_after": int64(math.Ceil(wait.Seconds()))})
	}
)

// ask takes a stranger's wish about an address. Errors: Invalid "access.address"; Limited "accounts.too_many_mails".
func (s *Service) ask(ctx context.Context, request, remote, event string, wish Wish, address string) error {
	address, err := access.NormalizeAddress(address)
	if err != nil {
		return err
	}
	err = s.mayAsk(ctx, remote, string(wish)+" "+address)
	if err != nil {
		return err
	}
	return s.access.Write(ctx, audit.Nobody(request), func(tx *db.Tx, g *access.Gate) error {
		g.Public()
		if err := s.queue.Enqueue(tx, AskedKind, Asked{wish, address}, time.Time{}); err != nil {
			return err
		}
		return audit.Record(tx, g.Actor(), audit.Event{Action: event})
	})
}

// mayAsk counts a wish under the network it comes from and under what is asked for. Errors: Limited "accounts.too_many_mails".
func (s *Service) mayAsk(ctx context.Context, remote, what string) error {
	var wait time.Duration
	err := s.db.Housekeep(ctx, "counting a mail that is asked for", func(tx *db.Tx) (err error) {
		wait, err = perAsking.count(tx, "asking "+networkSubject(networkOf(remote)))
		if err == nil && wait == 0 {
			wait, err = perAsked.count(tx, "asked "+addressSubject(strings.ToLower(what)))
		}
		return err
	})
	if err == nil && wait > 0 {
		return errTooMany(wait)
	}
	return err
}

// countOnce counts an attempt under one subject.
func (s *Service) countOnce(ctx context.Context, l limit, subject string) (tooMany *errs.Error, err error) {
	err = s.db.Housekeep(ctx, "counting an attempt", func(tx *db.Tx) error {
		tooMany = nil
		wait, err := l.count(tx, subject)
		if wait > 0 {
			tooMany = errs.New(errs.Limited, "accounts.too_many_attempts", errs.Params{"retry_after": int64(math.Ceil(wait.Seconds()))})
		}
		return err
	})
	return tooMany, err
}

// Answer does what was asked for, if the address gives a reason to. The job is named as the actor.
func (s *Service) Answer(ctx context.Context, job ids.ID, asked Asked) error {
	return s.access.Write(ctx, audit.Actor{Kind: audit.Job, ID: job}, func(tx *db.Tx, g *access.Gate) error {
		g.Public() // whoever owns the address is the only one who reads the answer
		if asked.Wish == WantsPassword {
			return s.mailPasswordLink(tx, g.Actor(), asked.Address)
		}
		return nil
	})
}
