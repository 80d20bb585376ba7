package web

import (
	"context"

	"chiave/internal/licensing/access"
	"chiave/internal/platform/db"
	"chiave/internal/routes"
	"chiave/internal/web/ui"
)

const viewAsPath = "/office/view-as"

// viewAs registers the page on which staff ask for a customer's view of the portal.
func (r registrar) viewAs() {
	r.read(viewAsPath, ui.StaffViewAs, access.ViewAs, "", viewAsPage)
	r.change(viewAsPath, ui.StaffViewAs, access.ViewAs, "", "views.started", routes.Natural, startView)
	r.change(viewAsPath+"/end", "", access.ViewAs, "", "views.ended", routes.Natural, endView)
}

// viewAsForm is what the page shows.
type viewAsForm struct {
	head            ui.FormHead
	address, reason string
}

func viewAsPage(ctx context.Context, c *call) (answer, error) {
	err := c.web.Rooms.Access.Read(ctx, c.actor, func(_ *db.Tx, g *access.Gate) error { return g.Staff(access.ViewAs) })
	if err != nil {
		return answer{}, err
	}
	return show(viewAsView(c.view, viewAsForm{head: ui.FormHead{Action: viewAsPath}}))
}

func startView(ctx context.Context, c *call) (answer, error) {
	form := viewAsForm{head: ui.FormHead{Action: viewAsPath}, address: c.PostForm.Get("address"), reason: c.PostForm.Get("reason")}
	err := c.web.Rooms.Accounts.ViewAs(ctx, c.actor, form.address, form.reason)
	if err == nil {
		return goTo("/")
	}
	form.head = c.formErrors(form.head, err)
	c.view.Path = viewAsPath
	return c.again(viewAsView(c.view, form), err)
}

func endView(ctx context.Context, c *call) (answer, error) {
	if err := c.web.Rooms.Accounts.EndView(ctx, c.self()); err != nil {
		return answer{}, err
	}
	return goTo(viewAsPath)
}
