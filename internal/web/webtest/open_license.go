package webtest

import (
	"fmt"
	"strings"

	"chiave/internal/licensing/openlicense"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// OpenLicense takes in an Open License that nobody holds a role on and returns its two numbers.
func (w *World) OpenLicense() (license, authorization string) {
	w.t.Helper()
	var id ids.ID
	w.check(w.DB.Read(w.t.Context(), func(tx *db.Tx) error { id = tx.NewID(); return nil }))
	license, authorization = "N-"+string(id), "A-"+string(id)
	file := fmt.Sprintf(`{"agreements": [{"licensing_id": %q, "program": "open-license", "organization": "ROSSI", "start": "2025-01-01", "authorization_number": %q}]}`, license, authorization)
	report, err := w.Rooms.Agreements.Import(w.t.Context(), w.Operator, "open.json", strings.NewReader(file), false)
	w.check(err)
	if report.Failed() {
		w.t.Fatalf("%+v", report.Errors)
	}
	return license, authorization
}

// Addition is somebody's access to Enterprise by its numbers, as far as the page that denies it goes; it returns its id on the wire.
func (w *World) Addition(address string) string {
	w.t.Helper()
	var id ids.ID
	w.check(w.DB.Housekeep(w.t.Context(), "a test", func(tx *db.Tx) error {
		id = tx.NewID()
		_, err := tx.Exec("INSERT INTO open_license_additions (id, licensing_id, user_id, address, added_at) SELECT $1, $2, user_id, address, $3 FROM user_addresses WHERE address = $4",
			id, w.IDs[Enterprise], tx.Now(), address)
		return err
	}))
	return openlicense.Wire.Wire(id)
}

// Suspend makes Enterprise a license that cannot be added.
func (w *World) Suspend() {
	w.t.Helper()
	w.check(w.DB.Housekeep(w.t.Context(), "a test", func(tx *db.Tx) error {
		_, err := tx.Exec("INSERT INTO open_license_limits (subject_id, version, suspended_at, failures) VALUES ($1, 1, $2, 5) ON CONFLICT (subject_id) DO UPDATE SET suspended_at = excluded.suspended_at",
			w.IDs[Enterprise], tx.Now())
		return err
	}))
}
