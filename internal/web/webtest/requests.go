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
	w.check(w.DB.Read(w.t.Context(), func(tx *db.Tx) error {
		return tx.Row("SELECT user_id FROM user_addresses WHERE address = $1", address).Scan(&actor.ID)
	}))
	r, _, err := w.Rooms.Requests.Submit(w.t.Context(), actor, requests.Submission{Program: "enterprise", Number: Enterprise,
		Roles: []access.Role{access.Download, access.ProductKeys}, Comments: "I look after the computers in Turin."})
	w.check(err)
	return requests.Wire.Wire(r.ID)
}
