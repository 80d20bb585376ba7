package notify

import (
	"context"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// State is how far a message has come.
type State string

// The states. Sent and Failed are final.
const (
	Queued State = "queued" // written, not delivered yet: Attempts says how often it was tried
	Sent   State = "sent"   // the mail server took it
	Failed State = "failed" // given up
)

// Entry is one line of the log of mails (NOTF-05).
type Entry struct {
	ID        ids.ID
	Licensing ids.ID // empty when no Licensing ID is concerned
	Event     string
	To        string
	Lang      string
	State     State
	Created   time.Time
	Attempts  int
	Tried     time.Time // the last attempt; zero when there was none
	Result    string    // error code of the last attempt; empty when the server took the mail or has not been asked
	Reply     int       // the server's reply code of the last attempt; 0 when there was none
}

// Filter narrows the log.
type Filter struct {
	Licensing ids.ID // empty: everybody's, which only the publisher's staff may see
	State     State  // empty: all
	Before    ids.ID // only entries older than this one, for paging
	Limit     int    // 1 to 200; 50 when zero
}

const (
	usualLimit = 50
	mostLimit  = 200
)

// List returns the log, the newest first. The log of a Licensing ID is open to whom its audit trail is. Errors: those of
// access.Gate.On for a Licensing ID, of Gate.Staff without one; Invalid "notify.limit".
func (s *Service) List(ctx context.Context, actor audit.Actor, f Filter) ([]Entry, error) {
	if f.Limit < 0 || f.Limit > mostLimit {
		return nil, errs.New(errs.Invalid, "notify.limit", errs.Params{"most": mostLimit})
	}
	if f.Limit == 0 {
		f.Limit = usualLimit
	}
	var all []Entry
	err := s.needs.Access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		all = nil
		allowed := func() error { return g.Staff(access.ReadCustomers) }
		if f.Licensing != "" {
			allowed = func() error { return g.On(access.ReadAudit, f.Licensing) }
		}
		if err := allowed(); err != nil {
			return err
		}
		return tx.Each(`SELECT id, licensing_id, event, recipient, lang, state, created_at, attempts, tried_at, result, reply FROM messages
			WHERE (CAST($1 AS TEXT) IS NULL OR licensing_id = $1) AND (CAST($2 AS TEXT) = '' OR state = $2) AND (CAST($3 AS TEXT) IS NULL OR id < $3)
			ORDER BY id DESC LIMIT $4`, []any{f.Licensing, string(f.State), f.Before, f.Limit}, func(scan func(...any) error) error {
			var e Entry
			if err := scan(&e.ID, &e.Licensing, &e.Event, &e.To, &e.Lang, &e.State, &e.Created, &e.Attempts, &e.Tried, &e.Result, &e.Reply); err != nil {
				return err
			}
			all = append(all, e)
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// Failed returns the mails that were given up, the newest first: those of a Licensing ID for its Administrators, all of
// them (licensing empty) for the publisher's staff. Errors: as List.
func (s *Service) Failed(ctx context.Context, actor audit.Actor, licensing ids.ID) ([]Entry, error) {
	return s.List(ctx, actor, Filter{Licensing: licensing, State: Failed})
}
