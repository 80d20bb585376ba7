package requests

import (
	"context"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/notify"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
	"chiave/internal/platform/jobs"
)

// announcement is the payload of the job that follows every request.
type announcement struct {
	Request ids.ID `json:"request"`
}

// announce mails a new request to the Administrators of record (PERM-26). One without a Licensing ID has none; staff see it on their
// pages.
func (s *Service) announce(ctx context.Context, j jobs.Job) error {
	var a announcement
	if err := j.Into(&a); err != nil {
		return err
	}
	return s.DB.Housekeep(ctx, "telling Administrators of a permission request", func(tx *db.Tx) error {
		var r Request
		if err := each(tx, "WHERE r.id = $1 AND r.state = 'pending'", []any{a.Request}, func(found Request) { r = found }); err != nil {
			return err
		}
		if r.Licensing != "" {
			err := s.tellAdministrators(tx, r, notify.RequestSubmitted, notify.Params{"requester": r.Name, "email": r.Address, "licensing_id": r.Licensed,
				"request": r.Number, "roles": joined(r.Roles), "comments": r.Comments})
			if err != nil {
				return err
			}
		}
		return j.DoneTx(tx)
	})
}

// tellAdministrators mails an event of a request to the Administrators of record, with a link straight to it (PERM-30).
func (s *Service) tellAdministrators(tx *db.Tx, r Request, event string, params notify.Params) error {
	addresses, err := s.Access.AdministratorsTx(tx, r.Licensing)
	if err != nil {
		return err
	}
	return s.tell(tx, addresses, r, event, params)
}

func (s *Service) tell(tx *db.Tx, addresses []string, r Request, event string, params notify.Params) error {
	people, err := s.Accounts.RecipientsTx(tx, addresses)
	if err != nil {
		return err
	}
	params["link"] = s.BaseURL + Path + "/" + Wire.Wire(r.ID)
	for _, p := range people {
		params["name"] = p.Name
		if err := s.Notify.EnqueueTx(tx, notify.Message{To: p.Address, Lang: string(p.Language), Zone: p.Zone, Event: event, Licensing: r.Licensing, Params: params}); err != nil {
			return err
		}
	}
	return nil
}

// reminders are how long a request with a time limit has waited when it is reminded of: the last time it is overdue.
func reminders() []time.Duration { return []time.Duration{day, 2 * day, answerWithin} }

// Remind reminds the Administrators of requests with a time limit that wait, and tells the publisher's staff when it is over (OPEN-02). It
// approves nothing. A job calls it every RemindEvery.
func (s *Service) Remind(ctx context.Context) error {
	return s.DB.Housekeep(ctx, "reminding of permission requests", func(tx *db.Tx) error {
		var waiting []Request
		for n, wait := range reminders() {
			err := each(tx, "WHERE r.state = 'pending' AND r.due_at IS NOT NULL AND r.reminders <= $1 AND r.created_at <= $2 ORDER BY r.id LIMIT 200", []any{n, tx.Now().Add(-wait)},
				func(r Request) { waiting = append(waiting, r) })
			if err != nil {
				return err
			}
		}
		for _, r := range waiting {
			if err := s.remind(tx, r); err != nil {
				return err
			}
		}
		return nil
	})
}

// remind sends the latest reminder that is due; those before it, missed while nothing ran, are not made up for.
func (s *Service) remind(tx *db.Tx, r Request) error {
	due := 0
	for _, wait := range reminders() {
		if !tx.Now().Before(r.Created.Add(wait)) {
			due++
		}
	}
	n, err := tx.Exec("UPDATE permission_requests SET reminders = $1 WHERE id = $2 AND state = 'pending' AND reminders < $1", due, r.ID)
	if err != nil || n == 0 {
		return err
	}
	params := notify.Params{"requester": r.Name, "licensing_id": r.Subject(), "request": r.Number, "since": notify.Instant(r.Created), "due": notify.Instant(r.Due)}
	event := notify.RequestReminder
	if r.Overdue {
		event = notify.RequestOverdue
		staff, err := s.Accounts.StaffAddressesTx(tx, access.AnswerRequests)
		if err != nil {
			return err
		}
		if err := s.tell(tx, staff, r, event, params); err != nil {
			return err
		}
	}
	if r.Licensing == "" {
		return nil
	}
	return s.tellAdministrators(tx, r, event, params)
}
