// Package clock is where the time of day comes from; nothing else in the shipped program reads the system's clock.
//
// A transaction's instant (db.Tx.Now) is a Clock's reading held to the database's own clock. Tests hand in a Manual.
package clock

import (
	"sync"
	"time"
)

// Clock tells the present instant.
type Clock interface {
	// Now returns the present instant in UTC.
	Now() time.Time
}

// System is the machine's clock. Its readings keep Go's monotonic part, so that differences survive a clock that is set.
type System struct{}

// Now returns the machine's time.
func (System) Now() time.Time { return time.Now() }

// Skewed is a clock that is wrong by a fixed amount. It exists to show that replicas with wrong clocks agree.
type Skewed struct {
	Of Clock
	By time.Duration
}

// Now returns the underlying reading moved by By.
func (s Skewed) Now() time.Time { return s.Of.Now().Add(s.By) }

// Manual is a clock that stands still until it is moved; for tests. It is safe for concurrent use.
type Manual struct {
	mu sync.Mutex
	at time.Time
}

// NewManual returns a clock that stands at the given instant.
func NewManual(at time.Time) *Manual { return &Manual{at: at.UTC()} }

// Now returns the instant the clock stands at.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.at
}

// Advance moves the clock by d.
func (m *Manual) Advance(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at = m.at.Add(d)
}
