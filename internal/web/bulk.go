package web

import (
	"context"
	"slices"
	"strings"

	"chiave/internal/licensing/access"
	"chiave/internal/platform/errs"
	"chiave/internal/routes"
	"chiave/internal/web/ui"
)

const (
	bulkPath = usersPath + "/several"
	// mostTogether is how many people are changed together.
	mostTogether = 100
)

// bulkUsers registers the change of several people on several Licensing IDs at once (ADM-10).
func (r registrar) bulkUsers() {
	r.read(bulkPath, ui.ManageUsers, access.ManageUsers, "", severalUsers)
	r.change(bulkPath, ui.ManageUsers, access.ManageUsers, "", "roles.assigned", routes.Form, changeSeveral)
}

// several is the page on which several people are changed, and what it was sent.
type several struct {
	head      ui.FormHead
	people    []access.Person // to choose from
	next      string          // address with which they go on
	filter    access.PeopleFilter
	chosen    map[string]bool // wire ids of people and of Licensing IDs
	own       []access.Permission
	grant     map[string]bool // role.part
	remove    map[string]bool
	until     string
	diff      access.Adjusted
	adjusting access.Adjusting
}

// severally reads what the page was asked or sent.
func (c *call) severally(ctx context.Context, form map[string][]string) (several, error) {
	get := func(name string) string { return strings.TrimSpace(strings.Join(form[name], "")) }
	s := several{head: ui.FormHead{Action: bulkPath, Hidden: []ui.Hidden{c.once()}}, own: c.own(), until: get("until"), chosen: setOf(form["user"], form["lid"]),
		grant: setOf(form["grant"]), remove: setOf(form["remove"]), filter: access.PeopleFilter{Search: get("search"), After: get("after"), Limit: mostTogether, Inactive: get("show") == "inactive"}}
	var err error
	s.people, s.next, err = c.web.Rooms.Access.ListPeople(ctx, c.actor, s.filter)
	return s, err
}

func setOf(lists ...[]string) map[string]bool {
	set := map[string]bool{}
	for _, value := range slices.Concat(lists...) {
		set[value] = true
	}
	return set
}

func severalUsers(ctx context.Context, c *call) (answer, error) {
	s, err := c.severally(ctx, c.URL.Query())
	if err != nil {
		return answer{}, err
	}
	return show(severalView(c.view, s))
}

// chooses makes the change out of what was ticked.
func (s *several) chooses(c *call) error {
	for _, wire := range c.PostForm["user"] {
		id, err := access.People.Parse(wire)
		if err != nil {
			id = "" // unknown like one that does not exist
		}
		s.adjusting.People = append(s.adjusting.People, id)
	}
	granted, removed := wishedRoles(c.PostForm["grant"]), wishedRoles(c.PostForm["remove"])
	for _, wire := range c.PostForm["lid"] {
		id, err := licensingID(wire)
		if err != nil || !slices.ContainsFunc(c.permissions, func(p access.Permission) bool { return p.Licensing == id }) {
			return access.ErrUnknownLicensingID
		}
		s.adjusting.Adjustments = append(s.adjusting.Adjustments, access.Adjustment{Licensing: id, Grant: granted, Remove: removed})
	}
	invalid := errs.New(errs.Invalid, "access.assignment")
	for _, field := range []struct {
		name  string
		empty bool
	}{{"user", len(s.adjusting.People) == 0}, {"lid", len(s.adjusting.Adjustments) == 0}, {"grant", len(granted)+len(removed) == 0}} {
		if field.empty {
			invalid = invalid.With(errs.Field{Pointer: field.name, Code: "access.choose_" + field.name})
		}
	}
	if len(invalid.Fields) > 0 {
		return invalid
	}
	return nil
}

func wishedRoles(values []string) []access.Wished {
	var all []access.Wished
	for _, v := range values {
		role, part, _ := strings.Cut(v, ".")
		all = append(all, access.Wished{Role: access.Role(role), Part: part})
	}
	return all
}

// changeSeveral shows the difference that is chosen, and saves it when the reader has seen it.
func changeSeveral(ctx context.Context, c *call) (answer, error) {
	s, err := c.severally(ctx, c.PostForm)
	if err != nil {
		return answer{}, err
	}
	const back = usersPath + "?" + changedMarker + "=yes"
	if c.made != "" {
		return goTo(back)
	}
	c.view.Path = bulkPath
	if err = s.chooses(c); errs.KindOf(err) == errs.NotFound {
		return answer{}, err
	}
	if err == nil {
		s.adjusting.Until, err = lastDay(s.until, c.view.Zone)
	}
	if err == nil && c.PostForm.Get("confirm") == "yes" {
		if _, err = c.web.Rooms.Access.AdjustRoles(ctx, c.actor, s.adjusting, c.PostForm.Get("state")); err == nil {
			return goTo(back)
		}
	} else if err == nil {
		s.diff, err = c.web.Rooms.Access.CompareAdjusted(ctx, c.actor, s.adjusting)
	}
	switch {
	case correctable(err):
		s.head = c.formErrors(s.head, err)
		return invalid(severalView(c.view, s))
	case err != nil:
		return answer{}, err
	case len(s.diff.People) == 0:
		s.head.Error = c.view.Error("access.nothing_changes", nil)
		return invalid(severalView(c.view, s))
	}
	return show(severalDifferenceView(c.view, s))
}

// confirming is the form that sends what was chosen once more, to be saved.
func (s several) confirming() ui.FormHead {
	head := s.head
	add := func(name, value string) { head.Hidden = append(head.Hidden, ui.Hidden{Name: name, Value: value}) }
	for _, id := range s.adjusting.People {
		add("user", access.People.Wire(id))
	}
	for _, a := range s.adjusting.Adjustments {
		add("lid", licensingWire.Wire(a.Licensing))
	}
	for name, list := range map[string]map[string]bool{"grant": s.grant, "remove": s.remove} {
		for value := range list {
			add(name, value)
		}
	}
	slices.SortStableFunc(head.Hidden, func(a, b ui.Hidden) int { return strings.Compare(a.Name+a.Value, b.Name+b.Value) })
	add("until", s.until)
	add("state", s.diff.State)
	add("confirm", "yes")
	return head
}

// choices are the roles that can be given or taken, as values of boxes.
func choices(v ui.View, remove bool) []tick {
	var all []tick
	for _, role := range access.Roles() {
		switch {
		case role == access.Limited && !remove:
		case role.Group():
			all = append(all, tick{value: string(role), label: v.T("roles."+string(role)) + " · " + v.T("common.all")})
			for _, part := range role.Parts() {
				all = append(all, tick{value: string(role) + "." + part, label: v.T("roles."+string(role)) + " · " + v.T("roles.part_"+part)})
			}
		default:
			all = append(all, tick{value: string(role), label: v.T("roles." + string(role))})
		}
	}
	return all
}
