package webtest

import (
	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/requests"
	"chiave/internal/platform/db"
)

// Request lets somebody ask for roles on Enterprise and returns the request's id on the wire.
func (w *World) Request(address string) string {
	w.t.Helper()
	actor := audit.Actor{Kind: audit.User, Request: "test"}
	about := requests.Submission{Roles: []access.Role{access.Download, access.ProductKeys}, Comments: "I look after the computers in Turin."}
	w.check(w.DB.Housekeep(w.t.Context(), "tests ask for more than a person may in a day", func(tx *db.Tx) error {
		if _, err := tx.Exec("DELETE FROM permission_request_days"); err != nil {
			return err
		}
		if err := tx.Row("SELECT number, program FROM licensing_ids WHERE id = $1", w.IDs[Enterprise]).Scan(&about.Number, &about.Program); err != nil {
			return err
		}
		return tx.Row("SELECT user_id FROM user_addresses WHERE address = $1", address).Scan(&actor.ID)
	}))
	r, _, err := w.Rooms.Requests.Submit(w.t.Context(), actor, about)
	w.check(err)
	return requests.Wire.Wire(r.ID)
}
