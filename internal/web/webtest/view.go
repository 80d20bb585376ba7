package webtest

import (
	"time"

	"chiave/internal/platform/db"
)

// View has somebody's sessions show what another person sees.
func (w *World) View(staff, person string) {
	w.t.Helper()
	w.check(w.DB.Housekeep(w.t.Context(), "a test", func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE sessions SET viewing_id = (SELECT user_id FROM user_addresses WHERE address = $1), viewing_until = $2
			WHERE ended_at IS NULL AND user_id = (SELECT user_id FROM user_addresses WHERE address = $3)`, person, tx.Now().Add(time.Minute), staff)
		return err
	}))
}

// Exec changes what no form changes.
func (w *World) Exec(query string, args ...any) {
	w.t.Helper()
	w.check(w.DB.Housekeep(w.t.Context(), "a test", func(tx *db.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	}))
}

// Acts returns how often somebody did what, by the record.
func (w *World) Acts(address string) map[string]int {
	w.t.Helper()
	acts := map[string]int{}
	w.check(w.DB.Read(w.t.Context(), func(tx *db.Tx) error {
		clear(acts)
		return tx.Each("SELECT action FROM audit_records WHERE actor_id = (SELECT user_id FROM user_addresses WHERE address = $1)", []any{address}, func(scan func(...any) error) error {
			var action string
			err := scan(&action)
			acts[action]++
			return err
		})
	}))
	return acts
}
