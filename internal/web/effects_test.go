package web_test

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/keys"
	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
	"chiave/internal/routes"
	"chiave/internal/web/webtest"
)

// sent is a form as a page would send it: filled in rightly.
type sent struct {
	path string
	form url.Values
	file string // content of the file that goes with it, if any
}

// forms returns the form of every page that changes something. Each uses things of its own where it uses them up.
func forms() map[string]func(t *testing.T, w *webtest.World) sent {
	key := func(t *testing.T, w *webtest.World, verb string, form url.Values) sent {
		id := freshKey(t, w)
		form.Set("version", strconv.FormatInt(keyVersion(t, w, id), 10))
		return sent{path: "/office/keys/" + keys.Wire.Wire(id) + "/" + verb, form: form}
	}
	all := map[string]func(t *testing.T, w *webtest.World) sent{
		"POST /sign-in": func(_ *testing.T, w *webtest.World) sent {
			w.Enter(webtest.Admin) // whose password another form may have changed
			return sent{path: "/sign-in", form: url.Values{"address": {webtest.Admin}, "password": {webtest.Password}}}
		},
		"POST /sign-out": func(*testing.T, *webtest.World) sent { return sent{path: "/sign-out"} },
		"POST /preferences": func(*testing.T, *webtest.World) sent {
			return sent{path: "/preferences", form: url.Values{"lang": {"en"}}}
		},
		"POST /invitations/{token}": func(_ *testing.T, w *webtest.World) sent {
			return sent{path: "/invitations/" + w.Invite(freshAddress(), "ROSSI"), form: url.Values{"first_name": {"Ada"}, "last_name": {"Neri"}, "language": {"it"}, "password": {webtest.Password}}}
		},
		"POST /keys/export": func(*testing.T, *webtest.World) sent {
			return sent{path: "/keys/export", form: url.Values{"format": {"tsv"}}}
		},
		"POST /keys/{key}/reveal": func(_ *testing.T, w *webtest.World) sent { return sent{path: keyPath(w, "office") + "/reveal"} },
		"POST /keys/{key}/copied": func(_ *testing.T, w *webtest.World) sent { return sent{path: keyPath(w, "office") + "/copied"} },
		"POST /permissions/{lid}/drop": func(t *testing.T, w *webtest.World) sent {
			a := access.Assignment{Licensing: w.IDs[webtest.Foreign], Address: webtest.Admin, Role: access.Download}
			if _, err := w.Rooms.Access.Assign(t.Context(), audit.Itself(), a); err != nil && errs.CodeOf(err) != "access.role_held" {
				t.Fatal(err)
			}
			return sent{path: "/permissions/" + lidWire.Wire(a.Licensing) + "/drop"}
		},
		"POST /users/{user}": func(t *testing.T, w *webtest.World) sent { return givesDownload(t, w) },
		"POST /office/imports": func(*testing.T, *webtest.World) sent {
			return sent{path: "/office/imports", form: url.Values{"kind": {"orders"}},
				file: "line_id,licensing_id,order_number,order_date,product,kind,quantity\nN-" + string(ids.New(dbtest.Start)) + ",E-1001,PO-1,2026-03-01,NIB-STD,L,5\n"}
		},
		"POST /office/invitations": func(_ *testing.T, w *webtest.World) sent {
			w.Queue(freshAddress(), "ROSSI")
			return sent{path: "/office/invitations"}
		},
		"POST /office/keys": func(*testing.T, *webtest.World) sent {
			return sent{path: "/office/keys", form: url.Values{"licensing_id": {webtest.Enterprise}, "type": {"mak"}, "products": {"NIB-STD"}, "limit": {"5"}}}
		},
		"POST /permissions/request": func(*testing.T, *webtest.World) sent {
			return sent{path: "/permissions/request", form: url.Values{"program": {"enterprise"}, "licensing_id": {"E-1001"}, "roles": {"download", "product_keys"}, "comments": {"per i computer"}}}
		},
		"POST /requests/{request}": func(_ *testing.T, w *webtest.World) sent {
			return sent{path: "/requests/" + w.Request(webtest.Nobody), form: url.Values{"decision": {"deny"}, "note": {"meglio di no"}}}
		},
		"POST /open-license/add": func(_ *testing.T, w *webtest.World) sent {
			license, authorization := w.OpenLicense()
			return sent{path: "/open-license/add", form: url.Values{"license_number": {license}, "authorization_number": {authorization}, "first_name": {"Chiara"}, "last_name": {"Bianchi"}, "acknowledged": {"yes"}}}
		},
		"POST /open-license/{addition}": func(_ *testing.T, w *webtest.World) sent {
			return sent{path: "/open-license/" + w.Addition(webtest.Nobody)}
		},
		"POST /open-license/suspended/{lid}": func(_ *testing.T, w *webtest.World) sent {
			w.Suspend()
			return sent{path: "/open-license/suspended/" + lidWire.Wire(w.IDs[webtest.Enterprise])}
		},
		"POST /office/keys/{key}/limit":     func(t *testing.T, w *webtest.World) sent { return key(t, w, "limit", url.Values{"limit": {"9"}}) },
		"POST /office/keys/{key}/supersede": func(t *testing.T, w *webtest.World) sent { return key(t, w, "supersede", url.Values{}) },
	}
	maps.Copy(all, accountForms())
	maps.Copy(all, viewForms())
	maps.Copy(all, userForms())
	maps.Copy(all, deviceForms())
	maps.Copy(all, twoStepForms())
	maps.Copy(all, passkeyForms())
	maps.Copy(all, tenantForms())
	maps.Copy(all, registrationForms())
	return all
}

// givesDownload is the form that gives somebody who holds a key role the role Download too.
func givesDownload(t *testing.T, w *webtest.World) sent {
	t.Helper()
	a := access.Assignment{Licensing: w.IDs[webtest.Enterprise], Address: freshAddress(), Role: access.ProductKeys}
	id, err := w.Rooms.Access.Assign(t.Context(), audit.Itself(), a)
	if err != nil {
		t.Fatal(err)
	}
	d, err := w.Rooms.Access.CompareRoles(t.Context(), audit.Itself(), id, []access.Wish{{Licensing: a.Licensing, Roles: []access.Wished{{Role: access.ProductKeys}, {Role: access.Download}}}}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	lid := lidWire.Wire(a.Licensing)
	return sent{path: "/users/" + access.People.Wire(id), form: url.Values{"lid": {lid}, "role": {lid + ".product_keys.", lid + ".download."}, "state": {d.State}, "confirm": {"yes"}}}
}

func freshAddress() string { return "p" + string(ids.New(dbtest.Start)) + "@rossi.example" }

func freshKey(t *testing.T, w *webtest.World) ids.ID {
	t.Helper()
	made, err := w.Rooms.Keys.Generate(t.Context(), w.Operator, keys.Generation{Licensing: w.IDs[webtest.Enterprise], Type: keys.MAK, Products: []string{"NIB-STD"}, Limit: 5})
	if err != nil {
		t.Fatal(err)
	}
	return made[0].ID
}

func keyVersion(t *testing.T, w *webtest.World, id ids.ID) (version int64) {
	t.Helper()
	read(t, w, func(tx *db.Tx) error {
		return tx.Row("SELECT version FROM product_keys WHERE id = $1", id).Scan(&version)
	})
	return version
}

func read(t *testing.T, w *webtest.World, fn func(*db.Tx) error) {
	t.Helper()
	if err := w.DB.Read(context.WithoutCancel(t.Context()), fn); err != nil {
		t.Fatal(err)
	}
}

// change is a page that changes something, who may, and its form.
type change struct {
	routes.Route
	who  string
	form func(t *testing.T, w *webtest.World) sent
}

// changes returns the pages that change something, by pattern.
func changes(t *testing.T, w *webtest.World) map[string]change {
	t.Helper()
	all, known := map[string]change{}, forms()
	for _, r := range pagesOf(w) {
		if r.Class == routes.Read || personal(r) {
			continue
		}
		c := change{r, webtest.Operator, known[r.Pattern()]}
		if strings.HasPrefix(r.Path, accounts.SignInPath) {
			c.who = ""
		} else if r.Action == access.Public || r.Action == access.SelfService || len(access.RolesFor(r.Action)) > 0 {
			c.who = webtest.Admin
		}
		if own := twoStepPeople[r.Pattern()]; own != "" {
			c.who = own
		}
		if c.form == nil {
			t.Fatalf("%s changes something and has no form in this test", r.Pattern())
		}
		all[r.Pattern()] = c
		delete(known, r.Pattern())
	}
	for pattern := range known {
		t.Errorf("%s is no page that changes something", pattern)
	}
	return all
}

// submit sends a form.
func submit(v *webtest.Visitor, s sent) webtest.Page {
	form := url.Values{"once": {string(ids.New(dbtest.Start))}}
	maps.Copy(form, s.form)
	if s.file != "" {
		return v.Upload(s.path, form, "file", "a file.csv", s.file)
	}
	return v.Post(s.path, form)
}

// personal reports whether a page is for people with a personal account only, which nobody here has: TestAPersonalAccountIsConverted is theirs.
func personal(r routes.Route) bool { return strings.HasPrefix(r.Path, "/convert") }

func actions(t *testing.T, w *webtest.World) map[ids.ID]string {
	t.Helper()
	all := map[ids.ID]string{}
	read(t, w, func(tx *db.Tx) error {
		return tx.Each("SELECT id, action FROM audit_records", nil, func(scan func(...any) error) error {
			var id ids.ID
			var action string
			err := scan(&id, &action)
			all[id] = action
			return err
		})
	})
	return all
}

// TestEveryFormLeavesTheRecordItDeclares (R16).
func TestEveryFormLeavesTheRecordItDeclares(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w := webtest.New(t, d, webtest.Options{})
		for pattern, c := range changes(t, w) {
			v := w.Visit(t)
			if c.who != "" {
				v = w.As(t, c.who)
			}
			form := c.form(t, w)
			before := actions(t, w)
			if p := submit(v, form); p.Status >= http.StatusBadRequest {
				t.Errorf("%s: %d\n%s", pattern, p.Status, p.Text())
			}
			var got []string
			for id, action := range actions(t, w) {
				invites := action == "invitations.released" && c.Event == "roles.assigned" // a first role does
				if before[id] == "" && action != "customers.read" && !invites {            // staff leave that one whenever they look up whose something is
					got = append(got, action)
				}
			}
			if slices.Sort(got); !slices.Equal(slices.Compact(got), []string{c.Event}) {
				t.Errorf("%s recorded %v and declares %s", pattern, got, c.Event)
			}
		}
	})
}

// TestWithoutItsRecordNoFormHasAnEffect: the database refuses audit records, so every change is rolled back, and nobody is told why (R16).
func TestWithoutItsRecordNoFormHasAnEffect(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w := webtest.New(t, d, webtest.Options{})
		list := changes(t, w)
		visitors, ready := map[string]*webtest.Visitor{}, map[string]sent{}
		for pattern, c := range list {
			visitors[pattern] = w.Visit(t)
			if c.who != "" {
				visitors[pattern] = w.As(t, c.who)
			}
			ready[pattern] = c.form(t, w)
		}
		dbtest.RefuseAudit(t, d)
		before := dbtest.Rows(t, d)
		for pattern, form := range ready {
			if p := submit(visitors[pattern], form); p.Status != http.StatusInternalServerError || strings.Contains(p.Text(), "audit") {
				t.Errorf("%s: %d\n%s", pattern, p.Status, p.Text())
			}
			for table, rows := range dbtest.Rows(t, d) {
				// Imports stage rows that nobody sees; a try at a signup code counts before it is looked at.
				if table != "order_lines" && table != "signups" && !slices.Equal(before[table], rows) {
					t.Errorf("%s changed %s", pattern, table)
				}
			}
		}
	})
}
