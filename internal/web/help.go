package web

import (
	"context"

	"chiave/internal/licensing/access"
	"chiave/internal/web/ui"
)

// help registers the help page. Everybody may read it: whoever cannot sign in needs it most.
func (r registrar) help() {
	r.read("/help", ui.Help, access.Public, "", func(_ context.Context, c *call) (answer, error) {
		return show(helpView(c.view))
	})
}
