package client

import (
	"context"
	"net/http"
	"net/url"
)

// Registration is a sign-up that waits for the code in the mail.
type Registration struct {
	ID      string `json:"id" example:"sgn_01hk153x00fzzvzzzzzzzzzzzz"`
	Address string `json:"email"`
}

// RegistrationStart begins to register a business address.
type RegistrationStart struct {
	Address  string `json:"email" maxLength:"320" doc:"Business e-mail address"`
	Language string `json:"language" enum:"en,it" doc:"Of the mail"`
}

// RegistrationCompletion makes the account.
type RegistrationCompletion struct {
	Code      string `json:"code" maxLength:"40" doc:"Signup code that was mailed"`
	FirstName string `json:"first_name" maxLength:"100"`
	LastName  string `json:"last_name" maxLength:"100"`
	Country   string `json:"country" maxLength:"2" doc:"Country or region, ISO 3166-1 alpha-2; it can never be changed afterwards"`
	Language  string `json:"language" enum:"en,it"`
	Password  string `json:"password" maxLength:"1024"`
}

// AddressClaim is an address that somebody says is theirs too.
type AddressClaim struct {
	Address string `json:"email,omitempty" doc:"Absent when nothing waits"`
	Made    string `json:"made,omitempty" format:"date-time"`
	Until   string `json:"until,omitempty" format:"date-time" doc:"When another may be stated in any case"`
}

// StartRegistration has a signup code mailed to a business address. The answer is the same whoever has the address.
func (c *Client) StartRegistration(ctx context.Context, s RegistrationStart) (Registration, error) {
	var out Registration
	err := c.call(ctx, request{method: http.MethodPost, path: "/api/v1/registrations"}, s, &out)
	return out, err
}

// SendSignupCode has a new code mailed.
func (c *Client) SendSignupCode(ctx context.Context, registration string) error {
	return c.call(ctx, request{method: http.MethodPost, path: "/api/v1/registrations/" + url.PathEscape(registration) + "/code"}, nil, nil)
}

// CompleteRegistration makes the account of whoever has the code.
func (c *Client) CompleteRegistration(ctx context.Context, registration string, done RegistrationCompletion) error {
	return c.call(ctx, request{method: http.MethodPost, path: "/api/v1/registrations/" + url.PathEscape(registration) + "/completion"}, done, nil)
}

// ClaimAddress has a link mailed to an address whose permissions the caller wants to have.
func (c *Client) ClaimAddress(ctx context.Context, address string) error {
	return c.call(ctx, request{method: http.MethodPost, path: "/api/v1/address-claim"}, struct {
		Address string `json:"email"`
	}{address}, nil)
}

// PendingClaim returns the address that waits for its proof.
func (c *Client) PendingClaim(ctx context.Context) (AddressClaim, error) {
	var out AddressClaim
	err := c.call(ctx, request{method: http.MethodGet, path: "/api/v1/address-claim"}, nil, &out)
	return out, err
}
