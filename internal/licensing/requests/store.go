package requests

import (
	"errors"
	"strings"

	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
)

var errUnknown = errs.New(errs.NotFound, "requests.unknown")

func insert(tx *db.Tx, r Request) error {
	_, err := tx.Exec(`INSERT INTO permission_requests (id, number, licensing_id, program, entered, entered_folded, user_id, address, roles, comments, state, granted, note,
		created_at, due_at, reminders) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '', '', $12, $13, 0)`,
		r.ID, r.Number, r.Licensing, r.Program, r.Asked, strings.ToLower(r.Asked), r.Requester, r.Address, joined(r.Roles), r.Comments, string(r.State), r.Created, r.Due)
	if errors.Is(err, db.ErrDuplicate) {
		return errs.New(errs.Conflict, "requests.waiting")
	}
	return err
}

// each reads requests with the names that go with them. rest follows the tables: conditions on r, order, limit.
func each(tx *db.Tx, rest string, args []any, take func(Request)) error {
	return tx.Each(`SELECT r.id, r.number, r.licensing_id, l.number, r.entered, r.program, r.user_id, u.first_name, u.last_name, r.address, r.roles, r.comments,
		r.state, r.granted, r.note, d.first_name, d.last_name, r.created_at, r.decided_at, r.due_at
		FROM permission_requests r JOIN users u ON u.id = r.user_id LEFT JOIN users d ON d.id = r.decided_by LEFT JOIN licensing_ids l ON l.id = r.licensing_id `+rest,
		args, func(scan func(...any) error) error {
			var r Request
			var first, last, asked, state, granted, by, byLast string
			err := scan(&r.ID, &r.Number, &r.Licensing, &r.Licensed, &r.Asked, &r.Program, &r.Requester, &first, &last, &r.Address, &asked, &r.Comments,
				&state, &granted, &r.Note, &by, &byLast, &r.Created, &r.Decided, &r.Due)
			if err != nil {
				return err
			}
			r.Name, r.Decider = strings.TrimSpace(first+" "+last), strings.TrimSpace(by+" "+byLast)
			r.Roles, r.State, r.Granted = split(asked), State(state), split(granted)
			r.Overdue = r.State == Pending && !r.Due.IsZero() && !tx.Now().Before(r.Due)
			take(r)
			return nil
		})
}
