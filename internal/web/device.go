package web

import (
	"context"
	"strings"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
	"chiave/internal/routes"
	"chiave/internal/web/ui"
)

// devices registers the page on which somebody lets a program on another computer in, and what revokes its token.
func (r registrar) devices() {
	r.read(accounts.DevicePath, "", access.SelfService, "", devicePage)
	r.change(accounts.DevicePath, "", access.SelfService, "", "devices.decided", routes.Natural, decideDevice)
	r.change(accountPath+"/tokens/revoke", "", access.SelfService, "", "tokens.revoked", routes.Natural, revokeToken)
}

// deviceForm is what the page shows: who waits, or where to type the code.
type deviceForm struct {
	head    ui.FormHead
	code    string
	waiting *accounts.DeviceRequest
	done    string // what was decided a moment ago: a word of device.done_
}

func devicePage(ctx context.Context, c *call) (answer, error) {
	form := deviceForm{head: ui.FormHead{Action: accounts.DevicePath, Get: true}, code: strings.TrimSpace(c.URL.Query().Get(accounts.UserCodeField))}
	if done := c.URL.Query().Get("done"); c.view.Has("device.done_" + done) {
		form.done = done
	}
	if form.code == "" {
		return show(deviceView(c.view, form))
	}
	waiting, err := c.web.Rooms.Accounts.Device(ctx, c.actor, form.code)
	if err != nil {
		return c.deviceAgain(form, err)
	}
	form.waiting, form.head = &waiting, ui.FormHead{Action: accounts.DevicePath, Hidden: []ui.Hidden{{Name: accounts.UserCodeField, Value: form.code}}}
	return show(deviceView(c.view, form))
}

// deviceAgain asks for the code once more.
func (c *call) deviceAgain(form deviceForm, err error) (answer, error) {
	form.head = c.formErrors(ui.FormHead{Action: accounts.DevicePath, Get: true}, err)
	c.view.Path = accounts.DevicePath
	return c.again(deviceView(c.view, form), err)
}

func decideDevice(ctx context.Context, c *call) (answer, error) {
	decision := c.PostForm.Get("decision")
	if decision != "allow" && decision != "deny" {
		return answer{}, errs.New(errs.Invalid, "page.body")
	}
	code := c.PostForm.Get(accounts.UserCodeField)
	if err := c.web.Rooms.Accounts.DecideDevice(ctx, c.actor, code, decision == "allow"); err != nil {
		return c.deviceAgain(deviceForm{code: code}, err)
	}
	return goTo(accounts.DevicePath + "?done=" + decision)
}

func revokeToken(ctx context.Context, c *call) (answer, error) {
	id, err := ids.Prefix("tok").Parse(c.PostForm.Get("token"))
	if err != nil {
		return answer{}, errs.New(errs.NotFound, "accounts.token_unknown")
	}
	if err := c.web.Rooms.Accounts.RevokeToken(ctx, c.actor, id); err != nil {
		return answer{}, err
	}
	return goTo(accountPath + "?done=token_revoked")
}
