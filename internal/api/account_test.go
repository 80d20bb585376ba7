package api_test

import (
	"chiave/internal/app/apptest"
	"chiave/internal/platform/ids"
)

// account returns samples about one's own account.
func account() map[string]func(s side) sample {
	return map[string]func(s side) sample{
		"GET /api/v1/sessions":              at(v1 + "/sessions"),
		"DELETE /api/v1/sessions/{session}": func(s side) sample { return sample{path: v1 + "/sessions/" + s.session()} },
		"DELETE /api/v1/sessions": func(s side) sample {
			s.session()
			return sample{path: v1 + "/sessions"}
		},
		"PUT /api/v1/password": func(s side) sample {
			x := inJSON(v1+"/password", `{"current": %q, "password": "sette barche prima dell'alba"}`, apptest.Password)
			x.form = "session"
			return x
		},
		"POST /api/v1/password/forgotten": func(s side) sample { return inJSON(v1+"/password/forgotten", `{"email": %q}`, s.address()) },
		"POST /api/v1/password/reset": func(s side) sample {
			link := "no-such-link"
			if s.admin != "" {
				link = s.w.PasswordLink(apptest.KeyView)
			}
			return inJSON(v1+"/password/reset", `{"token": %q, "password": "quattro sentieri nel prato"}`, link)
		},
	}
}

// session opens a session of the company's Administrator.
func (s side) session() string {
	return s.wire("ses", func() ids.ID {
		_, id := s.w.Enter(s.admin)
		return id
	})
}
