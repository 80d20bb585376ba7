package web

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/platform/errs"
	"chiave/internal/routes"
	"chiave/internal/web/ui"
)

const addUserPath = usersPath + "/new"

// addUsers registers Add New User (ADM-07).
func (r registrar) addUsers() {
	r.read(addUserPath, ui.ManageUsers, access.ManageUsers, "", newUser)
	r.change(addUserPath, ui.ManageUsers, access.ManageUsers, "", "roles.assigned", routes.Form, addUser)
}

// adding is what Add New User shows, and what it was sent.
type adding struct {
	edit
	filled   accounts.Newcomer
	from     string   // number with which the Licensing IDs begin
	warnings []string // sentences about the address, to be confirmed
	listed   string   // address of the page on which the person is edited instead
}

// toAdd returns the page with the Licensing IDs that the address asks for. Errors: those of Gate.Scope for ManageUsers.
func (c *call) toAdd(ctx context.Context) (adding, error) {
	a := adding{from: c.Form.Get("from"), edit: edit{head: ui.FormHead{Action: addUserPath, Hidden: []ui.Hidden{c.once()}}}}
	return a, c.web.Rooms.Access.Administers(ctx, c.actor)
}

func newUser(ctx context.Context, c *call) (answer, error) {
	if err := c.ParseForm(); err != nil {
		return answer{}, errs.New(errs.Invalid, "page.body").Wrap(err)
	}
	a, err := c.toAdd(ctx)
	if err != nil {
		return answer{}, err
	}
	for _, p := range c.own() {
		switch {
		case p.Number < a.from || !p.Active:
		case len(a.own) == editedAtOnce:
			a.next = p.Number
			return show(newUserView(c.view, a))
		default:
			a.own = append(a.own, p)
		}
	}
	return show(newUserView(c.view, a))
}

// addUser adds the person, or shows why not; what is unusual about the address is shown once and saved then.
func addUser(ctx context.Context, c *call) (answer, error) {
	get := func(name string) string { return strings.TrimSpace(c.PostForm.Get(name)) }
	a, err := c.toAdd(ctx)
	if err != nil {
		return answer{}, err
	}
	a.filled = accounts.Newcomer{Address: get("email"), Names: accounts.Names{First: get("first_name"), Last: get("last_name")}}
	back := usersPath + "?added=yes&search=" + url.QueryEscape(a.filled.Address)
	if c.made != "" {
		return goTo(back)
	}
	if a.filled.Wishes, err = c.wishes(&a.edit); err != nil {
		return answer{}, err
	}
	a.filled.Confirmed = a.filled.Address != "" && get("confirmed") == a.filled.Address
	if a.filled.Until, err = lastDay(a.until, c.view.Zone); err == nil {
		if _, err = c.web.Rooms.Accounts.AddUser(ctx, c.actor, a.filled); err == nil {
			return goTo(back)
		}
	}
	if !correctable(err) {
		return answer{}, err
	}
	c.refused(&a, err)
	c.view.Path = addUserPath
	return invalid(newUserView(c.view, a))
}

// refused puts a refusal into the page.
func (c *call) refused(a *adding, err error) {
	e, ok := errors.AsType[*errs.Error](err)
	switch {
	case ok && e.Code == "accounts.unusual_address":
		for _, f := range e.Fields {
			a.warnings = append(a.warnings, c.view.Error(f.Code, f.Params))
		}
		a.head.Hidden = append(a.head.Hidden, ui.Hidden{Name: "confirmed", Value: a.filled.Address})
	case ok && e.Code == "access.person_listed":
		a.listed = usersPath + "/" + e.Params["person"].(string)
	default:
		a.head = c.formErrors(a.head, err)
	}
}
