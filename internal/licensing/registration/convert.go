package registration

import (
	"context"
	"slices"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/i18n"
	"chiave/internal/platform/ids"
)

var errNotPersonal = errs.New(errs.Conflict, "registration.not_personal")

// personTx lets a person pass who signs in with a personal account. Errors: those of Gate.InPerson; Conflict "registration.not_personal".
func (s *Service) personTx(tx *db.Tx, g *access.Gate, user ids.ID) error {
	if err := g.InPerson(); err != nil {
		return err
	}
	u, err := s.Accounts.UserTx(tx, user)
	if err == nil && !s.Personally(u.Addresses) {
		err = errNotPersonal
	}
	return err
}

// Personally reports whether somebody with these addresses signs in with a personal account, and is asked to convert it.
func (s *Service) Personally(addresses []string) bool {
	return len(addresses) > 0 && !slices.ContainsFunc(addresses, func(a string) bool { return !s.IsPersonal(a) })
}

// StartConversion has a code mailed to the work address that is to replace a personal account (REG-11). Errors: those of Gate.InPerson and of
// Start; Conflict "registration.not_personal".
func (s *Service) StartConversion(ctx context.Context, actor audit.Actor, remote, address string, lang i18n.Lang) (Signup, error) {
	return s.begin(ctx, actor, remote, address, lang, "registration.conversion_started", func(tx *db.Tx, g *access.Gate) error { return s.personTx(tx, g, actor.ID) })
}

// CompleteConversion makes the work address the one that the person signs in with; all permissions stay (REG-11). Errors: those of
// Gate.InPerson; NotFound "registration.unknown"; Invalid "registration.completion" with its fields; Conflict "registration.not_personal",
// "registration.e03", "registration.e04", "registration.e05", "accounts.address_taken".
func (s *Service) CompleteConversion(ctx context.Context, actor audit.Actor, id ids.ID, c Completion) error {
	up, err := s.Signup(ctx, actor, id)
	if err == nil && (up.User == "" || up.User != actor.ID) {
		err = errUnknown
	}
	if err != nil {
		return err
	}
	if fields := c.check(); len(fields) > 0 {
		return errCompletion.With(fields...)
	}
	if err := s.proven(ctx, actor, up, c.Code); err != nil {
		return err
	}
	return s.Access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := s.personTx(tx, g, actor.ID); err != nil {
			return err
		}
		organization, err := s.useUp(tx, up)
		if err != nil {
			return err
		}
		if err := s.Accounts.ConvertTx(tx, actor.ID, c.Names, c.Country, up.Address); err != nil {
			return err
		}
		return audit.Record(tx, actor, audit.Event{Action: "registration.converted", Object: Wire.Wire(up.ID), After: confirmed{Wire.Wire(up.ID), c.Country, organization}})
	})
}
