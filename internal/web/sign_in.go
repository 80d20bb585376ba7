package web

import (
	"context"
	"net/http"
	"net/url"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/i18n"
	"chiave/internal/routes"
	"chiave/internal/web/ui"
)

// sessions registers the pages of coming and going, and the reader's choices.
func (r registrar) sessions() {
	r.read(accounts.SignInPath, "", access.Public, "", signInPage)
	r.change(accounts.SignInPath, "", access.Public, "", "sessions.started", routes.Natural, signIn)
	r.change(codePath, "", access.Public, "", "sessions.started", routes.Natural, signInByCode)
	r.change("/sign-out", "", access.SelfService, "", "sessions.ended", routes.Natural, signOut)
	r.change("/preferences", "", access.Public, "", "users.language_set", routes.Natural, setPreferences)
}

// signInForm is what the sign-in page shows.
type signInForm struct {
	head    ui.FormHead
	address string
	ended   bool // the session has run out
	unsent  bool // before a form was sent, which had no effect
	fresh   bool // the account was made a moment ago
	reset   bool // the password was set a moment ago
	// passkeys says that browsers give them here.
	passkeys bool
	work     bool // the personal account was converted a moment ago
}

func (c *call) signInForm(back string) signInForm {
	head := ui.FormHead{Action: accounts.SignInPath}
	if back != "/" {
		head.Hidden = []ui.Hidden{{Name: ui.ReturnField, Value: back}}
	}
	return signInForm{head: head, passkeys: c.web.Rooms.Accounts.PasskeysWork()}
}

func signInPage(_ context.Context, c *call) (answer, error) {
	back := ui.ReturnPath(c.URL.Query().Get(ui.ReturnField))
	if c.user != nil {
		return goTo(back)
	}
	form := c.signInForm(back)
	asked := c.URL.Query()
	form.ended, form.unsent, form.fresh, form.reset = asked.Has("ended"), asked.Has("unsent"), asked.Has("registered"), asked.Has("reset")
	form.work = asked.Has("converted")
	return show(signInView(c.view, form))
}

// signIn opens a session. It answers alike whatever was wrong.
func signIn(ctx context.Context, c *call) (answer, error) {
	back := ui.ReturnPath(c.PostForm.Get(ui.ReturnField))
	address := c.PostForm.Get("address")
	token, session, err := c.web.Rooms.Accounts.Enter(ctx, accounts.Attempt{
		Request: c.actor.Request, Remote: c.RemoteAddr, Agent: c.UserAgent(), Address: address, Password: c.PostForm.Get("password")})
	if errs.CodeOf(err) == "accounts.e06" {
		return c.signUpRefused(err)
	}
	switch errs.KindOf(err) {
	case errs.Unauthenticated, errs.Limited:
		if errs.CodeOf(err) == "accounts.code_missing" {
			return c.askForCode(token, back, nil)
		}
		form := c.signInForm(back)
		form.address = address
		form.head = c.formErrors(form.head, err)
		c.view.Path = accounts.SignInPath + "?" + url.Values{ui.ReturnField: {back}}.Encode()
		status := http.StatusUnprocessableEntity
		if errs.KindOf(err) == errs.Limited {
			status = http.StatusTooManyRequests
		}
		return answer{status: status, page: signInView(c.view, form), retry: retryAfter(err)}, nil
	}
	if err != nil {
		return answer{}, err
	}
	return c.comeIn(ctx, token, session, back)
}

// comeIn lets the browser of a new session go on.
func (c *call) comeIn(ctx context.Context, token string, session accounts.Session, back string) (answer, error) {
	if c.user != nil { // the browser forgets its session before
		if err := c.web.Rooms.Accounts.SignOut(ctx, c.self(), c.token); err != nil {
			return answer{}, err
		}
	}
	a, err := goTo(back)
	a.cookies = []*http.Cookie{c.web.sessionCookie(token), c.web.choiceCookie(ui.LangCookie, string(session.User.Language))}
	return a, err
}

func signOut(ctx context.Context, c *call) (answer, error) {
	if err := c.web.Rooms.Accounts.SignOut(ctx, c.self(), c.token); err != nil {
		return answer{}, err
	}
	a, err := goTo(accounts.SignInPath)
	a.cookies = []*http.Cookie{c.web.noSession()}
	return a, err
}

// setPreferences keeps the reader's language and theme: the theme in the browser, the language also with the user.
func setPreferences(ctx context.Context, c *call) (answer, error) {
	a, err := goTo(ui.ReturnPath(c.PostForm.Get(ui.ReturnField)))
	if theme := c.PostForm.Get(ui.ThemeField); theme != "" {
		a.cookies = append(a.cookies, c.web.choiceCookie(ui.ThemeCookie, string(ui.ParseTheme(theme))))
	}
	code := c.PostForm.Get(ui.LangField)
	if code == "" {
		return a, err
	}
	lang, ok := i18n.ParseLang(code)
	if !ok {
		return answer{}, errs.New(errs.Invalid, "page.language")
	}
	if c.user != nil {
		if err := c.web.Rooms.Accounts.SetLanguage(ctx, c.self(), lang); err != nil {
			return answer{}, err
		}
	}
	a.cookies = append(a.cookies, c.web.choiceCookie(ui.LangCookie, string(lang)))
	return a, err
}
