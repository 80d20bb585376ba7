package openlicense

import (
	"context"
	"slices"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// errWrongPair is the one answer to numbers that give no access, whatever the cause.
var errWrongPair = errs.New(errs.Invalid, "openlicense.wrong_pair")

// Add gives the actor the limited set on the Open License that the two numbers name (OPEN-01). Errors: those of Gate.SignedIn; Denied
// "openlicense.none_held" (OPEN-03), "openlicense.no_address", and with the right numbers "openlicense.denied" after an Administrator denied it; Invalid
// "openlicense.submission" with its fields, "openlicense.wrong_pair"; Limited "openlicense.suspended" with retry_after in seconds; Conflict
// "openlicense.held" when the actor holds all of it.
func (s *Service) Add(ctx context.Context, actor audit.Actor, sub Submission) (Addition, error) {
	var a Addition
	var wrong *errs.Error // is on record, and committed
	err := s.Access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) (err error) {
		a, wrong = Addition{}, nil
		me, err := s.user(tx, g, actor)
		if err != nil {
			return err
		}
		first, err := firstUse(tx, actor.ID)
		if err != nil {
			return err
		}
		if fields := sub.tidy(first, me); len(fields) > 0 {
			return errs.New(errs.Invalid, "openlicense.submission").With(fields...)
		}
		t, err := s.begin(tx, g, actor, sub)
		if err != nil {
			return err
		}
		if t.match == "" {
			wrong, err = s.fail(tx, t)
			return err
		}
		if first {
			if err := s.Accounts.NameTx(tx, actor, sub.Names); err != nil {
				return err
			}
			me.FirstName, me.LastName = sub.First, sub.Last
		}
		a, err = s.give(tx, actor, me, t.match)
		return err
	})
	if err == nil && wrong != nil {
		return Addition{}, wrong
	}
	return a, err
}

// user lets whoever already has an Open License pass, and returns the actor's profile.
func (s *Service) user(tx *db.Tx, g *access.Gate, actor audit.Actor) (accounts.User, error) {
	if err := g.SignedIn(); err != nil {
		return accounts.User{}, err
	}
	holds, err := s.holds(tx, actor.ID)
	if err != nil {
		return accounts.User{}, err
	}
	if !holds {
		return accounts.User{}, g.Refuse(access.SelfService, errs.New(errs.Denied, "openlicense.none_held"))
	}
	me, err := s.Accounts.UserTx(tx, actor.ID)
	if err == nil && len(me.Addresses) == 0 {
		err = errs.New(errs.Denied, "openlicense.no_address")
	}
	return me, err
}

// holds reports whether a user has a role on an Open License.
func (s *Service) holds(tx *db.Tx, user ids.ID) (bool, error) {
	held, err := s.Access.ProgramsHeldTx(tx, user)
	if err != nil {
		return false, err
	}
	programs, err := s.Agreements.ProgramsTx(tx)
	return slices.ContainsFunc(held, func(code string) bool { return programs[code].License() }), err
}

// give gives the limited set, at once, and tells everybody concerned.
func (s *Service) give(tx *db.Tx, actor audit.Actor, me accounts.User, licensing ids.ID) (Addition, error) {
	l, err := s.Agreements.ByIDTx(tx, licensing)
	if err != nil {
		return Addition{}, err
	}
	if err := mayHave(tx, l.ID, me); err != nil {
		return Addition{}, err
	}
	a := Addition{ID: tx.NewID(), Licensing: l.ID, Number: l.Number, Name: me.Name(), Address: me.Addresses[0], Added: tx.Now()}
	given, err := s.grant(tx, actor.ID, actor.ID, a)
	if err != nil {
		return Addition{}, err
	}
	if len(given) == 0 {
		return Addition{}, errs.New(errs.Conflict, "openlicense.held", errs.Params{"licensing_id": l.Number})
	}
	if err := forgive(tx, actor.ID, l.ID); err != nil {
		return Addition{}, err
	}
	if err := s.tellAdded(tx, a); err != nil {
		return Addition{}, err
	}
	tx.SetResult(string(a.ID))
	after := struct {
		Given []access.Given `json:"given"`
	}{given}
	return a, audit.Record(tx, actor, audit.Event{Action: "openlicense.added", Object: Wire.Wire(a.ID), LicensingID: l.ID, After: after})
}

// grant writes an addition by a user, if it was one, and gives its holder, if there is an account, those roles of the set that are not held, none
// to an Administrator.
func (s *Service) grant(tx *db.Tx, user, holder ids.ID, a Addition) ([]access.Given, error) {
	if holder != "" {
		held, err := s.Access.RolesHeldTx(tx, holder, a.Licensing)
		if err != nil || slices.Contains(held, access.Administrator) {
			return nil, err
		}
	}
	if err := insert(tx, user, a); err != nil {
		return nil, err
	}
	return s.Access.GiveTx(tx, access.Giving{Licensing: a.Licensing, Address: a.Address, Roles: Roles(), Source: a.source(), Ref: Wire.Wire(a.ID)})
}

// Standing tells whether the actor may use the function, and what its page has to ask. Errors: those of Gate.SignedIn.
func (s *Service) Standing(ctx context.Context, actor audit.Actor) (st Standing, err error) {
	err = s.Access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		st = Standing{Limits: s.Limits}
		if err := g.SignedIn(); err != nil {
			return err
		}
		if st.Holds, err = s.holds(tx, actor.ID); err != nil {
			return err
		}
		me, err := s.Accounts.UserTx(tx, actor.ID)
		if err != nil {
			return err
		}
		st.Names = accounts.Names{First: me.FirstName, Last: me.LastName}
		if st.First, err = firstUse(tx, actor.ID); err != nil {
			return err
		}
		st.Suspended, err = s.suspendedUntil(tx, actor.ID)
		return err
	})
	return st, err
}
