package web

import (
	"context"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/platform/errs"
	"chiave/internal/routes"
	"chiave/internal/web/ui"
)

const passwordLinkPath = accounts.ForgottenPath + "/{token}"

// password registers the pages for people who have forgotten theirs. Looking at a link uses nothing up: mail scanners open links.
func (r registrar) password() {
	r.read(accounts.ForgottenPath, "", access.Public, "", forgottenPage)
	r.change(accounts.ForgottenPath, "", access.Public, "", "passwords.asked_for", routes.Natural, askForPassword)
	r.read(passwordLinkPath, "", access.Public, "pwl", passwordLinkPage)
	r.change(passwordLinkPath, "", access.Public, "pwl", "passwords.reset", routes.Natural, resetPassword)
}

// forgottenForm is what the page shows.
type forgottenForm struct {
	head    ui.FormHead
	address string
	sent    bool
}

func forgottenPage(_ context.Context, c *call) (answer, error) {
	return show(forgottenView(c.view, forgottenForm{head: ui.FormHead{Action: accounts.ForgottenPath}, sent: c.URL.Query().Has("sent")}))
}

// askForPassword answers alike whoever owns the address.
func askForPassword(ctx context.Context, c *call) (answer, error) {
	form := forgottenForm{head: ui.FormHead{Action: accounts.ForgottenPath}, address: c.PostForm.Get("address")}
	err := c.web.Rooms.Accounts.AskForPassword(ctx, c.actor.Request, c.RemoteAddr, form.address)
	if err == nil {
		return goTo(accounts.ForgottenPath + "?sent=1")
	}
	form.head = c.formErrors(form.head, err)
	c.view.Path = accounts.ForgottenPath
	return c.again(forgottenView(c.view, form), err)
}

// newPassword is what the page of a link shows.
type newPassword struct {
	head  ui.FormHead
	until time.Time
}

func (c *call) newPassword(ctx context.Context) (form newPassword, err error) {
	token := c.PathValue("token")
	form.head.Action = accounts.ForgottenPath + "/" + token
	form.until, err = c.web.Rooms.Accounts.PasswordLink(ctx, token)
	return form, err
}

func passwordLinkPage(ctx context.Context, c *call) (answer, error) {
	form, err := c.newPassword(ctx)
	if err != nil {
		return answer{}, err
	}
	return show(newPasswordView(c.view, form))
}

// resetPassword sets the password; its owner then signs in with it.
func resetPassword(ctx context.Context, c *call) (answer, error) {
	err := c.web.Rooms.Accounts.ResetPassword(ctx, c.actor.Request, c.PathValue("token"), c.PostForm.Get("password"))
	if err == nil {
		return goTo(accounts.SignInPath + "?reset=1")
	}
	if errs.KindOf(err) != errs.Invalid {
		return answer{}, err
	}
	form, gone := c.newPassword(ctx)
	if gone != nil {
		return answer{}, gone
	}
	form.head = c.formErrors(form.head, err)
	c.view.Path = form.head.Action
	return invalid(newPasswordView(c.view, form))
}
