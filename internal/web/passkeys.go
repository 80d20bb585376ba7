package web

import (
	"context"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
	"chiave/internal/routes"
	"chiave/internal/web/ui"
)

const (
	passkeySignInPath = accounts.SignInPath + "/passkey"
	newPasskeyPath    = accounts.PasskeysPath + "/new"
	passkeyWire       = ids.Prefix("psk")

	// ceremonyField and responseField are the hidden fields of a challenge and of the browser's answer, which the script fills in.
	ceremonyField = "ceremony"
	responseField = "response"
)

// passkeys registers the pages of passkeys. What a browser answers is sent by a form, as everything else is.
func (r registrar) passkeys() {
	r.read(accounts.PasskeysPath, "", access.SelfService, "", passkeysPage)
	r.change(newPasskeyPath, "", access.SelfService, "", "passkeys.begun", routes.Natural, beginPasskey)
	r.change(accounts.PasskeysPath, "", access.SelfService, "", "passkeys.added", routes.Natural, addPasskey)
	r.change(accounts.PasskeysPath+"/rename", "", access.SelfService, "", "passkeys.renamed", routes.Natural, renamePasskey)
	r.change(accounts.PasskeysPath+"/remove", "", access.SelfService, "", "passkeys.removed", routes.Natural, removePasskey)
	r.change(passkeySignInPath, "", access.Public, "", "passkeys.asked", routes.Natural, beginPasskeySignIn)
	r.change(passkeySignInPath+"/answer", "", access.Public, "", "sessions.started", routes.Natural, signInByPasskey)
}

// passkeysForm is what the page shows.
type passkeysForm struct {
	list    []accounts.Passkey
	works   bool
	twoStep bool
	head    ui.FormHead
	name    string
	renamed string // of the passkey whose new name was wrong: its id
	rename  ui.FormHead
}

func (c *call) passkeysForm(ctx context.Context) (f passkeysForm, err error) {
	f = passkeysForm{works: c.web.Rooms.Accounts.PasskeysWork(), head: ui.FormHead{Action: newPasskeyPath}, rename: ui.FormHead{Action: accounts.PasskeysPath + "/rename"}}
	if f.list, err = c.web.Rooms.Accounts.Passkeys(ctx, c.actor); err != nil {
		return f, err
	}
	state, err := c.web.Rooms.Accounts.TwoStep(ctx, c.actor, c.web.Portal)
	f.twoStep = !state.Since.IsZero()
	return f, err
}

func passkeysPage(ctx context.Context, c *call) (answer, error) {
	f, err := c.passkeysForm(ctx)
	if err != nil {
		return answer{}, err
	}
	if id, err := passkeyWire.Parse(c.URL.Query().Get("rename")); err == nil {
		f.renamed = string(id)
	}
	return show(passkeysView(c.view, f))
}

// ceremony is a challenge that the script takes to the browser.
type ceremony struct {
	kind    string // create or get
	options string
	head    ui.FormHead
	back    string
}

func beginPasskey(ctx context.Context, c *call) (answer, error) {
	name := c.PostForm.Get("name")
	begun, err := c.web.Rooms.Accounts.BeginPasskey(ctx, c.actor, name, c.PostForm.Get("current"), c.PostForm.Get("code"))
	c.view.Path = accounts.PasskeysPath
	if err != nil {
		f, failed := c.passkeysForm(ctx)
		if failed != nil {
			return answer{}, failed
		}
		f.name, f.head = name, c.formErrors(f.head, err)
		return c.again(passkeysView(c.view, f), err)
	}
	return show(newPasskeyView(c.view, ceremony{"create", begun.Options, ui.FormHead{Action: accounts.PasskeysPath,
		Hidden: []ui.Hidden{{Name: ceremonyField, Value: begun.Token}, {Name: "name", Value: name}, {Name: responseField}}}, accounts.PasskeysPath}))
}

func addPasskey(ctx context.Context, c *call) (answer, error) {
	err := c.web.Rooms.Accounts.AddPasskey(ctx, c.actor, c.PostForm.Get(ceremonyField), c.PostForm.Get("name"), c.PostForm.Get(responseField))
	if err == nil {
		return goTo(accounts.PasskeysPath)
	}
	f, failed := c.passkeysForm(ctx)
	if failed != nil {
		return answer{}, failed
	}
	f.name, f.head = c.PostForm.Get("name"), c.formErrors(f.head, err)
	c.view.Path = accounts.PasskeysPath
	return c.again(passkeysView(c.view, f), err)
}

func renamePasskey(ctx context.Context, c *call) (answer, error) {
	id, err := passkeyWire.Parse(c.PostForm.Get("passkey"))
	if err != nil {
		return answer{}, errs.New(errs.NotFound, "accounts.passkey_unknown")
	}
	err = c.web.Rooms.Accounts.RenamePasskey(ctx, c.actor, id, c.PostForm.Get("name"))
	if err == nil {
		return goTo(accounts.PasskeysPath)
	}
	f, failed := c.passkeysForm(ctx)
	if failed != nil {
		return answer{}, failed
	}
	f.renamed, f.name, f.rename = string(id), c.PostForm.Get("name"), c.formErrors(f.rename, err)
	c.view.Path = accounts.PasskeysPath
	return c.again(passkeysView(c.view, f), err)
}

func removePasskey(ctx context.Context, c *call) (answer, error) {
	id, err := passkeyWire.Parse(c.PostForm.Get("passkey"))
	if err != nil {
		return answer{}, errs.New(errs.NotFound, "accounts.passkey_unknown")
	}
	if err := c.web.Rooms.Accounts.RemovePasskey(ctx, c.actor, id); err != nil {
		return answer{}, err
	}
	return goTo(accounts.PasskeysPath)
}

func beginPasskeySignIn(ctx context.Context, c *call) (answer, error) {
	back := ui.ReturnPath(c.PostForm.Get(ui.ReturnField))
	begun, err := c.web.Rooms.Accounts.BeginPasskeySignIn(ctx, c.actor.Request, c.RemoteAddr)
	if err != nil {
		return c.signInAgain(back, err)
	}
	c.view.Path = accounts.SignInPath
	return show(passkeySignInView(c.view, ceremony{"get", begun.Options, ui.FormHead{Action: passkeySignInPath + "/answer",
		Hidden: []ui.Hidden{{Name: ceremonyField, Value: begun.Token}, {Name: ui.ReturnField, Value: back}, {Name: responseField}}}, accounts.SignInPath}))
}

func signInByPasskey(ctx context.Context, c *call) (answer, error) {
	back := ui.ReturnPath(c.PostForm.Get(ui.ReturnField))
	token, session, err := c.web.Rooms.Accounts.EnterByPasskey(ctx, accounts.Attempt{Request: c.actor.Request, Remote: c.RemoteAddr, Agent: c.UserAgent()},
		c.PostForm.Get(ceremonyField), c.PostForm.Get(responseField))
	if err != nil {
		return c.signInAgain(back, err)
	}
	return c.comeIn(ctx, token, session, back)
}

// signInAgain shows the sign-in page with what was wrong.
func (c *call) signInAgain(back string, err error) (answer, error) {
	form := c.signInForm(back)
	form.head = c.formErrors(form.head, err)
	c.view.Path = accounts.SignInPath
	if errs.KindOf(err) == errs.Unauthenticated {
		return invalid(signInView(c.view, form))
	}
	return c.again(signInView(c.view, form), err)
}
