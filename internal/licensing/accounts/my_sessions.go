package accounts

import (
	"context"
	"net/netip"
	"strings"
	"time"
	"unicode"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// OpenSession is a session as its owner sees it.
type OpenSession struct {
	ID      ids.ID
	Started time.Time
	Used    time.Time // to the minute
	Address string    // IP address that it was opened from; "" when that is not known
	Agent   string    // what the browser or program called itself; "" when it did not
	Current bool      // the one that asks
}

var errSessionUnknown = errs.New(errs.NotFound, "accounts.session_unknown")

// longestAgent is in characters.
const longestAgent = 200

// agentOf returns the name that a program gives itself, fit to be stored and shown.
func agentOf(header string) string {
	printable := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, strings.ToValidUTF8(header, ""))
	if runes := []rune(printable); len(runes) > longestAgent {
		printable = string(runes[:longestAgent])
	}
	return strings.TrimSpace(printable)
}

// hostOf returns the IP address of a client, given as net/http gives it; "" when it has none.
func hostOf(remote string) string {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return ""
	}
	return at.Addr().Unmap().WithZone("").String()
}

// lives is a condition on sessions that are open at the instants $2 and $3: the oldest start and the oldest last use.
const lives = "ended_at IS NULL AND created_at > $2 AND used_at > $3"

// MySessions returns the actor's open sessions, the last used first. Errors: those of Gate.Private.
func (s *Service) MySessions(ctx context.Context, actor audit.Actor) ([]OpenSession, error) {
	var all []OpenSession
	err := s.access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		all = nil
		if err := g.Private(); err != nil {
			return err
		}
		return tx.Each("SELECT id, created_at, used_at, COALESCE(address, ''), COALESCE(agent, '') FROM sessions WHERE user_id = $1 AND "+lives+" ORDER BY used_at DESC, id DESC",
			[]any{actor.ID, tx.Now().Add(-sessionLife), tx.Now().Add(-sessionIdle)}, func(scan func(...any) error) error {
				var o OpenSession
				err := scan(&o.ID, &o.Started, &o.Used, &o.Address, &o.Agent)
				o.Current = o.ID == actor.Session
				all = append(all, o)
				return err
			})
	})
	return all, err
}

// EndSession ends one of the actor's sessions at once. Errors: those of Gate.SignedIn; NotFound "accounts.session_unknown" also for another
// user's session and one that has ended.
func (s *Service) EndSession(ctx context.Context, actor audit.Actor, session ids.ID) error {
	return s.access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.SignedIn(); err != nil {
			return err
		}
		n, err := tx.Exec("UPDATE sessions SET ended_at = $4 WHERE user_id = $1 AND "+lives+" AND id = $5",
			actor.ID, tx.Now().Add(-sessionLife), tx.Now().Add(-sessionIdle), tx.Now(), session)
		if err != nil {
			return err
		}
		if n == 0 {
			return errSessionUnknown
		}
		return audit.Record(tx, actor, audit.Event{Action: "sessions.ended", Object: sessions.Wire(session)})
	})
}

// EndOtherSessions ends all of the actor's sessions but the one that asks, and returns how many were open. Errors: those of Gate.SignedIn.
func (s *Service) EndOtherSessions(ctx context.Context, actor audit.Actor) (open int, err error) {
	err = s.access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.SignedIn(); err != nil {
			return err
		}
		if open, err = endSessions(tx, actor.ID, actor.Session); err != nil || open == 0 {
			return err
		}
		after := struct {
			Ended int `json:"ended"`
		}{open}
		return audit.Record(tx, actor, audit.Event{Action: "sessions.others_ended", Object: users.Wire(actor.ID), After: after})
	})
	return open, err
}

// endSessions ends the open sessions of a user, but one that is to stay ("" for none), and returns how many there were.
func endSessions(tx *db.Tx, user, stays ids.ID) (int, error) {
	n, err := tx.Exec("UPDATE sessions SET ended_at = $4 WHERE user_id = $1 AND "+lives+" AND (CAST($5 AS TEXT) IS NULL OR id <> $5)",
		user, tx.Now().Add(-sessionLife), tx.Now().Add(-sessionIdle), tx.Now(), stays)
	return int(n), err
}
