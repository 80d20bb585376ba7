package openlicense

import (
	"context"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/agreements"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// Suspension is an Open License that cannot be added until one of its Administrators enables it again.
type Suspension struct {
	Licensing ids.ID
	Number    string
	Since     time.Time
	Failures  int // that led to it
}

// Suspensions returns those of the Licensing IDs whose Administrator the actor is, by number. Errors: those of Gate.Scope for ManageUsers.
func (s *Service) Suspensions(ctx context.Context, actor audit.Actor) (all []Suspension, err error) {
	err = s.Access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		all = nil
		scope, err := g.Scope(access.ManageUsers)
		if err != nil {
			return err
		}
		return tx.Each("SELECT l.id, l.number, m.suspended_at, m.failures FROM open_license_limits m JOIN licensing_ids l ON l.id = m.subject_id "+
			"WHERE m.suspended_at IS NOT NULL AND "+scope.SQL(tx, "m.subject_id", "$1")+" ORDER BY l.number", []any{scope.Arg()}, func(scan func(...any) error) error {
			var x Suspension
			err := scan(&x.Licensing, &x.Number, &x.Since, &x.Failures)
			all = append(all, x)
			return err
		})
	})
	return all, err
}

// Enable ends the suspension of a license (OPEN-12). Errors: those of Gate.On for ManageUsers; Conflict "openlicense.not_suspended".
func (s *Service) Enable(ctx context.Context, actor audit.Actor, licensing ids.ID) error {
	return s.Access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.On(access.ManageUsers, licensing); err != nil {
			return err
		}
		n, err := tx.Exec("UPDATE open_license_limits SET suspended_at = NULL, version = version + 1 WHERE subject_id = $1 AND suspended_at IS NOT NULL", licensing)
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.New(errs.Conflict, "openlicense.not_suspended")
		}
		tx.SetResult(string(licensing))
		return audit.Record(tx, g.Actor(), audit.Event{Action: "openlicense.enabled", Object: agreements.LicensingWire.Wire(licensing), LicensingID: licensing})
	})
}
