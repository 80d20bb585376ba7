package web

import (
	"context"
	"net/http"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/platform/errs"
	"chiave/internal/routes"
	"chiave/internal/web/ui"
)

// codePath is where the second step of a sign-in is sent to.
const codePath = accounts.SignInPath + "/code"

// offPath is where two-step sign-in is turned off.
const offPath = accounts.TwoStepPath + "/off"

// stepField is the hidden field with what a right password has opened.
const stepField = "step"

// twoStep registers the page on which somebody looks after the second step of signing in.
func (r registrar) twoStep() {
	r.read(accounts.TwoStepPath, "", access.SelfService, "", twoStepPage)
	r.change(accounts.TwoStepPath, "", access.SelfService, "", "factors.started", routes.Natural, startTwoStep)
	r.change(accounts.TwoStepPath+"/confirm", "", access.SelfService, "", "factors.turned_on", routes.Natural, confirmTwoStep)
	r.change(accounts.TwoStepPath+"/recovery", "", access.SelfService, "", "factors.recovery_renewed", routes.Natural, renewRecovery)
	r.read(offPath, "", access.SelfService, "", twoStepOffPage)
	r.change(offPath, "", access.SelfService, "", "factors.turned_off", routes.Natural, stopTwoStep)
}

// codeForm is the second step of signing in.
type codeForm struct {
	head ui.FormHead
}

// askForCode shows the second step. Its address is never opened by itself.
func (c *call) askForCode(step, back string, err error) (answer, error) {
	form := codeForm{head: ui.FormHead{Action: codePath, Hidden: []ui.Hidden{{Name: stepField, Value: step}}}}
	if back != "/" {
		form.head.Hidden = append(form.head.Hidden, ui.Hidden{Name: ui.ReturnField, Value: back})
	}
	form.head = c.formErrors(form.head, err)
	c.view.Path = accounts.SignInPath
	a := answer{page: codeView(c.view, form)}
	switch {
	case errs.KindOf(err) == errs.Limited:
		a.status, a.retry = http.StatusTooManyRequests, retryAfter(err)
	case err != nil:
		a.status = http.StatusUnprocessableEntity
	}
	return a, nil
}

func signInByCode(ctx context.Context, c *call) (answer, error) {
	back, step := ui.ReturnPath(c.PostForm.Get(ui.ReturnField)), c.PostForm.Get(stepField)
	token, session, err := c.web.Rooms.Accounts.Proceed(ctx, accounts.Attempt{
		Request: c.actor.Request, Remote: c.RemoteAddr, Agent: c.UserAgent(), Code: c.PostForm.Get("code")}, step)
	switch {
	case errs.CodeOf(err) == "accounts.step":
		form := c.signInForm(back)
		form.head = c.formErrors(form.head, err)
		c.view.Path = accounts.SignInPath
		return invalid(signInView(c.view, form))
	case errs.KindOf(err) == errs.Unauthenticated, errs.KindOf(err) == errs.Limited:
		return c.askForCode(step, back, err)
	case err != nil:
		return answer{}, err
	}
	return c.comeIn(ctx, token, session, back)
}

// twoStepForms are what the page shows: one form of which something is wrong, and the others as they are.
type twoStepForms struct {
	state                 accounts.TwoStep
	start, confirm, renew ui.FormHead
}

func (c *call) twoStepForms(ctx context.Context) (f twoStepForms, err error) {
	f = twoStepForms{start: ui.FormHead{Action: accounts.TwoStepPath}, confirm: ui.FormHead{Action: accounts.TwoStepPath + "/confirm"},
		renew: ui.FormHead{Action: accounts.TwoStepPath + "/recovery"}}
	f.state, err = c.web.Rooms.Accounts.TwoStep(ctx, c.actor, c.web.Portal)
	return f, err
}

func twoStepPage(ctx context.Context, c *call) (answer, error) {
	f, err := c.twoStepForms(ctx)
	if err != nil {
		return answer{}, err
	}
	return show(twoStepView(c.view, f))
}

// twoStepAgain shows the page with what was wrong in one of its forms.
func (c *call) twoStepAgain(ctx context.Context, wrong func(*twoStepForms) *ui.FormHead, err error) (answer, error) {
	f, failed := c.twoStepForms(ctx)
	if failed != nil {
		return answer{}, failed
	}
	head := wrong(&f)
	*head = c.formErrors(*head, err)
	c.view.Path = accounts.TwoStepPath
	return c.again(twoStepView(c.view, f), err)
}

func startTwoStep(ctx context.Context, c *call) (answer, error) {
	if err := c.web.Rooms.Accounts.StartTwoStep(ctx, c.actor, c.PostForm.Get("current")); err != nil {
		return c.twoStepAgain(ctx, func(f *twoStepForms) *ui.FormHead { return &f.start }, err)
	}
	return goTo(accounts.TwoStepPath)
}

// confirmTwoStep answers with the recovery codes, which exist in this answer only.
func confirmTwoStep(ctx context.Context, c *call) (answer, error) {
	codes, err := c.web.Rooms.Accounts.ConfirmTwoStep(ctx, c.actor, c.PostForm.Get("code"))
	if err != nil {
		return c.twoStepAgain(ctx, func(f *twoStepForms) *ui.FormHead { return &f.confirm }, err)
	}
	c.view.Path = accounts.TwoStepPath
	return show(recoveryView(c.view, codes))
}

func renewRecovery(ctx context.Context, c *call) (answer, error) {
	codes, err := c.web.Rooms.Accounts.RenewRecovery(ctx, c.actor, c.PostForm.Get("current"), c.PostForm.Get("code"))
	if err != nil {
		return c.twoStepAgain(ctx, func(f *twoStepForms) *ui.FormHead { return &f.renew }, err)
	}
	c.view.Path = accounts.TwoStepPath
	return show(recoveryView(c.view, codes))
}

func twoStepOffPage(_ context.Context, c *call) (answer, error) {
	return show(twoStepOffView(c.view, ui.FormHead{Action: offPath}))
}

func stopTwoStep(ctx context.Context, c *call) (answer, error) {
	if err := c.web.Rooms.Accounts.StopTwoStep(ctx, c.actor, c.PostForm.Get("current"), c.PostForm.Get("code")); err != nil {
		head := c.formErrors(ui.FormHead{Action: offPath}, err)
		c.view.Path = offPath
		return c.again(twoStepOffView(c.view, head), err)
	}
	return goTo(accountPath + "?done=two_step_off")
}
