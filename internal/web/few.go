package web

import (
	"context"
	"strings"

	"chiave/internal/licensing/access"
	"chiave/internal/web/ui"
)

// fewNamed is how many numbers the recommendation names.
const fewNamed = 8

// few returns the Licensing IDs that depend on the reader alone; none for who administers nothing.
func (c *call) few(ctx context.Context) ([]access.Few, error) {
	if !c.holds(access.ManageUsers) {
		return nil, nil
	}
	return c.web.Rooms.Access.FewPeople(ctx, c.actor)
}

// fewNotices recommend alternates (ADM-04).
func fewNotices(v ui.View, few []access.Few, action *ui.Button) (all []ui.Notice) {
	if len(few) == 0 {
		return nil
	}
	var keys []access.Few
	for _, f := range few {
		if f.Keys {
			keys = append(keys, f)
		}
	}
	all = append(all, ui.Notice{Tone: ui.Warning, What: v.N("few.alone", int64(len(few)), "numbers", fewNumbers(v, few)), Why: v.T("few.alone_why"), Next: v.T("few.alone_next"), Action: action})
	if len(keys) > 0 {
		all = append(all, ui.Notice{Tone: ui.Warning, What: v.N("few.keys", int64(len(keys)), "numbers", fewNumbers(v, keys)), Why: v.T("few.keys_why"), Next: v.T("few.keys_next")})
	}
	return all
}

func fewNumbers(v ui.View, few []access.Few) string {
	var numbers []string
	for _, f := range few[:min(len(few), fewNamed)] {
		numbers = append(numbers, f.Number)
	}
	if more := len(few) - fewNamed; more > 0 {
		numbers = append(numbers, v.N("few.more", int64(more)))
	}
	return strings.Join(numbers, ", ")
}
