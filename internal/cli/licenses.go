package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"chiave/client"
	"chiave/internal/platform/errs"
)

// summaryCommand shows what is owned, or what a number of it is made of.
type summaryCommand struct {
	AsOf        string   `placeholder:"DATE"`
	LicensingID []string `name:"licensing-id" placeholder:"N" sep:"none"`
	Explain     string   `placeholder:"PRODUCT[:VERSION]"`
}

func (c *summaryCommand) run(ctx context.Context, s *session) error {
	if err := checkDate("as-of", c.AsOf); err != nil {
		return err
	}
	cl, err := s.client()
	if err != nil {
		return err
	}
	query := client.SummaryQuery{AsOf: c.AsOf, LicensingIDs: c.LicensingID}
	summary, err := cl.LicenseSummary(ctx, query)
	if err != nil {
		return err
	}
	if c.Explain != "" {
		return c.explain(ctx, s, cl, query, summary)
	}
	return s.show(summary, func() { s.showSummary(summary) })
}

func checkDate(flag, text string) error {
	if text == "" {
		return nil
	}
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return errs.New(errs.Invalid, "cli.date", errs.Params{"flag": "--" + flag})
	}
	return nil
}

func (s *session) showSummary(summary client.Summary) {
	s.say(s.summaryTitle(summary))
	if len(summary.Rows) == 0 {
		s.say(s.out.T("cli.summary.empty"))
		return
	}
	s.say("")
	t := newTable(s.out.T("cli.column.pool"), s.out.T("cli.column.family"), s.out.T("cli.column.product"), s.out.T("cli.column.version"),
		">"+s.out.T("cli.column.effective"), ">"+s.out.T("cli.column.active_sa"), ">"+s.out.T("cli.column.unresolved"), "")
	for _, r := range summary.Rows {
		note := ""
		if r.Granted {
			note = s.out.T("cli.summary.granted")
		}
		t.add(s.pool(r.Pool), r.Family, productLabel(r.Product, r.ProductName), r.Version, s.number(r.Effective), s.number(r.ActiveSA), s.number(r.Unresolved), note)
	}
	t.write(s.Stdout)
}

func (s *session) summaryTitle(summary client.Summary) string {
	title := s.out.T("cli.summary.title", "date", s.date(summary.AsOf))
	if summary.TimeZone != "" {
		title += " (" + summary.TimeZone + ")"
	}
	if len(summary.LicensingIDs) > 0 {
		title += " · " + s.out.T("cli.summary.of", "numbers", strings.Join(summary.LicensingIDs, ", "))
	}
	return printable(title)
}

// explain opens the numbers of every row that c.Explain names: of one version, or of all.
func (c *summaryCommand) explain(ctx context.Context, s *session, cl *client.Client, query client.SummaryQuery, summary client.Summary) error {
	query.AsOf = summary.AsOf
	all := []client.Explanation{}
	for _, r := range summary.Rows {
		if c.Explain != r.Product && c.Explain != r.Product+":"+r.Version {
			continue
		}
		e, err := cl.ExplainSummary(ctx, query, r.Product, r.Version, r.Granted)
		if err != nil {
			return err
		}
		all = append(all, e)
	}
	if len(all) == 0 {
		return errs.New(errs.NotFound, "cli.no_such_row", errs.Params{"row": c.Explain})
	}
	return s.show(all, func() {
		s.say(s.summaryTitle(summary))
		for _, e := range all {
			s.showExplanation(e)
		}
	})
}

func (s *session) showExplanation(e client.Explanation) {
	label := productLabel(e.Row.Product, e.Row.ProductName) + " " + e.Row.Version
	if e.Row.Granted {
		label += " (" + s.out.T("cli.summary.granted") + ")"
	}
	s.say("")
	s.say(printable(label))
	s.showParts(s.out.T("cli.column.effective"), e.Row.Effective, e.Effective)
	s.showParts(s.out.T("cli.column.active_sa"), e.Row.ActiveSA, e.ActiveSA)
	s.showParts(s.out.T("cli.column.unresolved"), e.Row.Unresolved, e.Unresolved)
}

// showParts prints the lines that a number is the sum of; those that only tell why are in parentheses.
func (s *session) showParts(name string, number int64, parts []client.ExplanationPart) {
	s.say(fmt.Sprintf("\n  %s: %s", name, s.number(number)))
	if len(parts) == 0 {
		return
	}
	t := newTable(">"+s.out.T("cli.column.quantity"), s.out.T("cli.column.licensing_id"), s.out.T("cli.column.order"), s.out.T("cli.column.line"),
		s.out.T("cli.column.kind"), s.out.T("cli.column.rule"))
	for _, p := range parts {
		quantity := s.number(p.Quantity)
		if !p.Counts {
			quantity = "(" + quantity + ")"
		}
		rule := p.RuleText
		if rule == "" {
			rule = p.Rule
		}
		if p.Offer != "" {
			rule += " (" + p.Offer + ")"
		}
		t.add("  "+quantity, p.LicensingID, p.OrderNumber, p.LineID, p.Kind, rule)
	}
	t.write(s.Stdout)
}

// none returns the key of what is said when there is nothing to list.
func (c *relationshipCommand) none() string {
	switch {
	case c.Search != "" && c.Inactive:
		return "cli.relationship.no_hit"
	case c.Search != "":
		return "cli.relationship.no_active_hit"
	case c.Inactive:
		return "cli.relationship.none"
	}
	return "cli.relationship.empty"
}

// relationshipCommand lists Licensing IDs.
type relationshipCommand struct {
	Inactive bool
	Search   string `placeholder:"TEXT"`
}

func (c *relationshipCommand) run(ctx context.Context, s *session) error {
	cl, err := s.client()
	if err != nil {
		return err
	}
	all, err := everyPage(0, func(q client.PageQuery) (client.Page[client.LicensingID], error) {
		return cl.LicensingIDs(ctx, c.Inactive, c.Search, q)
	})
	if err != nil {
		return err
	}
	return s.show(all, func() {
		if len(all.Items) == 0 {
			s.say(s.out.T(c.none()))
			return
		}
		t := newTable(s.out.T("cli.column.licensing_id"), s.out.T("cli.column.program"), s.out.T("cli.column.organization"), s.out.T("cli.column.partner"),
			s.out.T("cli.column.status"), s.out.T("cli.column.start"), s.out.T("cli.column.end"))
		for _, l := range all.Items {
			t.add(l.Number, l.ProgramName, l.Organization, l.Partner, s.status(l.Status), s.date(l.Start), s.date(l.End))
		}
		t.write(s.Stdout)
		s.say(s.out.N("cli.relationship.count", int64(len(all.Items))))
	})
}
