package requests

import (
	"context"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/notify"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// Filter chooses requests to be answered: those that wait, or those that are decided.
type Filter struct {
	Decided bool
	Before  ids.ID // only older ones, for paging
	Limit   int    // 50 when zero, 200 at most
}

// List returns the requests that the actor answers or answered for, the newest first, and where the next page goes on: those on the
// Licensing IDs whose Administrator the actor is; for the publisher's staff those that nobody else can answer, and the overdue ones, which
// they follow up. Errors: those of Gate.Scope for ManageUsers; Invalid "request.cursor".
func (s *Service) List(ctx context.Context, actor audit.Actor, f Filter) (all []Request, next ids.ID, err error) {
	if f.Limit <= 0 || f.Limit > 200 {
		f.Limit = 50
	}
	if f.Before != "" && !ids.Valid(string(f.Before)) {
		return nil, "", errs.New(errs.Invalid, "request.cursor")
	}
	err = s.Access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		all = nil
		staff, err := isStaff(g)
		if err != nil {
			return err
		}
		scope, err := g.Scope(access.ManageUsers)
		if err != nil && !(staff && errs.KindOf(err) == errs.Denied) { // staff need not be Administrator anywhere
			return err
		}
		return each(tx, "WHERE ("+scope.SQL(tx, "r.licensing_id", "$1")+" OR $2 AND (r.licensing_id IS NULL OR r.due_at <= $3)) AND (r.state = 'pending') <> $4"+
			" AND (CAST($5 AS TEXT) IS NULL OR r.id < $5) ORDER BY r.id DESC LIMIT $6", []any{scope.Arg(), staff, tx.Now(), f.Decided, f.Before, f.Limit + 1},
			func(r Request) { all = append(all, r) })
	})
	if len(all) > f.Limit {
		all = all[:f.Limit]
		next = all[f.Limit-1].ID
	}
	return all, next, err
}

// isStaff reports whether the actor is of the staff that answer what nobody else can.
func isStaff(g *access.Gate) (bool, error) {
	err := g.Staff(access.AnswerRequests)
	if errs.KindOf(err) == errs.Denied {
		return false, nil
	}
	return err == nil, err
}

// Get returns one request to whoever answers it. Errors: NotFound "requests.unknown"; those of Gate.On for ManageUsers.
func (s *Service) Get(ctx context.Context, actor audit.Actor, id ids.ID) (r Request, err error) {
	err = s.Access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		r, err = s.find(tx, g, id, true)
		return err
	})
	return r, err
}

// find returns a request that the actor may answer, or, if follow, may follow up as staff.
func (s *Service) find(tx *db.Tx, g *access.Gate, id ids.ID, follow bool) (Request, error) {
	var r Request
	if err := each(tx, "WHERE r.id = $1", []any{id}, func(found Request) { r = found }); err != nil {
		return Request{}, err
	}
	staff, err := isStaff(g)
	if err != nil {
		return Request{}, err
	}
	if r.ID != "" && staff && (r.Licensing == "" || follow && r.Overdue) {
		return r, nil
	}
	if err := g.On(access.ManageUsers, r.Licensing); err != nil || r.ID == "" {
		if r.ID == "" && err == nil || errs.KindOf(err) == errs.NotFound {
			return Request{}, errUnknown
		}
		return Request{}, err
	}
	return r, nil
}

// Decide answers a request, once (PERM-27, PERM-28). What is accepted counts at once. Errors: those of Get; Invalid "requests.decision" with
// its fields; Conflict "requests.decided" when somebody has decided, "requests.nobody_has" for accepting what no Licensing ID is called by.
func (s *Service) Decide(ctx context.Context, actor audit.Actor, id ids.ID, d Decision) (r Request, err error) {
	err = s.Access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if r, err = s.find(tx, g, id, false); err != nil {
			return err
		}
		if r.Licensing != "" {
			if err := s.Access.LockTx(tx, g, r.Licensing); err != nil {
				return err
			}
		} else if d.Accept {
			return errs.New(errs.Conflict, "requests.nobody_has", errs.Params{"licensing_id": r.Asked})
		}
		granted, err := d.given(r)
		if err != nil {
			return err
		}
		if err := s.settle(tx, g.Actor(), r, d, granted); err != nil {
			return err
		}
		return each(tx, "WHERE r.id = $1", []any{id}, func(settled Request) { r = settled })
	})
	return r, err
}

// settle writes the decision and what follows from it.
func (s *Service) settle(tx *db.Tx, actor audit.Actor, r Request, d Decision, granted []access.Role) error {
	r.State, r.Granted, r.Note = Denied, granted, d.Note
	if d.Accept {
		r.State = Accepted
	}
	n, err := tx.Exec("UPDATE permission_requests SET state = $1, granted = $2, note = $3, decided_by = $4, decided_at = $5 WHERE id = $6 AND state = 'pending'",
		string(r.State), joined(granted), r.Note, actor.ID, tx.Now(), r.ID)
	if err != nil {
		return err
	}
	if n == 0 {
		return s.decidedBefore(tx, r.ID)
	}
	after := struct {
		Accepted bool           `json:"accepted"`
		Given    []access.Given `json:"given,omitempty"`
	}{Accepted: d.Accept}
	if d.Accept {
		after.Given, err = s.Access.GiveTx(tx, access.Giving{Licensing: r.Licensing, Address: r.Address, Roles: granted, Source: access.Requested, Ref: Wire.Wire(r.ID)})
		if err != nil {
			return err
		}
	}
	if err := s.tellRequester(tx, r); err != nil {
		return err
	}
	tx.SetResult(string(r.ID))
	return audit.Record(tx, actor, audit.Event{Action: "requests.decided", Object: Wire.Wire(r.ID), LicensingID: r.Licensing, After: after})
}

// decidedBefore says who has decided on a request, to somebody who came too late (PERM-28).
func (s *Service) decidedBefore(tx *db.Tx, id ids.ID) error {
	var r Request
	if err := each(tx, "WHERE r.id = $1", []any{id}, func(found Request) { r = found }); err != nil {
		return err
	}
	return errs.New(errs.Conflict, "requests.decided", errs.Params{"request": r.Number, "name": r.Decider})
}

// tellRequester mails the outcome (PERM-29).
func (s *Service) tellRequester(tx *db.Tx, r Request) error {
	people, err := s.Accounts.RecipientsTx(tx, []string{r.Address})
	if err != nil {
		return err
	}
	for _, p := range people {
		m := notify.Message{To: p.Address, Lang: string(p.Language), Zone: p.Zone, Event: notify.RequestDenied, Licensing: r.Licensing, Params: notify.Params{
			"name": p.Name, "licensing_id": r.Asked, "request": r.Number, "note": r.Note, "link": s.BaseURL + AskPath}}
		if r.State == Accepted {
			m.Event, m.Params["roles"] = notify.RequestAccepted, joined(r.Granted)
		}
		if err := s.Notify.EnqueueTx(tx, m); err != nil {
			return err
		}
	}
	return nil
}
