package web

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/registration"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
	"chiave/internal/routes"
	"chiave/internal/web/ui"
)

const signupPath = registration.Path + "/{signup}"

// register registers the pages on which somebody makes an account with a business address (REG-04, REG-12).
func (r registrar) register() {
	r.read(registration.Path, "", access.Public, "", registerPage)
	r.change(registration.Path, "", access.Public, "", "registration.started", routes.Natural, startSignup)
	r.read(signupPath, "", access.Public, "sgn", signupPage)
	r.change(signupPath, "", access.Public, "sgn", "registration.completed", routes.Natural, completeSignup)
	r.change(signupPath+"/again", "", access.Public, "sgn", "registration.code_asked", routes.Natural, codeAgain)
}

// addressForm asks for a business address.
type addressForm struct {
	head    ui.FormHead
	address string
}

func registerPage(_ context.Context, c *call) (answer, error) {
	return show(registerView(c.view, addressForm{head: ui.FormHead{Action: registration.Path}}))
}

// startSignup answers alike whoever has the address.
func startSignup(ctx context.Context, c *call) (answer, error) {
	form := addressForm{head: ui.FormHead{Action: registration.Path}, address: strings.TrimSpace(c.PostForm.Get("address"))}
	up, err := c.web.Rooms.Registration.Start(ctx, c.actor.Request, c.RemoteAddr, form.address, c.view.Lang())
	if err == nil {
		return goTo(registration.Path + "/" + registration.Wire.Wire(up.ID))
	}
	if refusalCode(err) != "" {
		return c.signUpRefused(err)
	}
	form.head = c.formErrors(form.head, err)
	c.view.Path = registration.Path
	return c.again(registerView(c.view, form), err)
}

// signupForm asks for the code and for what is to be known of the person.
type signupForm struct {
	head    ui.FormHead
	again   string // where a new code is asked for
	sent    bool   // a new code, a moment ago
	signup  registration.Signup
	filled  registration.Completion
	convert bool
}

// signupID is the row id that the address names; what is no id names no sign-up.
func (c *call) signupID() ids.ID {
	id, err := registration.Wire.Parse(c.PathValue("signup"))
	if err != nil {
		return "none"
	}
	return id
}

func (c *call) signupForm(ctx context.Context, base string) (f signupForm, err error) {
	if f.signup, err = c.web.Rooms.Registration.Signup(ctx, c.actor, c.signupID()); err != nil {
		return f, err
	}
	f.head.Action = base + "/" + registration.Wire.Wire(f.signup.ID)
	f.again, f.sent, f.filled.Country = f.head.Action+"/again", c.URL.Query().Has("sent"), f.signup.Country
	return f, nil
}

func signupPage(ctx context.Context, c *call) (answer, error) {
	f, err := c.signupForm(ctx, registration.Path)
	if err != nil {
		return answer{}, err
	}
	return show(signupView(c.view, f))
}

func (c *call) completion() registration.Completion {
	get := c.PostForm.Get
	return registration.Completion{Code: get("code"), Names: accounts.Names{First: get("first_name"), Last: get("last_name")}, Country: get("country"), Language: c.view.Lang(), Password: get("password")}
}

// completeSignup makes the account. The new user then signs in.
func completeSignup(ctx context.Context, c *call) (answer, error) {
	filled := c.completion()
	err := c.web.Rooms.Registration.Complete(ctx, c.actor.Request, c.signupID(), filled)
	if err == nil {
		return goTo(accounts.SignInPath + "?registered=1")
	}
	return c.incomplete(ctx, registration.Path, filled, err)
}

// incomplete shows the form again, or who has decided against it.
func (c *call) incomplete(ctx context.Context, base string, filled registration.Completion, err error) (answer, error) {
	switch {
	case refusalCode(err) != "":
		return c.signUpRefused(err)
	case errs.KindOf(err) != errs.Invalid:
		return answer{}, err
	}
	f, gone := c.signupForm(ctx, base)
	if gone != nil {
		return answer{}, gone
	}
	f.filled, f.head, f.convert = filled, c.formErrors(f.head, err), base == registration.ConvertPath
	c.view.Path = f.head.Action
	return invalid(signupView(c.view, f))
}

func codeAgain(ctx context.Context, c *call) (answer, error) {
	return c.codeAgain(ctx, registration.Path)
}

func (c *call) codeAgain(ctx context.Context, base string) (answer, error) {
	if err := c.web.Rooms.Registration.Again(ctx, c.actor, c.RemoteAddr, c.signupID()); err != nil {
		return answer{}, err
	}
	return goTo(base + "/" + registration.Wire.Wire(c.signupID()) + "?sent=1")
}

// refusalCode returns the code that a refusal of sign-in or sign-up shows (ERR-01), "" for other errors.
func refusalCode(err error) string {
	code := errs.CodeOf(err)
	for _, known := range []string{"e02", "e03", "e04", "e05", "e06"} {
		if code == "registration."+known || code == "accounts."+known {
			return strings.ToUpper(known)
		}
	}
	return ""
}

// signUpRefused shows who has decided so, who can resolve it and how.
func (c *call) signUpRefused(err error) (answer, error) {
	e, _ := errors.AsType[*errs.Error](err)
	account, _ := e.Params["account"].(string)
	c.view.Path = registration.Path
	return answer{status: http.StatusConflict, page: signUpRefusedView(c.view, refusalCode(err), account)}, nil
}
