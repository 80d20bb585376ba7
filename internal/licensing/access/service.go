package access

import (
	"context"
	"fmt"
	"time"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// recordWithin bounds how long recording a refusal may take after the request itself is over.
const recordWithin = 10 * time.Second

// licensingIDs is the wire prefix of a Licensing ID's row.
const licensingIDs ids.Prefix = "lid"

// Service runs use cases under a Gate and keeps the role rows. It is safe for concurrent use.
type Service struct {
	db      *db.DB
	tally   *tally
	heralds []Herald
}

// New returns the service.
func New(d *db.DB) *Service { return &Service{db: d, tally: newTally()} }

// Read runs use in a read transaction. use asks the gate before it reads what it hands out. Errors: those of use and of
// the gate; internal when use succeeded and no decision allowed it; those of the database when what has to go on
// record could not be written, in which case nothing that use has read may be shown.
func (s *Service) Read(ctx context.Context, actor audit.Actor, use func(tx *db.Tx, g *Gate) error) error {
	var gate *Gate
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		gate = newGate(tx, actor)
		return gate.run(use)
	})
	if err == nil {
		return s.recordReads(ctx, gate)
	}
	return s.recordRefusal(ctx, gate, err)
}

// Write runs use in a write transaction. use asks the gate before it changes anything. Errors: those of use, of the gate
// and of db.Write; internal when use succeeded and no decision allowed it.
func (s *Service) Write(ctx context.Context, actor audit.Actor, use func(tx *db.Tx, g *Gate) error) error {
	var gate *Gate
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		gate = newGate(tx, actor)
		return gate.run(use)
	})
	if err == nil {
		return nil
	}
	return s.recordRefusal(ctx, gate, err)
}

// recordRefusal puts the refusal that ended a use case on record and returns the use case's error.
func (s *Service) recordRefusal(ctx context.Context, gate *Gate, err error) error {
	if gate == nil || gate.refusal == nil || errs.KindOf(err) != gate.refusal.kind {
		return err
	}
	r := gate.refusal
	if gate.actor.Kind != audit.User {
		if failed := s.count(ctx, r.action, gate.tx.Now()); failed != nil {
			return failed
		}
		return err
	}
	after := struct {
		Action Action `json:"action"`
	}{r.action}
	event := audit.Event{Action: "access.refused", Object: licensingIDs.Wire(r.licensing), After: after, Refused: true}
	if r.kind == errs.Denied { // to an outsider's guess the Licensing ID's Administrators are no party
		event.LicensingID = r.licensing
	}
	if failed := s.record(ctx, gate.actor.OnRecord(), event); failed != nil {
		return fmt.Errorf("recording a refusal: %w", failed)
	}
	return err
}

// recordReads puts on record which customers' data a member of staff has read by right of being staff.
func (s *Service) recordReads(ctx context.Context, gate *Gate) error {
	for _, r := range gate.reads {
		actor := gate.actor.OnRecord()
		if r.organization != "" {
			actor.For = r.organization
		}
		after := struct {
			Action Action `json:"action"`
		}{r.action}
		event := audit.Event{Action: "customers.read", Object: licensingIDs.Wire(r.licensing), LicensingID: r.licensing, After: after}
		if err := s.record(ctx, actor, event); err != nil {
			return fmt.Errorf("recording what staff has read: %w", err)
		}
	}
	return nil
}

// record writes an event in a transaction of its own, which a caller who hangs up cannot prevent.
func (s *Service) record(ctx context.Context, actor audit.Actor, event audit.Event) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordWithin)
	defer cancel()
	return s.db.Write(ctx, func(tx *db.Tx) error { return audit.Record(tx, actor, event) })
}
