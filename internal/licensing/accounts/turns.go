package accounts

import (
	"context"
	"sync"
)

// turns makes those who name the same thing come one after the other, in this process.
type turns struct {
	mu    sync.Mutex
	taken map[string]chan struct{} // closed when the turn ends
}

func newTurns() *turns { return &turns{taken: map[string]chan struct{}{}} }

// take waits for the turn, which done ends. Errors: those of ctx.
func (t *turns) take(ctx context.Context, name string) (done func(), err error) {
	for {
		t.mu.Lock()
		before, busy := t.taken[name]
		if !busy {
			mine := make(chan struct{})
			t.taken[name] = mine
			t.mu.Unlock()
			return func() { t.end(name, mine) }, nil
		}
		t.mu.Unlock()
		select {
		case <-before:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (t *turns) end(name string, mine chan struct{}) {
	t.mu.Lock()
	delete(t.taken, name)
	t.mu.Unlock()
	close(mine)
}
