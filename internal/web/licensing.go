package web

import (
	"strings"
	"time"

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
	if name := strings.ReplaceAll(code, "-", "_"); p.Has("program." + name) {
		return p.T("program." + name)
	}
	return code
}

// day shows a date that may be absent.
func day(p i18n.Printer, d entitlements.Date) string {
	if d.IsZero() {
		return "–"
	}
	return p.Date(d.Time())
}

// today is the day that the reader's calendar shows.
func today(now time.Time, zone *time.Location) entitlements.Date {
	return entitlements.DateOf(now.In(zone))
}
