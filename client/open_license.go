package client

import (
	"context"
	"net/http"
	"net/url"
)

// OpenLicenseNumbers are what Add Open License takes.
type OpenLicenseNumbers struct {
	License       string `json:"license_number" maxLength:"200"`
	Authorization string `json:"authorization_number" maxLength:"200"`
	Acknowledged  bool   `json:"acknowledged" doc:"I Acknowledge: the customer or an Administrator has asked you to manage the license, and its Administrators are told who you are"`
	FirstName     string `json:"first_name,omitempty" maxLength:"400" doc:"On the first use; that of your profile when absent"`
	LastName      string `json:"last_name,omitempty" maxLength:"400" doc:"On the first use; that of your profile when absent"`
}

// OpenLicenseAddition is the limited set of roles that somebody got on an Open License by its numbers, or as its reseller.
type OpenLicenseAddition struct {
	ID          string   `json:"id" example:"ola_01hk153x00fzzvzzzzzzzzzzzz"`
	LicensingID string   `json:"licensing_id" doc:"License Number"`
	Name        string   `json:"name,omitempty"`
	Address     string   `json:"email"`
	Roles       []string `json:"roles"`
	Source      string   `json:"source" enum:"open_license,reseller"`
	Added       string   `json:"added" format:"date-time"`
	Denied      string   `json:"denied,omitempty" format:"date-time"`
	DeniedBy    string   `json:"denied_by,omitempty" doc:"Name; not told to whom it was denied"`
}

// OpenLicenseSuspension is an Open License that cannot be added by its numbers until an Administrator enables that again.
type OpenLicenseSuspension struct {
	ID          string `json:"id" doc:"Of the Licensing ID: lid_…"`
	LicensingID string `json:"licensing_id" doc:"License Number"`
	Since       string `json:"since" format:"date-time"`
	Failures    int    `json:"failures" doc:"Wrong pairs of numbers that led to it"`
}

// AddOpenLicense gives the caller a limited set of roles on the Open License that the two numbers name.
func (c *Client) AddOpenLicense(ctx context.Context, n OpenLicenseNumbers) (OpenLicenseAddition, error) {
	var out OpenLicenseAddition
	err := c.call(ctx, request{method: http.MethodPost, path: "/api/v1/open-license-additions", once: true}, n, &out)
	return out, err
}

// OpenLicenseAdditions lists who got access so to the licenses whose Administrator the caller is, the newest first.
func (c *Client) OpenLicenseAdditions(ctx context.Context, q PageQuery) (Page[OpenLicenseAddition], error) {
	var out Page[OpenLicenseAddition]
	err := c.call(ctx, request{method: http.MethodGet, path: "/api/v1/open-license-additions", query: q.values()}, nil, &out)
	return out, err
}

// OpenLicenseAddition returns one of them.
func (c *Client) OpenLicenseAddition(ctx context.Context, id string) (OpenLicenseAddition, error) {
	var out OpenLicenseAddition
	err := c.call(ctx, request{method: http.MethodGet, path: "/api/v1/open-license-additions/" + url.PathEscape(id)}, nil, &out)
	return out, err
}

// DenyOpenLicense takes back what an addition gave, once and for good.
func (c *Client) DenyOpenLicense(ctx context.Context, id string) (OpenLicenseAddition, error) {
	var out OpenLicenseAddition
	err := c.call(ctx, request{method: http.MethodPost, path: "/api/v1/open-license-additions/" + url.PathEscape(id) + "/denial", once: true}, nil, &out)
	return out, err
}

// OpenLicenseSuspensions lists the caller's licenses that cannot be added by their numbers.
func (c *Client) OpenLicenseSuspensions(ctx context.Context) ([]OpenLicenseSuspension, error) {
	var out Page[OpenLicenseSuspension]
	err := c.call(ctx, request{method: http.MethodGet, path: "/api/v1/open-license-suspensions"}, nil, &out)
	return out.Items, err
}

// EnableOpenLicense ends a suspension, by the id of the Licensing ID.
func (c *Client) EnableOpenLicense(ctx context.Context, id string) error {
	return c.call(ctx, request{method: http.MethodDelete, path: "/api/v1/open-license-suspensions/" + url.PathEscape(id)}, nil, nil)
}
