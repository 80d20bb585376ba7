package accounts

import (
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
)

// Faults trims the names and returns what is wrong with them: both have to be there.
func (n *Names) Faults() []errs.Field { return n.faults() }

// NameTx writes how the actor is called into the actor's profile. The caller decides access and has checked the names.
func (s *Service) NameTx(tx *db.Tx, actor audit.Actor, n Names) error {
	changed, err := tx.Exec("UPDATE users SET first_name = $1, last_name = $2 WHERE id = $3 AND (first_name <> $1 OR last_name <> $2)", n.First, n.Last, actor.ID)
	if err != nil || changed == 0 {
		return err
	}
	return audit.Record(tx, actor, audit.Event{Action: "users.named", Object: users.Wire(actor.ID)})
}
