package agreements

import (
	"context"
	"fmt"
	"strings"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
)

// Program is a program with the flags that govern the other rooms (PROG-02).
type Program struct {
	Code string
	Name string // empty while the shipped name holds: the translation key of NameKey
	// LicensingIDIs says which kind of number is the Licensing ID: enrollment, public_customer_number, agreement, license,
	// none.
	LicensingIDIs    string
	MasterAbove      bool   // a master agreement may stand above
	DownloadCatalog  string // whole (before purchase), purchased, not_shown
	KeysGiven        string // per_pool, per_pool_forecast, per_purchase, not_shown
	KMSHostKey       string // yes, by_exception, none
	Reservations     bool
	VisibleFrom      string // coverage_start, order_processed, not_shown
	WebSupport       bool   // web problem-resolution support with Software Assurance
	ManagedElsewhere bool   // nothing of it is shown
	Variants         []Variant
}

// Variant is a kind of agreement of a program that differs in some flags: that of organizations of a segment.
type Variant struct {
	Code       string // its name is a translation key: see NameKey
	Segment    string
	WebSupport bool
}

// NameKey returns the translation key of the shipped name of a program, or of one of its variants when variant is not
// empty.
func NameKey(program, variant string) string {
	key := "program." + program
	if variant != "" {
		key += "." + variant
	}
	return strings.ReplaceAll(key, "-", "_")
}

// ShownOnOrder reports whether order lines count from their order date (ORD-06).
func (p Program) ShownOnOrder() bool { return p.VisibleFrom == "order_processed" }

// For returns the program as it holds for organizations of a segment.
func (p Program) For(segment string) (Program, Variant) {
	for _, v := range p.Variants {
		if v.Segment == segment {
			p.WebSupport = v.WebSupport
			return p, v
		}
	}
	return p, Variant{}
}

// Programs lists the programs in their order, for anybody who is signed in. Errors: those of Gate.SignedIn.
func (s *Service) Programs(ctx context.Context, actor audit.Actor) ([]Program, error) {
	var all []Program
	err := s.access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.SignedIn(); err != nil {
			return err
		}
		var err error
		all, err = programs(tx)
		return err
	})
	return all, err
}

// ProgramTx returns a program by its code. Errors: NotFound "agreements.program_unknown".
func (s *Service) ProgramTx(tx *db.Tx, code string) (Program, error) {
	all, err := programs(tx)
	if err != nil {
		return Program{}, err
	}
	for _, p := range all {
		if p.Code == code {
			return p, nil
		}
	}
	return Program{}, errs.New(errs.NotFound, "agreements.program_unknown", errs.Params{"value": code})
}

// ProgramsTx returns the programs by code.
func (s *Service) ProgramsTx(tx *db.Tx) (map[string]Program, error) {
	all, err := programs(tx)
	byCode := make(map[string]Program, len(all))
	for _, p := range all {
		byCode[p.Code] = p
	}
	return byCode, err
}

func programs(tx *db.Tx) ([]Program, error) {
	var all []Program
	err := tx.Each("SELECT p.code, p.name, p.licensing_id_is, p.master_above, p.download_catalog, p.keys_given, p.kms_host_key, p.reservations, "+
		"p.visible_from, p.web_support, p.managed_elsewhere FROM programs p "+
		"WHERE p.revision = (SELECT max(r.revision) FROM programs r WHERE r.code = p.code) ORDER BY p.place, p.code", nil,
		func(scan func(...any) error) error {
			var p Program
			err := scan(&p.Code, &p.Name, &p.LicensingIDIs, &p.MasterAbove, &p.DownloadCatalog, &p.KeysGiven, &p.KMSHostKey, &p.Reservations,
				&p.VisibleFrom, &p.WebSupport, &p.ManagedElsewhere)
			all = append(all, p)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("reading the programs: %w", err)
	}
	err = tx.Each("SELECT v.program, v.code, v.segment, v.web_support FROM program_variants v WHERE v.revision = "+
		"(SELECT max(r.revision) FROM program_variants r WHERE r.program = v.program AND r.code = v.code) ORDER BY v.program, v.code", nil,
		func(scan func(...any) error) error {
			var program string
			var v Variant
			if err := scan(&program, &v.Code, &v.Segment, &v.WebSupport); err != nil {
				return err
			}
			for i := range all {
				if all[i].Code == program {
					all[i].Variants = append(all[i].Variants, v)
				}
			}
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("reading the variants of programs: %w", err)
	}
	return all, nil
}
