package ui

import (
	"time"

	"chiave/internal/platform/i18n"
)

// View carries what every page needs to know about its reader. The embedded Printer makes v.T, v.N, v.Date and
// v.Number available to pages.
type View struct {
	i18n.Printer
	User     *User          // nil before sign-in
	Nav      []NavItem      // the menu, see Menu
	Theme    Theme          // the reader's choice; empty is Auto
	Zone     *time.Location // zone in which instants are shown; nil is UTC
	Sandbox  bool           // the database was created as a sandbox: every page says so
	Path     string         // path and query of this page; where a language or theme switch returns to
	BaseURL  string         // public address of the installation without a slash at the end, for API equivalents
	Help     Support        // the publisher's support channels (GEN-08, L10N-04)
	EndView  string         // path that ends, by POST, the view through the eyes of User; empty when the reader is User
	SignOut  string         // path that signs out by POST; empty is "/sign-out"
	Switches string         // path that takes language and theme by POST; empty is "/preferences"
}

// User is the signed-in person as the page shows them.
type User struct {
	Name  string
	Email string
}

// Support is how a person reaches a support agent. Empty channels are left out.
type Support struct {
	Phone string // as written in the reader's country
	Hours string // opening hours, in the reader's language
	Form  string // path of the web form
}

// When shows an instant in the reader's zone.
func (v View) When(instant time.Time) string { return v.Time(instant, v.Zone) }

func (v View) signOut() string  { return orElse(v.SignOut, "/sign-out") }
func (v View) switches() string { return orElse(v.Switches, "/preferences") }

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// Theme is light, dark, or as the reader's system has it.
type Theme string

// The themes. Auto is the default.
const (
	Auto  Theme = "auto"
	Light Theme = "light"
	Dark  Theme = "dark"
)

// Names of the cookies and form fields that carry the reader's choices.
const (
	ThemeCookie = "chiave_theme"
	LangCookie  = "chiave_lang"
	ThemeField  = "theme"
	LangField   = "lang"
	ReturnField = "return"
)

// ParseTheme returns the theme that s names, and Auto for everything else.
func ParseTheme(s string) Theme {
	switch t := Theme(s); t {
	case Light, Dark:
		return t
	default:
		return Auto
	}
}

// ReturnPath returns path if it is a path on this installation, else "/". It guards every redirect that takes its
// target from a form: "//elsewhere" and "/\elsewhere" leave the site.
func ReturnPath(path string) string {
	if len(path) == 0 || path[0] != '/' || len(path) > 1 && (path[1] == '/' || path[1] == '\\') {
		return "/"
	}
	for _, r := range path {
		if r < ' ' || r == 0x7f {
			return "/"
		}
	}
	return path
}

// Tone is what a badge or a notice says about its subject.
type Tone string

// The tones.
const (
	Neutral Tone = "neutral"
	Info    Tone = "info"
	Good    Tone = "good"
	Warning Tone = "warning"
	Bad     Tone = "bad"
)
