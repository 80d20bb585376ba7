package web

import (
	"context"
	"slices"

	"chiave/internal/licensing/access"
	"chiave/internal/routes"
	"chiave/internal/web/ui"
)

// permissions registers My Permissions (PERM-15) and how one drops a Licensing ID (PERM-18).
func (r registrar) permissions() {
	r.read("/permissions", ui.MyPermissions, access.SelfService, "", myPermissions)
	r.read("/permissions/{lid}/drop", ui.MyPermissions, access.SelfService, "lid", confirmDrop)
	r.change("/permissions/{lid}/drop", ui.MyPermissions, access.SelfService, "lid", "roles.revoked", routes.Natural, dropPermission)
}

// holdings is what My Permissions shows.
type holdings struct {
	list    []access.Permission
	all     bool // inactive ones too
	dropped bool // one has just been dropped
	above   []access.Inheriting
	chosen  bool        // about one of those above, just now
	head    ui.FormHead // of that choice, when it was refused
}

func (c *call) holdings(ctx context.Context) (holdings, error) {
	h := holdings{list: c.permissions}
	var err error
	h.above, err = c.web.Rooms.Access.MyInheritance(ctx, c.actor)
	return h, err
}

func myPermissions(ctx context.Context, c *call) (answer, error) {
	h, err := c.holdings(ctx)
	if err != nil {
		return answer{}, err
	}
	q := c.URL.Query()
	h.all, h.dropped, h.chosen = q.Get("inactive") == "yes", q.Get("dropped") == "yes", q.Get("chosen") == "yes"
	if !h.all {
		h.list = slices.DeleteFunc(slices.Clone(h.list), func(p access.Permission) bool { return !p.Active })
	}
	return show(permissionsView(c.view, c.user, h))
}

// permission returns what the reader holds on the Licensing ID that the path names. Errors: NotFound "licensing_ids.unknown".
func (c *call) permission() (access.Permission, error) {
	id, err := licensingID(c.PathValue("lid"))
	i := slices.IndexFunc(c.permissions, func(p access.Permission) bool { return p.Licensing == id })
	if err != nil || i < 0 {
		return access.Permission{}, access.ErrUnknownLicensingID
	}
	return c.permissions[i], nil
}

func confirmDrop(_ context.Context, c *call) (answer, error) {
	p, err := c.permission()
	if err != nil {
		return answer{}, err
	}
	return show(dropView(c.view, p, ui.FormHead{Action: dropPath(p)}))
}

func dropPermission(ctx context.Context, c *call) (answer, error) {
	id, err := licensingID(c.PathValue("lid"))
	if err != nil {
		return answer{}, err
	}
	err = c.web.Rooms.Access.Drop(ctx, c.actor, id)
	if p, unknown := c.permission(); unknown == nil && correctable(err) {
		c.view.Path = dropPath(p)
		return invalid(dropView(c.view, p, c.formErrors(ui.FormHead{Action: dropPath(p)}, err)))
	}
	if err != nil {
		return answer{}, err
	}
	return goTo(ui.MyPermissions.Path() + "?dropped=yes")
}

func dropPath(p access.Permission) string {
	return ui.MyPermissions.Path() + "/" + licensingWire.Wire(p.Licensing) + "/drop"
}
