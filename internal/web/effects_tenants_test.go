package web_test

import (
	"net/url"
	"testing"

	"chiave/internal/licensing/tenants"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/ids"
	"chiave/internal/web/webtest"
)

// tenantForms are the forms of those who set tenants up and administer them.
func tenantForms() map[string]func(t *testing.T, w *webtest.World) sent {
	at := func(made tenants.Tenant, rest string, form url.Values) sent {
		return sent{path: "/tenant/" + tenants.Wire.Wire(made.ID) + rest, form: form}
	}
	inDomain := func(verb string, verified bool, form url.Values) func(t *testing.T, w *webtest.World) sent {
		return func(_ *testing.T, w *webtest.World) sent {
			made := w.Tenant(verified)
			return at(made, "/domains/"+made.PrimaryDomain+"/"+verb, form)
		}
	}
	return map[string]func(t *testing.T, w *webtest.World) sent{
		"POST /office/tenants": func(*testing.T, *webtest.World) sent {
			return sent{path: "/office/tenants", form: url.Values{"organization_id": {"ROSSI"}, "name": {"Rossi"}, "primary_domain": {"d" + string(ids.New(dbtest.Start)) + ".example"}, "administrator": {freshAddress()}}}
		},
		"POST /tenant/{tenant}/administrators": func(_ *testing.T, w *webtest.World) sent {
			return at(w.Tenant(false), "/administrators", url.Values{"address": {freshAddress()}, "role": {"billing_administrator"}})
		},
		"POST /tenant/{tenant}/administrators/take": func(_ *testing.T, w *webtest.World) sent {
			made := w.Tenant(false)
			return at(made, "/administrators/take", url.Values{"holder": {tenants.RoleWire.Wire(made.Administrators[0].ID)}})
		},
		"POST /tenant/{tenant}/sign-up": func(_ *testing.T, w *webtest.World) sent { return at(w.Tenant(false), "/sign-up", url.Values{}) },
		"POST /tenant/{tenant}/domains": func(_ *testing.T, w *webtest.World) sent {
			return at(w.Tenant(false), "/domains", url.Values{"domain": {"d" + string(ids.New(dbtest.Start)) + ".example"}})
		},
		"POST /tenant/{tenant}/domains/{domain}/verify":   inDomain("verify", false, url.Values{}),
		"POST /tenant/{tenant}/domains/{domain}/remove":   inDomain("remove", true, url.Values{}),
		"POST /tenant/{tenant}/domains/{domain}/controls": inDomain("controls", true, url.Values{"restricted": {"yes"}}),
	}
}
