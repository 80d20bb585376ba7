package web

import (
	"context"

	"chiave/internal/licensing/access"
	"chiave/internal/web/ui"
)

// permissions registers My Permissions (PERM-15).
func (r registrar) permissions() {
	r.read("/permissions", ui.MyPermissions, access.SelfService, "", func(_ context.Context, c *call) (answer, error) {
		return show(permissionsView(c.view, c.user, c.permissions))
	})
}
