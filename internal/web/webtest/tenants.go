package webtest

import (
	"chiave/internal/licensing/access"
	"chiave/internal/licensing/tenants"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/ids"
)

// Tenant is a new one of Rossi's, administered in every respect by the operator's person. The DNS proves its domain, which is verified if so.
func (w *World) Tenant(verified bool) tenants.Tenant {
	w.t.Helper()
	made, err := w.Rooms.Tenants.Create(w.t.Context(), w.Operator, tenants.Creation{Organization: "ROSSI", Name: "Rossi Meccanica", Region: "EMEA",
		PrimaryDomain: "d" + string(ids.New(dbtest.Start)) + ".example", Administrator: Operator})
	w.check(err)
	for _, role := range access.TenantRoles()[1:] {
		w.check(w.Rooms.Tenants.Give(w.t.Context(), w.Operator, made.ID, Operator, role))
	}
	w.DNS.Set(made.Domains[0].Record, made.Domains[0].Value)
	if verified {
		w.check(w.Rooms.Tenants.VerifyDomain(w.t.Context(), w.Operator, made.ID, made.PrimaryDomain))
	}
	made, err = w.Rooms.Tenants.Get(w.t.Context(), w.Operator, made.ID)
	w.check(err)
	return made
}
