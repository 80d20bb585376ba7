package api

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"chiave/client"
	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/routes"
)

// registerDevice puts the routes of programs that a person lets in elsewhere.
func (a *API) registerDevice() {
	add(a, change(http.MethodPost, "/api/v1/device", "startDevice", access.Public, "", "devices.asked", routes.Natural,
		"Ask for an API token that a person lets the program have, in a browser on any computer (RFC 8628)"), a.startDevice)
	add(a, change(http.MethodPost, "/api/v1/device/token", "redeemDevice", access.Public, "", "tokens.created", routes.Natural,
		"Ask whether the program was let in; the API token is given once"), a.redeemDevice)
}

func (a *API) startDevice(ctx context.Context, c Caller, in *struct{ Body client.DeviceRequest }) (*body[client.DeviceCodes], error) {
	scopes := make([]access.Action, len(in.Body.Scopes))
	for i, s := range in.Body.Scopes {
		scopes[i] = access.Action(s)
	}
	codes, err := a.Rooms.Accounts.StartDevice(ctx, c.Actor.Request, c.Remote, in.Body.Name, scopes, in.Body.Days)
	return ok(client.DeviceCodes{DeviceCode: codes.Device, UserCode: codes.User, Page: codes.Page,
		PageAndCode: codes.Page + "?" + url.Values{accounts.UserCodeField: {codes.User}}.Encode(),
		ExpiresIn:   int(codes.Expires / time.Second), Interval: int(codes.Pause / time.Second)}), err
}

func (a *API) redeemDevice(ctx context.Context, c Caller, in *struct {
	Body struct {
		DeviceCode string `json:"device_code" maxLength:"200"`
	}
}) (*body[client.DeviceToken], error) {
	secret, t, err := a.Rooms.Accounts.RedeemDevice(ctx, c.Actor.Request, in.Body.DeviceCode)
	return ok(client.DeviceToken{AccessToken: secret, TokenType: "Bearer", ID: tokenWire.Wire(t.ID), Scopes: words(t.Scopes), Expires: instant(t.ExpiresAt)}), err
}
