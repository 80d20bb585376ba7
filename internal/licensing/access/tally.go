package access

import (
	"context"
	"fmt"
	"sync"
	"time"

	"chiave/internal/licensing/audit"
)

// flushEvery is how long anonymous refusals are counted before they go on record together.
const flushEvery = time.Minute

// tally counts the refusals of actors that are not signed in, so that a stranger cannot fill the log.
type tally struct {
	mu     sync.Mutex
	since  time.Time // instant of the first refusal counted; zero when there is none
	counts map[Action]int
}

func newTally() *tally { return &tally{counts: map[Action]int{}} }

// add counts a refusal at the instant now and reports whether the counts are due to be written.
func (t *tally) add(action Action, now time.Time) (due bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.since.IsZero() {
		t.since = now
	}
	t.counts[action]++
	return now.Sub(t.since) >= flushEvery
}

// take returns the counts and starts anew.
func (t *tally) take() (since time.Time, counts map[Action]int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	since, counts = t.since, t.counts
	t.since, t.counts = time.Time{}, map[Action]int{}
	return since, counts
}

// giveBack returns counts that could not be written.
func (t *tally) giveBack(since time.Time, counts map[Action]int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.since.IsZero() || since.Before(t.since) {
		t.since = since
	}
	for action, n := range counts {
		t.counts[action] += n
	}
}

func (s *Service) count(ctx context.Context, action Action, now time.Time) error {
	if !s.tally.add(action, now) {
		return nil
	}
	return s.FlushRefusals(ctx)
}

// FlushRefusals writes the anonymous refusals counted so far as one record. The application calls it every minute and
// when it stops.
func (s *Service) FlushRefusals(ctx context.Context) error {
	since, counts := s.tally.take()
	if len(counts) == 0 {
		return nil
	}
	after := struct {
		Since  time.Time      `json:"since"`
		Counts map[Action]int `json:"counts"`
	}{since, counts}
	event := audit.Event{Action: "access.refused_anonymous", After: after, Refused: true}
	if err := s.record(ctx, audit.Nobody(""), event); err != nil {
		s.tally.giveBack(since, counts)
		return fmt.Errorf("recording anonymous refusals: %w", err)
	}
	return nil
}
