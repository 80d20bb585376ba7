package accounts

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

const (
	// viewingLife is how long somebody's view is kept without asking for it anew.
	viewingLife = 30 * time.Minute
	// longestReason is in characters.
	longestReason = 200
)

var errViewAs = errs.New(errs.Invalid, "accounts.view_as")

// ViewAs lets a member of staff see the portal as a customer's person sees it, in the session that the actor came with, until EndView or for 30
// minutes. Nothing can be changed meanwhile, and what is the person's alone stays closed. The reason, such as the number of a case, goes on record. Errors:
// those of Gate.Staff; Invalid "accounts.view_as" with its fields; Conflict "accounts.no_session" for an API token.
func (s *Service) ViewAs(ctx context.Context, actor audit.Actor, address, reason string) error {
	return s.access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.Staff(access.ViewAs); err != nil {
			return err
		}
		person, fields, err := viewable(tx, address)
		if err != nil {
			return err
		}
		reason = strings.TrimSpace(reason)
		if reason == "" || utf8.RuneCountInString(reason) > longestReason {
			fields = append(fields, errs.Field{Pointer: "reason", Code: "accounts.view_reason", Params: errs.Params{"most": int64(longestReason)}})
		}
		if len(fields) > 0 {
			return errViewAs.With(fields...)
		}
		until := tx.Now().Add(viewingLife)
		n, err := tx.Exec("UPDATE sessions SET viewing_id = $1, viewing_until = $2 WHERE id = $3 AND user_id = $4 AND ended_at IS NULL", person.ID, until, actor.Session, actor.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return errNoSession
		}
		actor.For = person.Organization
		return audit.Record(tx, actor, audit.Event{Action: "views.started", Object: users.Wire(person.ID), After: map[string]any{"reason": reason, "until": until}})
	})
}

// viewable returns the customer's person with an address, or what is wrong with it.
func viewable(tx *db.Tx, address string) (User, []errs.Field, error) {
	unknown := []errs.Field{{Pointer: "address", Code: "accounts.view_unknown"}}
	known, err := access.NormalizeAddress(address)
	if err != nil {
		return User{}, unknown, nil
	}
	id, err := ownerTx(tx, known)
	if err != nil {
		return User{}, nil, err
	}
	person, err := userTx(tx, id)
	switch {
	case errors.Is(err, db.ErrNoRow):
		return User{}, unknown, nil
	case err != nil:
		return User{}, nil, err
	case person.Staff != "":
		return User{}, []errs.Field{{Pointer: "address", Code: "accounts.view_staff"}}, nil
	}
	return person, nil, nil
}

// viewedTx returns whose view a session shows: nil when the person is gone or has become staff.
func viewedTx(tx *db.Tx, id ids.ID) (*User, error) {
	u, err := userTx(tx, id)
	if errors.Is(err, db.ErrNoRow) || u.Staff != "" {
		return nil, nil
	}
	return &u, err
}

// EndView leads the actor's session back to the actor's own view. Ending none is no error. Errors: those of Gate.Staff.
func (s *Service) EndView(ctx context.Context, actor audit.Actor) error {
	return s.access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.Staff(access.ViewAs); err != nil {
			return err
		}
		n, err := tx.Exec("UPDATE sessions SET viewing_id = NULL, viewing_until = NULL WHERE id = $1 AND user_id = $2 AND viewing_id IS NOT NULL", actor.Session, actor.ID)
		if err != nil || n == 0 {
			return err
		}
		return audit.Record(tx, actor, audit.Event{Action: "views.ended"})
	})
}
