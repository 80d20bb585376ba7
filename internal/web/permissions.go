package web

import (
	"context"
	"net/url"
	"slices"
	"strings"

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

// permissionsPage is how many Licensing IDs are shown at once.
const permissionsPage = 50

// holdings is what My Permissions shows.
type holdings struct {
	list    []access.Permission // of this page
	many    bool                // there are more than fit on one
	search  string              // part of a number
	after   string              // Licensing ID that the page before has ended with
	next    string              // the same for the page that follows; "" when none does
	all     bool                // inactive ones too
	dropped bool                // one has just been dropped
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
	h.search, h.after = strings.TrimSpace(q.Get("search")), q.Get("after")
	h.turn()
	return show(permissionsView(c.view, c.user, h))
}

// turn leaves the Licensing IDs that were looked for, and of those one page.
func (h *holdings) turn() {
	h.many = len(h.list) > permissionsPage
	h.list = slices.DeleteFunc(slices.Clone(h.list), func(p access.Permission) bool {
		return !h.all && !p.Active || !strings.Contains(strings.ToLower(p.Number), strings.ToLower(h.search))
	})
	last := slices.IndexFunc(h.list, func(p access.Permission) bool { return licensingWire.Wire(p.Licensing) == h.after })
	h.list = h.list[last+1:]
	if len(h.list) > permissionsPage {
		h.list = h.list[:permissionsPage]
		h.next = licensingWire.Wire(h.list[permissionsPage-1].Licensing)
	}
}

// address is that of the list going on after a Licensing ID.
func (h holdings) address(inactive bool, after string) string {
	query := url.Values{}
	if inactive {
		query.Set("inactive", "yes")
	}
	if h.search != "" {
		query.Set("search", h.search)
	}
	if after != "" {
		query.Set("after", after)
	}
	if len(query) == 0 {
		return ui.MyPermissions.Path()
	}
	return ui.MyPermissions.Path() + "?" + query.Encode()
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
