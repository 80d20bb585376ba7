package web

import (
	"context"
	"net/http"
	"strings"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/registration"
	"chiave/internal/platform/errs"
	"chiave/internal/routes"
	"chiave/internal/web/ui"
)

const conversionPath = registration.ConvertPath + "/{signup}"

// convert registers the pages on which somebody replaces a personal account by a work account (REG-11).
func (r registrar) convert() {
	r.read(registration.ConvertPath, "", access.SelfService, "", convertPage)
	r.change(registration.ConvertPath, "", access.SelfService, "", "registration.conversion_started", routes.Natural, startConversion)
	r.read(conversionPath, "", access.SelfService, "sgn", conversionPage)
	r.change(conversionPath, "", access.SelfService, "sgn", "registration.converted", routes.Natural, completeConversion)
	r.change(conversionPath+"/again", "", access.SelfService, "sgn", "registration.code_asked", routes.Natural, func(ctx context.Context, c *call) (answer, error) {
		return c.codeAgain(ctx, registration.ConvertPath)
	})
}

// personally reports whether the reader signs in with a personal account, and is asked to convert it.
func (c *call) personally() bool {
	return c.user != nil && c.user.Staff == "" && c.web.Rooms.Registration.Personally(c.user.Addresses)
}

func convertPage(_ context.Context, c *call) (answer, error) {
	return show(convertView(c.view, addressForm{head: ui.FormHead{Action: registration.ConvertPath}}, c.personally()))
}

func startConversion(ctx context.Context, c *call) (answer, error) {
	form := addressForm{head: ui.FormHead{Action: registration.ConvertPath}, address: strings.TrimSpace(c.PostForm.Get("address"))}
	up, err := c.web.Rooms.Registration.StartConversion(ctx, c.actor, c.RemoteAddr, form.address, c.view.Lang())
	if err == nil {
		return goTo(registration.ConvertPath + "/" + registration.Wire.Wire(up.ID))
	}
	if refusalCode(err) != "" {
		return c.signUpRefused(err)
	}
	if !correctable(err) && errs.KindOf(err) != errs.Limited {
		return answer{}, err
	}
	form.head = c.formErrors(form.head, err)
	c.view.Path = registration.ConvertPath
	return answer{status: routes.StatusOf(err), page: convertView(c.view, form, c.personally()), retry: retryAfter(err)}, nil
}

func conversionPage(ctx context.Context, c *call) (answer, error) {
	f, err := c.signupForm(ctx, registration.ConvertPath)
	if err == nil && f.signup.User != c.actor.ID {
		err = errs.New(errs.NotFound, "registration.unknown")
	}
	if err != nil {
		return answer{}, err
	}
	f.convert, f.filled.Names = true, accounts.Names{First: c.user.FirstName, Last: c.user.LastName}
	return show(signupView(c.view, f))
}

// completeConversion leads to the page on which the work account signs in: the session of the personal one is over.
func completeConversion(ctx context.Context, c *call) (answer, error) {
	filled := c.completion()
	if err := c.web.Rooms.Registration.CompleteConversion(ctx, c.actor, c.signupID(), filled); err != nil {
		return c.incomplete(ctx, registration.ConvertPath, filled, err)
	}
	if err := c.web.Rooms.Accounts.SignOut(ctx, c.actor, c.token); err != nil {
		return answer{}, err
	}
	a, err := goTo(accounts.SignInPath + "?converted=1")
	a.cookies = []*http.Cookie{c.web.noSession()}
	return a, err
}
