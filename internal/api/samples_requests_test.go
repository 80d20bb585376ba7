package api_test

import (
	"cmp"
	"strings"

	"chiave/internal/app/apptest"
	"chiave/internal/licensing/access"
	"chiave/internal/licensing/requests"
	"chiave/internal/platform/ids"
)

// program is that of the Licensing ID, whose number begins with its letter in these worlds.
func (s side) program() string {
	return cmp.Or(map[byte]string{'S': "select-plus", 'L': "open-license"}[s.number[0]], "enterprise")
}

// request is a new one of Nobody's that waits for the company's Administrator.
func (s side) request() string {
	return s.wire(requests.Wire, func() ids.ID {
		s.w.Change("DELETE FROM permission_request_days") // tests ask for more than a person may
		for n := 1; ; n++ {
			var some []access.Role
			for i, role := range requests.Roles() {
				if n>>i&1 == 1 {
					some = append(some, role)
				}
			}
			r, again, err := s.w.App.Requests.Submit(s.t.Context(), s.w.Actors[apptest.Nobody], requests.Submission{Program: s.program(), Number: strings.ToLower(s.number), Roles: some})
			s.check(err)
			if !again {
				return r.ID
			}
		}
	})
}

// asking are the samples of those who ask for access.
func asking() map[string]func(s side) sample {
	return map[string]func(s side) sample{
		"POST /api/v1/permission-requests": func(s side) sample {
			x := inJSON(v1+"/permission-requests", `{"program": %q, "licensing_id": %q, "roles": ["download", "software_assurance_manager"], "comments": "per i computer"}`,
				s.program(), strings.ToLower(s.number))
			x.form = "session"
			return x
		},
		"GET /api/v1/my-permission-requests": at(v1 + "/my-permission-requests"),
		"GET /api/v1/permission-requests":    at(v1 + "/permission-requests?limit=2"),
		"GET /api/v1/permission-requests/{request}": func(s side) sample {
			return sample{path: v1 + "/permission-requests/" + s.request()}
		},
		"POST /api/v1/permission-requests/{request}/decision": func(s side) sample {
			return inJSON(v1+"/permission-requests/"+s.request()+"/decision", `{"accept": false, "note": "meglio di no"}`)
		},
	}
}
