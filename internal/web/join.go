package web

import (
	"context"
	"strings"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/registration"
	"chiave/internal/platform/errs"
	"chiave/internal/routes"
	"chiave/internal/web/ui"
)

const joinLinkPath = registration.JoinPath + "/{token}"

// join registers the pages on which somebody proves another address (REG-05 to REG-08). Looking at a link uses nothing up.
func (r registrar) join() {
	r.read(registration.JoinPath, "", access.SelfService, "", joinPage)
	r.change(registration.JoinPath, "", access.SelfService, "", "registration.claimed", routes.Natural, claimAddress)
	r.read(joinLinkPath, "", access.SelfService, "clm", joinLinkPage)
	r.change(joinLinkPath, "", access.SelfService, "clm", "registration.joined", routes.Natural, joinAddress)
}

// joining is the page that states an address and waits for its proof.
type joining struct {
	addressForm
	pending registration.Claim
	none    bool // the reader has no permission at all
}

func (c *call) joining(ctx context.Context) (j joining, err error) {
	j.head, j.none = ui.FormHead{Action: registration.JoinPath}, c.without()
	j.pending, err = c.web.Rooms.Registration.Pending(ctx, c.actor)
	j.address = j.pending.Address
	return j, err
}

// without reports whether the reader has nothing to do here: no permission, no function.
func (c *call) without() bool {
	return c.user != nil && c.user.Staff == "" && len(c.permissions) == 0 && !c.administers
}

func joinPage(ctx context.Context, c *call) (answer, error) {
	j, err := c.joining(ctx)
	if err != nil {
		return answer{}, err
	}
	return show(joinView(c.view, j))
}

// claimAddress answers alike whoever has the address.
func claimAddress(ctx context.Context, c *call) (answer, error) {
	address := strings.TrimSpace(c.PostForm.Get("address"))
	err := c.web.Rooms.Registration.Claim(ctx, c.actor, c.RemoteAddr, address)
	switch {
	case err == nil:
		return goTo(registration.JoinPath)
	case refusalCode(err) != "":
		return c.signUpRefused(err)
	case errs.KindOf(err) != errs.Invalid && errs.KindOf(err) != errs.Limited:
		return answer{}, err
	}
	j, failed := c.joining(ctx)
	if failed != nil {
		return answer{}, failed
	}
	j.address, j.head = address, c.formErrors(j.head, err)
	c.view.Path = registration.JoinPath
	return answer{status: routes.StatusOf(err), page: joinView(c.view, j), retry: retryAfter(err)}, nil
}

func joinLinkPage(ctx context.Context, c *call) (answer, error) {
	claim, err := c.web.Rooms.Registration.Link(ctx, c.actor, c.PathValue("token"))
	if err != nil {
		return answer{}, err
	}
	return show(joinLinkView(c.view, ui.FormHead{Action: registration.JoinPath + "/" + c.PathValue("token")}, claim))
}

func joinAddress(ctx context.Context, c *call) (answer, error) {
	err := c.web.Rooms.Registration.Join(ctx, c.actor, c.PathValue("token"))
	switch {
	case err == nil:
		return goTo(ui.MyPermissions.Path())
	case refusalCode(err) != "":
		return c.signUpRefused(err)
	}
	return answer{}, err
}
