package api

import (
	"context"
	"slices"

	"chiave/client"
	"chiave/internal/licensing/access"
	"chiave/internal/licensing/agreements"
	"chiave/internal/licensing/entitlements"
	"chiave/internal/licensing/orders"
	"chiave/internal/licensing/reports"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

const agreementWire = ids.Prefix("agr")

func (a *API) registerLicenses() {
	add(a, get("/api/v1/licensing-ids", "listLicensingIDs", access.SeeLicensingID, "", "The Relationship Summary: every Licensing ID you may see"), a.listLicensingIDs)
	add(a, get("/api/v1/licensing-ids/{id}", "getLicensingID", access.SeeLicensingID, "lid", "Details of a Licensing ID with its contacts"), a.getLicensingID)
	add(a, get("/api/v1/licensing-ids/{id}/order-lines", "listOrderLines", access.ViewReports, "lid", "Order lines of a Licensing ID"), a.listOrderLines)
	add(a, get("/api/v1/license-summary", "licenseSummary", access.ViewReports, "", "What you own on a day, computed now"), a.licenseSummary)
	add(a, get("/api/v1/license-summary/explanation", "explainLicenseSummary", access.ViewReports, "", "What the numbers of one row are made of"), a.explainSummary)
	add(a, get("/api/v1/products", "listProducts", access.SelfService, "", "The catalog"), a.listProducts)
}

func (a *API) listLicensingIDs(ctx context.Context, c Caller, in *struct {
	Paging
	Inactive bool   `query:"inactive" doc:"Expired ones too"`
	Search   string `query:"search" maxLength:"200" doc:"Part of a number, an organization's or a partner's name"`
}) (*body[client.Page[client.LicensingID]], error) {
	after, err := a.resume(ctx, in.Cursor)
	if err != nil {
		return nil, err
	}
	rows, next, err := a.Rooms.Agreements.Relationship(ctx, c.Actor, agreements.Filter{Inactive: in.Inactive, Search: in.Search, After: after, Limit: min(in.Limit, 500)})
	if err != nil {
		return nil, err
	}
	page := client.Page[client.LicensingID]{Items: make([]client.LicensingID, 0, len(rows))}
	for _, r := range rows {
		page.Items = append(page.Items, wireLicensingID(ctx, r))
	}
	page.Next, err = a.next(ctx, next)
	return ok(page), err
}

func wireLicensingID(ctx context.Context, r agreements.Row) client.LicensingID {
	out := client.LicensingID{ID: licensingWire.Wire(r.ID), Number: r.Number, Program: r.Program, ProgramName: printerOf(ctx).T(agreements.NameKey(r.Program, r.Variant)),
		Organization: r.OrganizationName, Partner: r.PartnerName, Status: "inactive", Start: r.Start.String(), End: r.End.String()}
	if r.IsActive {
		out.Status = "active"
	}
	if r.Above.ParentNumber != "" {
		out.Parent = &client.Agreement{ID: agreementWire.Wire(r.Parent), Number: r.Above.ParentNumber}
	}
	if r.Above.MasterNumber != "" {
		out.Master = &client.Agreement{ID: agreementWire.Wire(r.Above.Master), Number: r.Above.MasterNumber}
	}
	return out
}

func (a *API) getLicensingID(ctx context.Context, c Caller, in *LicensingPath) (*body[client.LicensingIDDetails], error) {
	id, err := in.licensing()
	if err != nil {
		return nil, err
	}
	d, err := a.Rooms.Agreements.Details(ctx, c.Actor, id)
	if err != nil {
		return nil, err
	}
	out := client.LicensingIDDetails{LicensingID: wireLicensingID(ctx, d.Row), AgreementNumber: d.AgreementNumber, EnrollmentNumber: d.EnrollmentNumber,
		AuthorizationNumber: d.AuthorizationNumber, OwnerID: d.OwnerID, Contacts: make([]client.Contact, 0, len(d.Contacts))}
	for _, p := range d.Contacts {
		out.Contacts = append(out.Contacts, client.Contact{Type: string(p.Type), Address: p.Address, FirstName: p.FirstName, LastName: p.LastName, Company: p.Organization})
	}
	return ok(out), nil
}

func (a *API) listOrderLines(ctx context.Context, c Caller, in *struct {
	LicensingPath
	Paging
}) (*body[client.Page[client.OrderLine]], error) {
	id, err := in.licensing()
	if err != nil {
		return nil, err
	}
	after, err := a.resume(ctx, in.Cursor)
	if err != nil {
		return nil, err
	}
	list, next, err := a.Rooms.Orders.Lines(ctx, c.Actor, id, orders.Page{After: after, Limit: min(in.Limit, 500)})
	if err != nil {
		return nil, err
	}
	page := client.Page[client.OrderLine]{Items: make([]client.OrderLine, 0, len(list))}
	for _, l := range list {
		page.Items = append(page.Items, client.OrderLine{LineID: l.ID, OrderNumber: l.OrderNumber, OrderDate: l.OrderDate.String(), Partner: l.PartnerName,
			Product: l.Product, ProductName: l.ProductName, Version: l.Version, Kind: l.Kind, Quantity: l.Quantity,
			CoverageStart: l.CoverageStart.String(), CoverageEnd: l.CoverageEnd.String(), UsageDate: l.UsageDate.String(), ToProduct: l.ToProduct, ReturnsLine: l.Returns})
	}
	page.Next, err = a.next(ctx, next)
	return ok(page), err
}

// SummaryQuery is which summary is asked for.
type SummaryQuery struct {
	AsOf         string   `query:"as_of" maxLength:"10" doc:"Day of the summary, ISO 8601; today when absent"`
	LicensingIDs []string `query:"licensing_id,explode" maxItems:"5000" doc:"Numbers; all that you may see reports of when absent"`
}

// question is what the query asks for, to a viewer in a time zone.
func (q SummaryQuery) question(zone string) (reports.Question, error) {
	asOf, err := entitlements.ParseDate(q.AsOf)
	if q.AsOf != "" && err != nil {
		return reports.Question{}, errs.New(errs.Invalid, "request.invalid").With(errs.Field{Pointer: "query/as_of", Code: "field.date"})
	}
	return reports.Question{Numbers: q.LicensingIDs, AsOf: asOf, TimeZone: zone}, nil
}

func (a *API) licenseSummary(ctx context.Context, c Caller, in *SummaryQuery) (*body[client.Summary], error) {
	s, err := a.summary(ctx, c, *in)
	if err != nil {
		return nil, err
	}
	out := client.Summary{AsOf: s.AsOf.String(), TimeZone: s.TimeZone, LicensingIDs: s.LicensingIDs, Rows: make([]client.SummaryRow, 0, len(s.Rows))}
	for _, r := range s.Rows {
		out.Rows = append(out.Rows, wireRow(r.Row, r.ProductName))
	}
	return ok(out), nil
}

func (a *API) summary(ctx context.Context, c Caller, q SummaryQuery) (reports.LicenseSummary, error) {
	question, err := q.question(c.User.TimeZone)
	if err != nil {
		return reports.LicenseSummary{}, err
	}
	return a.Rooms.Reports.LicenseSummary(ctx, c.Actor, question)
}

func wireRow(r entitlements.Row, productName string) client.SummaryRow {
	return client.SummaryRow{Pool: r.Pool.String(), Family: r.Family, Product: r.Product, ProductName: productName, Version: r.Version,
		Effective: r.Effective, ActiveSA: r.ActiveSA, Unresolved: r.Unresolved, Granted: r.Granted}
}

func (a *API) explainSummary(ctx context.Context, c Caller, in *struct {
	SummaryQuery
	Product string `query:"product" required:"true" maxLength:"200"`
	Version string `query:"version" required:"true" maxLength:"200"`
	Granted bool   `query:"granted"`
}) (*body[client.Explanation], error) {
	question, err := in.question(c.User.TimeZone)
	if err != nil {
		return nil, err
	}
	e, err := a.Rooms.Reports.Explain(ctx, c.Actor, question, reports.RowKey{Product: in.Product, Version: in.Version, Granted: in.Granted})
	if err != nil {
		return nil, err
	}
	return ok(client.Explanation{Row: wireRow(e.Row.Row, e.Row.ProductName), Effective: wireParts(ctx, e.Effective),
		ActiveSA: wireParts(ctx, e.ActiveSA), Unresolved: wireParts(ctx, e.Unresolved)}), nil
}

// wireParts shows the parts that add up to a number, then those that only tell why it is where it is.
func wireParts(ctx context.Context, e reports.Explained) []client.ExplanationPart {
	out := make([]client.ExplanationPart, 0, len(e.Parts)+len(e.Because))
	for i, p := range slices.Concat(e.Parts, e.Because) {
		out = append(out, client.ExplanationPart{LineID: p.Line, LicensingID: p.LicensingID, OrderNumber: p.OrderNumber, Kind: p.Kind, Role: string(p.Role),
			Rule: p.Rule.String(), RuleText: printerOf(ctx).T("rule." + p.Rule.String()), Quantity: p.Quantity, Counts: i < len(e.Parts), Offer: p.Offer})
	}
	return out
}

type wireProduct struct {
	Code     string        `json:"code"`
	Name     string        `json:"name"`
	Family   string        `json:"family"`
	Pool     string        `json:"pool"`
	Class    string        `json:"class"`
	Versions []wireVersion `json:"versions"`
}

type wireVersion struct {
	Name     string `json:"name"`
	Released string `json:"released"`
}

func (a *API) listProducts(ctx context.Context, c Caller, _ *struct{}) (*body[client.Page[wireProduct]], error) {
	list, err := a.Rooms.Catalog.Products(ctx, c.Actor)
	if err != nil {
		return nil, err
	}
	page := client.Page[wireProduct]{Items: make([]wireProduct, 0, len(list))}
	for _, p := range list {
		w := wireProduct{Code: p.Code, Name: p.Name, Family: p.Family, Pool: p.Pool.String(), Class: string(p.Class), Versions: []wireVersion{}}
		for _, v := range p.Versions {
			w.Versions = append(w.Versions, wireVersion{v.Name, v.Released.String()})
		}
		page.Items = append(page.Items, w)
	}
	return ok(page), nil
}
