package web_test

import (
	"net/url"
	"testing"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/ids"
	"chiave/internal/web/webtest"
)

// userForms are the forms of Manage Users.
func userForms() map[string]func(t *testing.T, w *webtest.World) sent {
	return map[string]func(t *testing.T, w *webtest.World) sent{
		"POST /users/new": func(_ *testing.T, w *webtest.World) sent {
			lid, address := lidWire.Wire(w.IDs[webtest.Enterprise]), freshAddress()
			return sent{path: "/users/new", form: url.Values{"email": {address}, "first_name": {"Ada"}, "last_name": {"Neri"}, "lid": {lid}, "role": {lid + ".download."}, "confirmed": {address}}}
		},
		"POST /users/several": func(t *testing.T, w *webtest.World) sent {
			a := access.Assignment{Licensing: w.IDs[webtest.Enterprise], Address: freshAddress(), Role: access.ProductKeys}
			id, err := w.Rooms.Access.Assign(t.Context(), audit.Itself(), a)
			if err != nil {
				t.Fatal(err)
			}
			adjusting := access.Adjusting{People: []ids.ID{id}, Adjustments: []access.Adjustment{{Licensing: a.Licensing, Grant: []access.Wished{{Role: access.Download}}}}}
			d, err := w.Rooms.Access.CompareAdjusted(t.Context(), audit.Itself(), adjusting)
			if err != nil {
				t.Fatal(err)
			}
			return sent{path: "/users/several", form: url.Values{"user": {access.People.Wire(id)}, "lid": {lidWire.Wire(a.Licensing)}, "grant": {"download"}, "state": {d.State}, "confirm": {"yes"}}}
		},
		"POST /inheritance/{agreement}": func(t *testing.T, w *webtest.World) sent {
			return sent{path: "/inheritance/" + access.Agreements.Wire(names(t, w, webtest.Admin)), form: url.Values{"administers": {"no"}}}
		},
	}
}

// names makes a parent agreement that names somebody.
func names(t *testing.T, w *webtest.World, address string) ids.ID {
	t.Helper()
	id := ids.New(dbtest.Start)
	err := w.DB.Housekeep(t.Context(), "an import", func(tx *db.Tx) error {
		_, err := tx.Exec("INSERT INTO agreements (id, level, number, program, agreement_number, enrollment_number, authorization_number, owner_id, start_on, end_on, version, created_at, changed_at) "+
			"VALUES ($1, 'parent', $1, '', '', '', '', '', '', '', 1, 1, 1)", id)
		if err != nil {
			return err
		}
		return w.Rooms.Access.NameContactsTx(tx, []access.Named{{Subject: id, Type: access.PrimaryContact, Addresses: []string{address}}})
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}
