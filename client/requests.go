package client

import (
	"context"
	"net/http"
	"net/url"
)

// PermissionRequest is a request for roles on a Licensing ID.
type PermissionRequest struct {
	ID          string   `json:"id" example:"prq_01hk153x00fzzvzzzzzzzzzzzz"`
	Number      string   `json:"request_number" example:"R-4QK2-M7XD"`
	LicensingID string   `json:"licensing_id" doc:"To those who decide, the number of the Licensing ID; to the requester, the number as it was asked for"`
	Program     string   `json:"program" doc:"Code of the program"`
	Unmatched   bool     `json:"unmatched,omitempty" doc:"Nobody has the number asked for: the publisher's staff answer"`
	Requester   string   `json:"requester" doc:"Name"`
	Address     string   `json:"email" doc:"Of the requester; gets the roles"`
	Roles       []string `json:"roles"`
	Comments    string   `json:"comments,omitempty"`
	State       string   `json:"state" enum:"pending,accepted,denied"`
	Granted     []string `json:"granted,omitempty" doc:"The roles that were given"`
	Note        string   `json:"note,omitempty" doc:"Of whoever decided"`
	DecidedBy   string   `json:"decided_by,omitempty" doc:"Name; not told to the requester"`
	Created     string   `json:"created" format:"date-time"`
	Decided     string   `json:"decided,omitempty" format:"date-time"`
	Due         string   `json:"due,omitempty" format:"date-time" doc:"By when it is to be decided, for Administrator on an Open License"`
	Overdue     bool     `json:"overdue,omitempty"`
}

// PermissionSubmission asks for roles.
type PermissionSubmission struct {
	Program     string   `json:"program,omitempty" maxLength:"100" doc:"Code of the program; may be absent for a Licensing ID that you see already"`
	LicensingID string   `json:"licensing_id" maxLength:"200" doc:"Enrollment number, or license or authorization number"`
	Roles       []string `json:"roles" maxItems:"20"`
	Comments    string   `json:"comments,omitempty" maxLength:"8000"`
}

// PermissionDecision answers a request.
type PermissionDecision struct {
	Accept bool     `json:"accept"`
	Roles  []string `json:"roles,omitempty" maxItems:"20" doc:"Of those asked for; all of them when absent"`
	Note   string   `json:"note,omitempty" maxLength:"8000"`
}

// RequestPermissions asks for roles. The same request that waits already is returned.
func (c *Client) RequestPermissions(ctx context.Context, s PermissionSubmission) (PermissionRequest, error) {
	var out PermissionRequest
	err := c.call(ctx, request{method: http.MethodPost, path: "/api/v1/permission-requests", once: true}, s, &out)
	return out, err
}

// MyPermissionRequests lists the caller's own requests, the newest first.
func (c *Client) MyPermissionRequests(ctx context.Context) ([]PermissionRequest, error) {
	var out Page[PermissionRequest]
	err := c.call(ctx, request{method: http.MethodGet, path: "/api/v1/my-permission-requests"}, nil, &out)
	return out.Items, err
}

// PermissionRequests lists the requests that the caller answers, the newest first: those that wait, or those that are decided.
func (c *Client) PermissionRequests(ctx context.Context, decided bool, q PageQuery) (Page[PermissionRequest], error) {
	v := q.values()
	if decided {
		v.Set("decided", "true")
	}
	var out Page[PermissionRequest]
	err := c.call(ctx, request{method: http.MethodGet, path: "/api/v1/permission-requests", query: v}, nil, &out)
	return out, err
}

// PermissionRequest returns one request to whoever answers it.
func (c *Client) PermissionRequest(ctx context.Context, id string) (PermissionRequest, error) {
	var out PermissionRequest
	err := c.call(ctx, request{method: http.MethodGet, path: "/api/v1/permission-requests/" + url.PathEscape(id)}, nil, &out)
	return out, err
}

// DecidePermissionRequest answers a request, once.
func (c *Client) DecidePermissionRequest(ctx context.Context, id string, d PermissionDecision) (PermissionRequest, error) {
	var out PermissionRequest
	err := c.call(ctx, request{method: http.MethodPost, path: "/api/v1/permission-requests/" + url.PathEscape(id) + "/decision", once: true}, d, &out)
	return out, err
}
