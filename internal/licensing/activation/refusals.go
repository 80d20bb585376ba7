package activation

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// countFor is how long refusals are only counted after one like them went on record.
const countFor = time.Minute

// recordsAtOnce is how many records one statement writes: it has an end to its parameters.
const recordsAtOnce = 1000

const refusedAction = "activation.refused"

// refusal is a key refused for one reason.
type refusal struct {
	key, licensing ids.ID
	reason         string // the error's code
}

// repeats are the refusals that were like one on record.
type repeats struct {
	recorded time.Time // instant of the one on record
	since    time.Time // instant of the first one counted
	count    int
}

func (r *repeats) add(more repeats) {
	if more.recorded.After(r.recorded) {
		r.recorded = more.recorded
	}
	if more.count > 0 && (r.count == 0 || more.since.Before(r.since)) {
		r.since = more.since
	}
	r.count += more.count
}

// refusals counts what says nothing new, so that whoever holds one key cannot fill the log with it.
type refusals struct {
	mu   sync.Mutex
	seen map[refusal]repeats
}

// round is what one transaction adds to the counts, once it is durable.
type round struct {
	*refusals
	now   time.Time
	added map[refusal]repeats
}

func (r *refusals) round(now time.Time) *round { return &round{r, now, map[refusal]repeats{}} }

// repeated counts a refusal if one like it went on record less than a minute ago, and reports whether it did. If not, it belongs on
// record itself.
func (n *round) repeated(what refusal) bool {
	if had, ok := n.added[what]; ok {
		had.add(repeats{had.recorded, n.now, 1})
		n.added[what] = had
		return true
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if had, ok := n.seen[what]; ok && n.now.Sub(had.recorded) < countFor {
		n.added[what] = repeats{had.recorded, n.now, 1}
		return true
	}
	n.added[what] = repeats{recorded: n.now}
	return false
}

// commit adds the round to the counts.
func (n *round) commit() { n.addAll(n.added) }

func (r *refusals) addAll(more map[refusal]repeats) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil {
		r.seen = map[refusal]repeats{}
	}
	for what, m := range more {
		had := r.seen[what]
		had.add(m)
		r.seen[what] = had
	}
}

// take returns the counts and starts anew.
func (r *refusals) take() map[refusal]repeats {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := map[refusal]repeats{}
	for what, n := range r.seen {
		if n.count > 0 {
			taken[what] = n
		}
	}
	r.seen = nil
	return taken
}

// FlushRefusals writes one record for each key and reason that were refused more often than the record shows. The application calls it
// every minute and when it stops; a process that dies loses the counts of its last minute.
func (s *Service) FlushRefusals(ctx context.Context) error {
	counts := s.refusals.take()
	if len(counts) == 0 {
		return nil
	}
	err := s.access.Write(ctx, audit.Actor{Kind: audit.Machine}, func(tx *db.Tx, g *access.Gate) error {
		g.Public()
		acts := make([]audit.Act, 0, len(counts))
		for what, n := range counts {
			after := struct {
				Reason string    `json:"reason"`
				Times  int       `json:"times"`
				Since  time.Time `json:"since"`
			}{what.reason, n.count, n.since}
			acts = append(acts, audit.Act{Actor: audit.Actor{Kind: audit.Machine}, Event: audit.Event{Action: refusedAction, Object: keyWire(what.key),
				LicensingID: what.licensing, Refused: true, After: after}})
		}
		for some := range slices.Chunk(acts, recordsAtOnce) {
			if err := audit.RecordEach(tx, some); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil { // counted twice, where the outcome is unknown, is better than lost
		s.refusals.addAll(counts)
		return fmt.Errorf("recording refused activations: %w", err)
	}
	return nil
}
