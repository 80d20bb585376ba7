package web

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"chiave/internal/licensing/access"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/i18n"
	"chiave/internal/routes"
	"chiave/internal/web/ui"
)

// Fail answers err as a page outside of any route: after a panic, or before the reader is known.
func (w *Web) Fail(rw http.ResponseWriter, r *http.Request, err error) {
	header(rw)
	w.refuse(rw, r, w.strangerView(r), err)
}

// Rest answers a request that no route matches.
func (w *Web) Rest(rw http.ResponseWriter, r *http.Request, status int) {
	header(rw)
	code := "page.unknown"
	if status == http.StatusMethodNotAllowed {
		code = "page.method"
	}
	v := w.viewOf(r)
	page := ui.RefusalPage(v, ui.Refusal{Err: errs.New(errs.NotFound, code), RequestID: routes.RequestID(r.Context())})
	if err := render(rw, r, status, page); err != nil {
		w.bare(rw, r, err)
	}
}

// viewOf is the view of whoever sent a request; a stranger's when that cannot be found out.
func (w *Web) viewOf(r *http.Request) ui.View {
	c, err := w.newCall(r)
	if err != nil {
		return w.strangerView(r)
	}
	c.view.Nav = c.menu("")
	return c.view
}

// refuse writes the page of an error and logs what is our fault.
func (w *Web) refuse(rw http.ResponseWriter, r *http.Request, v ui.View, err error) {
	w.logFault(r.Context(), err)
	status := routes.StatusOf(err)
	if seconds := retryAfter(err); seconds > 0 {
		rw.Header().Set("Retry-After", strconv.FormatInt(seconds, 10))
	}
	page := ui.RefusalPage(v, ui.Refusal{Err: worded(v.Printer, err), RequestID: routes.RequestID(r.Context()), Back: request(v, err)})
	if failed := render(rw, r, status, page); failed != nil {
		w.bare(rw, r, failed)
	}
}

// bare answers when not even the page of an error can be made.
func (w *Web) bare(rw http.ResponseWriter, r *http.Request, err error) {
	w.logFault(r.Context(), err)
	http.Error(rw, http.StatusText(http.StatusInternalServerError)+" "+routes.RequestID(r.Context()), http.StatusInternalServerError)
}

func (w *Web) logFault(ctx context.Context, err error) {
	if k := errs.KindOf(err); (k == errs.Internal || k == errs.Unavailable) && ctx.Err() == nil {
		w.Log.ErrorContext(ctx, "a page failed", "request", routes.RequestID(ctx), "error", err)
	}
}

// unavailableFor is how many seconds a reader is asked to wait while the database cannot be reached.
const unavailableFor = 5

func retryAfter(err error) int64 {
	e, ok := errors.AsType[*errs.Error](err)
	switch {
	case !ok:
		return 0
	case e.Kind == errs.Unavailable:
		return unavailableFor
	}
	switch seconds := e.Params["retry_after"].(type) {
	case int:
		return int64(seconds)
	case int64:
		return seconds
	}
	return 0
}

// worded returns err with those of its parameters in words that are stable names: roles and actions.
func worded(p i18n.Printer, err error) error {
	e, ok := errors.AsType[*errs.Error](err)
	if !ok {
		return err
	}
	c := *e
	c.Params = maps.Clone(e.Params)
	if held, ok := c.Params["roles"].([]access.Role); ok {
		c.Params["roles"] = roleNames(p, held)
	}
	if action, ok := c.Params["action"].(string); ok && p.Has("actions."+action) {
		c.Params["action"] = p.T("actions." + action)
	}
	return &c
}

// roleNames lists roles in the reader's language.
func roleNames(p i18n.Printer, list []access.Role) string {
	names := make([]string, len(list))
	for i, role := range list {
		names[i] = p.T("roles." + string(role))
	}
	return strings.Join(names, ", ")
}
