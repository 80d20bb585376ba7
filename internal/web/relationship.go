package web

import (
	"context"
	"net/url"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/agreements"
	"chiave/internal/web/ui"
)

const relationshipPage = 50

// licenses registers the pages of Licensing IDs and of what they give a right to.
func (r registrar) licenses() {
	r.read("/licenses", ui.RelationshipSummary, access.SeeLicensingID, "", relationshipSummary)
	r.read("/licenses/summary", ui.LicenseSummary, access.ViewReports, "", licenseSummary)
	r.read("/licenses/summary/explanation", ui.LicenseSummary, access.ViewReports, "", explainSummary)
	r.read("/licenses/{licensing}", ui.RelationshipSummary, access.SeeLicensingID, "lid", licensingDetails)
	r.read("/licenses/{licensing}/contacts", ui.RelationshipSummary, access.SeeLicensingID, "lid", licensingContacts)
	r.read("/licenses/{licensing}/orders", ui.RelationshipSummary, access.ViewReports, "lid", licensingOrders)
	r.read("/licenses/{licensing}/licenses", ui.RelationshipSummary, access.ViewReports, "lid", licensingLicenses)
	r.read("/licenses/{licensing}/keys", ui.RelationshipSummary, access.ViewKeys, "lid", licensingKeys)
	r.read("/licenses/{licensing}/audit", ui.RelationshipSummary, access.ReadAudit, "lid", licensingAudit)
}

// relationship is what the Relationship Summary shows.
type relationship struct {
	filter agreements.Filter
	rows   []agreements.Row
	next   string
}

func relationshipSummary(ctx context.Context, c *call) (answer, error) {
	query := c.URL.Query()
	r := relationship{filter: agreements.Filter{Inactive: query.Get("show") == "all", Search: query.Get("search"), After: query.Get("after"), Limit: relationshipPage}}
	var err error
	if r.rows, r.next, err = c.web.Rooms.Agreements.Relationship(ctx, c.actor, r.filter); err != nil {
		return answer{}, err
	}
	return show(relationshipView(c.view, r))
}

// show is the choice between active and all.
func (r relationship) show() string {
	if r.filter.Inactive {
		return "all"
	}
	return "active"
}

// filtered reports whether something was looked for.
func (r relationship) filtered() bool { return r.filter.Search != "" }

// address is that of the list going on after a number.
func (r relationship) address(after string) string {
	query := url.Values{}
	if r.filter.Inactive {
		query.Set("show", "all")
	}
	if r.filter.Search != "" {
		query.Set("search", r.filter.Search)
	}
	if after != "" {
		query.Set("after", after)
	}
	if len(query) == 0 {
		return "/licenses"
	}
	return "/licenses?" + query.Encode()
}

// call is the API request that lists what the page lists.
func (r relationship) call() ui.Call {
	query := url.Values{}
	call := ui.Call{Command: "chiave licenses relationship"}
	if r.filter.Inactive {
		query.Set("inactive", "true")
		call.Command += " --inactive"
	}
	if r.filter.Search != "" {
		query.Set("search", r.filter.Search)
		call.Command += " --search " + shellWord(r.filter.Search)
	}
	call.Path = "/api/v1/licensing-ids"
	if len(query) > 0 {
		call.Path += "?" + query.Encode()
	}
	return call
}
