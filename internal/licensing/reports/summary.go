package reports

import (
	"context"
	"errors"
	"slices"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/agreements"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/entitlements"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

var errNoRow = errs.New(errs.NotFound, "summary.row_unknown")

// Question asks for a License Summary.
type Question struct {
	Numbers  []string          // of Licensing IDs; empty for all of which the actor may see reports
	AsOf     entitlements.Date // today when absent
	TimeZone string            // the viewer's, which says what today is for several Licensing IDs; IANA name, may be empty
}

// LicenseSummary is the answer, with what it was computed from.
type LicenseSummary struct {
	AsOf         entitlements.Date
	TimeZone     string   // in which AsOf is today, or would be
	LicensingIDs []string // numbers included
	Rows         []SummaryRow
}

// SummaryRow is a row with the name of its product.
type SummaryRow struct {
	entitlements.Row
	ProductName string
}

// RowKey names a row of a summary.
type RowKey struct {
	Product, Version string
	Granted          bool
}

// LicenseSummary computes what the Licensing IDs of the question give a right to. Only those on which the actor may view
// reports are included, and none of a program that is managed elsewhere (LSUM-15). Errors: those of Gate.Scope for
// ViewReports; those of Gate.On for a number that is named and not among them, NotFound with the parameter number; Conflict
// "summary.quantity_overflow", "summary.too_many_lines".
func (s *Service) LicenseSummary(ctx context.Context, actor audit.Actor, q Question) (LicenseSummary, error) {
	a, err := s.answer(ctx, actor, q)
	if err != nil {
		return LicenseSummary{}, err
	}
	out := LicenseSummary{AsOf: a.computed.AsOf, TimeZone: a.zone, LicensingIDs: a.numbers, Rows: make([]SummaryRow, 0, len(a.computed.Rows))}
	for i := range a.computed.Rows {
		out.Rows = append(out.Rows, a.row(i))
	}
	return out, nil
}

// answered is a computed summary with what it was computed from.
type answered struct {
	catalog  *entitlements.Catalog
	computed *entitlements.Summary
	asOf     entitlements.Date
	zone     string
	numbers  []string
}

func (a answered) row(i int) SummaryRow {
	row := a.computed.Rows[i]
	product, _ := a.catalog.Product(row.Product)
	return SummaryRow{row, product.Name}
}

// answer reads in the transaction in which access is decided, and computes outside it.
func (s *Service) answer(ctx context.Context, actor audit.Actor, q Question) (a answered, err error) {
	var lines []entitlements.Line
	err = s.gates.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		a, lines, err = s.read(tx, g, q)
		return err
	})
	if err != nil {
		return answered{}, err
	}
	a.computed, err = entitlements.Compute(a.catalog, lines, a.asOf)
	if e, ok := errors.AsType[*entitlements.LineError](err); ok {
		err = errs.New(errs.Conflict, string(e.Problem.Code), errs.Params{"line": e.Line}).Wrap(err)
	}
	return a, err
}

// read returns what the answer to q is computed from.
func (s *Service) read(tx *db.Tx, g *access.Gate, q Question) (answered, []entitlements.Line, error) {
	included, err := s.included(tx, g, q)
	if err != nil {
		return answered{}, nil, err
	}
	shown := make(map[ids.ID]bool, len(included))
	a := answered{zone: zoneOf(included, q.TimeZone), asOf: q.AsOf}
	for _, l := range included {
		shown[l.id] = l.shownOnOrder
		a.numbers = append(a.numbers, l.number)
	}
	if a.asOf == 0 {
		a.asOf = agreements.Today(tx.Now(), a.zone)
	}
	if a.catalog, err = s.catalog.Current(tx); err != nil {
		return answered{}, nil, err
	}
	lines, err := s.orders.LinesTx(tx, shown)
	return a, lines, err
}

// licensing is a Licensing ID that a summary includes.
type licensing struct {
	id           ids.ID
	number, zone string
	shownOnOrder bool
}

// included returns the Licensing IDs that the question is about, by number. One that is named and missing among
// them refuses the question.
func (s *Service) included(tx *db.Tx, g *access.Gate, q Question) ([]licensing, error) {
	scope, err := g.Scope(access.ViewReports)
	if errs.KindOf(err) == errs.Denied && len(q.Numbers) > 0 { // of what is named, each has its own reason
		return nil, naming(q.Numbers[0], s.whyNot(tx, g, q.Numbers[0]))
	}
	if err != nil {
		return nil, err
	}
	programs, err := s.agreements.ProgramsTx(tx)
	if err != nil {
		return nil, err
	}
	where, args := scope.SQL(tx, "l.id", "$1"), []any{scope.Arg()}
	if len(q.Numbers) > 0 {
		where, args = where+" AND l.number IN "+tx.In("$2"), append(args, db.List(q.Numbers))
	}
	var all []licensing
	err = tx.Each("SELECT l.id, l.number, l.program, o.time_zone FROM licensing_ids l JOIN organizations o ON o.id = l.organization_id WHERE "+where+" ORDER BY l.number",
		args, func(scan func(...any) error) error {
			var l licensing
			var program string
			if err := scan(&l.id, &l.number, &program, &l.zone); err != nil {
				return err
			}
			l.shownOnOrder = programs[program].ShownOnOrder()
			if !programs[program].ManagedElsewhere {
				all = append(all, l)
			}
			return nil
		})
	if err != nil {
		return nil, err
	}
	for _, number := range q.Numbers {
		if !slices.ContainsFunc(all, func(l licensing) bool { return l.number == number }) {
			return nil, naming(number, s.whyNot(tx, g, number))
		}
	}
	if scope.All && len(q.Numbers) > 0 { // staff: on record is whose they read (AUD-03)
		for _, l := range all {
			if err := g.On(access.ViewReports, l.id); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// whyNot returns why a named Licensing ID is not included: the actor may see it and lacks the role, or it does not exist for
// the actor.
func (s *Service) whyNot(tx *db.Tx, g *access.Gate, number string) error {
	l, err := s.agreements.ByNumberTx(tx, number)
	if err != nil && !errors.Is(err, access.ErrUnknownLicensingID) {
		return err
	}
	if err := g.On(access.ViewReports, l.ID); err != nil { // without an id it refuses as it does for somebody else's
		return err
	}
	return access.ErrUnknownLicensingID // its program is managed elsewhere
}

// naming says in an error which number of several it is about.
func naming(number string, err error) error {
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Kind != errs.NotFound {
		return err
	}
	return errs.New(e.Kind, e.Code, e.Params, errs.Params{"number": number})
}

// zoneOf returns the time zone that says what today is: the organization's for one Licensing ID; for several the
// viewer's, or if that is not known the one they share, or else UTC.
func zoneOf(included []licensing, viewer string) string {
	zones := map[string]bool{}
	for _, l := range included {
		zones[l.zone] = true
	}
	if _, err := time.LoadLocation(viewer); len(included) != 1 && viewer != "" && viewer != "Local" && err == nil {
		return viewer
	}
	if len(zones) == 1 {
		return included[0].zone
	}
	return "UTC"
}
