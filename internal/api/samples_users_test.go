package api_test

import (
	"maps"

	"chiave/internal/licensing/access"
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

// inheriting are the samples of the choice about what is inherited.
func inheriting() map[string]func(s side) sample { return nil }
