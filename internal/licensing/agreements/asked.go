package agreements

import (
	"strings"

	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"

	"chiave/internal/licensing/access"
)

// License reports whether the Licensing ID of the program is a License Number, which an Authorization Number goes with: an Open License.
func (p Program) License() bool { return p.LicensingIDIs == "license" }

// AskedTx returns the Licensing ID of a program that people call by a number: its own, its enrollment number or its Authorization Number,
// whatever the case. It is empty when none is called so, and when several are. The caller decides access, and sees to it that nobody learns
// which of it was the case.
func (s *Service) AskedTx(tx *db.Tx, p Program, number string) (ids.ID, error) {
	var found []ids.ID
	folded := strings.ToLower(number)
	err := tx.Each("SELECT l.id FROM licensing_ids l WHERE l.program = $1 AND (l.number_folded = $2 OR lower(l.enrollment_number) = $2"+
		" OR $3 AND lower(l.authorization_number) = $2) AND "+access.Shown+" ORDER BY CASE WHEN l.number_folded = $2 THEN 0 ELSE 1 END, l.id LIMIT 2",
		[]any{p.Code, folded, p.License()}, func(scan func(...any) error) error {
			var id ids.ID
			err := scan(&id)
			found = append(found, id)
			return err
		})
	if err != nil || len(found) != 1 {
		return "", err
	}
	return found[0], nil
}
