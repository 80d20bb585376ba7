package web

import (
	"context"

	"chiave/internal/licensing/access"
	"chiave/internal/routes"
	"chiave/internal/web/ui"
)

const inheritancePath = "/inheritance"

// inheritance registers the choice of those whom a parent or master agreement names (ADM-20). My Permissions shows it.
func (r registrar) inheritance() {
	r.change(inheritancePath+"/{agreement}", ui.MyPermissions, access.SelfService, "agr", "inheritance.chosen", routes.Natural, chooseInheritance)
}

func agreementPath(i access.Inheriting) string {
	return inheritancePath + "/" + access.Agreements.Wire(i.Agreement)
}

func chooseInheritance(ctx context.Context, c *call) (answer, error) {
	id, err := access.Agreements.Parse(c.PathValue("agreement"))
	if err != nil {
		id = "" // unknown like one that does not exist
	}
	err = c.web.Rooms.Access.ChooseInheritance(ctx, c.actor, id, c.PostForm.Get("administers") == "yes")
	if err == nil {
		return goTo(ui.MyPermissions.Path() + "?chosen=yes")
	}
	if !correctable(err) {
		return answer{}, err
	}
	h, failed := c.holdings(ctx)
	if failed != nil {
		return answer{}, failed
	}
	h.turn()
	h.head = c.formErrors(ui.FormHead{}, err)
	c.view.Path = ui.MyPermissions.Path()
	return answer{status: routes.StatusOf(err), page: permissionsView(c.view, c.user, h)}, nil
}
