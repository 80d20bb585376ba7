package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"chiave/internal/licensing/activation"
	"chiave/internal/licensing/keys"
	"chiave/internal/platform/errs"
	"chiave/verify"
)

// event is something that happens in the demo's past; at is when, from 0 for its beginning to 1 for its end.
type event struct {
	at float64
	do func(ctx context.Context) error
}

// work lets two months pass, in which computers are activated and people do this and that.
func (w *world) work(ctx context.Context) error {
	events := append(w.activations(), w.incidents()...)
	slices.SortStableFunc(events, func(a, b event) int { return cmp.Compare(a.at, b.at) })
	moments := w.past.workdays()
	for i, moment := range moments {
		until := float64(i+1) / float64(len(moments))
		n, _ := slices.BinarySearchFunc(events, until, func(e event, until float64) int {
			if e.at < until {
				return -1
			}
			return 1
		})
		if n == 0 {
			continue
		}
		if err := w.past.reach(ctx, moment); err != nil {
			return err
		}
		if err := together(ctx, events[:n]); err != nil {
			return err
		}
		events = events[n:]
	}
	return together(ctx, events)
}

// together lets events happen side by side, as they would.
func together(ctx context.Context, events []event) error {
	failed := make([]error, len(events))
	var all sync.WaitGroup
	for i, e := range events {
		all.Go(func() { failed[i] = e.do(ctx) })
	}
	all.Wait()
	return errors.Join(failed...)
}

// activations spreads the computers of every key over its time.
func (w *world) activations() []event {
	var all []event
	for _, name := range order {
		s := w.keys[name]
		for n := range s.used {
			at := s.from + (s.to-s.from)*(float64(n)+0.5)/float64(s.used)
			all = append(all, event{at, func(ctx context.Context) error { return w.activate(ctx, s, n) }})
		}
	}
	return all
}

// incidents are what happens besides.
func (w *world) incidents() []event {
	return []event{
		{0.45, func(ctx context.Context) error {
			old := w.keys["old office"].id
			_, err := w.app.Keys.Supersede(ctx, w.operator, old.ID, old.Version)
			return err
		}},
		{0.7, func(ctx context.Context) error {
			licensing := w.keys["desktop"].id.Licensing
			return w.app.Keys.Export(ctx, w.luca, keys.Export{Licensing: licensing, Format: "tsv"}, io.Discard)
		}},
		{0.84, func(ctx context.Context) error { return w.bringIn(ctx, w.app.Orders.Import, "orders-later.csv") }},
		{0.9, func(ctx context.Context) error { return w.activate(ctx, w.keys["office"], 3) }}, // installed again: counts no second time
		{0.93, func(ctx context.Context) error {
			s := w.keys["server"]
			if err := w.activate(ctx, s, s.used); errs.CodeOf(err) != "activation.none_left" {
				return fmt.Errorf("one server too many was not refused: %w", err)
			}
			return nil
		}},
		{0.95, func(ctx context.Context) error {
			_, _, err := w.app.Keys.Reveal(ctx, w.giulia, w.keys["server"].id.ID)
			return err
		}},
	}
}

// activate activates the nth computer of a key.
func (w *world) activate(ctx context.Context, s *stock, n int) error {
	product := s.products[0]
	if len(s.products) > 1 && n%3 == 2 {
		product = s.products[1]
	}
	machine := fmt.Sprintf(s.machines, n+1)
	id, err := verify.InstallationID(product, []byte("demo"), []byte(machine))
	if err != nil {
		return err
	}
	_, err = w.app.Activation.Activate(ctx, request, activation.Request{Code: s.code, InstallationID: id, Product: product, Machine: machine})
	return err
}
