package api

import (
	"context"
	"net/http"

	"chiave/client"
	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
	"chiave/internal/routes"
)

func (a *API) registerUsers() {
	add(a, get("/api/v1/users", "listUsers", access.ManageUsers, "", "The people of the Licensing IDs that you administer"), a.listUsers)
	add(a, get("/api/v1/users/{user}", "getUser", access.ManageUsers, "prs", "One person with the roles on the Licensing IDs that you administer"), a.getUser)
	addOnce(a, change(http.MethodPost, "/api/v1/users", "addUser", access.ManageUsers, "", "roles.assigned", routes.Key,
		"Add a person without any permission so far"), a.addUser, a.showUser)
	addOnce(a, change(http.MethodPost, "/api/v1/users/{user}/roles", "changeUserRoles", access.ManageUsers, "prs", "roles.assigned", routes.Key,
		"Give a person roles and take others away, all or nothing"), a.changeUser, a.showChanged)
}

type UserPath struct {
	User string `path:"user" maxLength:"64" doc:"Id of the person: prs_…"`
}

// id returns the row id that the path names. What is no id is unknown like an id that does not exist.
func (p UserPath) id() ids.ID {
	id, err := access.People.Parse(p.User)
	if err != nil {
		return ""
	}
	return id
}

func wireUser(s access.Standing) client.User {
	u := client.User{ID: access.People.Wire(s.ID), Address: s.Address, Name: s.Name, Active: s.Active, Roles: []client.UserRole{}}
	for _, g := range s.Grants {
		w := wireGrant(g)
		u.Roles = append(u.Roles, client.UserRole{Licensing: licensingWire.Wire(g.Licensing), LicensingID: s.Numbers[g.Licensing], Grant: w.ID, Role: w.Role, Part: w.Part,
			Source: w.Source, Contact: w.Contact, Above: w.Above, From: w.From, Until: w.Until})
	}
	return u
}

func (a *API) listUsers(ctx context.Context, c Caller, in *struct {
	Paging
	Inactive    bool   `query:"inactive" doc:"Those without a role instead of those with one"`
	LicensingID string `query:"licensing_id" maxLength:"200" doc:"Number of one Licensing ID"`
	Search      string `query:"search" maxLength:"200" doc:"Part of the e-mail address or the name"`
}) (*body[client.Page[client.User]], error) {
	after, err := a.resume(ctx, in.Cursor)
	if err != nil {
		return nil, err
	}
	f := access.PeopleFilter{Inactive: in.Inactive, Search: in.Search, After: after, Limit: min(in.Limit, 100)}
	if in.LicensingID != "" {
		if f.On, err = a.Rooms.Agreements.FindFor(ctx, c.Actor, access.ManageUsers, in.LicensingID); err != nil {
			return nil, err
		}
	}
	list, more, err := a.Rooms.Access.ListStandings(ctx, c.Actor, f)
	if err != nil {
		return nil, err
	}
	page := client.Page[client.User]{Items: []client.User{}}
	for _, s := range list {
		page.Items = append(page.Items, wireUser(s))
	}
	page.Next, err = a.next(ctx, more)
	return ok(page), err
}

func (a *API) getUser(ctx context.Context, c Caller, in *UserPath) (*body[client.User], error) {
	return a.showUser(ctx, c, string(in.id()))
}

// showUser shows a person to somebody who may manage it.
func (a *API) showUser(ctx context.Context, c Caller, object string) (*body[client.User], error) {
	s, err := a.Rooms.Access.GetPerson(ctx, c.Actor, ids.ID(object))
	return ok(wireUser(s)), err
}

func wished(names []client.RoleName) []access.Wished {
	all := make([]access.Wished, len(names))
	for i, n := range names {
		all[i] = access.Wished{Role: access.Role(n.Role), Part: n.Part}
	}
	return all
}

func (a *API) addUser(ctx context.Context, c Caller, in *struct {
	Body client.NewUser
}) (*body[client.User], error) {
	until, err := optionalInstant("/until", in.Body.Until)
	if err != nil {
		return nil, err
	}
	n := accounts.Newcomer{Address: in.Body.Address, Names: accounts.Names{First: in.Body.First, Last: in.Body.Last}, Until: until, Confirmed: in.Body.Confirm}
	seen := map[ids.ID]int{}
	for _, p := range in.Body.Permissions {
		id, err := a.Rooms.Agreements.FindFor(ctx, c.Actor, access.ManageUsers, p.LicensingID)
		if err != nil {
			return nil, err
		}
		at, again := seen[id]
		if !again {
			at = len(n.Wishes)
			seen[id], n.Wishes = at, append(n.Wishes, access.Wish{Licensing: id})
		}
		n.Wishes[at].Roles = append(n.Wishes[at].Roles, wished(p.Roles)...)
	}
	person, err := a.Rooms.Accounts.AddUser(ctx, c.Actor, n)
	if err != nil {
		return nil, err
	}
	return a.showUser(ctx, c, string(person))
}

func (a *API) changeUser(ctx context.Context, c Caller, in *struct {
	UserPath
	Body client.UserChange
}) (*body[client.UserChanged], error) {
	until, err := optionalInstant("/until", in.Body.Until)
	if err != nil {
		return nil, err
	}
	person := in.id()
	if _, err := a.Rooms.Access.GetPerson(ctx, c.Actor, person); err != nil { // a stranger's is unknown, whatever else is asked
		return nil, err
	}
	change := access.Adjusting{People: []ids.ID{person}, Until: until}
	for _, r := range in.Body.Changes {
		id, err := a.Rooms.Agreements.FindFor(ctx, c.Actor, access.ManageUsers, r.LicensingID)
		if err != nil {
			return nil, err
		}
		change.Adjustments = append(change.Adjustments, access.Adjustment{Licensing: id, Grant: wished(r.Grant), Remove: wished(r.Remove)})
	}
	var d access.Adjusted
	if in.Body.DryRun {
		d, err = a.Rooms.Access.CompareAdjusted(ctx, c.Actor, change)
	} else if d, err = a.Rooms.Access.AdjustRoles(ctx, c.Actor, change, in.Body.State); err == nil && len(d.People) == 0 {
		err = errs.New(errs.Invalid, "access.nothing_changes")
	}
	if err != nil {
		return nil, err
	}
	out, err := a.showChanged(ctx, c, string(person))
	if err != nil {
		return nil, err
	}
	out.Body.Saved, out.Body.State = !in.Body.DryRun, d.State
	for _, p := range d.People {
		for _, change := range p.Changes {
			out.Body.Changes = append(out.Body.Changes, client.UserDifference{LicensingID: change.Number, Added: roleNames(change.Given), Removed: roleNames(change.Ended)})
		}
	}
	return out, nil
}

func roleNames(grants []access.Grant) []client.RoleName {
	all := make([]client.RoleName, len(grants))
	for i, g := range grants {
		all[i] = client.RoleName{Role: string(g.Role), Part: g.Part}
	}
	return all
}

// showChanged shows a person whose change was saved before: a repeated request is not told the difference once more.
func (a *API) showChanged(ctx context.Context, c Caller, object string) (*body[client.UserChanged], error) {
	u, err := a.showUser(ctx, c, object)
	if err != nil {
		return nil, err
	}
	return ok(client.UserChanged{Saved: true, Changes: []client.UserDifference{}, User: u.Body}), nil
}
