package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
)

// Page is one page of a list. Next is the cursor of the page after it, "" at the end.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty" doc:"Cursor of the next page; absent at the end"`
}

// PageQuery asks for a page.
type PageQuery struct {
	Cursor string // from Page.Next
	Limit  int    // 100 when zero
}

func (q PageQuery) values() url.Values {
	v := url.Values{}
	if q.Cursor != "" {
		v.Set("cursor", q.Cursor)
	}
	if q.Limit > 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	return v
}

// Agreement names a master or parent agreement.
type Agreement struct {
	ID     string `json:"id"`
	Number string `json:"number"`
}

// LicensingID is a number at which orders are placed and on which rights and permissions hang.
type LicensingID struct {
	ID           string     `json:"id" example:"lid_01hk153x00fzzvzzzzzzzzzzzz"`
	Number       string     `json:"licensing_id" example:"E-1001"`
	Program      string     `json:"program" doc:"Code of the program"`
	ProgramName  string     `json:"program_name"`
	Organization string     `json:"organization" doc:"Legal name"`
	Partner      string     `json:"partner,omitempty" doc:"Name of the partner"`
	Parent       *Agreement `json:"parent,omitempty"`
	Master       *Agreement `json:"master,omitempty"`
	Status       string     `json:"status" enum:"active,inactive"`
	Start        string     `json:"start,omitempty" doc:"First day, ISO 8601"`
	End          string     `json:"end,omitempty" doc:"Last day, ISO 8601"`
}

// Contact is a person named on a Licensing ID.
type Contact struct {
	Type      string `json:"type" example:"primary"`
	Address   string `json:"email,omitempty"`
	FirstName string `json:"first_name,omitempty"`
	LastName  string `json:"last_name,omitempty"`
	Company   string `json:"company,omitempty" doc:"Name of the partner, for its contact"`
}

// LicensingIDDetails is all about one Licensing ID but its orders and keys.
type LicensingIDDetails struct {
	LicensingID
	AgreementNumber     string    `json:"agreement_number,omitempty"`
	EnrollmentNumber    string    `json:"enrollment_number,omitempty"`
	AuthorizationNumber string    `json:"authorization_number,omitempty"`
	OwnerID             string    `json:"owner_id,omitempty"`
	Contacts            []Contact `json:"contacts"`
}

// OrderLine is one line of an order.
type OrderLine struct {
	LineID        string `json:"line_id"`
	OrderNumber   string `json:"order_number"`
	OrderDate     string `json:"order_date"`
	Partner       string `json:"partner,omitempty"`
	Product       string `json:"product"`
	ProductName   string `json:"product_name"`
	Version       string `json:"version,omitempty"`
	Kind          string `json:"kind" example:"LSA"`
	Quantity      int64  `json:"quantity"`
	CoverageStart string `json:"coverage_start,omitempty"`
	CoverageEnd   string `json:"coverage_end,omitempty"`
	UsageDate     string `json:"usage_date,omitempty"`
	ToProduct     string `json:"to_product,omitempty"`
	ReturnsLine   string `json:"returns_line,omitempty"`
}

// SummaryQuery asks for a License Summary.
type SummaryQuery struct {
	AsOf         string   // ISO date; today when empty
	LicensingIDs []string // numbers; all that the caller may see reports of when empty
}

func (q SummaryQuery) values() url.Values {
	v := url.Values{}
	if q.AsOf != "" {
		v.Set("as_of", q.AsOf)
	}
	for _, n := range q.LicensingIDs {
		v.Add("licensing_id", n)
	}
	return v
}

// Summary is a License Summary.
type Summary struct {
	AsOf         string       `json:"as_of" example:"2026-03-31"`
	TimeZone     string       `json:"time_zone" doc:"Time zone whose day as_of is"`
	LicensingIDs []string     `json:"licensing_ids" doc:"Licensing IDs that the summary is computed over"`
	Rows         []SummaryRow `json:"rows"`
}

// SummaryRow is what is owned of one version of a product.
type SummaryRow struct {
	Pool        string `json:"pool" enum:"Applications,Systems,Servers"`
	Family      string `json:"family"`
	Product     string `json:"product" doc:"Code of the product"`
	ProductName string `json:"product_name"`
	Version     string `json:"version"`
	Effective   int64  `json:"effective" doc:"Rights after upgrades"`
	ActiveSA    int64  `json:"active_sa" doc:"Of those, under active Software Assurance"`
	Unresolved  int64  `json:"unresolved" doc:"Upgrades and coverage without a base license"`
	Granted     bool   `json:"granted" doc:"From a promotion, not purchased directly"`
}

// Explanation says what a row's numbers are made of.
type Explanation struct {
	Row        SummaryRow        `json:"row"`
	Effective  []ExplanationPart `json:"effective"`
	ActiveSA   []ExplanationPart `json:"active_sa"`
	Unresolved []ExplanationPart `json:"unresolved"`
}

// ExplanationPart is one order line's share of a number.
type ExplanationPart struct {
	LineID      string `json:"line_id"`
	LicensingID string `json:"licensing_id"`
	OrderNumber string `json:"order_number"`
	Kind        string `json:"kind"`
	Role        string `json:"role" enum:"base,coverage,upgrade,step-up,subscription,grant,unresolved"`
	Rule        string `json:"rule" doc:"Code of the rule that placed it"`
	RuleText    string `json:"rule_text" doc:"The rule in words"`
	Quantity    int64  `json:"quantity"`
	Counts      bool   `json:"counts" doc:"The quantity is part of the number; otherwise it only tells why"`
	Offer       string `json:"offer,omitempty" doc:"Code of the promotion"`
}

// LicensingIDs lists the Licensing IDs that the caller may see. inactive adds expired ones; search narrows by number, organization or
// partner.
func (c *Client) LicensingIDs(ctx context.Context, inactive bool, search string, q PageQuery) (Page[LicensingID], error) {
	v := q.values()
	if inactive {
		v.Set("inactive", "true")
	}
	if search != "" {
		v.Set("search", search)
	}
	var out Page[LicensingID]
	err := c.call(ctx, request{method: http.MethodGet, path: "/api/v1/licensing-ids", query: v}, nil, &out)
	return out, err
}

// LicensingID returns the details of one Licensing ID, given by its id ("lid_…").
func (c *Client) LicensingID(ctx context.Context, id string) (LicensingIDDetails, error) {
	var out LicensingIDDetails
	err := c.call(ctx, request{method: http.MethodGet, path: "/api/v1/licensing-ids/" + url.PathEscape(id)}, nil, &out)
	return out, err
}

// OrderLines lists the order lines of a Licensing ID.
func (c *Client) OrderLines(ctx context.Context, id string, q PageQuery) (Page[OrderLine], error) {
	var out Page[OrderLine]
	err := c.call(ctx, request{method: http.MethodGet, path: "/api/v1/licensing-ids/" + url.PathEscape(id) + "/order-lines", query: q.values()}, nil, &out)
	return out, err
}

// LicenseSummary computes a License Summary.
func (c *Client) LicenseSummary(ctx context.Context, q SummaryQuery) (Summary, error) {
	var out Summary
	err := c.call(ctx, request{method: http.MethodGet, path: "/api/v1/license-summary", query: q.values()}, nil, &out)
	return out, err
}

// ExplainSummary opens the numbers of the row of a product, version and origin.
func (c *Client) ExplainSummary(ctx context.Context, q SummaryQuery, product, version string, granted bool) (Explanation, error) {
	v := q.values()
	v.Set("product", product)
	v.Set("version", version)
	if granted {
		v.Set("granted", "true")
	}
	var out Explanation
	err := c.call(ctx, request{method: http.MethodGet, path: "/api/v1/license-summary/explanation", query: v}, nil, &out)
	return out, err
}
