package reports

import (
	"context"
	"slices"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/agreements"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/entitlements"
	"chiave/internal/licensing/orders"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// ExplainedPart is an order line's share of a number, with what a person knows the line by.
type ExplainedPart struct {
	entitlements.Part
	orders.Reference
}

// Explained opens one number: Parts add up to it, Because only tells why it stands where it does.
type Explained struct {
	Parts, Because []ExplainedPart
}

// SummaryExplanation opens the three numbers of a row.
type SummaryExplanation struct {
	AsOf                            entitlements.Date
	TimeZone                        string
	Row                             SummaryRow
	Effective, ActiveSA, Unresolved Explained
}

// Explain opens the numbers of one row of the summary that answers the same question. Errors: those of LicenseSummary;
// NotFound "summary.row_unknown".
func (s *Service) Explain(ctx context.Context, actor audit.Actor, q Question, key RowKey) (out SummaryExplanation, err error) {
	err = s.gates.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		a, lines, err := s.read(tx, g, q)
		if err != nil {
			return err
		}
		if a.computed, err = entitlements.Compute(a.catalog, lines, a.asOf); err != nil {
			return err
		}
		i, found := a.computed.Find(key.Product, key.Version, key.Granted)
		if !found {
			return errNoRow
		}
		out = SummaryExplanation{AsOf: a.asOf, TimeZone: a.zone, Row: a.row(i)}
		for number, into := range map[entitlements.Number]*Explained{
			entitlements.Effective: &out.Effective, entitlements.ActiveSA: &out.ActiveSA, entitlements.Unresolved: &out.Unresolved,
		} {
			if *into, err = s.explained(tx, a.computed.Explain(i, number)); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// explained looks up the order lines that an explanation names.
func (s *Service) explained(tx *db.Tx, e entitlements.Explanation) (Explained, error) {
	var lines []string
	for _, p := range slices.Concat(e.Parts, e.Because) {
		lines = append(lines, p.Line)
	}
	known, err := s.orders.ReferencesTx(tx, lines)
	if err != nil {
		return Explained{}, err
	}
	with := func(parts []entitlements.Part) []ExplainedPart {
		out := make([]ExplainedPart, len(parts))
		for i, p := range parts {
			out[i] = ExplainedPart{p, known[p.Line]}
		}
		return out
	}
	return Explained{with(e.Parts), with(e.Because)}, nil
}

// LicensesTx returns how many licenses of the products a Licensing ID has today: their effective quantities, added up. The caller
// decides access.
func (s *Service) LicensesTx(tx *db.Tx, licensing ids.ID, products []string) (int64, error) {
	l, err := s.agreements.ByIDTx(tx, licensing)
	if err != nil {
		return 0, err
	}
	program, err := s.agreements.ProgramTx(tx, l.Program)
	if err != nil {
		return 0, err
	}
	var zone string
	if err := tx.Row("SELECT time_zone FROM organizations WHERE id = $1", l.Organization).Scan(&zone); err != nil {
		return 0, err
	}
	goods, err := s.catalog.Current(tx)
	if err != nil {
		return 0, err
	}
	lines, err := s.orders.LinesTx(tx, map[ids.ID]bool{licensing: program.ShownOnOrder()})
	if err != nil {
		return 0, err
	}
	summary, err := entitlements.Compute(goods, lines, agreements.Today(tx.Now(), zone))
	if err != nil {
		return 0, err
	}
	var total int64
	for _, r := range summary.Rows {
		if slices.Contains(products, r.Product) {
			total += r.Effective
		}
	}
	return total, nil
}
