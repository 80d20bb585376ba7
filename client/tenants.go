package client

import (
	"context"
	"net/http"
	"net/url"
)

// Tenant is an organization's tenant.
type Tenant struct {
	ID               string                `json:"id" example:"tnt_01hk153x00fzzvzzzzzzzzzzzz"`
	TenantID         string                `json:"tenant_id" doc:"GUID, to be quoted in a case" example:"0b2f7c1e-6a39-4d1b-9c55-3f6a1f0e8d21"`
	Name             string                `json:"name"`
	OrganizationID   string                `json:"organization_id" doc:"The publisher's number of the organization, to be quoted in a case"`
	OrganizationName string                `json:"organization_name"`
	Country          string                `json:"country" doc:"Of the organization, ISO 3166-1 alpha-2"`
	Region           string                `json:"region,omitempty" doc:"Sales region"`
	PrimaryDomain    string                `json:"primary_domain"`
	SelfService      bool                  `json:"self_service" doc:"People of its domains may register by themselves"`
	Roles            []string              `json:"roles,omitempty" doc:"Your own in the tenant"`
	Domains          []TenantDomain        `json:"domains,omitempty" doc:"Not in lists"`
	Administrators   []TenantAdministrator `json:"administrators,omitempty" doc:"Not in lists"`
}

// TenantDomain is a domain that a tenant says is its own.
type TenantDomain struct {
	Domain     string `json:"domain"`
	Record     string `json:"record" doc:"Name of the TXT record that proves it"`
	Value      string `json:"value" doc:"What the record has to say"`
	Verified   string `json:"verified,omitempty" format:"date-time"`
	Restricted bool   `json:"restricted" doc:"For automatic sign-up"`
	Managed    bool   `json:"managed" doc:"By the organization's directory, which alone makes accounts"`
}

// TenantAdministrator is an address with a role in a tenant.
type TenantAdministrator struct {
	ID      string `json:"id" example:"tro_01hk153x00fzzvzzzzzzzzzzzz"`
	Address string `json:"email"`
	Name    string `json:"name,omitempty"`
	Role    string `json:"role" enum:"global_administrator,billing_administrator,domain_administrator"`
	Since   string `json:"since" format:"date-time"`
}

// TenantCreation sets a tenant up.
type TenantCreation struct {
	OrganizationID string `json:"organization_id" maxLength:"64" doc:"The publisher's number of the organization"`
	Name           string `json:"name" maxLength:"200"`
	TenantID       string `json:"tenant_id,omitempty" maxLength:"36" doc:"GUID; made when absent"`
	Region         string `json:"region,omitempty" maxLength:"100" doc:"Sales region"`
	PrimaryDomain  string `json:"primary_domain" maxLength:"253"`
	Administrator  string `json:"administrator" maxLength:"320" doc:"Address of the first Global Administrator"`
}

// TenantGift gives a role in a tenant.
type TenantGift struct {
	Address string `json:"address" maxLength:"320"`
	Role    string `json:"role" maxLength:"40" doc:"global_administrator, billing_administrator or domain_administrator"`
}

// DomainControls are what is decided about a domain.
type DomainControls struct {
	Restricted bool `json:"restricted"`
	Managed    bool `json:"managed"`
}

func tenantPath(tenant string, rest ...string) string {
	path := "/api/v1/tenants/" + url.PathEscape(tenant)
	for _, part := range rest {
		path += "/" + url.PathEscape(part)
	}
	return path
}

// MyTenants lists the tenants in which the caller has a role.
func (c *Client) MyTenants(ctx context.Context) ([]Tenant, error) {
	var out Page[Tenant]
	err := c.call(ctx, request{method: http.MethodGet, path: "/api/v1/my-tenants"}, nil, &out)
	return out.Items, err
}

// Tenants lists all tenants, to staff who set them up.
func (c *Client) Tenants(ctx context.Context, q PageQuery) (Page[Tenant], error) {
	var out Page[Tenant]
	err := c.call(ctx, request{method: http.MethodGet, path: "/api/v1/tenants", query: q.values()}, nil, &out)
	return out, err
}

// Tenant returns one tenant with its domains and administrators.
func (c *Client) Tenant(ctx context.Context, tenant string) (Tenant, error) {
	var out Tenant
	err := c.call(ctx, request{method: http.MethodGet, path: tenantPath(tenant)}, nil, &out)
	return out, err
}

// CreateTenant sets a tenant up and names its first Global Administrator.
func (c *Client) CreateTenant(ctx context.Context, made TenantCreation) (Tenant, error) {
	var out Tenant
	err := c.call(ctx, request{method: http.MethodPost, path: "/api/v1/tenants", once: true}, made, &out)
	return out, err
}

// GiveTenantRole makes somebody administrator of a tenant.
func (c *Client) GiveTenantRole(ctx context.Context, tenant string, gift TenantGift) (Tenant, error) {
	var out Tenant
	err := c.call(ctx, request{method: http.MethodPost, path: tenantPath(tenant, "administrators"), once: true}, gift, &out)
	return out, err
}

// TakeTenantRole takes a role in a tenant away.
func (c *Client) TakeTenantRole(ctx context.Context, tenant, administrator string) error {
	return c.call(ctx, request{method: http.MethodDelete, path: tenantPath(tenant, "administrators", administrator)}, nil, nil)
}

// AddTenantDomain notes a domain that the tenant says is its own; the answer says what proves it.
func (c *Client) AddTenantDomain(ctx context.Context, tenant, domain string) (Tenant, error) {
	var out Tenant
	err := c.call(ctx, request{method: http.MethodPost, path: tenantPath(tenant, "domains"), once: true}, struct {
		Domain string `json:"domain"`
	}{domain}, &out)
	return out, err
}

// VerifyTenantDomain has the server look whether the DNS proves that the domain is the tenant's.
func (c *Client) VerifyTenantDomain(ctx context.Context, tenant, domain string) (Tenant, error) {
	var out Tenant
	err := c.call(ctx, request{method: http.MethodPost, path: tenantPath(tenant, "domains", domain, "verification")}, nil, &out)
	return out, err
}

// RemoveTenantDomain gives a domain up.
func (c *Client) RemoveTenantDomain(ctx context.Context, tenant, domain string) error {
	return c.call(ctx, request{method: http.MethodDelete, path: tenantPath(tenant, "domains", domain)}, nil, nil)
}

// SetDomainControls decides about a domain of a tenant.
func (c *Client) SetDomainControls(ctx context.Context, tenant, domain string, controls DomainControls) (Tenant, error) {
	var out Tenant
	err := c.call(ctx, request{method: http.MethodPut, path: tenantPath(tenant, "domains", domain)}, controls, &out)
	return out, err
}

// SetTenantSignUp turns self-service sign-up on or off for all domains of a tenant.
func (c *Client) SetTenantSignUp(ctx context.Context, tenant string, selfService bool) (Tenant, error) {
	var out Tenant
	err := c.call(ctx, request{method: http.MethodPut, path: tenantPath(tenant, "sign-up")}, struct {
		SelfService bool `json:"self_service"`
	}{selfService}, &out)
	return out, err
}
