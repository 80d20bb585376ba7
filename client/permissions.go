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
