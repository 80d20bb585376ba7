package requests

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/agreements"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

const (
	perDay = 20             // requests that one person may make
	day    = 24 * time.Hour // that perDay counts in
	// answerWithin is how long a request for Administrator on an Open License may wait (OPEN-02).
	answerWithin = 72 * time.Hour
)

// Submit asks for roles in the actor's name (PERM-22). The same request that waits already is returned as it is. Errors: those of
// Gate.SignedIn; Invalid "requests.submission" with its fields; Denied "requests.other_program" (PERM-25), "requests.no_address"; Conflict
// "requests.held" when the actor holds all of the roles, "requests.waiting" when the same request is made at this moment; Limited
// "requests.too_many".
func (s *Service) Submit(ctx context.Context, actor audit.Actor, sub Submission) (r Request, again bool, err error) {
	err = s.Access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		r, again = Request{}, false
		if err := g.SignedIn(); err != nil {
			return err
		}
		program, err := s.check(tx, actor, &sub)
		if err != nil {
			return err
		}
		if r, err = s.mine(tx, "r.program = $2 AND r.entered_folded = $3 AND r.roles = $4 AND r.state = 'pending'", actor.ID, program.Code, strings.ToLower(sub.Number), joined(sub.Roles)); err == nil {
			again = true
			return s.record(tx, actor, r, again)
		} else if !errors.Is(err, db.ErrNoRow) {
			return err
		}
		if r, err = s.newRequest(tx, actor, program, sub); err != nil {
			return err
		}
		return s.record(tx, actor, r, false)
	})
	if err != nil {
		return Request{}, false, err
	}
	r.Licensing = "" // the requester is not told whether there is one
	return r, again, nil
}

// check judges a submission and returns its program.
func (s *Service) check(tx *db.Tx, actor audit.Actor, sub *Submission) (agreements.Program, error) {
	fields := sub.tidy()
	programs, err := s.Agreements.ProgramsTx(tx)
	if err != nil {
		return agreements.Program{}, err
	}
	if sub.Program == "" && len(fields) == 0 {
		if sub.Program, err = s.programOf(tx, actor, sub.Number); err != nil {
			return agreements.Program{}, err
		}
	}
	program, known := programs[sub.Program]
	if !known || program.ManagedElsewhere {
		fields = append(fields, errs.Field{Pointer: "program", Code: "requests.program"})
	}
	if len(fields) > 0 {
		return agreements.Program{}, errs.New(errs.Invalid, "requests.submission").With(fields...)
	}
	held, err := s.Access.ProgramsHeldTx(tx, actor.ID)
	if err != nil {
		return agreements.Program{}, err
	}
	other := func(code string) bool { return !programs[code].License() }
	if len(held) > 0 && !slices.ContainsFunc(held, other) && !program.License() {
		return agreements.Program{}, errs.New(errs.Denied, "requests.other_program")
	}
	return program, nil
}

// programOf returns the program of a Licensing ID that the actor sees; of any other none, whether it exists or not.
func (s *Service) programOf(tx *db.Tx, actor audit.Actor, number string) (string, error) {
	l, err := s.Agreements.ByNumberTx(tx, number)
	if err != nil && errs.KindOf(err) != errs.NotFound {
		return "", err
	}
	held, err := s.Access.RolesHeldTx(tx, actor.ID, l.ID)
	if err != nil || len(held) == 0 {
		return "", err
	}
	return l.Program, nil
}

// newRequest makes the request that sub asks for, if it may be made.
func (s *Service) newRequest(tx *db.Tx, actor audit.Actor, program agreements.Program, sub Submission) (Request, error) {
	me, err := s.Accounts.UserTx(tx, actor.ID)
	if err != nil {
		return Request{}, err
	}
	if len(me.Addresses) == 0 {
		return Request{}, errs.New(errs.Denied, "requests.no_address")
	}
	found, err := s.Agreements.AskedTx(tx, program, sub.Number)
	if err != nil {
		return Request{}, err
	}
	held, err := s.Access.RolesHeldTx(tx, actor.ID, found)
	if err != nil {
		return Request{}, err
	}
	if !slices.ContainsFunc(sub.Roles, func(r access.Role) bool { return !slices.Contains(held, r) }) {
		return Request{}, errs.New(errs.Conflict, "requests.held", errs.Params{"licensing_id": sub.Number})
	}
	id := tx.NewID()
	r := Request{ID: id, Number: numberOf(id), Licensing: found, Asked: sub.Number, Program: program.Code, Requester: actor.ID, Name: me.Name(),
		Address: me.Addresses[0], Roles: sub.Roles, Comments: sub.Comments, State: Pending, Created: tx.Now()}
	if program.License() && slices.Contains(sub.Roles, access.Administrator) {
		r.Due = tx.Now().Add(answerWithin)
	}
	return r, insert(tx, r)
}

// record tells the audit log, and of a new request the queue what follows, which is the same whatever was asked for.
func (s *Service) record(tx *db.Tx, actor audit.Actor, r Request, again bool) error {
	if err := count(tx, actor.ID); err != nil {
		return err
	}
	if !again {
		if err := s.Queue.Enqueue(tx, announceKind, announcement{r.ID}, time.Time{}); err != nil {
			return err
		}
	}
	tx.SetResult(string(r.ID))
	after := struct {
		Program string        `json:"program"`
		Roles   []access.Role `json:"roles"`
		Again   bool          `json:"again,omitempty"`
	}{r.Program, r.Roles, again}
	return audit.Record(tx, actor, audit.Event{Action: "requests.submitted", Object: Wire.Wire(r.ID), LicensingID: r.Licensing, After: after})
}

// count counts a request of a person, in one statement that refuses the one too many. Errors: Limited "requests.too_many" with retry_after
// in seconds.
func count(tx *db.Tx, user ids.ID) error {
	n, err := tx.Exec(`INSERT INTO permission_request_days (user_id, since, requests) VALUES ($1, $2, 1) ON CONFLICT (user_id) DO UPDATE SET
		requests = CASE WHEN permission_request_days.since <= $3 THEN 1 ELSE permission_request_days.requests + 1 END,
		since = CASE WHEN permission_request_days.since <= $3 THEN excluded.since ELSE permission_request_days.since END
		WHERE permission_request_days.since <= $3 OR permission_request_days.requests < $4`, user, tx.Now(), tx.Now().Add(-day), perDay)
	if err != nil || n == 1 {
		return err
	}
	var since time.Time
	if err := tx.Row("SELECT since FROM permission_request_days WHERE user_id = $1", user).Scan(&since); err != nil {
		return err
	}
	wait := int64(math.Ceil(since.Add(day).Sub(tx.Now()).Seconds()))
	return errs.New(errs.Limited, "requests.too_many", errs.Params{"most": perDay, "retry_after": max(wait, 1)})
}

// Mine returns the actor's own requests, the newest first (PERM-29). Errors: those of Gate.SignedIn.
func (s *Service) Mine(ctx context.Context, actor audit.Actor) (all []Request, err error) {
	err = s.Access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		all = nil
		if err := g.SignedIn(); err != nil {
			return err
		}
		return each(tx, "WHERE r.user_id = $1 ORDER BY r.id DESC LIMIT 100", []any{actor.ID}, func(r Request) {
			all = append(all, r.asItsRequester())
		})
	})
	return all, err
}

// Own returns one of the actor's own requests. Errors: those of Gate.SignedIn; NotFound "requests.unknown".
func (s *Service) Own(ctx context.Context, actor audit.Actor, id ids.ID) (r Request, err error) {
	err = s.Access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.SignedIn(); err != nil {
			return err
		}
		r, err = s.mine(tx, "r.id = $2", actor.ID, id)
		if errors.Is(err, db.ErrNoRow) {
			err = errUnknown
		}
		return err
	})
	return r, err
}

// mine returns the request of a user that the condition names. Errors: db.ErrNoRow.
func (s *Service) mine(tx *db.Tx, where string, args ...any) (r Request, err error) {
	err = db.ErrNoRow
	failed := each(tx, "WHERE r.user_id = $1 AND "+where, args, func(found Request) { r, err = found.asItsRequester(), nil })
	if failed != nil {
		return Request{}, failed
	}
	return r, err
}

// asItsRequester leaves out what the requester must not learn: whether there is such a Licensing ID, and who decides on it (PERM-24).
func (r Request) asItsRequester() Request {
	r.Licensing, r.Licensed, r.Decider = "", "", ""
	return r
}
