package api

import (
	"context"
	"net/http"

	"chiave/client"
	"chiave/internal/licensing/access"
	"chiave/internal/platform/ids"
	"chiave/internal/routes"
)

const sessionWire = ids.Prefix("ses")

// registerAccount puts the routes of what somebody may do with their own account.
func (a *API) registerAccount() {
	add(a, get("/api/v1/sessions", "listSessions", access.SelfService, "", "Your open sessions: where from, since when, last used"), a.listSessions)
	s := change(http.MethodDelete, "/api/v1/sessions/{session}", "endSession", access.SelfService, "ses", "sessions.ended", routes.Natural, "End one of your sessions")
	s.status = http.StatusNoContent
	add(a, s, a.endSession)
	add(a, change(http.MethodDelete, "/api/v1/sessions", "endOtherSessions", access.SelfService, "", "sessions.others_ended", routes.Natural, "End all of your sessions but this one"),
		a.endOtherSessions)
	s = change(http.MethodPut, "/api/v1/password", "changePassword", access.SelfService, "", "passwords.changed", routes.Natural, "Change your password, which ends your other sessions")
	s.status = http.StatusNoContent
	add(a, s, a.changePassword)
	s = change(http.MethodPost, "/api/v1/password/forgotten", "forgottenPassword", access.Public, "", "passwords.asked_for", routes.Natural, "Have a link mailed that sets a new password; the answer is the same for every address")
	s.status = http.StatusNoContent
	add(a, s, a.forgottenPassword)
	s = change(http.MethodPost, "/api/v1/password/reset", "resetPassword", access.Public, "", "passwords.reset", routes.Natural, "Use the link of such a mail: choose a new password, which ends all sessions")
	s.status = http.StatusNoContent
	add(a, s, a.resetPassword)
}

func (a *API) listSessions(ctx context.Context, c Caller, _ *struct{}) (*body[client.Page[client.OpenSession]], error) {
	list, err := a.Rooms.Accounts.MySessions(ctx, c.Actor)
	if err != nil {
		return nil, err
	}
	page := client.Page[client.OpenSession]{Items: []client.OpenSession{}}
	for _, s := range list {
		page.Items = append(page.Items, client.OpenSession{ID: sessionWire.Wire(s.ID), Started: instant(s.Started), Used: instant(s.Used), Address: s.Address, Agent: s.Agent, Current: s.Current})
	}
	return ok(page), nil
}

func (a *API) endSession(ctx context.Context, c Caller, in *struct {
	Session string `path:"session" maxLength:"64"`
}) (*struct{}, error) {
	id, err := sessionWire.Parse(in.Session)
	if err != nil {
		return nil, err
	}
	return nil, a.Rooms.Accounts.EndSession(ctx, c.Actor, id)
}

type endedSessions struct {
	Ended int `json:"ended"`
}

func (a *API) endOtherSessions(ctx context.Context, c Caller, _ *struct{}) (*body[endedSessions], error) {
	n, err := a.Rooms.Accounts.EndOtherSessions(ctx, c.Actor)
	return ok(endedSessions{n}), err
}

func (a *API) changePassword(ctx context.Context, c Caller, in *struct {
	Body struct {
		Current  string `json:"current" maxLength:"1024" doc:"Your present password"`
		Password string `json:"password" maxLength:"1024" doc:"The new one"`
	}
}) (*struct{}, error) {
	return nil, a.Rooms.Accounts.ChangePassword(ctx, c.Actor, in.Body.Current, in.Body.Password)
}

func (a *API) forgottenPassword(ctx context.Context, c Caller, in *struct {
	Body struct {
		Address string `json:"email" maxLength:"320"`
	}
}) (*struct{}, error) {
	return nil, a.Rooms.Accounts.AskForPassword(ctx, c.Actor.Request, c.Remote, in.Body.Address)
}

func (a *API) resetPassword(ctx context.Context, c Caller, in *struct {
	Body struct {
		Token    string `json:"token" maxLength:"200" doc:"The last part of the link"`
		Password string `json:"password" maxLength:"1024"`
	}
}) (*struct{}, error) {
	return nil, a.Rooms.Accounts.ResetPassword(ctx, c.Actor.Request, in.Body.Token, in.Body.Password)
}
