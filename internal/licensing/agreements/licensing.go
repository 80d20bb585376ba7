package agreements

import (
	"errors"
	"fmt"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/entitlements"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// Wire prefixes of the room's rows.
const (
	LicensingWire ids.Prefix = "lid"
	AgreementWire ids.Prefix = "agr"
)

// LicensingID is the level at which orders are placed, rights computed and permissions granted (PROG-04).
type LicensingID struct {
	ID                  ids.ID
	Number, Program     string
	Organization        ids.ID
	Partner             ids.ID // none is possible
	Parent              ids.ID // none is possible
	Master              ids.ID // named by itself; its parent's holds when empty
	Predecessor         ids.ID // the Licensing ID that this one renews
	AgreementNumber     string
	EnrollmentNumber    string
	AuthorizationNumber string
	OwnerID             string
	Start, End          entitlements.Date
	Version             int64 // grows with every change: the ETag
}

// Active reports whether the Licensing ID has not expired on the day (PROG-07). Its last day counts.
func (l LicensingID) Active(today entitlements.Date) bool { return l.End == 0 || l.End >= today }

// Today returns the calendar day on which the instant falls in a time zone; in UTC when the zone is not known.
func Today(now time.Time, zone string) entitlements.Date {
	location, err := time.LoadLocation(zone)
	if err != nil {
		location = time.UTC
	}
	return entitlements.DateOf(now.In(location))
}

const licensingColumns = "l.id, l.number, l.program, l.organization_id, l.partner_id, l.parent_id, l.master_id, l.predecessor_id, " +
	"l.agreement_number, l.enrollment_number, l.authorization_number, l.owner_id, l.start_on, l.end_on, l.version"

func scanLicensing(scan func(...any) error, more ...any) (LicensingID, error) {
	var l LicensingID
	var start, end string
	err := scan(append([]any{&l.ID, &l.Number, &l.Program, &l.Organization, &l.Partner, &l.Parent, &l.Master, &l.Predecessor,
		&l.AgreementNumber, &l.EnrollmentNumber, &l.AuthorizationNumber, &l.OwnerID, &start, &end, &l.Version}, more...)...)
	if err != nil {
		return LicensingID{}, err
	}
	return l, errors.Join(l.Start.UnmarshalText([]byte(start)), l.End.UnmarshalText([]byte(end)))
}

// ByNumberTx returns a Licensing ID by its number. The caller decides access. Errors: NotFound "licensing_ids.unknown".
func (s *Service) ByNumberTx(tx *db.Tx, number string) (LicensingID, error) {
	found, err := s.ByNumbersTx(tx, []string{number})
	if err != nil {
		return LicensingID{}, err
	}
	l, ok := found[number]
	if !ok {
		return LicensingID{}, access.ErrUnknownLicensingID
	}
	return l, nil
}

// ByNumbersTx returns the Licensing IDs that have one of the numbers, by number. The caller decides access.
func (s *Service) ByNumbersTx(tx *db.Tx, numbers []string) (map[string]LicensingID, error) {
	found := make(map[string]LicensingID, len(numbers))
	err := tx.Each("SELECT "+licensingColumns+" FROM licensing_ids l WHERE l.number IN "+tx.In("$1"), []any{db.List(numbers)},
		func(scan func(...any) error) error {
			l, err := scanLicensing(scan)
			found[l.Number] = l
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("reading Licensing IDs: %w", err)
	}
	return found, nil
}

// ByIDTx returns a Licensing ID by its row id. The caller decides access. Errors: NotFound "licensing_ids.unknown".
func (s *Service) ByIDTx(tx *db.Tx, id ids.ID) (LicensingID, error) {
	l, err := scanLicensing(tx.Row("SELECT "+licensingColumns+" FROM licensing_ids l WHERE l.id = $1", id).Scan)
	if errors.Is(err, db.ErrNoRow) {
		return LicensingID{}, access.ErrUnknownLicensingID
	}
	return l, err
}
