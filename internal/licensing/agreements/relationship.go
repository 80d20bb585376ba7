package agreements

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/entitlements"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

const (
	usualPage   = 50
	longestPage = 500
)

// Filter narrows the Relationship Summary.
type Filter struct {
	Inactive bool   // inactive Licensing IDs too (PROG-07)
	Search   string // part of a number, an organization's or a partner's name
	After    string // where to go on: Next of the page before
	Limit    int    // 50 when zero, 500 at most
}

// Row is one Licensing ID of the Relationship Summary (REL-01), with what stands above it.
type Row struct {
	LicensingID
	Variant          string // of the program; empty for none
	OrganizationName string
	TimeZone         string // in which the organization's days begin
	PartnerName      string
	Above            Above
	IsActive         bool // today, in the organization's time zone
}

// Above names the agreements above a Licensing ID. What is not there is empty.
type Above struct {
	ParentNumber, ParentProgram string
	MasterNumber                string
	Master                      ids.ID // its own, or its parent's
}

// errEnough ends the reading of rows.
var errEnough = errors.New("the page is full")

// Relationship lists the Licensing IDs that the actor may see, by number, and where the next page goes on; "" when there
// is none. Those of a program that is managed elsewhere are not shown. Errors: those of Gate.Scope for SeeLicensingID; Invalid
// "request.cursor" for an After that can be no number.
func (s *Service) Relationship(ctx context.Context, actor audit.Actor, f Filter) (page []Row, next string, err error) {
	if f.Limit <= 0 {
		f.Limit = usualPage
	}
	f.Limit = min(f.Limit, longestPage)
	if !storable(f.After) {
		return nil, "", errs.New(errs.Invalid, "request.cursor")
	}
	err = s.access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		page, next = nil, ""
		scope, err := g.Scope(access.SeeLicensingID)
		if err != nil {
			return err
		}
		err = s.eachRow(tx, scope.SQL(tx, "l.id", "$1")+" AND l.number > $2", []any{scope.Arg(), f.After}, func(r Row) error {
			if !f.Inactive && !r.IsActive || !r.matches(f.Search) {
				return nil
			}
			if len(page) == f.Limit {
				next = page[len(page)-1].Number
				return errEnough
			}
			page = append(page, r)
			return nil
		})
		if errors.Is(err, errEnough) {
			err = nil
		}
		return err
	})
	return page, next, err
}

// storable reports whether the database could hold s: PostgreSQL takes neither NUL nor what is no UTF-8, and says so as an error.
func storable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// matches reports whether the row has the text anywhere, whatever the case.
func (r Row) matches(search string) bool {
	search = strings.ToLower(strings.TrimSpace(search))
	for _, text := range []string{r.Number, r.OrganizationName, r.PartnerName, r.AgreementNumber, r.EnrollmentNumber, r.AuthorizationNumber,
		r.OwnerID, r.Above.ParentNumber, r.Above.MasterNumber} {
		if strings.Contains(strings.ToLower(text), search) {
			return true
		}
	}
	return false
}

// eachRow reads the rows that satisfy a condition on l (licensing_ids), by number, without those managed elsewhere.
func (s *Service) eachRow(tx *db.Tx, where string, args []any, each func(Row) error) error {
	programs, err := s.ProgramsTx(tx)
	if err != nil {
		return err
	}
	today := map[string]entitlements.Date{}
	query := "SELECT " + licensingColumns + ", o.legal_name, o.time_zone, o.segment, pa.name, p.number, p.program, m.number, m.id FROM licensing_ids l " +
		"JOIN organizations o ON o.id = l.organization_id LEFT JOIN partners pa ON pa.id = l.partner_id LEFT JOIN agreements p ON p.id = l.parent_id " +
		"LEFT JOIN agreements m ON m.id = coalesce(l.master_id, p.master_id) WHERE " + where + " ORDER BY l.number"
	return tx.Each(query, args, func(scan func(...any) error) error {
		var r Row
		var segment string
		var err error
		r.LicensingID, err = scanLicensing(scan, &r.OrganizationName, &r.TimeZone, &segment, &r.PartnerName,
			&r.Above.ParentNumber, &r.Above.ParentProgram, &r.Above.MasterNumber, &r.Above.Master)
		if err != nil {
			return err
		}
		program, variant := programs[r.Program].For(segment)
		if program.ManagedElsewhere {
			return nil
		}
		if _, known := today[r.TimeZone]; !known {
			today[r.TimeZone] = Today(tx.Now(), r.TimeZone)
		}
		r.Variant, r.IsActive = variant.Code, r.Active(today[r.TimeZone])
		return each(r)
	})
}
