package web_test

import (
	"net/url"
	"testing"

	"chiave/internal/web/webtest"
)

// registrationForms are the forms of those who prove an address.
func registrationForms() map[string]func(t *testing.T, w *webtest.World) sent {
	return map[string]func(t *testing.T, w *webtest.World) sent{
		"POST /register": func(*testing.T, *webtest.World) sent {
			return sent{path: "/register", form: url.Values{"address": {freshAddress()}}}
		},
		"POST /register/{signup}": func(_ *testing.T, w *webtest.World) sent {
			id, code := w.Signup(freshAddress())
			return sent{path: "/register/" + id, form: url.Values{"code": {code}, "first_name": {"Ada"}, "last_name": {"Neri"}, "country": {"IT"}, "password": {webtest.Password}}}
		},
		"POST /register/{signup}/again": func(_ *testing.T, w *webtest.World) sent {
			id, _ := w.Signup(freshAddress())
			return sent{path: "/register/" + id + "/again"}
		},
		"POST /join": func(*testing.T, *webtest.World) sent {
			return sent{path: "/join", form: url.Values{"address": {freshAddress()}}}
		},
		"POST /join/{token}": func(_ *testing.T, w *webtest.World) sent {
			return sent{path: "/join/" + w.Claimed(webtest.Admin, freshAddress())}
		},
	}
}
