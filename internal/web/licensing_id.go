package web

import (
	"context"
	"net/url"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/agreements"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/keys"
	"chiave/internal/licensing/orders"
	"chiave/internal/licensing/reports"
	"chiave/internal/platform/ids"
	"chiave/internal/web/ui"
)

const orderLinesPage = 50

// licensingTab is a view of one Licensing ID.
type licensingTab struct {
	name   string // last part of its address; "" is the details
	action access.Action
}

func licensingTabs() []licensingTab {
	return []licensingTab{{"", access.SeeLicensingID}, {"contacts", access.SeeLicensingID}, {"orders", access.ViewReports}, {"licenses", access.ViewReports},
		{"keys", access.ViewKeys}, {"audit", access.ReadAudit}}
}

// licensing is what every tab of a Licensing ID shows.
type licensing struct {
	agreements.Details
	tab  string
	tabs []ui.Tab
}

// path is that of a tab.
func (l licensing) path(tab string) string {
	if tab == "" {
		return licensingPath(l.ID)
	}
	return licensingPath(l.ID) + "/" + tab
}

// licensing reads the Licensing ID that the path names. A tab that the reader may not open is dimmed with the reason (GEN-12, REL-06); the
// rooms refuse it too.
func (c *call) licensing(ctx context.Context, tab string) (licensing, error) {
	id, err := licensingID(c.PathValue("licensing"))
	if err != nil {
		return licensing{}, err
	}
	l := licensing{tab: tab}
	if l.Details, err = c.web.Rooms.Agreements.Details(ctx, c.actor, id); err != nil {
		return l, err
	}
	for _, t := range licensingTabs() {
		entry := ui.Tab{Label: c.view.T("licenses.tab_" + orKeep(t.name, "details")), Href: l.path(t.name), Active: t.name == tab}
		if !c.holdsOn(id, t.action) && !c.staffMay(t.action) && t.action != access.SeeLicensingID {
			entry.Reason = needs(c.view.Printer, t.action)
		}
		l.tabs = append(l.tabs, entry)
	}
	return l, nil
}

// holdsOn reports whether the reader has a role that allows action on a Licensing ID.
func (c *call) holdsOn(id ids.ID, action access.Action) bool {
	for _, p := range c.permissions {
		if p.Licensing == id && permits(p, action) {
			return true
		}
	}
	return false
}

func licensingDetails(ctx context.Context, c *call) (answer, error) {
	l, err := c.licensing(ctx, "")
	if err != nil {
		return answer{}, err
	}
	return show(licensingDetailsView(c.view, l))
}

func licensingContacts(ctx context.Context, c *call) (answer, error) {
	l, err := c.licensing(ctx, "contacts")
	if err != nil {
		return answer{}, err
	}
	return show(licensingContactsView(c.view, l))
}

// orderList is what the tab Order Confirmation shows.
type orderList struct {
	lines       []orders.Line
	after, next string
}

func licensingOrders(ctx context.Context, c *call) (answer, error) {
	l, err := c.licensing(ctx, "orders")
	if err != nil {
		return answer{}, err
	}
	list := orderList{after: c.URL.Query().Get("after")}
	list.lines, list.next, err = c.web.Rooms.Orders.Lines(ctx, c.actor, l.ID, orders.Page{After: list.after, Limit: orderLinesPage})
	if err != nil {
		return answer{}, err
	}
	return show(licensingOrdersView(c.view, l, list))
}

func (l licensing) ordersAddress(after string) string {
	if after == "" {
		return l.path("orders")
	}
	return l.path("orders") + "?" + url.Values{"after": {after}}.Encode()
}

// licensingLicenses is the License Summary of one Licensing ID alone (REL-09).
func licensingLicenses(ctx context.Context, c *call) (answer, error) {
	l, err := c.licensing(ctx, "licenses")
	if err != nil {
		return answer{}, err
	}
	s := summary{chosen: []string{l.Number}}
	if s.LicenseSummary, err = c.web.Rooms.Reports.LicenseSummary(ctx, c.actor, reports.Question{Numbers: s.chosen}); err != nil {
		return answer{}, err
	}
	return show(licensingLicensesView(c.view, l, s))
}

func licensingKeys(ctx context.Context, c *call) (answer, error) {
	l, err := c.licensing(ctx, "keys")
	if err != nil {
		return answer{}, err
	}
	list := keyList{chosen: licensingWire.Wire(l.ID), after: ids.ID(c.URL.Query().Get("after"))}
	if list.keys, list.next, err = c.web.Rooms.Keys.List(ctx, c.actor, keys.Filter{Licensing: l.ID, After: list.after, Limit: keysPage}); err != nil {
		return answer{}, err
	}
	return show(licensingKeysView(c.view, l, list))
}

func licensingAudit(ctx context.Context, c *call) (answer, error) {
	l, err := c.licensing(ctx, "audit")
	if err != nil {
		return answer{}, err
	}
	t := trail{chosen: licensingWire.Wire(l.ID), after: ids.ID(c.URL.Query().Get("after"))}
	t.entries, t.more, err = c.web.Rooms.Reports.AuditTrail(ctx, c.actor, audit.Filter{LicensingID: l.ID, After: t.after, Limit: auditPage})
	if err != nil {
		return answer{}, err
	}
	return show(licensingAuditView(c.view, l, t, c.timeline(t.entries)))
}
