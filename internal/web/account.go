package web

import (
	"context"
	"strings"

	"github.com/a-h/templ"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
	"chiave/internal/routes"
	"chiave/internal/web/ui"
)

const accountPath = accounts.AccountPath

// account registers the page on which somebody looks after their own account.
func (r registrar) account() {
	r.read(accountPath, "", access.SelfService, "", accountPage)
	r.change(accountPath+"/sessions/end", "", access.SelfService, "", "sessions.ended", routes.Natural, endSession)
	r.change(accountPath+"/sessions/end-others", "", access.SelfService, "", "sessions.others_ended", routes.Natural, endOtherSessions)
	r.change(accountPath+"/password", "", access.SelfService, "", "passwords.changed", routes.Natural, changePassword)
}

// accountOverview is what the page shows.
type accountOverview struct {
	user     *accounts.User
	sessions []accounts.OpenSession
	tokens   []accounts.APIToken
	password ui.FormHead
	twoStep  accounts.TwoStep
	passkeys []accounts.Passkey
	done     string // what was done a moment ago: a word of account.done_
}

func (c *call) accountOverview(ctx context.Context) (o accountOverview, err error) {
	o = accountOverview{user: c.user, password: ui.FormHead{Action: accountPath + "/password"}}
	if o.sessions, err = c.web.Rooms.Accounts.MySessions(ctx, c.actor); err == nil {
		o.tokens, err = c.web.Rooms.Accounts.ListTokens(ctx, c.actor)
	}
	if err == nil {
		o.twoStep, err = c.web.Rooms.Accounts.TwoStep(ctx, c.actor, c.web.Portal)
	}
	if err == nil {
		o.passkeys, err = c.web.Rooms.Accounts.Passkeys(ctx, c.actor)
	}
	return o, err
}

func accountPage(ctx context.Context, c *call) (answer, error) {
	o, err := c.accountOverview(ctx)
	if err != nil {
		return answer{}, err
	}
	if done := c.URL.Query().Get("done"); c.view.Has("account.done_" + done) {
		o.done = done
	}
	return show(accountView(c.view, o))
}

func endSession(ctx context.Context, c *call) (answer, error) {
	id, err := ids.Prefix("ses").Parse(c.PostForm.Get("session"))
	if err != nil {
		return answer{}, errs.New(errs.NotFound, "accounts.session_unknown")
	}
	if err := c.web.Rooms.Accounts.EndSession(ctx, c.actor, id); err != nil {
		return answer{}, err
	}
	return goTo(accountPath + "?done=session_ended")
}

func endOtherSessions(ctx context.Context, c *call) (answer, error) {
	if _, err := c.web.Rooms.Accounts.EndOtherSessions(ctx, c.actor); err != nil {
		return answer{}, err
	}
	return goTo(accountPath + "?done=sessions_ended")
}

func changePassword(ctx context.Context, c *call) (answer, error) {
	err := c.web.Rooms.Accounts.ChangePassword(ctx, c.actor, c.PostForm.Get("current"), c.PostForm.Get("password"))
	if err == nil {
		return goTo(accountPath + "?done=password_changed")
	}
	o, failed := c.accountOverview(ctx)
	if failed != nil {
		return answer{}, failed
	}
	o.password = c.formErrors(o.password, err)
	c.view.Path = accountPath
	return c.again(accountView(c.view, o), err)
}

// again answers a form that was refused with its page, if the reader can mend it there or has to wait.
func (c *call) again(page templ.Component, err error) (answer, error) {
	switch {
	case correctable(err):
		return invalid(page)
	case errs.KindOf(err) == errs.Limited:
		return answer{status: routes.StatusOf(err), page: page, retry: retryAfter(err)}, nil
	}
	return answer{}, err
}

// agentName shortens what a browser calls itself to what its owner knows it by.
func agentName(agent string) string {
	first := func(names ...[2]string) string {
		for _, n := range names {
			if strings.Contains(agent, n[0]) {
				return n[1]
			}
		}
		return ""
	}
	browser := first([2]string{"Edg/", "Edge"}, [2]string{"OPR/", "Opera"}, [2]string{"Firefox/", "Firefox"}, [2]string{"Chrome/", "Chrome"}, [2]string{"Safari/", "Safari"})
	system := first([2]string{"Android", "Android"}, [2]string{"iPhone", "iPhone"}, [2]string{"iPad", "iPad"}, [2]string{"Windows", "Windows"}, [2]string{"Mac OS X", "macOS"}, [2]string{"Linux", "Linux"})
	if browser != "" && system != "" {
		return browser + ", " + system
	}
	return agent
}
