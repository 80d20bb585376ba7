package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/agreements"
	"chiave/internal/licensing/entitlements"
	"chiave/internal/licensing/reports"
	"chiave/internal/platform/errs"
	"chiave/internal/web/ui"
)

// summary is what the License Summary shows.
type summary struct {
	reports.LicenseSummary
	chosen   []string          // numbers asked for; all that the reader may see reports of when empty
	typed    string            // the numbers as they were typed in
	asOf     string            // day asked for; today when empty
	none     bool              // the filter was sent without any number
	fields   []ui.FieldError   // what is wrong with the filter
	options  []agreements.Row  // Licensing IDs that may be included
	free     bool              // numbers are typed in, because the reader may choose among every customer's
	partners map[string]string // of the Licensing IDs included, by number
	missing  *ui.Blank         // why Licensing IDs that the reader knows of are left out
}

// Fields of the filter: a number that was ticked, the numbers typed in, and the mark that there was something to tick.
const (
	tickedField = "licensing"
	typedField  = "numbers"
	filterField = "filter"
)

// question reads the filter from the address. Errors: those of the day.
func (c *call) question() (reports.Question, summary, error) {
	query := c.URL.Query()
	s := summary{chosen: numbers(query[tickedField], query.Get(typedField)), typed: query.Get(typedField), asOf: query.Get("as_of"), partners: map[string]string{}}
	s.none = query.Has(filterField) && len(s.chosen) == 0
	s.free = len(c.permissions) == 0 && c.staffMay(access.ViewReports)
	q := reports.Question{Numbers: s.chosen, TimeZone: c.organization.TimeZone}
	if s.asOf == "" {
		return q, s, nil
	}
	asOf, err := entitlements.ParseDate(s.asOf)
	q.AsOf = asOf
	return q, s, err
}

// numbers joins what was ticked and what was typed. Only typed text holds several numbers: one that exists may contain a space.
func numbers(ticked []string, typed string) []string {
	all := slices.DeleteFunc(slices.Clone(ticked), func(number string) bool { return number == "" })
	all = append(all, strings.FieldsFunc(typed, func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\n' || r == '\r' || r == '\t' })...)
	slices.Sort(all)
	return slices.Compact(all)
}

func licenseSummary(ctx context.Context, c *call) (answer, error) {
	q, s, dayFault := c.question()
	if err := c.summaryOptions(ctx, &s); err != nil {
		return answer{}, err
	}
	if dayFault != nil {
		s.fault(c.view, "as_of", "page.date", nil)
	}
	if s.none {
		s.fault(c.view, s.numbersField(), "summary.none_chosen", nil)
	}
	switch {
	case len(s.fields) > 0:
		return invalid(summaryView(c.view, s))
	case s.free && len(s.chosen) == 0:
		return show(summaryView(c.view, s))
	}
	answered, err := c.web.Rooms.Reports.LicenseSummary(ctx, c.actor, q)
	if e, ok := errors.AsType[*errs.Error](err); ok && s.free && e.Is(access.ErrUnknownLicensingID) {
		s.fault(c.view, typedField, "summary.number_unknown", e.Params)
		return invalid(summaryView(c.view, s))
	}
	if err != nil {
		return answer{}, err
	}
	s.LicenseSummary = answered
	c.explainLeftOut(&s)
	return show(summaryView(c.view, s))
}

// explainLeftOut says why the summary has not everything that the reader knows of, when a role is the reason.
func (c *call) explainLeftOut(s *summary) {
	if s.free || len(s.chosen) > 0 || c.holds(access.ViewReports) && !c.lacks(access.ViewReports) {
		return
	}
	title := c.view.T("summary.left_out")
	if len(s.Rows) == 0 {
		title = c.view.T("summary.nothing")
	}
	why := c.missing(title, access.ViewReports, ui.IconLicense)
	s.missing = &why
}

// fault adds what is wrong with a field of the filter.
func (s *summary) fault(v ui.View, field, code string, params errs.Params) {
	s.fields = append(s.fields, ui.FieldError{Field: field, Message: v.Error(code, params)})
}

// numbersField is the field by which the reader chooses Licensing IDs.
func (s summary) numbersField() string {
	if s.free {
		return typedField
	}
	return tickedField
}

// message returns what is wrong with a field of the filter.
func (s summary) message(field string) string { return ui.FormHead{Errors: s.fields}.For(field) }

// numbersTyped is what the field for numbers shows: what was typed, else what a link asked for.
func (s summary) numbersTyped() string {
	if s.typed != "" {
		return s.typed
	}
	return strings.Join(s.chosen, ", ")
}

// summaryOptions lists the Licensing IDs that the reader may include, and the partners to ask (LSUM-18).
func (c *call) summaryOptions(ctx context.Context, s *summary) error {
	if s.free || len(c.permissions) == 0 {
		return nil
	}
	for after := ""; ; {
		rows, next, err := c.web.Rooms.Agreements.Relationship(ctx, c.actor, agreements.Filter{Inactive: true, After: after, Limit: most})
		if err != nil {
			return err
		}
		for _, r := range rows {
			if c.holdsOn(r.ID, access.ViewReports) {
				s.options = append(s.options, r)
				s.partners[r.Number] = r.PartnerName
			}
		}
		if after = next; next == "" {
			return nil
		}
	}
}

// day is the day that the filter shows: the one asked for, else that of the summary.
func (s summary) day() string {
	if s.asOf == "" {
		return s.AsOf.String()
	}
	return s.asOf
}

// includes reports whether a Licensing ID is part of the summary.
func (s summary) includes(number string) bool {
	return !s.none && len(s.chosen) == 0 || slices.Contains(s.chosen, number)
}

// pool returns the rows of a license pool.
func (s summary) pool(pool entitlements.Pool) []reports.SummaryRow {
	var rows []reports.SummaryRow
	for _, r := range s.Rows {
		if r.Pool == pool {
			rows = append(rows, r)
		}
	}
	return rows
}

// granted reports whether any row came from a promotion and needs the legend.
func (s summary) granted() bool {
	return slices.ContainsFunc(s.Rows, func(r reports.SummaryRow) bool { return r.Granted })
}

// partnerNames lists the partners of the Licensing IDs included.
func (s summary) partnerNames() []string {
	var names []string
	for _, number := range s.LicensingIDs {
		if name := s.partners[number]; name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// query is the question as the address carries it.
func (s summary) query() url.Values {
	query := url.Values{}
	for _, number := range s.chosen {
		query.Add(tickedField, number)
	}
	if s.asOf != "" {
		query.Set("as_of", s.asOf)
	}
	return query
}

// explanation is where a number of a row is explained.
func (s summary) explanation(row reports.SummaryRow) string {
	query := s.query()
	query.Set("product", row.Product)
	query.Set("version", row.Version)
	if row.Granted {
		query.Set("granted", "true")
	}
	return "/licenses/summary/explanation?" + query.Encode()
}

// call is the API request that computes what the page shows.
func (s summary) call() ui.Call {
	query := url.Values{}
	command := "chiave licenses summary"
	for _, number := range s.chosen {
		query.Add("licensing_id", number)
		command += " --licensing-id " + shellWord(number)
	}
	if s.asOf != "" {
		query.Set("as_of", s.asOf)
		command += " --as-of " + s.asOf
	}
	path := "/api/v1/license-summary"
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return ui.Call{Method: http.MethodGet, Path: path, Command: command}
}

// explained is what the page of one row's numbers shows.
type explained struct {
	reports.SummaryExplanation
	summary summary
}

// explainSummary opens the numbers of one row to the order lines and rules they come from.
func explainSummary(ctx context.Context, c *call) (answer, error) {
	q, s, err := c.question()
	if err != nil {
		return answer{}, errs.New(errs.Invalid, "page.date")
	}
	query := c.URL.Query()
	key := reports.RowKey{Product: query.Get("product"), Version: query.Get("version"), Granted: query.Get("granted") == "true"}
	e := explained{summary: s}
	if e.SummaryExplanation, err = c.web.Rooms.Reports.Explain(ctx, c.actor, q, key); err != nil {
		return answer{}, err
	}
	return show(explanationView(c.view, e))
}

// back is the address of the summary that the row belongs to.
func (e explained) back() string {
	if query := e.summary.query(); len(query) > 0 {
		return "/licenses/summary?" + query.Encode()
	}
	return "/licenses/summary"
}

// call is the API request that explains what the page explains.
func (e explained) call() ui.Call {
	query := url.Values{"product": {e.Row.Product}, "version": {e.Row.Version}}
	for _, number := range e.summary.chosen {
		query.Add("licensing_id", number)
	}
	if e.summary.asOf != "" {
		query.Set("as_of", e.summary.asOf)
	}
	if e.Row.Granted {
		query.Set("granted", "true")
	}
	return ui.Call{Method: http.MethodGet, Path: "/api/v1/license-summary/explanation?" + query.Encode()}
}
