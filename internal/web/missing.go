package web

import (
	"errors"
	"slices"
	"strings"

	"chiave/internal/licensing/access"
	"chiave/internal/platform/errs"
	"chiave/internal/web/ui"
)

// mostNamed is how many Licensing IDs an explanation names.
const mostNamed = 3

// missing explains why a list is empty whose entries action opens: which role is missing on which of the Licensing IDs that the reader
// knows of, with the way to ask for it. It names nothing that is not the reader's.
func (c *call) missing(title string, action access.Action, icon ui.Icon) ui.Blank {
	v := c.view
	roles := asked(action)
	b := ui.Blank{Title: title, Icon: icon, Next: &ui.Button{Label: v.T("nav.request_permissions"), Href: askFor("", roles[:1]...)}}
	var known []string
	for _, p := range c.permissions {
		if !permits(p, action) {
			known = append(known, p.Number)
		}
	}
	if len(known) == 0 {
		b.Text = v.T("web.missing_anywhere", "roles", roleNames(v.Printer, roles))
		return b
	}
	b.Next.Href = askFor(known[0], roles[:1]...)
	if len(known) > mostNamed {
		known = append(known[:mostNamed], "…")
	}
	b.Text = v.T("web.missing_on", "licensing_ids", strings.Join(known, ", "), "roles", roleNames(v.Printer, roles))
	return b
}

// lacks reports whether action is closed to the reader on a Licensing ID that the reader knows of.
func (c *call) lacks(action access.Action) bool {
	return slices.ContainsFunc(c.permissions, func(p access.Permission) bool { return !permits(p, action) })
}

// asked returns the roles that allow action and can be asked for, the smallest first: whoever asks should not ask for more than is needed.
func asked(action access.Action) []access.Role { return smallFirst(access.RolesFor(action)) }

func smallFirst(roles []access.Role) []access.Role {
	var small, great []access.Role
	for _, role := range roles {
		switch role {
		case access.Limited:
		case access.Administrator:
			great = append(great, role)
		default:
			small = append(small, role)
		}
	}
	return append(small, great...)
}

// request leads from a refusal to the form that asks for what is missing, filled in: the smallest role that would do on the Licensing ID. To
// what the reader may not know of it leads without a number, so that it tells nothing.
func request(v ui.View, err error) ui.Button {
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || v.User == nil {
		return ui.Button{}
	}
	number, _ := e.Params["licensing_id"].(string)
	would, _ := e.Params["roles"].([]access.Role)
	switch {
	case e.Code == "access.role_missing", e.Code == "access.role_nowhere":
		return ui.Button{Label: v.T("web.request_this"), Href: askFor(number, smallest(would)...), Rank: ui.Primary}
	case e.Kind == errs.NotFound: // of every kind alike: why nothing is there must not show
		return ui.Button{Label: v.T("nav.request_permissions"), Href: askFor("")}
	}
	return ui.Button{}
}

// smallest returns the smallest of the roles, if there is one.
func smallest(roles []access.Role) []access.Role {
	sorted := smallFirst(roles)
	return sorted[:min(1, len(sorted))]
}
