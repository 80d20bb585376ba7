package api_test

import (
	"chiave/internal/app/apptest"
	"chiave/internal/licensing/access"
	"chiave/internal/licensing/tenants"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/ids"
)

func (s side) domain() string { return "d" + string(ids.New(dbtest.Start)) + ".example" }

// tenant is a new one of Rossi's, administered in every respect by the operator's person, whose domain the DNS proves.
func (s side) tenant() (wire string, made tenants.Tenant) {
	wire = s.wire(tenants.Wire, func() ids.ID {
		var err error
		made, err = s.w.App.Tenants.Create(s.t.Context(), s.w.Actors[apptest.Operator], tenants.Creation{Organization: "ROSSI", Name: "Rossi", PrimaryDomain: s.domain(), Administrator: apptest.Operator})
		s.check(err)
		for _, role := range access.TenantRoles()[1:] {
			s.check(s.w.App.Tenants.Give(s.t.Context(), s.w.Actors[apptest.Operator], made.ID, apptest.Operator, role))
		}
		made, err = s.w.App.Tenants.Get(s.t.Context(), s.w.Actors[apptest.Operator], made.ID)
		s.check(err)
		s.w.DNS.Set(made.Domains[0].Record, made.Domains[0].Value)
		return made.ID
	})
	if s.admin == "" {
		made.PrimaryDomain = s.domain()
	}
	return wire, made
}

// verified is a tenant whose domain is verified.
func (s side) verified() (wire, domain string) {
	wire, made := s.tenant()
	if s.admin != "" {
		s.check(s.w.App.Tenants.VerifyDomain(s.t.Context(), s.w.Actors[apptest.Operator], made.ID, made.PrimaryDomain))
	}
	return wire, made.PrimaryDomain
}

// ofTenants are the samples of those who set tenants up and administer them.
func ofTenants() map[string]func(s side) sample {
	const all = v1 + "/tenants"
	one := func(s side) string {
		wire, _ := s.tenant()
		return all + "/" + wire
	}
	named := func(s side) string {
		wire, made := s.tenant()
		return all + "/" + wire + "/domains/" + made.PrimaryDomain
	}
	return map[string]func(s side) sample{
		"GET /api/v1/my-tenants": at(v1 + "/my-tenants"),
		"GET /api/v1/tenants":    at(all),
		"POST /api/v1/tenants": func(s side) sample {
			return inJSON(all, `{"organization_id": %q, "name": "Rossi Meccanica", "region": "EMEA", "primary_domain": %q, "administrator": %q}`, map[bool]string{true: "NOBODY", false: "ROSSI"}[s.admin == ""], s.domain(), s.address())
		},
		"GET /api/v1/tenants/{tenant}": func(s side) sample { return sample{path: one(s)} },
		"POST /api/v1/tenants/{tenant}/administrators": func(s side) sample {
			return inJSON(one(s)+"/administrators", `{"address": %q, "role": "billing_administrator"}`, s.address())
		},
		"DELETE /api/v1/tenants/{tenant}/administrators/{administrator}": func(s side) sample {
			wire, made := s.tenant()
			held := ids.New(dbtest.Start)
			for _, h := range made.Administrators {
				if h.Role == access.BillingAdministrator {
					held = h.ID
				}
			}
			return sample{path: all + "/" + wire + "/administrators/" + tenants.RoleWire.Wire(held)}
		},
		"POST /api/v1/tenants/{tenant}/domains": func(s side) sample {
			return inJSON(one(s)+"/domains", `{"domain": %q}`, s.domain())
		},
		"DELETE /api/v1/tenants/{tenant}/domains/{domain}":            func(s side) sample { return sample{path: named(s)} },
		"POST /api/v1/tenants/{tenant}/domains/{domain}/verification": func(s side) sample { return sample{path: named(s) + "/verification"} },
		"PUT /api/v1/tenants/{tenant}/domains/{domain}": func(s side) sample {
			wire, domain := s.verified()
			return inJSON(all+"/"+wire+"/domains/"+domain, `{"restricted": true, "managed": false}`)
		},
		"PUT /api/v1/tenants/{tenant}/sign-up": func(s side) sample { return inJSON(one(s)+"/sign-up", `{"self_service": false}`) },
	}
}
