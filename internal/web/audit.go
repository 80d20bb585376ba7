package web

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/entitlements"
	"chiave/internal/licensing/reports"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
	"chiave/internal/web/ui"
)

const auditPage = 50

// audit registers the audit trail: an Administrator reads the part of its Licensing IDs (AUD-04).
func (r registrar) audit() {
	r.read("/audit", ui.AuditTrail, access.ReadAudit, "", listAudit)
}

// trail is what the audit page shows.
type trail struct {
	chosen      string // wire id of the Licensing ID; empty is all
	room        string // first part of the actions: "keys"
	from, until string // days, both included
	fields      []ui.FieldError
	own         []access.Permission
	entries     []reports.Record
	after       ids.ID
	more        bool
	missing     *ui.Blank // why a reader without a fitting role sees none
}

// trailRooms are the kinds of events that the page can be narrowed to, by the beginning of their actions.
func trailRooms() []string {
	return []string{"keys", "activation", "roles", "users", "imports", "invitations", "customers", "access"}
}

func listAudit(ctx context.Context, c *call) (answer, error) {
	query := c.URL.Query()
	t := trail{chosen: query.Get("licensing"), room: query.Get("about"), from: query.Get("from"), until: query.Get("until"), after: ids.ID(query.Get("after"))}
	f := audit.Filter{After: t.after, Limit: auditPage, From: t.day(c, "from", t.from, 0), Until: t.day(c, "until", t.until, 1)}
	if t.chosen != "" {
		id, err := licensingID(t.chosen)
		if err != nil {
			return answer{}, err
		}
		f.LicensingID = id
	}
	if t.room != "" {
		f.Action = t.room + "."
	}
	for _, p := range c.permissions {
		if permits(p, access.ReadAudit) {
			t.own = append(t.own, p)
		}
	}
	var err error
	if t.entries, t.more, err = c.web.Rooms.Reports.AuditTrail(ctx, c.actor, f); err != nil {
		return answer{}, err
	}
	if len(t.fields) > 0 {
		return invalid(auditView(c.view, t, c.timeline(t.entries)))
	}
	if !c.holds(access.ReadAudit) && !c.staffMay(access.ReadAudit) {
		why := c.missing(c.view.T("audit_page.none"), access.ReadAudit, ui.IconInfo)
		t.missing = &why
	}
	return show(auditView(c.view, t, c.timeline(t.entries)))
}

// day is the start of a day in the reader's time zone, plus some days; zero when none is given.
func (t *trail) day(c *call, field, text string, plus int) time.Time {
	if text == "" {
		return time.Time{}
	}
	d, err := entitlements.ParseDate(text)
	if err != nil {
		t.fields = append(t.fields, ui.FieldErrors(c.view, errs.New(errs.Invalid, "page.date").With(errs.Field{Pointer: field, Code: "page.date"}))...)
		return time.Time{}
	}
	year, month, day := d.AddDays(plus).Time().Date()
	return time.Date(year, month, day, 0, 0, 0, 0, c.view.Zone)
}

// address is that of the trail going on after its last entry; first is that of its beginning.
func (t trail) address(first bool) string {
	query := url.Values{}
	for name, value := range map[string]string{"licensing": t.chosen, "about": t.room, "from": t.from, "until": t.until} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if !first && len(t.entries) > 0 {
		query.Set("after", string(t.entries[len(t.entries)-1].ID))
	}
	if len(query) == 0 {
		return "/audit"
	}
	return "/audit?" + query.Encode()
}

// nextOn is the address of the trail going on, on another page than its own.
func (t trail) nextOn(path string) string {
	if len(t.entries) == 0 {
		return path
	}
	return path + "?after=" + string(t.entries[len(t.entries)-1].ID)
}

// timeline puts records into words.
func (c *call) timeline(entries []reports.Record) []ui.Event {
	v := c.view
	events := make([]ui.Event, len(entries))
	for i, e := range entries {
		event := ui.Event{At: e.At, What: e.Action, About: e.LicensingNumber, Actor: c.actorName(e), Detail: ui.Facts(c.recordFacts(e))}
		if v.Has("audit." + e.Action) {
			event.What = v.T("audit." + e.Action)
		}
		if subject := c.subject(e); subject != "" {
			event.What = v.T("audit_page.about_subject", "what", event.What, "subject", subject)
		}
		if e.Refused {
			event.What, event.Tone = v.T("audit_page.refused", "what", event.What), ui.Bad
		}
		events[i] = event
	}
	return events
}

// subject names the computer or the role that a record is about.
func (c *call) subject(e reports.Record) string {
	var about struct{ Machine, Role string }
	for _, raw := range []json.RawMessage{e.Before, e.After} {
		if len(raw) > 0 && json.Unmarshal(raw, &about) != nil {
			return "" // it says something else
		}
	}
	if about.Role != "" && access.Role(about.Role).Valid() {
		return c.view.T("roles." + about.Role)
	}
	return about.Machine
}

// actorName says who did something. The id of a person without a stored name is among the details.
func (c *call) actorName(r reports.Record) string {
	a, v := r.Actor, c.view
	switch {
	case a.Kind == audit.User && c.user != nil && a.ID == c.user.ID:
		return v.T("audit_page.you")
	case a.Kind == audit.User && r.ActorStaff != "":
		return v.T("audit_page.staff", "name", cmp.Or(r.ActorName, v.T("audit_page.nameless")))
	case a.Kind == audit.User && r.ActorName != "":
		return r.ActorName
	case a.Kind == audit.User:
		return v.T("audit_page.nameless")
	}
	return v.T("audit_page.actor_" + string(a.Kind))
}

// recordFacts opens a record: everything it holds, as it is stored, and the number of its Licensing ID.
func (c *call) recordFacts(e reports.Record) []ui.Fact {
	v := c.view
	facts := []ui.Fact{{Label: v.T("audit_page.action"), Value: ui.Code(e.Action)}}
	add := func(label, value string) {
		if value != "" {
			facts = append(facts, ui.Fact{Label: label, Value: ui.Code(value)})
		}
	}
	add(v.T("audit_page.object"), e.Object)
	if e.Actor.Kind == audit.User {
		add(v.T("audit_page.actor"), ids.Prefix("usr").Wire(e.Actor.ID))
	}
	if e.Actor.For != "" {
		add(v.T("audit_page.acted_for"), ids.Prefix("org").Wire(e.Actor.For))
	}
	if e.Actor.Token != "" {
		add(v.T("audit_page.token"), ids.Prefix("tok").Wire(e.Actor.Token))
	}
	add(v.T("audit_page.licensing_id"), e.LicensingNumber)
	add(v.T("audit_page.before"), compact(e.Before))
	add(v.T("audit_page.after"), compact(e.After))
	add(v.T("audit_page.request"), e.Actor.Request)
	sealed := v.T("audit_page.not_sealed")
	if e.Sealed {
		sealed = v.T("audit_page.sealed")
	}
	return append(facts, ui.Fact{Label: v.T("audit_page.log"), Value: ui.Text(sealed)})
}

func compact(raw json.RawMessage) string { return strings.TrimSpace(string(raw)) }

// call is the API request that lists what the page lists.
func (t trail) call() ui.Call {
	query := url.Values{}
	if t.room != "" {
		query.Set("action", t.room+".")
	}
	command := "chiave audit list"
	for _, p := range t.own {
		if licensingWire.Wire(p.Licensing) == t.chosen {
			query.Set("licensing_id", p.Number)
			command += " --licensing-id " + shellWord(p.Number)
		}
	}
	path := "/api/v1/audit-records"
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return ui.Call{Method: http.MethodGet, Path: path, Command: command}
}
