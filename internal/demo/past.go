package demo

import (
	"context"
	"time"

	"chiave/internal/app"
	"chiave/internal/platform/db"
)

// past is the time between the beginning of the demo and the run.
type past struct {
	app  *app.App
	now  time.Time     // of the run
	left time.Duration // until then; 0 where the clock cannot be moved without leaving the present
}

// newPast finds how far the clock stands back.
func newPast(ctx context.Context, a *app.App) (*past, error) {
	p := &past{app: a}
	err := a.DB.Read(ctx, func(tx *db.Tx) error {
		p.now = tx.Now()
		return nil
	})
	if err != nil {
		return nil, err
	}
	if a.Install.Created.Sub(p.now) > span-24*time.Hour {
		p.left, p.now = span, p.now.Add(span)
	}
	return p, nil
}

// reach moves the clock forward until left remains, if more does.
func (p *past) reach(ctx context.Context, left time.Duration) error {
	by := p.left - max(0, left)
	if by <= 0 {
		return nil
	}
	p.left -= by
	return p.app.DB.Housekeep(ctx, "letting time pass in the demo", func(tx *db.Tx) error { return db.MoveClock(tx, by) })
}

// hours are when people work, in UTC.
var hours = []time.Duration{7*time.Hour + 52*time.Minute, 13*time.Hour + 38*time.Minute}

// workdays returns the moments of work since the beginning, as what is left until the run, in order of time.
func (p *past) workdays() []time.Duration {
	var moments []time.Duration
	midnight := p.now.Truncate(24 * time.Hour).Add(-span + 24*time.Hour)
	for day := midnight; day.Before(p.now); day = day.AddDate(0, 0, 1) {
		if day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
			continue
		}
		for i, hour := range hours {
			// No two days begin alike.
			at := day.Add(hour + time.Duration(day.YearDay()*(7+4*i)%50)*time.Minute + time.Duration(day.YearDay()*37%60)*time.Second)
			if at.Before(p.now) {
				moments = append(moments, p.now.Sub(at))
			}
		}
	}
	return moments
}
