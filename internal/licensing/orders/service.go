package orders

import (
	"context"
	"strings"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/entitlements"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

const (
	usualPage   = 50
	longestPage = 500
)

// Page says which part of a list is wanted.
type Page struct {
	After string // Next of the page before
	Limit int    // 50 when zero, 500 at most
}

// Line is an order line as the tab Order Confirmation shows it (ORD-04).
type Line struct {
	ID            string
	OrderNumber   string
	OrderDate     entitlements.Date
	PartnerName   string
	Product       string // code
	ProductName   string
	Version       string
	Kind          string
	Quantity      int64
	CoverageStart entitlements.Date
	CoverageEnd   entitlements.Date
	UsageDate     entitlements.Date
	ToProduct     string
	Returns       string    // line id that a return names
	Recorded      time.Time // when what it says was published
}

// Lines returns the order lines of a Licensing ID, the latest orders first, and where the next page goes on; "" when there
// is none. Errors: those of Gate.On for ViewReports; NotFound "licensing_ids.unknown" also for one of a program that is
// managed elsewhere.
func (s *Service) Lines(ctx context.Context, actor audit.Actor, licensing ids.ID, p Page) (lines []Line, next string, err error) {
	if p.Limit <= 0 {
		p.Limit = usualPage
	}
	p.Limit = min(p.Limit, longestPage)
	err = s.access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		lines, next = nil, ""
		if err := g.On(access.ViewReports, licensing); err != nil {
			return err
		}
		l, err := s.agreements.ByIDTx(tx, licensing)
		if err != nil {
			return err
		}
		program, err := s.agreements.ProgramTx(tx, l.Program)
		if err != nil {
			return err
		}
		if program.ManagedElsewhere {
			return access.ErrUnknownLicensingID
		}
		if lines, err = page(tx, licensing, p); err != nil {
			return err
		}
		if len(lines) > p.Limit {
			lines = lines[:p.Limit]
			last := lines[p.Limit-1]
			next = last.OrderDate.String() + " " + last.ID
		}
		return nil
	})
	return lines, next, err
}

// page reads one line more than the page holds, if there is one.
func page(tx *db.Tx, licensing ids.ID, p Page) ([]Line, error) {
	day, line, _ := strings.Cut(p.After, " ")
	var lines []Line
	err := tx.Each("SELECT "+lineColumns+", i.published_at, pa.name, "+
		"(SELECT p.name FROM products p WHERE p.code = l.product ORDER BY p.revision DESC LIMIT 1) FROM order_lines l"+published+
		"LEFT JOIN partners pa ON pa.id = l.partner_id WHERE l.licensing_id = $1 AND NOT l.withdrawn AND ($2 = '' OR (l.ordered_on, l.line_id) < ($3, $4)) "+
		"AND NOT EXISTS (SELECT 1 FROM order_lines n JOIN imports j ON j.room = 'orders' AND j.seq = +n.revision AND j.state = 'published' "+
		"WHERE n.licensing_id = l.licensing_id AND n.line_id = l.line_id AND n.revision > l.revision) "+
		"ORDER BY l.ordered_on DESC, l.line_id DESC LIMIT $5", []any{licensing, p.After, day, line, p.Limit + 1},
		func(scan func(...any) error) error {
			var out Line
			found, _, err := scanLine(func(dest ...any) error {
				return scan(append(dest, &out.Recorded, &out.PartnerName, &out.ProductName)...)
			})
			if err != nil {
				return err
			}
			out.ID, out.OrderNumber, out.OrderDate, out.Product, out.Version = found.id, found.orderNumber, found.orderDate, found.product, found.version
			out.Kind, out.Quantity, out.CoverageStart, out.CoverageEnd = found.kind.String(), found.quantity, found.start, found.end
			out.UsageDate, out.ToProduct, out.Returns = found.usage, found.toProduct, found.returns
			lines = append(lines, out)
			return nil
		})
	return lines, err
}
