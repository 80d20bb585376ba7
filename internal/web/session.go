package web

import (
	"context"
	"net/http"
	"net/url"
	"path"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/i18n"
	"chiave/internal/routes"
	"chiave/internal/web/static"
	"chiave/internal/web/ui"
)

// choiceFor is how long a browser keeps the choice of language and theme.
const choiceFor = 365 * 24 * time.Hour

// cookieName is bound to this host and to https by its prefix (RFC 6265bis, section 4.1.3.2), where there is https.
func (w *Web) cookieName() string {
	if w.secure {
		return "__Host-chiave"
	}
	return "chiave"
}

// sessionCookie holds a session's token until the browser is closed; the session itself ends sooner or later than that.
func (w *Web) sessionCookie(token string) *http.Cookie {
	return &http.Cookie{Name: w.cookieName(), Value: token, Path: "/", HttpOnly: true, Secure: w.secure, SameSite: http.SameSiteLaxMode}
}

// noSession takes the session's cookie away.
func (w *Web) noSession() *http.Cookie {
	c := w.sessionCookie("")
	c.MaxAge = -1
	return c
}

func (w *Web) choiceCookie(name, value string) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: int(choiceFor / time.Second), HttpOnly: true, Secure: w.secure, SameSite: http.SameSiteLaxMode}
}

func cookie(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// header sets what every page carries.
func header(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Security-Policy", static.ContentSecurityPolicy)
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Cookie, Accept-Language")
}

// Wrap lays around a page what all of them share: protection against other sites, the reader's session, language and menu, and
// the key of a form.
func (w *Web) Wrap(r routes.Route) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		header(rw)
		if err := w.origins.Check(req); err != nil {
			w.refuse(rw, req, w.viewOf(req), errs.New(errs.Denied, "page.cross_origin").Wrap(err))
			return
		}
		c, err := w.newCall(req)
		if err != nil {
			w.Fail(rw, req, err)
			return
		}
		if c.user == nil && r.Action != access.Public {
			w.askToSignIn(rw, c, r)
			return
		}
		c.view.Nav = c.menu(w.places[r.Pattern()])
		if !readable(req.URL.Path) || !allReadable(req.URL.Query()) {
			w.refuse(rw, req, c.view, errs.New(errs.Invalid, "page.body"))
			return
		}
		ctx := context.WithValue(req.Context(), callKey{}, c)
		if req.Method == http.MethodPost {
			if admit := w.admits[r.Pattern()]; admit != nil {
				if err := admit(ctx, c); err != nil {
					w.refuse(rw, req, c.view, err)
					return
				}
			}
			if ctx, err = c.readForm(ctx, rw, r); err != nil {
				w.refuse(rw, req, c.view, err)
				return
			}
			defer c.dropFiles()
		}
		r.Handler.ServeHTTP(rw, req.WithContext(ctx))
	})
}

// askToSignIn sends a stranger to the sign-in page, from where the way leads back: to the page asked for, or the one that a form is on.
func (w *Web) askToSignIn(rw http.ResponseWriter, c *call, r routes.Route) {
	query := url.Values{}
	back := c.URL.RequestURI()
	if c.Method != http.MethodGet {
		back = w.pageOf(r.Path, c.URL.Path)
		query.Set("unsent", "1")
	}
	if back != "/" {
		query.Set(ui.ReturnField, back)
	}
	if cookie(c.Request, w.cookieName()) != "" {
		query.Set("ended", "1")
		http.SetCookie(rw, w.noSession())
	}
	target := accounts.SignInPath
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	http.Redirect(rw, c.Request, target, http.StatusSeeOther)
}

// pageOf returns the page that has the form which is sent to an address of a pattern: the same address, or the one above it.
func (w *Web) pageOf(pattern, address string) string {
	for ; pattern != "/"; pattern, address = path.Dir(pattern), path.Dir(address) {
		if w.pages[pattern] {
			return address
		}
	}
	return "/"
}

// newCall looks up who sent the request. A cookie whose session has ended is like none.
func (w *Web) newCall(r *http.Request) (*call, error) {
	c := &call{Request: r, web: w, actor: audit.Nobody(routes.RequestID(r.Context())), token: cookie(r, w.cookieName())}
	ctx := r.Context()
	if c.token != "" {
		session, err := w.Rooms.Accounts.Session(ctx, c.token)
		switch {
		case err == nil:
			actor, user := session.Seen()
			c.actor, c.user = actor, &user
			c.actor.Request = routes.RequestID(ctx)
			if err := c.lookUp(ctx); err != nil {
				return nil, err
			}
		case errs.KindOf(err) != errs.Unauthenticated:
			return nil, err
		}
	}
	sandbox, err := w.isSandbox(ctx)
	if err != nil {
		return nil, err
	}
	c.view = c.newView(sandbox)
	return c, nil
}

// lookUp reads what every page shows of its reader: the organization and the roles.
func (c *call) lookUp(ctx context.Context) (err error) {
	if c.permissions, err = c.web.Rooms.Access.MyPermissions(ctx, c.actor); err != nil {
		return err
	}
	tenants, err := c.web.Rooms.Tenants.Mine(ctx, c.actor)
	if c.administers = len(tenants) > 0; err != nil || c.user.Organization == "" {
		return err
	}
	return c.web.Rooms.Access.Read(ctx, c.actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.SignedIn(); err != nil {
			return err
		}
		c.organization, err = c.web.Rooms.Accounts.OrganizationTx(tx, c.user.Organization)
		return err
	})
}

// isSandbox reads the mark of the database once: it never changes.
func (w *Web) isSandbox(ctx context.Context) (bool, error) {
	if known := w.sandbox.Load(); known != nil {
		return *known, nil
	}
	installation, err := w.DB.Installation(ctx)
	if err != nil {
		return false, err
	}
	w.sandbox.Store(&installation.Sandbox)
	return installation.Sandbox, nil
}

// strangerView is the view of a reader who is not looked up.
func (w *Web) strangerView(r *http.Request) ui.View {
	return (&call{Request: r, web: w}).newView(false)
}

func (c *call) newView(sandbox bool) ui.View {
	chosen := ""
	if c.user != nil && c.actor.By == "" {
		chosen = string(c.user.Language)
	}
	lang := i18n.Negotiate(chosen, cookie(c.Request, ui.LangCookie), c.Header.Get("Accept-Language"))
	v := ui.View{
		Printer: c.web.Texts.For(lang).WithPortal(c.web.Portal),
		Theme:   ui.ParseTheme(cookie(c.Request, ui.ThemeCookie)),
		Zone:    time.UTC, Sandbox: sandbox, Path: "/", BaseURL: c.web.BaseURL,
	}
	if c.Method == http.MethodGet {
		v.Path = c.URL.RequestURI()
	}
	if zone, err := time.LoadLocation(c.organization.TimeZone); err == nil && c.organization.TimeZone != "" {
		v.Zone = zone
	}
	if c.web.Support != nil {
		v.Help.Phone = c.web.Support(c.organization.Country)
	}
	if c.user != nil {
		v.User = &ui.User{Name: c.user.Name()}
		if c.actor.By != "" {
			v.EndView = viewAsPath + "/end"
		}
		if len(c.user.Addresses) > 0 {
			v.User.Email = c.user.Addresses[0]
		}
	}
	return v
}
