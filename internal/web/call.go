package web

import (
	"context"
	"net/http"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/errs"
	"chiave/internal/web/ui"
)

// call is one request to a page, with what the portal knows about its reader.
type call struct {
	*http.Request
	web          *Web
	actor        audit.Actor
	user         *accounts.User // nil when nobody is signed in
	organization accounts.Organization
	permissions  []access.Permission
	administers  bool   // has a role in a tenant
	token        string // of the session
	view         ui.View
	key          string // that the form carried
	made         string // the object that this form made when it was sent before
}

// handler answers one request.
type handler func(ctx context.Context, c *call) (answer, error)

type callKey struct{}

// serve makes a handler an http.Handler that runs inside Wrap.
func (w *Web) serve(do handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		c, ok := r.Context().Value(callKey{}).(*call)
		if !ok {
			w.Fail(rw, r, errs.New(errs.Internal, "internal"))
			return
		}
		a, err := do(r.Context(), c)
		if err == nil {
			err = a.write(rw, r, c)
		}
		if err != nil {
			w.refuse(rw, r, c.view, err)
		}
	})
}

// self is the reader, whosever view of the portal is shown.
func (c *call) self() audit.Actor { return c.actor.OnRecord() }

// staff reports whether the reader is of a kind of the publisher's staff.
func (c *call) staff(kinds ...access.Staff) bool {
	for _, k := range kinds {
		if c.user != nil && c.user.Staff == k {
			return true
		}
	}
	return false
}

// holds reports whether the reader has a role that allows action on any Licensing ID. It chooses what a page offers; the
// rooms decide.
func (c *call) holds(action access.Action) bool {
	for _, p := range c.permissions {
		if permits(p, action) {
			return true
		}
	}
	return false
}

func permits(p access.Permission, action access.Action) bool {
	for _, role := range access.RolesFor(action) {
		for _, g := range p.Grants {
			if g.Role == role {
				return true
			}
		}
	}
	return false
}
