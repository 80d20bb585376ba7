package api

import (
	"context"
	"net/http"

	"chiave/client"
	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/registration"
	"chiave/internal/platform/i18n"
	"chiave/internal/platform/ids"
	"chiave/internal/routes"
)

func (a *API) registerRegistration() {
	const one = "/api/v1/registrations/{registration}"
	add(a, change(http.MethodPost, "/api/v1/registrations", "startRegistration", access.Public, "", "registration.started", routes.Natural,
		"Have a signup code mailed to a business address; the answer is the same whoever has the address"), a.startRegistration)
	s := change(http.MethodPost, one+"/code", "sendSignupCode", access.Public, "sgn", "registration.code_asked", routes.Natural, "Have a new signup code mailed")
	s.status = http.StatusNoContent
	add(a, s, a.sendSignupCode)
	s = change(http.MethodPost, one+"/completion", "completeRegistration", access.Public, "sgn", "registration.completed", routes.Natural, "Make the account with the code that was mailed")
	s.status = http.StatusNoContent
	add(a, s, a.completeRegistration)
	add(a, get("/api/v1/address-claim", "pendingClaim", access.SelfService, "", "The address of yours that waits for its proof"), a.pendingClaim)
	s = change(http.MethodPost, "/api/v1/address-claim", "claimAddress", access.SelfService, "", "registration.claimed", routes.Natural,
		"Have a link mailed to an address whose permissions you want to join to your account; the answer is the same whoever has the address")
	s.status = http.StatusNoContent
	add(a, s, a.claimAddress)
	s = change(http.MethodPost, "/api/v1/address-claim/proof", "joinAddress", access.SelfService, "", "registration.joined", routes.Natural, "Use the link of such a mail")
	s.status = http.StatusNoContent
	add(a, s, a.joinAddress)
}

type RegistrationPath struct {
	Registration string `path:"registration" maxLength:"64" doc:"Id of the sign-up: sgn_…"`
}

// id returns the row id that the path names. What is no id names no sign-up.
func (p RegistrationPath) id() ids.ID {
	id, err := registration.Wire.Parse(p.Registration)
	if err != nil {
		return "none"
	}
	return id
}

func (a *API) startRegistration(ctx context.Context, c Caller, in *struct{ Body client.RegistrationStart }) (*body[client.Registration], error) {
	up, err := a.Rooms.Registration.Start(ctx, c.Actor.Request, c.Remote, in.Body.Address, i18n.Lang(in.Body.Language))
	return ok(client.Registration{ID: registration.Wire.Wire(up.ID), Address: up.Address}), err
}

func (a *API) sendSignupCode(ctx context.Context, c Caller, in *RegistrationPath) (*struct{}, error) {
	return nil, a.Rooms.Registration.Again(ctx, c.Actor, c.Remote, in.id())
}

func (a *API) completeRegistration(ctx context.Context, c Caller, in *struct {
	RegistrationPath
	Body client.RegistrationCompletion
}) (*struct{}, error) {
	b := in.Body
	return nil, a.Rooms.Registration.Complete(ctx, c.Actor.Request, in.id(), registration.Completion{Code: b.Code, Names: accounts.Names{First: b.FirstName, Last: b.LastName},
		Country: b.Country, Language: i18n.Lang(b.Language), Password: b.Password})
}

func (a *API) pendingClaim(ctx context.Context, c Caller, _ *struct{}) (*body[client.AddressClaim], error) {
	p, err := a.Rooms.Registration.Pending(ctx, c.Actor)
	return ok(client.AddressClaim{Address: p.Address, Made: instant(p.Made), Until: instant(p.Until)}), err
}

func (a *API) claimAddress(ctx context.Context, c Caller, in *struct {
	Body struct {
		Address string `json:"email" maxLength:"320"`
	}
}) (*struct{}, error) {
	return nil, a.Rooms.Registration.Claim(ctx, c.Actor, c.Remote, in.Body.Address)
}

func (a *API) joinAddress(ctx context.Context, c Caller, in *struct {
	Body struct {
		Token string `json:"token" maxLength:"200" doc:"The last part of the link"`
	}
}) (*struct{}, error) {
	return nil, a.Rooms.Registration.Join(ctx, c.Actor, in.Body.Token)
}
