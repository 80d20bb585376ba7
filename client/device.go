package client

import (
	"context"
	"net/http"
)

// DeviceRequest asks for an API token that a person lets the program have, in a browser on any computer (RFC 8628).
type DeviceRequest struct {
	Name   string   `json:"name" maxLength:"100" doc:"What the person knows the computer by"`
	Scopes []string `json:"scopes" doc:"Actions the token may do; * for all that the person may"`
	Days   int      `json:"days" doc:"How long the token is to live, at most 366"`
}

// DeviceCodes are what a person is shown, and what the program asks with whether it may come in.
type DeviceCodes struct {
	DeviceCode  string `json:"device_code" doc:"Secret of the program"`
	UserCode    string `json:"user_code" doc:"What a person types"`
	Page        string `json:"verification_uri" doc:"Where it is typed"`
	PageAndCode string `json:"verification_uri_complete" doc:"Where it is filled in"`
	ExpiresIn   int    `json:"expires_in" doc:"Seconds until the codes end"`
	Interval    int    `json:"interval" doc:"Least number of seconds between two questions"`
}

// DeviceToken is what a program gets that was let in.
type DeviceToken struct {
	AccessToken string   `json:"access_token" doc:"API token, to be sent as a bearer token; it exists in this answer only"`
	TokenType   string   `json:"token_type" example:"Bearer"`
	ID          string   `json:"id"`
	Scopes      []string `json:"scopes"`
	Expires     string   `json:"expires" format:"date-time"`
}

// StartDevice asks for the codes of a program that nobody has signed in to.
func (c *Client) StartDevice(ctx context.Context, in DeviceRequest) (DeviceCodes, error) {
	var out DeviceCodes
	err := c.call(ctx, request{method: http.MethodPost, path: "/api/v1/device"}, in, &out)
	return out, err
}

// RedeemDevice asks whether the program was let in. Until it is, and if it is not, the Problem says so in OAuth: authorization_pending, slow_down,
// access_denied, expired_token.
func (c *Client) RedeemDevice(ctx context.Context, deviceCode string) (DeviceToken, error) {
	var out DeviceToken
	in := struct {
		DeviceCode string `json:"device_code"`
	}{deviceCode}
	err := c.call(ctx, request{method: http.MethodPost, path: "/api/v1/device/token"}, in, &out)
	return out, err
}
