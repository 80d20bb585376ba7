package client

import (
	"context"
	"net/http"
	"net/url"
)

// Permission is a role of one's own on a Licensing ID.
type Permission struct {
	ID          string `json:"id" doc:"Id of the Licensing ID"`
	LicensingID string `json:"licensing_id"`
	Active      bool   `json:"active"`
	Stays       bool   `json:"stays" doc:"An agreement names you: the Licensing ID cannot be dropped"`
	Parent      string `json:"parent,omitempty" doc:"Number of the parent agreement"`
	Master      string `json:"master,omitempty" doc:"Number of the master agreement"`
	Address     string `json:"email"`
	Role        string `json:"role"`
	Part        string `json:"part,omitempty"`
	Source      string `json:"source" doc:"assigned, contact or inherited"`
	Contact     string `json:"contact,omitempty" doc:"Type of contact that the role comes from"`
	Above       string `json:"above,omitempty" doc:"Number of the agreement that an inherited role comes from"`
	Until       string `json:"until,omitempty" format:"date-time"`
}

// MyPermissions lists the caller's own roles.
func (c *Client) MyPermissions(ctx context.Context) ([]Permission, error) {
	var out Page[Permission]
	err := c.call(ctx, request{method: http.MethodGet, path: "/api/v1/my-permissions"}, nil, &out)
	return out.Items, err
}

// DropPermission drops a Licensing ID, given by its id, from the caller's own permissions.
func (c *Client) DropPermission(ctx context.Context, id string) error {
	return c.call(ctx, request{method: http.MethodDelete, path: "/api/v1/my-permissions/" + url.PathEscape(id)}, nil, nil)
}

// Inheritance is a parent or master agreement that names you, and whether you are Administrator of the Licensing IDs below it.
type Inheritance struct {
	ID          string   `json:"id" example:"agr_01hk153x00fzzvzzzzzzzzzzzz"`
	Number      string   `json:"agreement"`
	Level       string   `json:"level" enum:"parent,master"`
	Program     string   `json:"program,omitempty" doc:"Code of the program"`
	Contacts    []string `json:"contacts" doc:"Types of contact as which it names you"`
	Administers bool     `json:"administers"`
	Below       int      `json:"licensing_ids" doc:"How many Licensing IDs are below it"`
}

// InheritanceChoice is what you choose about one agreement.
type InheritanceChoice struct {
	Administers bool `json:"administers" doc:"Be Administrator of the Licensing IDs below, present and future; Licensing Info Viewer you stay"`
}

// MyInheritance lists the agreements that name the caller.
func (c *Client) MyInheritance(ctx context.Context) ([]Inheritance, error) {
	var out Page[Inheritance]
	err := c.call(ctx, request{method: http.MethodGet, path: "/api/v1/my-inheritance"}, nil, &out)
	return out.Items, err
}

// ChooseInheritance sets whether the caller is Administrator of the Licensing IDs below an agreement, given by its id.
func (c *Client) ChooseInheritance(ctx context.Context, id string, administers bool) error {
	return c.call(ctx, request{method: http.MethodPut, path: "/api/v1/my-inheritance/" + url.PathEscape(id)}, InheritanceChoice{administers}, nil)
}
