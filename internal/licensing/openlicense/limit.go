package openlicense

import (
	"math"
	"slices"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/agreements"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// try is one attempt of a person, who has been let in.
type try struct {
	actor audit.Actor
	match ids.ID   // the license to be given; empty when the numbers give none
	named []ids.ID // licenses that one of the numbers names
	open  []ids.ID // those of them that are not suspended
}

// begin counts on the person's row first and on those of the licenses then, so that no two tries pass a limit at once, and looks the
// numbers up. Errors: Limited "openlicense.suspended".
func (s *Service) begin(tx *db.Tx, g *access.Gate, actor audit.Actor, sub Submission) (try, error) {
	t := try{actor: actor}
	if err := bump(tx, []ids.ID{actor.ID}); err != nil {
		return t, err
	}
	until, err := s.suspendedUntil(tx, actor.ID)
	if err != nil {
		return t, err
	}
	if !until.IsZero() {
		return t, g.Refuse(access.SelfService, suspended(until.Sub(tx.Now())))
	}
	if t.match, t.named, err = s.Agreements.PairTx(tx, sub.License, sub.Authorization); err != nil {
		return t, err
	}
	if err := bump(tx, t.named); err != nil {
		return t, err
	}
	closed, err := suspendedAmong(tx, t.named)
	if err != nil {
		return t, err
	}
	for _, id := range t.named {
		if !slices.Contains(closed, id) {
			t.open = append(t.open, id)
		}
	}
	if slices.Contains(closed, t.match) {
		t.match = ""
	}
	return t, nil
}

func suspended(wait time.Duration) *errs.Error {
	return errs.New(errs.Limited, "openlicense.suspended", errs.Params{"retry_after": max(int64(math.Ceil(wait.Seconds())), 1)})
}

// suspendedUntil returns when a person's suspension ends; zero when there is none.
func (s *Service) suspendedUntil(tx *db.Tx, user ids.ID) (until time.Time, err error) {
	err = tx.Each("SELECT suspended_at FROM open_license_limits WHERE subject_id = $1 AND suspended_at > $2", []any{user, tx.Now().Add(-s.Limits.Within)},
		func(scan func(...any) error) error {
			err := scan(&until)
			until = until.Add(s.Limits.Within)
			return err
		})
	return until, err
}

// fail takes a wrong pair down, for the person and for each license that it names, suspends whatever that makes too many, and has the job
// enqueued that tells of it. All of it is by the same statements whether a license was named or not.
func (s *Service) fail(tx *db.Tx, t try) (*errs.Error, error) {
	since := tx.Now().Add(-s.Limits.Within)
	subjects := append([]ids.ID{t.actor.ID}, t.open...)
	if err := addFailures(tx, subjects, t.actor.ID); err != nil {
		return nil, err
	}
	failed, err := failuresOf(tx, subjects, since)
	if err != nil {
		return nil, err
	}
	var over []ids.ID
	f := following{}
	for _, id := range subjects {
		if len(failed[id]) < s.Limits.Failures {
			continue
		}
		if over = append(over, id); id != t.actor.ID {
			f.Suspended = append(f.Suspended, suspension{Licensing: id, Failures: len(failed[id]), Users: distinct(failed[id])})
		}
	}
	if err := suspend(tx, over, s.Limits.Failures); err != nil {
		return nil, err
	}
	if err := forget(tx, subjects, over, since); err != nil {
		return nil, err
	}
	if err := s.Queue.Enqueue(tx, followKind, f, time.Time{}); err != nil {
		return nil, err
	}
	if err := audit.Record(tx, t.actor, t.events(over)...); err != nil {
		return nil, err
	}
	if slices.Contains(over, t.actor.ID) {
		return suspended(s.Limits.Within), nil
	}
	return errWrongPair, nil
}

// events are how a wrong pair is on record: for the Administrators of each license that it names, and of what it suspends.
func (t try) events(over []ids.ID) []audit.Event {
	var all []audit.Event
	for _, id := range t.named {
		all = append(all, audit.Event{Action: "openlicense.failed", Object: agreements.LicensingWire.Wire(id), LicensingID: id, Refused: true})
	}
	if len(all) == 0 {
		all = append(all, audit.Event{Action: "openlicense.failed", Refused: true})
	}
	for _, id := range over {
		e := audit.Event{Action: "openlicense.suspended"}
		if id != t.actor.ID {
			e.Object, e.LicensingID = agreements.LicensingWire.Wire(id), id
		}
		all = append(all, e)
	}
	return all
}

func distinct(users []ids.ID) []ids.ID {
	slices.Sort(users)
	return slices.Compact(users)
}
