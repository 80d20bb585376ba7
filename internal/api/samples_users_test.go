package api_test

import (
	"maps"

	"chiave/internal/licensing/access"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/ids"
)

// user is a person who holds Download on the company's Licensing ID.
func (s side) user() string { return string(access.People) + "_" + s.role()[len("rol_"):] }

// managing are the samples of Manage Users.
func managing() map[string]func(s side) sample {
	all := map[string]func(s side) sample{
		"GET /api/v1/users":        func(s side) sample { return sample{path: v1 + "/users?limit=2&licensing_id=" + s.number} },
		"GET /api/v1/users/{user}": func(s side) sample { return sample{path: v1 + "/users/" + s.user()} },
		"POST /api/v1/users": func(s side) sample {
			return inJSON(v1+"/users", `{"email": %q, "first_name": "Ada", "last_name": "Neri", "permissions": [{"licensing_id": %q, "roles": [{"role": "download"}]}], "confirm": true}`, s.address(), s.number)
		},
		"POST /api/v1/users/{user}/roles": func(s side) sample {
			return inJSON(v1+"/users/"+s.user()+"/roles", `{"changes": [{"licensing_id": %q, "grant": [{"role": "product_keys"}, {"role": "software_assurance_manager", "part": "home_use"}]}]}`, s.number)
		},
	}
	maps.Copy(all, inheriting())
	return all
}

// agreement is a parent agreement that names the company's Administrator.
func (s side) agreement() string {
	return s.wire(access.Agreements, func() ids.ID {
		id := ids.New(dbtest.Start)
		s.w.Change("INSERT INTO agreements (id, level, number, program, agreement_number, enrollment_number, authorization_number, owner_id, start_on, end_on, version, created_at, changed_at) "+
			"VALUES ($1, 'parent', $1, '', '', '', '', '', '', '', 1, 1, 1)", id)
		s.w.Change("INSERT INTO named_contacts (id, subject_id, type, address, named_at) VALUES ($1, $1, 'primary', $2, 1)", id, s.admin)
		return id
	})
}

// inheriting are the samples of the choice about what is inherited.
func inheriting() map[string]func(s side) sample {
	return map[string]func(s side) sample{
		"GET /api/v1/my-inheritance": at(v1 + "/my-inheritance"),
		"PUT /api/v1/my-inheritance/{agreement}": func(s side) sample {
			return inJSON(v1+"/my-inheritance/"+s.agreement(), `{"administers": false}`)
		},
	}
}
