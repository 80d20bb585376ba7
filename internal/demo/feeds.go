package demo

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"io"
	"text/template"
	"time"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/feed"
)

// The feeds, in the formats that a publisher's own have. Their dates are written as months before or after the run:
//
//	{{first -24}}   the first day of the month two years ago
//	{{last 11}}     the last day of the month eleven months ahead
//	{{day -25 16}}  the 16th of a month
//	{{year -8}}     the year in which a month lies: versions are named after it
//
// No right begins or ends within the present month, so that all time zones and all days of the month see the same.
//
//go:embed feeds
var feeds embed.FS

// render returns a feed as it is on the day of the run.
func render(name string, now time.Time) ([]byte, error) {
	month := func(offset int) time.Time {
		year, m, _ := now.UTC().Date()
		return time.Date(year, m+time.Month(offset), 1, 0, 0, 0, 0, time.UTC)
	}
	t, err := template.New(name).Option("missingkey=error").Funcs(template.FuncMap{
		"first": func(offset int) string { return month(offset).Format(time.DateOnly) },
		"last":  func(offset int) string { return month(offset+1).AddDate(0, 0, -1).Format(time.DateOnly) },
		"day":   func(offset, day int) string { return month(offset).AddDate(0, 0, day-1).Format(time.DateOnly) },
		"year":  func(offset int) int { return month(offset).Year() },
	}).ParseFS(feeds, "feeds/"+name)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, nil)
	return out.Bytes(), err
}

// importer is the import of a room.
type importer func(ctx context.Context, actor audit.Actor, file string, r io.Reader, dryRun bool) (feed.Report, error)

// bringIn imports a feed. A row that the room refuses is an error: the demo is whole or not there.
func (w *world) bringIn(ctx context.Context, take importer, name string) error {
	text, err := render(name, w.past.now)
	if err != nil {
		return fmt.Errorf("the demo's %s: %w", name, err)
	}
	report, err := take(ctx, w.operator, name, bytes.NewReader(text), false)
	if err == nil && report.Failed() {
		e := report.Errors[0]
		err = fmt.Errorf("line %d, column %d, %s: %s %v, and %d more", e.Line, e.Column, e.Field, e.Code, e.Params, len(report.Errors)-1)
	}
	if err != nil {
		return fmt.Errorf("importing the demo's %s: %w", name, err)
	}
	return nil
}
