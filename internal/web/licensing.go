package web

import (
	"regexp"
	"strings"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/entitlements"
	"chiave/internal/platform/i18n"
	"chiave/internal/platform/ids"
)

// licensingWire is the prefix of a Licensing ID's row id.
const licensingWire = ids.Prefix("lid")

// licensingID reads a row id. What is no id is unknown like an id that does not exist.
func licensingID(wire string) (ids.ID, error) {
	id, err := licensingWire.Parse(wire)
	if err != nil {
		return "", access.ErrUnknownLicensingID
	}
	return id, nil
}

// licensingPath is the page of a Licensing ID.
func licensingPath(id ids.ID) string { return "/licenses/" + licensingWire.Wire(id) }

// programName is a program's shipped name, or its code.
func programName(p i18n.Printer, code string) string {
	if name := catalogName(code); p.Has("program." + name) {
		return p.T("program." + name)
	}
	return code
}

// catalogName is a code as the catalogs of texts write it.
func catalogName(code string) string { return strings.ReplaceAll(code, "-", "_") }

// programOf is a program's name, or that of its variant for the organization's segment.
func programOf(p i18n.Printer, program, variant string) string {
	if name := catalogName(program) + "." + catalogName(variant); variant != "" && p.Has("program."+name) {
		return p.T("program." + name)
	}
	return programName(p, program)
}

// span shows the days from start to end, either of which may be open.
func span(p i18n.Printer, start, end entitlements.Date) string {
	switch {
	case start.IsZero() && end.IsZero():
		return "–"
	case end.IsZero():
		return p.T("licenses.since", "start", start.Time())
	case start.IsZero():
		return p.T("licenses.until", "end", end.Time())
	}
	return p.T("licenses.period", "start", start.Time(), "end", end.Time())
}

// day shows a date that may be absent.
func day(p i18n.Printer, d entitlements.Date) string {
	if d.IsZero() {
		return "–"
	}
	return p.Date(d.Time())
}

// plainWord is what a shell takes as it is.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9._/:@%+=-]+$`)

// shellWord writes a value of somebody's choosing as one word of a command that a reader may paste into a shell.
func shellWord(s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
