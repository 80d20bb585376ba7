package api_test

import (
	"context"
	"fmt"
	"strings"

	"chiave/internal/app/apptest"
	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/openlicense"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// numbers are those of an Open License that nobody has had before, for an Administrator who has another one.
func (s side) numbers() (license, authorization string) {
	if s.admin == "" {
		return "0", "0"
	}
	id := string(ids.New(dbtest.Start))
	license, authorization = "N-"+id, "A-"+id
	code := map[string]string{apptest.Admin: "ROSSI", apptest.Stranger: "HARBOUR"}[s.admin]
	const one = `{"licensing_id": %q, "program": "open-license", "organization": %q, "start": "2025-01-01", "authorization_number": %q}`
	file := `{"agreements": [` + fmt.Sprintf(one, license, code, authorization) + ", " + fmt.Sprintf(one, "HELD-"+code, code, "A-HELD-"+code) + `]}`
	_, err := s.w.App.Agreements.Import(s.t.Context(), s.w.Actors[apptest.Operator], "open.json", strings.NewReader(file), false)
	s.check(err)
	held, err := s.w.App.Agreements.Find(s.t.Context(), s.w.Actors[apptest.Operator], "HELD-"+code)
	s.check(err)
	_, err = s.w.App.Access.Assign(s.t.Context(), audit.Itself(), access.Assignment{Licensing: held, Address: s.admin, Role: access.Download})
	if errs.CodeOf(err) != "access.role_held" {
		s.check(err)
	}
	return license, authorization
}

// addition is somebody's access by the numbers of the Licensing ID, as far as what denies it goes.
func (s side) addition() string {
	return s.wire(openlicense.Wire, func() (id ids.ID) {
		s.keep("INSERT INTO open_license_additions (id, licensing_id, user_id, address, added_at) VALUES ($1, $2, $3, $4, 1)",
			func(tx *db.Tx) []any {
				id = tx.NewID()
				return []any{id, s.w.IDs[s.number], s.w.Actors[apptest.Nobody].ID, s.address()}
			})
		return id
	})
}

// suspended is the Licensing ID, which cannot be added.
func (s side) suspended() string {
	if s.admin != "" {
		s.keep("INSERT INTO open_license_limits (subject_id, version, suspended_at, failures) VALUES ($1, 1, 1, 5) ON CONFLICT (subject_id) DO UPDATE SET suspended_at = 1",
			func(*db.Tx) []any { return []any{s.w.IDs[s.number]} })
	}
	return s.lid()
}

func (s side) keep(statement string, args func(tx *db.Tx) []any) {
	s.t.Helper()
	s.check(s.w.App.DB.Housekeep(context.WithoutCancel(s.t.Context()), "a test", func(tx *db.Tx) error {
		_, err := tx.Exec(statement, args(tx)...)
		return err
	}))
}

// openLicenses are the samples of Add Open License.
func openLicenses() map[string]func(s side) sample {
	return map[string]func(s side) sample{
		"POST /api/v1/open-license-additions": func(s side) sample {
			license, authorization := s.numbers()
			x := inJSON(v1+"/open-license-additions", `{"license_number": %q, "authorization_number": %q, "acknowledged": true}`, license, authorization)
			x.form = "session"
			return x
		},
		"GET /api/v1/open-license-additions":                    at(v1 + "/open-license-additions?limit=2"),
		"GET /api/v1/open-license-additions/{addition}":         func(s side) sample { return sample{path: v1 + "/open-license-additions/" + s.addition()} },
		"POST /api/v1/open-license-additions/{addition}/denial": func(s side) sample { return sample{path: v1 + "/open-license-additions/" + s.addition() + "/denial"} },
		"GET /api/v1/open-license-suspensions":                  at(v1 + "/open-license-suspensions"),
		"DELETE /api/v1/open-license-suspensions/{id}":          func(s side) sample { return sample{path: v1 + "/open-license-suspensions/" + s.suspended()} },
	}
}

// wrongPair is a sample of Add Open License with numbers that do not belong together.
func wrongPair(s side) sample {
	return inJSON(v1+"/open-license-additions", `{"license_number": %q, "authorization_number": "0", "acknowledged": true, "first_name": "Ada", "last_name": "Neri"}`, s.number)
}
