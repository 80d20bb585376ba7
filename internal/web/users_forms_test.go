package web_test

import (
	"net/url"
	"testing"

	"chiave/internal/web/webtest"
)

// userForms are the forms of Manage Users.
func userForms() map[string]func(t *testing.T, w *webtest.World) sent {
	return map[string]func(t *testing.T, w *webtest.World) sent{
		"POST /users/new": func(_ *testing.T, w *webtest.World) sent {
			lid, address := lidWire.Wire(w.IDs[webtest.Enterprise]), freshAddress()
			return sent{path: "/users/new", form: url.Values{"email": {address}, "first_name": {"Ada"}, "last_name": {"Neri"}, "lid": {lid}, "role": {lid + ".download."}, "confirmed": {address}}}
		},
	}
}
