package client

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
)

// The kinds of feeds.
const (
	Catalog    = "catalog"
	Agreements = "agreements"
	Orders     = "orders"
	Keys       = "keys"
)

// ImportReport says what an import did, or would do.
type ImportReport struct {
	ID          string        `json:"id,omitempty" doc:"Of a published import"`
	Kind        string        `json:"kind" enum:"catalog,agreements,orders,keys"`
	DryRun      bool          `json:"dry_run"`
	Published   bool          `json:"published" doc:"The rows are visible; false when any row is refused: nothing was taken"`
	File        string        `json:"file"`
	SHA256      string        `json:"sha256"`
	Rows        int           `json:"rows"`
	Created     int           `json:"created"`
	Changed     int           `json:"changed"`
	Unchanged   int           `json:"unchanged"`
	Invitations int           `json:"invitations" doc:"Queued until an operator releases them"`
	Errors      []ImportError `json:"errors"`
	More        int           `json:"more_errors,omitempty" doc:"Errors beyond those listed"`
}

// ImportError is one wrong place in a file.
type ImportError struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column,omitempty"`
	Field  string `json:"field,omitempty"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// AuditRecord is what somebody did.
type AuditRecord struct {
	ID          string `json:"id"`
	Sealed      bool   `json:"sealed" doc:"It has its place in the sealed log"`
	At          string `json:"at" format:"date-time"`
	ActorKind   string `json:"actor_kind"`
	Actor       string `json:"actor,omitempty" doc:"Id of the person"`
	ActorName   string `json:"actor_name,omitempty" doc:"Name of the person today"`
	ActedFor    string `json:"acted_for,omitempty"`
	Action      string `json:"action"`
	ActionText  string `json:"action_text"`
	Object      string `json:"object,omitempty"`
	LicensingID string `json:"licensing_id,omitempty" doc:"Number of the Licensing ID concerned"`
	Refused     bool   `json:"refused"`
	Before      any    `json:"before,omitempty"`
	After       any    `json:"after,omitempty"`
	Request     string `json:"request,omitempty"`
}

// Me is who the caller is.
type Me struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Address  string   `json:"email"`
	Staff    string   `json:"staff,omitempty"`
	Language string   `json:"language"`
	Scopes   []string `json:"scopes,omitempty" doc:"Of the API token; absent for a session"`
}

// SignIn asks for a session.
type SignIn struct {
	Address  string `json:"email" maxLength:"320"`
	Password string `json:"password" maxLength:"1024"`
	Code     string `json:"code,omitempty" maxLength:"64" doc:"Of an authenticator app, or a recovery code, where two-step sign-in is on: without it the answer is accounts.code_missing"`
}

// SignedIn is a session.
type SignedIn struct {
	Token   string `json:"token" doc:"To be sent as a bearer token"`
	Expires string `json:"expires" format:"date-time"`
}

// RoleGrant is a role of a person on a Licensing ID.
type RoleGrant struct {
	ID      string `json:"id,omitempty"`
	Address string `json:"email"`
	Role    string `json:"role"`
	Part    string `json:"part,omitempty" doc:"Of a role group; all of it when absent"`
	Source  string `json:"source,omitempty" doc:"assigned, contact or inherited"`
	Contact string `json:"contact,omitempty" doc:"Type of contact that the role comes from"`
	Above   string `json:"above,omitempty" doc:"Number of the agreement that an inherited role comes from"`
	From    string `json:"from,omitempty" format:"date-time"`
	Until   string `json:"until,omitempty" format:"date-time"`
}

// Clock is the clock of a sandbox.
type Clock struct {
	Now     string `json:"now" format:"date-time"`
	Sandbox bool   `json:"sandbox"`
}

// Import sends a feed; open is called again if the file must be sent again. dryRun checks and counts without taking anything. Bad rows are no
// error: the report names them.
func (c *Client) Import(ctx context.Context, kind, file string, dryRun bool, open func() (io.Reader, error)) (ImportReport, error) {
	v := url.Values{"file": {file}, "dry_run": {strconv.FormatBool(dryRun)}}
	var out ImportReport
	err := c.call(ctx, request{method: http.MethodPost, path: "/api/v1/imports/" + url.PathEscape(kind), query: v, once: true, late: true,
		body: open, contentType: "application/octet-stream"}, nil, &out)
	return out, err
}

// AuditTrail lists records, newest first: of one Licensing ID by its number, or, for staff, of all.
func (c *Client) AuditTrail(ctx context.Context, licensingID string, q PageQuery) (Page[AuditRecord], error) {
	v := q.values()
	if licensingID != "" {
		v.Set("licensing_id", licensingID)
	}
	var out Page[AuditRecord]
	err := c.call(ctx, request{method: http.MethodGet, path: "/api/v1/audit-records", query: v}, nil, &out)
	return out, err
}

// Me returns who the caller is.
func (c *Client) Me(ctx context.Context) (Me, error) {
	var out Me
	err := c.call(ctx, request{method: http.MethodGet, path: "/api/v1/me"}, nil, &out)
	return out, err
}

// SignIn opens a session with address and password.
func (c *Client) SignIn(ctx context.Context, in SignIn) (SignedIn, error) {
	var out SignedIn
	err := c.call(ctx, request{method: http.MethodPost, path: "/api/v1/session"}, in, &out)
	return out, err
}

// SignOut ends the session of the client's token.
func (c *Client) SignOut(ctx context.Context) error {
	return c.call(ctx, request{method: http.MethodDelete, path: "/api/v1/session"}, nil, nil)
}

// Roles lists who holds which role on a Licensing ID, given by its id.
func (c *Client) Roles(ctx context.Context, id string) ([]RoleGrant, error) {
	var out struct {
		Items []RoleGrant `json:"items"`
	}
	err := c.call(ctx, request{method: http.MethodGet, path: "/api/v1/licensing-ids/" + url.PathEscape(id) + "/roles"}, nil, &out)
	return out.Items, err
}

// AssignRole gives a person a role on a Licensing ID, given by its id.
func (c *Client) AssignRole(ctx context.Context, id string, g RoleGrant) (RoleGrant, error) {
	var out RoleGrant
	err := c.call(ctx, request{method: http.MethodPost, path: "/api/v1/licensing-ids/" + url.PathEscape(id) + "/roles", once: true}, g, &out)
	return out, err
}

// RevokeRole takes a role away, given by the id of its grant ("rol_…").
func (c *Client) RevokeRole(ctx context.Context, grant string) error {
	return c.call(ctx, request{method: http.MethodDelete, path: "/api/v1/roles/" + url.PathEscape(grant)}, nil, nil)
}

// ReleaseInvitations mails the invitations that imports have queued and returns how many.
func (c *Client) ReleaseInvitations(ctx context.Context) (int, error) {
	var out struct {
		Released int `json:"released"`
	}
	err := c.call(ctx, request{method: http.MethodPost, path: "/api/v1/invitations/release"}, nil, &out)
	return out.Released, err
}

// Clock returns the server's time.
func (c *Client) Clock(ctx context.Context) (Clock, error) {
	var out Clock
	err := c.call(ctx, request{method: http.MethodGet, path: "/api/v1/clock"}, nil, &out)
	return out, err
}

// MoveClock moves the clock of a sandbox forward; by is a Go duration such as "72h".
func (c *Client) MoveClock(ctx context.Context, by string) (Clock, error) {
	var out Clock
	err := c.call(ctx, request{method: http.MethodPost, path: "/api/v1/clock/advance", once: true}, map[string]string{"by": by}, &out)
	return out, err
}
