package web

import (
	"context"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/i18n"
	"chiave/internal/routes"
	"chiave/internal/web/ui"
)

const invitationPath = accounts.InvitationPath + "{token}"

// invitations registers the page that the link of an invitation leads to. Looking at it uses nothing up: mail scanners open
// links.
func (r registrar) invitations() {
	r.read(invitationPath, "", access.Public, "inv", invitationPage)
	r.change(invitationPath, "", access.Public, "inv", "users.registered", routes.Natural, acceptInvitation)
}

// acceptance is what the page of an invitation shows.
type acceptance struct {
	head       ui.FormHead
	invitation accounts.InvitationView
	names      accounts.Names
	language   i18n.Lang
}

func (c *call) acceptance(ctx context.Context) (acceptance, error) {
	token := c.PathValue("token")
	view, err := c.web.Rooms.Accounts.Invitation(ctx, token)
	if err != nil {
		return acceptance{}, err
	}
	return acceptance{head: ui.FormHead{Action: accounts.InvitationPath + token}, invitation: view, names: view.Names, language: c.view.Lang()}, nil
}

func invitationPage(ctx context.Context, c *call) (answer, error) {
	form, err := c.acceptance(ctx)
	if err != nil {
		return answer{}, err
	}
	return show(invitationView(c.view, form))
}

// acceptInvitation makes the account. The new user then signs in with it, so that a link that was read by somebody else never opens
// a session by itself.
func acceptInvitation(ctx context.Context, c *call) (answer, error) {
	names := accounts.Names{First: c.PostForm.Get("first_name"), Last: c.PostForm.Get("last_name")}
	language := i18n.Lang(c.PostForm.Get("language"))
	err := c.web.Rooms.Accounts.AcceptInvitation(ctx, c.actor.Request, c.PathValue("token"), names, language, c.PostForm.Get("password"))
	if errs.KindOf(err) == errs.Invalid {
		form, gone := c.acceptance(ctx)
		if gone != nil {
			return answer{}, gone
		}
		form.head = c.formErrors(form.head, err)
		form.names, form.language = names, language
		c.view.Path = form.head.Action
		return invalid(invitationView(c.view, form))
	}
	if err != nil {
		return answer{}, err
	}
	return goTo(accounts.SignInPath + "?registered=1")
}
