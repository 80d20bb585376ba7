package jobs

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"chiave/internal/platform/db"
)

var errCutShort = errors.New("the last attempt was cut short")

// recordTime bounds the transaction that records how a run ended, which goes on when the runner is being stopped.
const recordTime = 15 * time.Second

// run runs one claimed job and records how it ended. It returns the handler's error.
func (r *Runner) run(ctx context.Context, j Job) error {
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.busy, j.row)
	}()
	h := r.handler(j.Kind)
	failed := errCutShort
	if j.every > 0 || j.Attempt <= r.cfg.Attempts {
		failed = r.call(ctx, h, j)
	}
	outcome, record := r.judge(ctx, h, j, failed)
	recording, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	mine := false
	err := r.db.Housekeep(recording, "recording the end of a job", func(tx *db.Tx) (err error) {
		mine, err = record(tx)
		return err
	})
	if err == nil && !mine {
		outcome = Lost
	}
	r.cfg.Observe(j.Kind, outcome)
	r.report(ctx, j, outcome, failed, err)
	return errors.Join(failed, err)
}

func (r *Runner) handler(kind string) Handler {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.handlers[kind]
}

// call runs the handler under its time limit and turns a panic into an error.
func (r *Runner) call(ctx context.Context, h Handler, j Job) (err error) {
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Lease*3/4)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			r.cfg.Log.ErrorContext(ctx, "job panicked", "kind", j.Kind, "job", j.row, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = fmt.Errorf("the handler of %s panicked", j.Kind)
		}
	}()
	return h.Run(ctx, j)
}

// judge decides what a run's result means and returns what records it.
func (r *Runner) judge(ctx context.Context, h Handler, j Job, failed error) (Outcome, func(*db.Tx) (bool, error)) {
	switch {
	case failed == nil:
		return Done, func(tx *db.Tx) (bool, error) { return finish(tx, j) }
	case ctx.Err() != nil && !isPermanent(failed) && !errors.Is(failed, errCutShort):
		return Released, func(tx *db.Tx) (bool, error) { return release(tx, j) }
	case j.every == 0 && (isPermanent(failed) || j.Attempt >= r.cfg.Attempts):
		return Dead, func(tx *db.Tx) (bool, error) {
			mine, err := bury(tx, j, reasonOf(failed))
			if err == nil && mine && h.Dead != nil {
				err = h.Dead(tx, j, reasonOf(failed))
			}
			return mine, err
		}
	default:
		return Failed, func(tx *db.Tx) (bool, error) { return retry(tx, j, reasonOf(failed)) }
	}
}

func (r *Runner) report(ctx context.Context, j Job, outcome Outcome, failed, recording error) {
	log, reason := r.cfg.Log.With("kind", j.Kind, "job", j.row, "attempt", j.Attempt), ""
	if failed != nil {
		reason = reasonOf(failed)
	}
	switch {
	case recording != nil:
		log.ErrorContext(ctx, "the end of a job could not be recorded; it runs again when its lease ends", "error", recording)
	case outcome == Dead:
		log.ErrorContext(ctx, "job given up", "error", reason)
	case outcome == Failed:
		log.WarnContext(ctx, "job failed and will be tried again", "error", reason)
	case outcome == Lost:
		log.WarnContext(ctx, "job was taken over by another runner before it ended here", "error", reason)
	}
}

// Drain runs everything that is due, one after the other, until nothing is, and returns how many runs there were and what
// their handlers and the database said. Schedules count; jobs that other runners hold are not waited for.
func (r *Runner) Drain(ctx context.Context) (int, error) {
	if err := r.register(ctx); err != nil {
		return 0, err
	}
	var all []error
	for runs := 0; ; {
		taken, err := r.take(ctx)
		if err != nil || len(taken) == 0 {
			return runs, errors.Join(append(all, err)...)
		}
		for _, j := range taken {
			runs++
			if err := r.run(ctx, j); err != nil {
				all = append(all, fmt.Errorf("%s: %w", j.Kind, err))
			}
		}
	}
}
