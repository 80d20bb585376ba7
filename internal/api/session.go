package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"chiave/client"
	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/platform/db"
	"chiave/internal/platform/i18n"
	"chiave/internal/platform/ids"
	"chiave/internal/routes"
)

const (
	userWire   = ids.Prefix("usr")
	tokenWire  = ids.Prefix("tok")
	apiToken   = "chv_" // how the text of an API token begins
	sessionFor = 12 * time.Hour
)

// SessionCaller returns who holds a bearer token: a session's or an API token's.
func SessionCaller(ctx context.Context, a *accounts.Service, bearer string) (Caller, error) {
	look := a.Session
	if strings.HasPrefix(bearer, apiToken) {
		look = a.Token
	}
	s, err := look(ctx, bearer)
	return Caller{Actor: s.Actor, Lang: s.User.Language, User: s.User, Scopes: s.Scopes, Bearer: bearer}, err
}

func (a *API) registerSession() {
	add(a, change(http.MethodPost, "/api/v1/session", "signIn", access.Public, "", "sessions.started", routes.Natural, "Sign in with address and password"), a.signIn)
	s := change(http.MethodDelete, "/api/v1/session", "signOut", access.SelfService, "", "sessions.ended", routes.Natural, "Sign out")
	s.status = http.StatusNoContent
	add(a, s, a.signOut)
	add(a, get("/api/v1/me", "me", access.SelfService, "", "Who you are"), a.me)
	add(a, get("/api/v1/tokens", "listTokens", access.SelfService, "", "Your API tokens, without their secrets"), a.listTokens)
	addOnce(a, change(http.MethodPost, "/api/v1/tokens", "createToken", access.SelfService, "", "tokens.created", routes.Key, "Make an API token; its secret is shown once"),
		a.createToken, a.showToken)
	s = change(http.MethodDelete, "/api/v1/tokens/{token}", "revokeToken", access.SelfService, "tok", "tokens.revoked", routes.Natural, "Revoke an API token")
	s.status = http.StatusNoContent
	add(a, s, a.revokeToken)
	add(a, change(http.MethodPost, "/api/v1/invitations/accept", "acceptInvitation", access.Public, "", "users.registered", routes.Natural, "Use the link of an invitation: choose names and a password"), a.acceptInvitation)
}

func (a *API) signIn(ctx context.Context, c Caller, in *struct{ Body client.SignIn }) (*body[client.SignedIn], error) {
	token, _, err := a.Rooms.Accounts.Enter(ctx, accounts.Attempt{Request: c.Actor.Request, Remote: c.Remote, Agent: c.Agent, Address: in.Body.Address, Password: in.Body.Password, Code: in.Body.Code})
	if err != nil {
		return nil, err
	}
	now, err := a.now(ctx)
	return ok(client.SignedIn{Token: token, Expires: instant(now.Add(sessionFor))}), err
}

func (a *API) signOut(ctx context.Context, c Caller, _ *struct{}) (*struct{}, error) {
	return nil, a.Rooms.Accounts.SignOut(ctx, c.Actor, c.Bearer)
}

func (a *API) me(ctx context.Context, c Caller, _ *struct{}) (*body[client.Me], error) {
	if err := a.Rooms.Access.Read(ctx, c.Actor, func(_ *db.Tx, g *access.Gate) error { return g.SignedIn() }); err != nil {
		return nil, err
	}
	me := client.Me{ID: userWire.Wire(c.User.ID), Name: c.User.Name(), Staff: string(c.User.Staff), Language: string(c.User.Language), Scopes: words(c.Scopes)}
	if len(c.User.Addresses) > 0 {
		me.Address = c.User.Addresses[0]
	}
	return ok(me), nil
}

type wireToken struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Scopes  []string `json:"scopes"`
	Created string   `json:"created" format:"date-time"`
	Expires string   `json:"expires" format:"date-time"`
	Used    string   `json:"used,omitempty" format:"date-time" doc:"To the minute"`
	Secret  string   `json:"secret,omitempty" doc:"Only in the answer that makes it"`
}

func (a *API) listTokens(ctx context.Context, c Caller, _ *struct{}) (*body[client.Page[wireToken]], error) {
	list, err := a.Rooms.Accounts.ListTokens(ctx, c.Actor)
	if err != nil {
		return nil, err
	}
	page := client.Page[wireToken]{Items: []wireToken{}}
	for _, t := range list {
		page.Items = append(page.Items, toWireToken(t))
	}
	return ok(page), nil
}

func toWireToken(t accounts.APIToken) wireToken {
	return wireToken{ID: tokenWire.Wire(t.ID), Name: t.Name, Scopes: words(t.Scopes), Created: instant(t.CreatedAt), Expires: instant(t.ExpiresAt), Used: instant(t.UsedAt)}
}

// words writes actions as they are sent.
func words(scopes []access.Action) []string {
	out := make([]string, len(scopes))
	for i, s := range scopes {
		out[i] = string(s)
	}
	return out
}

func (a *API) createToken(ctx context.Context, c Caller, in *struct {
	Body struct {
		Name   string    `json:"name" maxLength:"100"`
		Scopes []string  `json:"scopes" doc:"Actions the token may do; * for all that you may"`
		Until  time.Time `json:"until" doc:"At most 366 days away"`
	}
}) (*body[wireToken], error) {
	scopes := make([]access.Action, len(in.Body.Scopes))
	for i, s := range in.Body.Scopes {
		scopes[i] = access.Action(s)
	}
	secret, id, err := a.Rooms.Accounts.CreateToken(ctx, c.Actor, in.Body.Name, scopes, in.Body.Until)
	if err != nil {
		return nil, err
	}
	made, err := a.showToken(ctx, c, string(id))
	if err != nil {
		return nil, err
	}
	made.Body.Secret = secret
	return made, nil
}

// showToken shows a token without its secret, which exists in the first answer only.
func (a *API) showToken(ctx context.Context, c Caller, object string) (*body[wireToken], error) {
	t, err := a.Rooms.Accounts.GetToken(ctx, c.Actor, ids.ID(object))
	return ok(toWireToken(t)), err
}

func (a *API) revokeToken(ctx context.Context, c Caller, in *struct {
	Token string `path:"token" maxLength:"64"`
}) (*struct{}, error) {
	id, err := tokenWire.Parse(in.Token)
	if err != nil {
		return nil, err
	}
	return nil, a.Rooms.Accounts.RevokeToken(ctx, c.Actor, id)
}

func (a *API) acceptInvitation(ctx context.Context, c Caller, in *struct {
	Body struct {
		Token     string `json:"token" maxLength:"200" doc:"The last part of the invitation's link"`
		FirstName string `json:"first_name" maxLength:"100"`
		LastName  string `json:"last_name" maxLength:"100"`
		Language  string `json:"language" enum:"en,it"`
		Password  string `json:"password" maxLength:"1024"`
	}
}) (*struct{}, error) {
	b := in.Body
	return nil, a.Rooms.Accounts.AcceptInvitation(ctx, c.Actor.Request, b.Token, accounts.Names{First: b.FirstName, Last: b.LastName}, i18n.Lang(b.Language), b.Password)
}
