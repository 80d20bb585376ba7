package web

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
	"chiave/internal/routes"
	"chiave/internal/web/ui"
)

const (
	peopleAtOnce  = 25
	gridColumns   = 4  // Licensing IDs beside each other
	editedAtOnce  = 10 // Licensing IDs of a person on one page
	usersPath     = "/users"
	changedMarker = "changed"
)

// users registers Manage Users (ADM-06) and Edit User (ADM-10).
func (r registrar) users() {
	r.read(usersPath, ui.ManageUsers, access.ManageUsers, "", manageUsers)
	r.read(usersPath+"/{user}", ui.ManageUsers, access.ManageUsers, "prs", editUser)
	r.change(usersPath+"/{user}", ui.ManageUsers, access.ManageUsers, "prs", "roles.assigned", routes.Form, changeUser)
}

// crowd is what Manage Users shows: people × Licensing IDs.
type crowd struct {
	filter  access.PeopleFilter
	people  []access.Person
	next    string
	columns []access.Permission // Licensing IDs
	column  string              // number of the first one; empty begins with the first
	nextID  string              // number with which the Licensing IDs go on
	roles   map[string][]access.Grant
	changed bool
	added   bool // somebody has just been added
	few     []access.Few
}

// own returns the Licensing IDs that the reader administers, by number.
func (c *call) own() []access.Permission {
	return slices.DeleteFunc(slices.Clone(c.permissions), func(p access.Permission) bool { return !permits(p, access.ManageUsers) })
}

func manageUsers(ctx context.Context, c *call) (answer, error) {
	q := c.URL.Query()
	page := crowd{filter: access.PeopleFilter{Inactive: q.Get("show") == "inactive", Search: q.Get("search"), After: q.Get("after"), Limit: peopleAtOnce},
		column: q.Get("from"), changed: q.Get(changedMarker) == "yes", added: q.Get("added") == "yes", roles: map[string][]access.Grant{}}
	var err error
	if page.people, page.next, err = c.web.Rooms.Access.ListPeople(ctx, c.actor, page.filter); err != nil {
		return answer{}, err
	}
	if page.few, err = c.few(ctx); err != nil {
		return answer{}, err
	}
	var chosen []ids.ID
	for _, p := range c.own() {
		if p.Number < page.column {
			continue
		}
		if len(page.columns) == gridColumns {
			page.nextID = p.Number
			break
		}
		page.columns, chosen = append(page.columns, p), append(chosen, p.Licensing)
	}
	addresses := make([]string, len(page.people))
	for i, p := range page.people {
		addresses[i] = p.Address
	}
	grants, err := c.web.Rooms.Access.RolesOfPeople(ctx, c.actor, chosen, addresses)
	if err != nil {
		return answer{}, err
	}
	for _, g := range grants {
		at := string(g.Licensing) + " " + g.Address
		page.roles[at] = append(page.roles[at], g)
	}
	return show(usersView(c.view, page))
}

// address is that of the page with some values changed.
func (p crowd) address(set ...string) string {
	q := url.Values{}
	values := map[string]string{"search": p.filter.Search, "after": p.filter.After, "from": p.column}
	if p.filter.Inactive {
		values["show"] = "inactive"
	}
	for i := 0; i+1 < len(set); i += 2 {
		values[set[i]] = set[i+1]
	}
	for name, value := range values {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return usersPath
	}
	return usersPath + "?" + q.Encode()
}

func userPath(id ids.ID) string { return usersPath + "/" + access.People.Wire(id) }

// edit is what Edit User shows, and what it was sent.
type edit struct {
	access.Standing
	head   ui.FormHead
	own    []access.Permission // Licensing IDs on this page
	adding bool                // those on which the person holds nothing
	after  string
	next   string
	until  string
	ticked map[string]bool // boxes, when the page was sent
	diff   access.Difference
}

// edited reads the person that the path names. Errors: NotFound "access.person_unknown".
func (c *call) edited(ctx context.Context) (edit, error) {
	id, err := access.People.Parse(c.PathValue("user"))
	if err != nil {
		id = "" // unknown like one that does not exist
	}
	standing, err := c.web.Rooms.Access.GetPerson(ctx, c.actor, id)
	return edit{Standing: standing, head: ui.FormHead{Action: userPath(standing.ID), Hidden: []ui.Hidden{c.once()}}}, err
}

func editUser(ctx context.Context, c *call) (answer, error) {
	e, err := c.edited(ctx)
	if err != nil {
		return answer{}, err
	}
	q := c.URL.Query()
	e.adding, e.after = q.Get("add") == "yes", q.Get("after")
	for _, p := range c.own() {
		holds := slices.ContainsFunc(e.Grants, func(g access.Grant) bool { return g.Licensing == p.Licensing })
		if holds == e.adding || p.Number <= e.after {
			continue
		}
		if len(e.own) == editedAtOnce {
			e.next = e.own[len(e.own)-1].Number
			break
		}
		e.own = append(e.own, p)
	}
	return show(userView(c.view, e))
}

// box is the value of the box of a role on a Licensing ID.
func box(licensing ids.ID, role access.Role, part string) string {
	return licensingWire.Wire(licensing) + "." + string(role) + "." + part
}

// wishes reads the boxes of the Licensing IDs that the form shows.
func (c *call) wishes(e *edit) ([]access.Wish, error) {
	e.ticked, e.until = map[string]bool{}, strings.TrimSpace(c.PostForm.Get("until"))
	e.adding = c.PostForm.Get("add") == "yes"
	var all []access.Wish
	for _, wire := range c.PostForm["lid"] {
		id, err := licensingID(wire)
		i := slices.IndexFunc(c.permissions, func(p access.Permission) bool { return p.Licensing == id })
		if err != nil || i < 0 {
			return nil, access.ErrUnknownLicensingID
		}
		if slices.ContainsFunc(all, func(w access.Wish) bool { return w.Licensing == id }) {
			continue
		}
		e.own = append(e.own, c.permissions[i])
		w := access.Wish{Licensing: id}
		for _, value := range c.PostForm["role"] {
			if at := strings.Split(value, "."); len(at) == 3 && at[0] == wire {
				e.ticked[value] = true
				w.Roles = append(w.Roles, access.Wished{Role: access.Role(at[1]), Part: at[2]})
			}
		}
		all = append(all, w)
	}
	return all, nil
}

// changeUser shows the difference that the boxes make, and saves it when the reader has seen it.
func changeUser(ctx context.Context, c *call) (answer, error) {
	e, err := c.edited(ctx)
	if err != nil {
		return answer{}, err
	}
	back := usersPath + "?" + changedMarker + "=yes&search=" + url.QueryEscape(e.Address)
	if c.made != "" {
		return goTo(back)
	}
	c.view.Path = e.head.Action
	wishes, err := c.wishes(&e)
	if err != nil {
		return answer{}, err
	}
	until, err := lastDay(e.until, c.view.Zone)
	if err == nil {
		e.diff, err = c.web.Rooms.Access.CompareRoles(ctx, c.actor, e.ID, wishes, until)
	}
	if err == nil && c.PostForm.Get("confirm") == "yes" {
		if err = c.web.Rooms.Access.ChangeRoles(ctx, c.actor, e.ID, wishes, until, c.PostForm.Get("state")); err == nil {
			return goTo(back)
		}
	}
	if correctable(err) {
		e.head = c.formErrors(e.head, err)
		return invalid(userView(c.view, e))
	}
	if err != nil {
		return answer{}, err
	}
	if len(e.diff.Changes) == 0 {
		e.head.Error = c.view.T("users.nothing")
		return invalid(userView(c.view, e))
	}
	return show(differenceView(c.view, e))
}

// lastDay returns the instant at which a day that is the last one is over in a zone; zero for no day. Errors: Invalid "access.assignment".
func lastDay(day string, zone *time.Location) (time.Time, error) {
	if day == "" {
		return time.Time{}, nil
	}
	at, err := time.ParseInLocation(time.DateOnly, day, zone)
	if err != nil {
		return time.Time{}, errs.New(errs.Invalid, "access.assignment").With(errs.Field{Pointer: "until", Code: "access.until"})
	}
	return at.AddDate(0, 0, 1).UTC(), nil
}
