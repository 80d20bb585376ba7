package openlicense

import (
	"context"
	"errors"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// Filter chooses a page of additions.
type Filter struct {
	Before ids.ID // only older ones
	Limit  int    // 50 when zero, 200 at most
}

// List returns who got the limited set on the Licensing IDs whose Administrator the actor is, the newest first, and where the next page goes
// on. Errors: those of Gate.Scope for ManageUsers; Invalid "request.cursor".
func (s *Service) List(ctx context.Context, actor audit.Actor, f Filter) (all []Addition, next ids.ID, err error) {
	if f.Limit <= 0 || f.Limit > 200 {
		f.Limit = 50
	}
	if f.Before != "" && !ids.Valid(string(f.Before)) {
		return nil, "", errs.New(errs.Invalid, "request.cursor")
	}
	err = s.Access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		all = nil
		scope, err := g.Scope(access.ManageUsers)
		if err != nil {
			return err
		}
		return each(tx, "WHERE "+scope.SQL(tx, "a.licensing_id", "$1")+" AND (CAST($2 AS TEXT) IS NULL OR a.id < $2) ORDER BY a.id DESC LIMIT $3",
			[]any{scope.Arg(), f.Before, f.Limit + 1}, func(a Addition) { all = append(all, a) })
	})
	if len(all) > f.Limit {
		all = all[:f.Limit]
		next = all[f.Limit-1].ID
	}
	return all, next, err
}

// Get returns one addition to an Administrator of its license. Errors: NotFound "openlicense.unknown"; those of Gate.On for ManageUsers.
func (s *Service) Get(ctx context.Context, actor audit.Actor, id ids.ID) (a Addition, err error) {
	err = s.Access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		a, err = find(tx, g, id)
		return err
	})
	return a, err
}

// find returns an addition that the actor may deny.
func find(tx *db.Tx, g *access.Gate, id ids.ID) (Addition, error) {
	a, err := one(tx, id)
	if err != nil && !errors.Is(err, db.ErrNoRow) {
		return Addition{}, err
	}
	if err := g.On(access.ManageUsers, a.Licensing); err != nil {
		if errs.KindOf(err) == errs.NotFound {
			err = errUnknown
		}
		return Addition{}, err
	}
	if a.ID == "" { // the installation itself may be on every Licensing ID, but not on none
		return Addition{}, errUnknown
	}
	return a, nil
}

// Own returns an addition to whoever got the roles by it. Errors: those of Gate.SignedIn; NotFound "openlicense.unknown".
func (s *Service) Own(ctx context.Context, actor audit.Actor, id ids.ID) (a Addition, err error) {
	err = s.Access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		a, err = Addition{}, errUnknown
		if err := g.SignedIn(); err != nil {
			return err
		}
		failed := each(tx, "WHERE a.id = $1 AND a.user_id = $2", []any{id, actor.ID}, func(found Addition) { a, err = found, nil })
		return errors.Join(failed, err)
	})
	return a, err
}

// Deny takes back what an addition gave, and refuses that person the license's numbers from now on, also after the license has expired
// (OPEN-08, OPEN-09). The person is told (OPEN-17). Errors: those of Get; Conflict "openlicense.denied_before" with who did.
func (s *Service) Deny(ctx context.Context, actor audit.Actor, id ids.ID) (a Addition, err error) {
	err = s.Access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if a, err = find(tx, g, id); err != nil {
			return err
		}
		if err := s.Access.LockTx(tx, g, a.Licensing); err != nil {
			return err
		}
		n, err := tx.Exec("UPDATE open_license_additions SET denied_by = $1, denied_at = $2 WHERE id = $3 AND denied_at IS NULL", actor.ID, tx.Now(), id)
		if err != nil {
			return err
		}
		if a, err = one(tx, id); err != nil {
			return err
		}
		if n == 0 {
			return errs.New(errs.Conflict, "openlicense.denied_before", errs.Params{"name": a.DeniedBy})
		}
		if err := s.Access.WithdrawTx(tx, g, a.Licensing, a.source(), Wire.Wire(id)); err != nil {
			return err
		}
		if err := s.tellDenied(tx, a); err != nil {
			return err
		}
		tx.SetResult(string(id))
		return audit.Record(tx, g.Actor(), audit.Event{Action: "openlicense.denied", Object: Wire.Wire(id), LicensingID: a.Licensing})
	})
	return a, err
}
