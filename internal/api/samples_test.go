package api_test

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"chiave/internal/app/apptest"
	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/keys"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/ids"
	"chiave/internal/routes"
)

// side hands out what requests name: a company's things, fresh ones where a request uses them up, or ones that do not exist.
type side struct {
	t      testing.TB
	w      *apptest.World
	admin  string // of the company; "" for what does not exist
	number string
}

func rossi(t testing.TB, w *apptest.World) side   { return side{t, w, apptest.Admin, apptest.Enterprise} }
func nothing(t testing.TB, w *apptest.World) side { return side{t, w, "", "E-0000"} }

func (s side) check(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s side) wire(prefix ids.Prefix, make func() ids.ID) string {
	if s.admin == "" {
		return prefix.Wire(ids.New(dbtest.Start))
	}
	return prefix.Wire(make())
}

func (s side) lid() string { return s.wire("lid", func() ids.ID { return s.w.IDs[s.number] }) }

func (s side) key() string {
	return s.wire(keys.Wire, func() ids.ID {
		made, err := s.w.App.Keys.Generate(s.t.Context(), s.w.Actors[apptest.Operator], keys.Generation{Licensing: s.w.IDs[s.number], Type: keys.MAK, Products: []string{"NIB-STD"}, Limit: 5})
		s.check(err)
		return made[0].ID
	})
}

// version is that of a key, given by its id on the wire.
func (s side) version(key string) (version int64) {
	if s.admin == "" {
		return 1
	}
	s.check(s.w.App.DB.Read(s.t.Context(), func(tx *db.Tx) error {
		return tx.Row("SELECT version FROM product_keys WHERE id = $1", strings.TrimPrefix(key, "key_")).Scan(&version)
	}))
	return version
}

func (s side) role() string {
	return s.wire("rol", func() ids.ID {
		id, err := s.w.App.Access.Assign(s.t.Context(), s.w.Actors[s.admin], access.Assignment{Licensing: s.w.IDs[s.number], Address: s.address(), Role: access.Download})
		s.check(err)
		return id
	})
}

func (s side) token() string {
	return s.wire("tok", func() ids.ID {
		id, _ := s.w.Token(s.admin, access.Everything)
		return id
	})
}

// held is a Licensing ID on which the Administrator holds a small role and is named as nothing.
func (s side) held() string {
	return s.wire("lid", func() ids.ID {
		number := "N-" + string(ids.New(dbtest.Start))
		code := map[string]string{apptest.Admin: "ROSSI", apptest.Stranger: "HARBOUR"}[s.admin]
		file := fmt.Sprintf(`{"agreements": [{"licensing_id": %q, "program": "select-plus", "organization": %q, "start": "2025-01-01"}]}`, number, code)
		_, err := s.w.App.Agreements.Import(s.t.Context(), s.w.Actors[apptest.Operator], "held.json", strings.NewReader(file), false)
		s.check(err)
		id, err := s.w.App.Agreements.Find(s.t.Context(), s.w.Actors[apptest.Operator], number)
		s.check(err)
		_, err = s.w.App.Access.Assign(s.t.Context(), audit.Itself(), access.Assignment{Licensing: id, Address: s.admin, Role: access.Download})
		s.check(err)
		return id
	})
}

// address is one that nobody has had before.
func (s side) address() string { return "p" + string(ids.New(dbtest.Start)) + "@rossi.example" }

// line makes an order line that nobody has had before.
func (s side) line() string {
	return fmt.Sprintf("line_id,licensing_id,order_number,order_date,product,version,kind,quantity\nL-%s,%s,PO-1,2025-01-01,NIB-STD,2019,L,1\n", ids.New(dbtest.Start), s.number)
}

// sample is a request of a route that is right in itself.
type sample struct {
	path, body, media string
	form              string // of the caller's proof: "session" where a token does not do
}

// samples returns one for each route of the API, by operation. TestEveryRouteHasASample keeps it complete.
func samples() map[string]func(s side) sample {
	all := people()
	maps.Copy(all, account())
	maps.Copy(all, devices())
	maps.Copy(all, goods())
	maps.Copy(all, office())
	maps.Copy(all, asking())
	maps.Copy(all, openLicenses())
	maps.Copy(all, managing())
	maps.Copy(all, ofTenants())
	maps.Copy(all, registering())
	return all
}

const v1 = "/api/v1"

// at is a request that is its address.
func at(path string) func(side) sample { return func(side) sample { return sample{path: path} } }

func inJSON(path, format string, args ...any) sample {
	return sample{path: path, body: fmt.Sprintf(format, args...), media: "application/json"}
}

func people() map[string]func(s side) sample {
	return map[string]func(s side) sample{
		"POST /api/v1/session": func(s side) sample {
			return inJSON(v1+"/session", `{"email": %q, "password": %q}`, apptest.Admin, apptest.Password)
		},
		"DELETE /api/v1/session": func(side) sample { return sample{path: v1 + "/session", form: "session"} },
		"GET /api/v1/me":         at(v1 + "/me"),
		"GET /api/v1/tokens":     at(v1 + "/tokens"),
		"POST /api/v1/tokens": func(side) sample {
			s := inJSON(v1+"/tokens", `{"name": "nightly", "scopes": ["reports.view"], "until": "2026-06-30T00:00:00+02:00"}`)
			s.form = "session"
			return s
		},
		"DELETE /api/v1/tokens/{token}": func(s side) sample { return sample{path: v1 + "/tokens/" + s.token()} },
		"POST /api/v1/invitations/accept": func(s side) sample {
			return inJSON(v1+"/invitations/accept", `{"token": %q, "first_name": "Paolo", "last_name": "Rinaldi", "language": "it", "password": "quattro sentieri nel prato"}`,
				s.w.Invite(s.address(), "ROSSI"))
		},
		"GET /api/v1/licensing-ids/{id}/roles": func(s side) sample { return sample{path: v1 + "/licensing-ids/" + s.lid() + "/roles"} },
		"POST /api/v1/licensing-ids/{id}/roles": func(s side) sample {
			return inJSON(v1+"/licensing-ids/"+s.lid()+"/roles", `{"email": %q, "role": "download", "until": "2027-01-01T00:00:00Z"}`, s.address())
		},
		"DELETE /api/v1/roles/{role}":        func(s side) sample { return sample{path: v1 + "/roles/" + s.role()} },
		"GET /api/v1/my-permissions":         at(v1 + "/my-permissions"),
		"DELETE /api/v1/my-permissions/{id}": func(s side) sample { return sample{path: v1 + "/my-permissions/" + s.held()} },
	}
}

func goods() map[string]func(s side) sample {
	return map[string]func(s side) sample{
		"GET /api/v1/licensing-ids":                  at(v1 + "/licensing-ids?limit=2&inactive=true"),
		"GET /api/v1/licensing-ids/{id}":             func(s side) sample { return sample{path: v1 + "/licensing-ids/" + s.lid()} },
		"GET /api/v1/licensing-ids/{id}/order-lines": func(s side) sample { return sample{path: v1 + "/licensing-ids/" + s.lid() + "/order-lines"} },
		"GET /api/v1/license-summary": func(s side) sample {
			return sample{path: v1 + "/license-summary?as_of=2026-03-31&licensing_id=" + s.number}
		},
		"GET /api/v1/license-summary/explanation": func(s side) sample {
			version := map[string]string{apptest.Foreign: "2019"}[s.number]
			if version == "" {
				version = "2024"
			}
			return sample{path: v1 + "/license-summary/explanation?product=NIB-STD&version=" + version + "&licensing_id=" + s.number}
		},
		"GET /api/v1/products":           at(v1 + "/products"),
		"GET /api/v1/product-keys":       func(s side) sample { return sample{path: v1 + "/product-keys?licensing_id=" + s.number} },
		"GET /api/v1/product-keys/{key}": func(s side) sample { return sample{path: v1 + "/product-keys/" + s.key()} },
		"POST /api/v1/product-keys": func(s side) sample {
			return inJSON(v1+"/product-keys", `{"licensing_id": %q, "type": "mak", "products": ["NIB-STD"], "limit": 7, "count": 2}`, s.number)
		},
		"POST /api/v1/product-keys/{key}/reveal": func(s side) sample { return sample{path: v1 + "/product-keys/" + s.key() + "/reveal"} },
		"PUT /api/v1/product-keys/{key}/limit": func(s side) sample {
			key := s.key()
			return inJSON(v1+"/product-keys/"+key+"/limit", `{"limit": 9, "version": %d}`, s.version(key))
		},
		"POST /api/v1/product-keys/{key}/supersede": func(s side) sample {
			key := s.key()
			return inJSON(v1+"/product-keys/"+key+"/supersede", `{"version": %d}`, s.version(key))
		},
		"GET /api/v1/product-keys/{key}/activations": func(s side) sample {
			if s.number == apptest.Enterprise {
				return sample{path: v1 + "/product-keys/" + s.w.Wire("office") + "/activations?limit=2"}
			}
			return sample{path: v1 + "/product-keys/" + s.key() + "/activations?limit=2"}
		},
		"POST /api/v1/product-keys/export": func(s side) sample {
			return sample{path: v1 + "/product-keys/export?format=csv&licensing_id=" + s.number}
		},
		"POST /activation/v1/activations": func(s side) sample {
			return inJSON("/activation/v1/activations", `{"product_key": %q, "installation_id": %q, "product": "NIB-STD", "machine": "rossi-nb-900"}`,
				s.w.Texts["office"], apptest.InstallationID("NIB-STD", s.address()))
		},
	}
}

func office() map[string]func(s side) sample {
	return map[string]func(s side) sample{
		"POST /api/v1/imports/catalog": func(s side) sample {
			return inJSON(v1+"/imports/catalog?file=c.json", `{"products": [{"code": "P-%s", "name": "Carta", "family": "Carta", "pool": "Applications", "class": "client", "versions": [{"name": "1", "released": "2024-01-01"}]}]}`, ids.New(dbtest.Start))
		},
		"POST /api/v1/imports/agreements": func(s side) sample {
			return inJSON(v1+"/imports/agreements?file=a.json", `{"agreements": [{"licensing_id": "N-%s", "program": "select-plus", "organization": "ROSSI", "start": "2025-01-01"}]}`, ids.New(dbtest.Start))
		},
		"POST /api/v1/imports/orders": func(s side) sample {
			return sample{path: v1 + "/imports/orders?file=o.csv", body: s.line(), media: "text/csv"}
		},
		"POST /api/v1/imports/keys": func(s side) sample {
			return sample{path: v1 + "/imports/keys?file=k.tsv", media: "text/tab-separated-values",
				body: strings.Replace(apptest.Keys, "NP90Q", strings.ToUpper(string(ids.New(dbtest.Start)))[21:26], 1)}
		},
		"POST /api/v1/invitations/release": func(s side) sample {
			s.w.Queue(s.address())
			return sample{path: v1 + "/invitations/release"}
		},
		"GET /api/v1/audit-records":  func(s side) sample { return sample{path: v1 + "/audit-records?limit=2&licensing_id=" + s.number} },
		"GET /api/v1/clock":          at(v1 + "/clock"),
		"POST /api/v1/clock/advance": func(side) sample { return inJSON(v1+"/clock/advance", `{"by": "1s"}`) },
		"GET /.well-known/jwks.json": at("/.well-known/jwks.json"),
		"GET /api/v1/openapi.json":   at(v1 + "/openapi.json"),
	}
}

// apiRoutes returns the routes of the REST face.
func apiRoutes(w *apptest.World) (list []routes.Route) {
	for _, r := range w.Table.All() {
		if r.Face == routes.API || r.Face == routes.Activation {
			list = append(list, r)
		}
	}
	return list
}

func TestEveryRouteHasASample(t *testing.T) {
	t.Parallel()
	known := samples()
	list := apiRoutes(apptest.Empty(t, db.SQLite))
	for _, r := range list {
		if known[r.Pattern()] == nil {
			t.Errorf("%s has none: every route owes the tests of this package", r.Pattern())
		}
		delete(known, r.Pattern())
	}
	for pattern := range known {
		t.Errorf("%s is no route", pattern)
	}
	if len(list) < 30 {
		t.Errorf("only %d routes", len(list))
	}
}

// of makes the sample request of a route, as somebody.
func of(r routes.Route, s side, who string) request {
	x := samples()[r.Pattern()](s)
	req := request{method: r.Method, path: x.path, body: x.body, media: x.media}
	if who != "" {
		req.token = s.w.Tokens[who]
		if x.form == "session" {
			req.token = s.w.Session(who)
		}
	}
	if r.Class == routes.Key {
		req.key = string(ids.New(dbtest.Start))
	}
	return req
}

func success(status int) bool { return status == http.StatusOK || status == http.StatusNoContent }
