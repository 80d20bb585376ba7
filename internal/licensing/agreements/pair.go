package agreements

import (
	"fmt"
	"strings"

	"chiave/internal/licensing/access"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// mostNamed is how many Open Licenses a pair of numbers stands for: one Authorization Number may go with several licenses.
const mostNamed = 20

// PairTx returns the Open License whose License Number and Authorization Number these are, and every one that is called by either of them,
// by id. match is empty when the two do not belong together. It asks the same whatever there is. The caller decides access, and sees to it
// that nobody learns which of it was the case.
func (s *Service) PairTx(tx *db.Tx, license, authorization string) (match ids.ID, named []ids.ID, err error) {
	programs, err := s.ProgramsTx(tx)
	if err != nil {
		return "", nil, err
	}
	open := []string{}
	for code, p := range programs {
		if p.License() {
			open = append(open, code)
		}
	}
	err = tx.Each("SELECT o.id, o.matches FROM (SELECT l.id, CASE WHEN l.number_folded = $1 AND lower(l.authorization_number) = $2 THEN 2 WHEN l.number_folded = $1 THEN 1 ELSE 0 END AS matches "+
		"FROM licensing_ids l WHERE (l.number_folded = $1 OR lower(l.authorization_number) = $2) AND l.program IN "+tx.In("$3")+" AND "+access.Shown+
		" ORDER BY matches DESC, l.id LIMIT $4) o ORDER BY o.id", []any{strings.ToLower(license), strings.ToLower(authorization), db.List(open), mostNamed},
		func(scan func(...any) error) error {
			var id ids.ID
			var matches int
			err := scan(&id, &matches)
			if named = append(named, id); matches == 2 {
				match = id
			}
			return err
		})
	if err != nil {
		return "", nil, fmt.Errorf("looking for Open Licenses: %w", err)
	}
	return match, named, nil
}
