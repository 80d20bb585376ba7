package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"chiave/internal/platform/db"
)

// Config adjusts a runner; the zero value is what a server uses.
type Config struct {
	// Workers is how many jobs run at once; 4 when zero.
	Workers int
	// Attempts is after how many failures a job is dead; 10 when zero, which is some 15 hours.
	Attempts int
	// Lease is how long a claim holds a job; 2 minutes when zero. A handler's context ends after three quarters of it, so
	// that a live runner never loses a job that it is running. Longer work is cut into several jobs.
	Lease time.Duration
	// Poll is how often the queue is looked at when nothing wakes the runner; 1 second when zero.
	Poll time.Duration
	// Log is told of failures; discarded when nil.
	Log *slog.Logger
	// Observe is told how each run ended, for metrics; nil is fine.
	Observe func(kind string, outcome Outcome)
}

// Outcome is how one run of a job ended.
type Outcome string

// The outcomes.
const (
	Done     Outcome = "done"
	Failed   Outcome = "failed"   // it will be tried again
	Dead     Outcome = "dead"     // it was the last attempt
	Released Outcome = "released" // the runner was stopped; it runs again
	Lost     Outcome = "lost"     // the lease had ended and another runner has the job
)

// Handler does the work of one kind.
type Handler struct {
	// Run does the work. Its context ends before the lease does and when the runner is stopped.
	Run func(ctx context.Context, j Job) error
	// Dead, when there is one, runs in the transaction that gives a job up, so that the room can show it.
	Dead func(tx *db.Tx, j Job, reason string) error
}

// Runner runs jobs. Handlers are registered first; then Start, or Drain, or both. It is safe for concurrent use.
type Runner struct {
	db    *db.DB
	cfg   Config
	wake  chan struct{}
	first chan struct{} // closed after the first look at the queue

	mu       sync.Mutex
	handlers map[string]Handler
	every    map[string]time.Duration
	busy     map[string]bool // rows that this runner is running
	sealed   bool            // no more handlers
	cancel   context.CancelFunc
	ended    chan struct{}
}

// New returns a runner on d with the schedule that purges its own table.
func New(d *db.DB, cfg Config) *Runner {
	cfg.Workers = orDefault(cfg.Workers, 4)
	cfg.Attempts = orDefault(cfg.Attempts, 10)
	cfg.Lease = orDefault(cfg.Lease, 2*time.Minute)
	cfg.Poll = orDefault(cfg.Poll, time.Second)
	cfg.Log = orDefault(cfg.Log, slog.New(slog.DiscardHandler))
	if cfg.Observe == nil {
		cfg.Observe = func(string, Outcome) {}
	}
	r := &Runner{db: d, cfg: cfg, wake: make(chan struct{}, 1), first: make(chan struct{}),
		handlers: map[string]Handler{}, every: map[string]time.Duration{}, busy: map[string]bool{}}
	r.Every("jobs.purge", time.Hour, func(ctx context.Context) error { return Purge(ctx, d) })
	return r
}

func orDefault[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}

// Handle makes run the handler of kind. Registering a kind twice, or after Start, is a programming fault and panics.
func (r *Runner) Handle(kind string, run func(ctx context.Context, j Job) error) {
	r.HandleWith(kind, Handler{Run: run})
}

// HandleWith is Handle for a room that wants to know of jobs that are given up.
func (r *Runner) HandleWith(kind string, h Handler) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, twice := r.handlers[kind]; twice || r.sealed || h.Run == nil {
		panic(fmt.Sprintf("jobs: the handler of %q is registered twice, too late, or empty", kind))
	}
	r.handlers[kind] = h
}

// Every runs run once in each interval, on one of all replicas that know the schedule. Slots are whole multiples of
// interval since 1970 in UTC; the first run is at once. A failed run is tried again with back-off, at the next slot at
// the latest. interval is at least a second.
func (r *Runner) Every(name string, interval time.Duration, run func(ctx context.Context) error) {
	if interval < time.Second {
		panic(fmt.Sprintf("jobs: the schedule %q runs too often", name))
	}
	kind := "every:" + name
	r.Handle(kind, func(ctx context.Context, _ Job) error { return run(ctx) })
	r.mu.Lock()
	defer r.mu.Unlock()
	r.every[kind] = interval
}

// Enqueue is the package's Enqueue, and wakes this runner once the transaction is durable.
func (r *Runner) Enqueue(tx *db.Tx, kind string, payload any, at time.Time) error {
	if err := Enqueue(tx, kind, payload, at); err != nil {
		return err
	}
	tx.AfterCommit(r.Wake)
	return nil
}

// Wake makes the runner look at the queue now. It never blocks.
func (r *Runner) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Start begins to run jobs until Stop is called or ctx ends. It returns at once; while the database is away, the runner keeps
// trying. Starting twice is a programming fault and panics.
func (r *Runner) Start(ctx context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended != nil {
		panic("jobs: started twice")
	}
	r.sealed, r.ended = true, make(chan struct{})
	ctx, r.cancel = context.WithCancel(ctx)
	go r.loop(ctx, r.ended)
}

// Started is closed after the first successful look at the queue: schedules are in place and due work has begun.
func (r *Runner) Started() <-chan struct{} { return r.first }

// Stop cancels the context of running handlers, waits for them to return, gives back what they had not finished, and
// returns when no goroutine of the runner is left. It may be called at any time, more than once, and without Start.
func (r *Runner) Stop() {
	r.mu.Lock()
	cancel, ended := r.cancel, r.ended
	r.mu.Unlock()
	if ended == nil {
		return
	}
	cancel()
	<-ended
}

// loop looks at the queue whenever it is woken, whenever a job has ended, and every Poll.
func (r *Runner) loop(ctx context.Context, ended chan<- struct{}) {
	defer close(ended)
	var work sync.WaitGroup
	defer work.Wait()
	ticker := time.NewTicker(r.cfg.Poll)
	defer ticker.Stop()
	started, away := false, false
	for ctx.Err() == nil {
		err := r.look(ctx, &work, !started)
		if err == nil && !started {
			started = true
			close(r.first)
		}
		if failed := err != nil && ctx.Err() == nil; failed != away { // say once that the database is away, and once that it is back
			away = failed
			r.cfg.Log.WarnContext(ctx, "job queue", "reachable", !away, "error", err)
		}
		select {
		case <-ctx.Done():
		case <-r.wake:
		case <-ticker.C:
		}
	}
}

// look claims as much as there are free workers and starts it.
func (r *Runner) look(ctx context.Context, work *sync.WaitGroup, register bool) error {
	if register {
		if err := r.register(ctx); err != nil {
			return err
		}
	}
	taken, err := r.take(ctx)
	for _, j := range taken {
		work.Go(func() {
			r.run(ctx, j)
			r.Wake()
		})
	}
	return err
}

// register makes sure of the rows of the schedules.
func (r *Runner) register(ctx context.Context) error {
	return r.db.Housekeep(ctx, "registering schedules", func(tx *db.Tx) error {
		for _, kind := range slices.Sorted(maps.Keys(r.every)) {
			if err := schedule(tx, kind, r.every[kind]); err != nil {
				return err
			}
		}
		return nil
	})
}

// take claims jobs for the workers that are free and marks them busy.
func (r *Runner) take(ctx context.Context) ([]Job, error) {
	r.mu.Lock()
	busy, kinds := slices.Collect(maps.Keys(r.busy)), slices.Sorted(maps.Keys(r.handlers))
	r.mu.Unlock()
	free := r.cfg.Workers - len(busy)
	if free <= 0 {
		return nil, nil
	}
	taken, err := claim(ctx, r.db, kinds, busy, free, r.cfg.Lease)
	if err != nil { // what was read in a transaction that did not commit is nobody's
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, j := range taken {
		r.busy[j.row] = true
	}
	return taken, nil
}

// reasonLength bounds what is stored of an error's text.
const reasonLength = 500

// address is anything that could be a mail address (RFC 5321, section 4.1.2), in a URL too.
var address = regexp.MustCompile(`("[^"]*"|[^\s<>()\[\]"',;:]+)(@|%40)[^\s<>()\[\]"',;:]+`)

// reasonOf returns what is kept and logged of an error: its text without mail addresses, which other programs put into theirs, as
// mail servers do. Codes and the rest of the sentence stay.
func reasonOf(err error) string {
	text := []rune(address.ReplaceAllString(strings.ToValidUTF8(err.Error(), "?"), "(address)"))
	return string(text[:min(len(text), reasonLength)])
}
