package client

import (
	"context"
	"net/http"
	"net/url"
)

// User is a person as the Administrators of Licensing IDs see it under Manage Users.
type User struct {
	ID      string     `json:"id" example:"prs_01hk153x00fzzvzzzzzzzzzzzz"`
	Address string     `json:"email"`
	Name    string     `json:"name,omitempty"`
	Active  bool       `json:"active" doc:"Holds a role now, or will"`
	Roles   []UserRole `json:"roles" doc:"On the Licensing IDs that you administer"`
}

// UserRole is a role of a person on one Licensing ID.
type UserRole struct {
	Licensing   string `json:"id" doc:"Id of the Licensing ID"`
	LicensingID string `json:"licensing_id"`
	Grant       string `json:"grant,omitempty" doc:"Id of the role row; absent for what is inherited"`
	Role        string `json:"role"`
	Part        string `json:"part,omitempty" doc:"Of a role group; all of it when absent"`
	Source      string `json:"source" doc:"assigned, contact, request or inherited"`
	Contact     string `json:"contact,omitempty" doc:"Type of contact that the role comes from"`
	Above       string `json:"above,omitempty" doc:"Number of the agreement that an inherited role comes from"`
	From        string `json:"from,omitempty" format:"date-time"`
	Until       string `json:"until,omitempty" format:"date-time"`
}

// RoleName is a role, or a part of a role group.
type RoleName struct {
	Role string `json:"role" maxLength:"100"`
	Part string `json:"part,omitempty" maxLength:"100" doc:"Of a role group; all of it when absent"`
}

// NewUser is a person to be added.
type NewUser struct {
	Address     string         `json:"email" maxLength:"320"`
	First       string         `json:"first_name" maxLength:"400"`
	Last        string         `json:"last_name" maxLength:"400"`
	Permissions []NewUserRoles `json:"permissions" maxItems:"500"`
	Until       string         `json:"until,omitempty" format:"date-time" doc:"End of the roles; for good when absent"`
	Confirm     bool           `json:"confirm,omitempty" doc:"Add the person although something about the address is unusual: a domain that your organization has not used, a mailbox that several people read"`
}

// NewUserRoles are the roles of a new user on one Licensing ID.
type NewUserRoles struct {
	LicensingID string     `json:"licensing_id" maxLength:"200"`
	Roles       []RoleName `json:"roles" maxItems:"50"`
}

// UserChange is what a person is to get and to lose; what it does not name stays.
type UserChange struct {
	Changes []UserRoleChange `json:"changes" maxItems:"500"`
	Until   string           `json:"until,omitempty" format:"date-time" doc:"End of the roles that are given; for good when absent"`
	DryRun  bool             `json:"dry_run,omitempty" doc:"Say what would change, and change nothing"`
	State   string           `json:"state,omitempty" maxLength:"100" doc:"Of an answer to a dry run: the change is refused when the roles are others by now"`
}

// UserRoleChange is what a person is to get and to lose on one Licensing ID.
type UserRoleChange struct {
	LicensingID string     `json:"licensing_id" maxLength:"200"`
	Grant       []RoleName `json:"grant,omitempty" maxItems:"50"`
	Remove      []RoleName `json:"remove,omitempty" maxItems:"50" doc:"The whole of a role group stands for all its parts"`
}

// UserChanged is what a change made different.
type UserChanged struct {
	Saved   bool             `json:"saved"`
	Changes []UserDifference `json:"changes"`
	State   string           `json:"state,omitempty" doc:"Stands for the roles that the difference was worked out from"`
	User    User             `json:"user" doc:"As the person is now"`
}

// UserDifference is what changes on one Licensing ID.
type UserDifference struct {
	LicensingID string     `json:"licensing_id"`
	Added       []RoleName `json:"added"`
	Removed     []RoleName `json:"removed"`
}

// UserQuery chooses people.
type UserQuery struct {
	Inactive    bool   // those without a role instead of those with one
	LicensingID string // number of a Licensing ID
	Search      string // part of the address or the name
}

// Users lists the people of the Licensing IDs that the caller administers, by address.
func (c *Client) Users(ctx context.Context, f UserQuery, q PageQuery) (Page[User], error) {
	v := q.values()
	if f.Inactive {
		v.Set("inactive", "true")
	}
	for name, value := range map[string]string{"licensing_id": f.LicensingID, "search": f.Search} {
		if value != "" {
			v.Set(name, value)
		}
	}
	var out Page[User]
	err := c.call(ctx, request{method: http.MethodGet, path: "/api/v1/users", query: v}, nil, &out)
	return out, err
}

// User returns one person.
func (c *Client) User(ctx context.Context, id string) (User, error) {
	var out User
	err := c.call(ctx, request{method: http.MethodGet, path: "/api/v1/users/" + url.PathEscape(id)}, nil, &out)
	return out, err
}

// AddUser gives a person without any permission so far first roles.
func (c *Client) AddUser(ctx context.Context, u NewUser) (User, error) {
	var out User
	err := c.call(ctx, request{method: http.MethodPost, path: "/api/v1/users", once: true}, u, &out)
	return out, err
}

// ChangeUser gives a person roles and takes others away, all or nothing.
func (c *Client) ChangeUser(ctx context.Context, id string, change UserChange) (UserChanged, error) {
	var out UserChanged
	err := c.call(ctx, request{method: http.MethodPost, path: "/api/v1/users/" + url.PathEscape(id) + "/roles", once: true}, change, &out)
	return out, err
}
