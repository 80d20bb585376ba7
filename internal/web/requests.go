package web

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/agreements"
	"chiave/internal/licensing/requests"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
	"chiave/internal/routes"
	"chiave/internal/web/ui"
)

// requests registers Request Permissions and Pending Requests (PERM-22 to PERM-31).
func (r registrar) requests() {
	r.read(requests.AskPath, ui.RequestPermissions, access.SelfService, "", askPage)
	r.change(requests.AskPath, ui.RequestPermissions, access.SelfService, "", "requests.submitted", routes.Form, ask)
	r.read(requests.Path, ui.PendingRequests, access.ManageUsers, "", requestsPage)
	r.read(requests.Path+"/{request}", ui.PendingRequests, access.ManageUsers, "prq", requestPage)
	r.change(requests.Path+"/{request}", ui.PendingRequests, access.ManageUsers, "prq", "requests.decided", routes.Form, decideRequest)
}

// asking is the page Request Permissions.
type asking struct {
	head     ui.FormHead
	filled   requests.Submission
	programs []agreements.Program
	mine     []requests.Request
	sent     string // Request Number of what was sent just now
	again    bool   // it was waiting already
}

func (c *call) asking(ctx context.Context, filled requests.Submission) (a asking, err error) {
	a = asking{head: ui.FormHead{Action: requests.AskPath, Hidden: []ui.Hidden{c.once()}}, filled: filled}
	if a.programs, err = c.web.Rooms.Agreements.Programs(ctx, c.actor); err != nil {
		return a, err
	}
	a.programs = slices.DeleteFunc(a.programs, func(p agreements.Program) bool { return p.ManagedElsewhere })
	a.mine, err = c.web.Rooms.Requests.Mine(ctx, c.actor)
	return a, err
}

// askPage shows the form, filled in by the address that a refusal offers.
func askPage(ctx context.Context, c *call) (answer, error) {
	q := c.URL.Query()
	a, err := c.asking(ctx, requests.Submission{Program: q.Get("program"), Number: q.Get("licensing_id"), Roles: roleFields(q["role"])})
	if err != nil {
		return answer{}, err
	}
	if a.filled.Program == "" && a.filled.Number != "" {
		a.filled.Program = c.programSeen(ctx, a.filled.Number)
	}
	a.sent, a.again = q.Get("sent"), q.Get("again") != ""
	if !slices.ContainsFunc(a.mine, func(r requests.Request) bool { return r.Number == a.sent }) {
		a.sent = ""
	}
	return show(askView(c.view, a))
}

// programSeen returns the program of a Licensing ID that the reader sees; of any other none.
func (c *call) programSeen(ctx context.Context, number string) string {
	for _, p := range c.permissions {
		if p.Number != number {
			continue
		}
		if d, err := c.web.Rooms.Agreements.Details(ctx, c.actor, p.Licensing); err == nil {
			return d.Program
		}
	}
	return ""
}

func roleFields(values []string) []access.Role {
	var all []access.Role
	for _, v := range values {
		all = append(all, access.Role(v))
	}
	return all
}

func ask(ctx context.Context, c *call) (answer, error) {
	get := func(name string) string { return strings.TrimSpace(c.PostForm.Get(name)) }
	filled := requests.Submission{Program: get("program"), Number: get("licensing_id"), Roles: roleFields(c.PostForm["roles"]), Comments: get("comments")}
	if c.made != "" {
		r, err := c.web.Rooms.Requests.Own(ctx, c.actor, ids.ID(c.made))
		return answer{location: sentAddress(r, false)}, err
	}
	r, again, err := c.web.Rooms.Requests.Submit(ctx, c.actor, filled)
	if err == nil {
		return goTo(sentAddress(r, again))
	}
	if !correctable(err) && errs.CodeOf(err) != "requests.other_program" {
		return answer{}, err
	}
	a, failed := c.asking(ctx, filled)
	if failed != nil {
		return answer{}, failed
	}
	a.head = c.formErrors(a.head, err)
	c.view.Path = requests.AskPath
	return answer{status: routes.StatusOf(err), page: askView(c.view, a)}, nil
}

func sentAddress(r requests.Request, again bool) string {
	q := url.Values{"sent": {r.Number}}
	if again {
		q.Set("again", "1")
	}
	return requests.AskPath + "?" + q.Encode()
}

// askFor is the address of the form, filled in.
func askFor(number string, roles ...access.Role) string {
	q := url.Values{}
	if number != "" {
		q.Set("licensing_id", number)
	}
	for _, r := range roles {
		q.Add("role", string(r))
	}
	if len(q) == 0 {
		return requests.AskPath
	}
	return requests.AskPath + "?" + q.Encode()
}

// requestList is the page Pending Requests.
type requestList struct {
	requests []requests.Request
	decided  bool
	before   ids.ID
	next     ids.ID
}

func (l requestList) address(before ids.ID) string {
	q := url.Values{}
	if l.decided {
		q.Set("show", "decided")
	}
	if before != "" {
		q.Set("before", string(before))
	}
	if len(q) == 0 {
		return requests.Path
	}
	return requests.Path + "?" + q.Encode()
}

func requestsPage(ctx context.Context, c *call) (answer, error) {
	q := c.URL.Query()
	l := requestList{decided: q.Get("show") == "decided", before: ids.ID(q.Get("before"))}
	var err error
	if l.requests, l.next, err = c.web.Rooms.Requests.List(ctx, c.actor, requests.Filter{Decided: l.decided, Before: l.before}); err != nil {
		return answer{}, err
	}
	return show(requestsView(c, l))
}

// deciding is the page of one request.
type deciding struct {
	head    ui.FormHead
	request requests.Request
	may     bool // the reader decides on it
	filled  requests.Decision
	choice  string
}

func requestID(wire string) (ids.ID, error) {
	id, err := requests.Wire.Parse(wire)
	if err != nil {
		return "", errs.New(errs.NotFound, "requests.unknown")
	}
	return id, nil
}

func requestPath(id ids.ID) string { return requests.Path + "/" + requests.Wire.Wire(id) }

func (c *call) deciding(ctx context.Context) (d deciding, err error) {
	id, err := requestID(c.PathValue("request"))
	if err != nil {
		return d, err
	}
	if d.request, err = c.web.Rooms.Requests.Get(ctx, c.actor, id); err != nil {
		return d, err
	}
	d.head = ui.FormHead{Action: requestPath(id), Hidden: []ui.Hidden{c.once()}}
	d.may = d.request.State == requests.Pending && (d.request.Licensing == "" || c.holdsOn(d.request.Licensing, access.ManageUsers))
	d.filled.Roles = d.request.Roles
	return d, nil
}

func requestPage(ctx context.Context, c *call) (answer, error) {
	d, err := c.deciding(ctx)
	if err != nil {
		return answer{}, err
	}
	return show(requestView(c.view, d))
}

func decideRequest(ctx context.Context, c *call) (answer, error) {
	d, err := c.deciding(ctx)
	if err != nil {
		return answer{}, err
	}
	if c.made != "" {
		return goTo(requestPath(d.request.ID))
	}
	d.choice = c.PostForm.Get("decision")
	d.filled = requests.Decision{Accept: d.choice == "accept", Roles: roleFields(c.PostForm["roles"]), Note: c.PostForm.Get("note")}
	switch {
	case d.choice != "accept" && d.choice != "deny":
		err = errs.New(errs.Invalid, "requests.decision").With(errs.Field{Pointer: "decision", Code: "requests.choose"})
	case d.filled.Accept && len(d.filled.Roles) == 0:
		err = errs.New(errs.Invalid, "requests.decision").With(errs.Field{Pointer: "roles", Code: "requests.roles"})
	default:
		_, err = c.web.Rooms.Requests.Decide(ctx, c.actor, d.request.ID, d.filled)
	}
	if err == nil {
		return goTo(requestPath(d.request.ID))
	}
	if !correctable(err) {
		return answer{}, err
	}
	d.head = c.formErrors(d.head, err)
	c.view.Path = requestPath(d.request.ID)
	return answer{status: routes.StatusOf(err), page: requestView(c.view, d)}, nil
}
