package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// measured are the rates of one server, by round.
type measured struct{ hot, many []float64 }

// benchActivation measures, in turns, the bare peer, and each engine with one key and with many. Every request is a computer that was
// never seen before.
func benchActivation(ctx context.Context, o options) (err error) {
	dir, err := os.MkdirTemp("", "chiave-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	bare, err := startBare(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bare.stop()) }()
	var targets []*target
	for _, engine := range []string{"sqlite", "postgres"} {
		t, err := newTarget(ctx, o, engine, filepath.Join(dir, engine))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, t.stop()) }()
		targets = append(targets, t)
	}
	b := &bench{options: o, bare: bare, acknowledged: map[string]int64{}, results: map[string]*measured{"sqlite": {}, "postgres": {}}}
	if err := b.run(ctx, targets); err != nil {
		return err
	}
	for _, t := range targets {
		used, err := t.used(ctx)
		if err != nil {
			return err
		}
		if used != b.acknowledged[t.engine] {
			return fmt.Errorf("%s counts %d activations, %d were acknowledged", t.engine, used, b.acknowledged[t.engine])
		}
		note("%s: %d activations acknowledged, as many counted", t.engine, used)
	}
	b.report()
	return nil
}

type bench struct {
	options
	bare         *process
	rates        []float64 // of the bare peer
	results      map[string]*measured
	acknowledged map[string]int64
}

// run takes the rounds. The first one warms up and is not counted.
func (b *bench) run(ctx context.Context, targets []*target) error {
	for round := range b.rounds + 1 {
		slice := b.slice
		if round == 0 {
			slice = time.Second
		}
		keep := func(rates *[]float64, o outcome) {
			if round > 0 {
				*rates = append(*rates, o.perSecond())
			}
		}
		seen, err := load{b.connections, bodies(targets[0].many)}.fire(ctx, b.bare.url, path, slice)
		if err != nil {
			return fmt.Errorf("bare: %w", err)
		}
		keep(&b.rates, seen)
		for _, t := range targets {
			r := b.results[t.engine]
			for _, kind := range []struct {
				keys  []string
				rates *[]float64
			}{{[]string{t.hot}, &r.hot}, {t.many, &r.many}} {
				seen, err := load{b.connections, bodies(kind.keys)}.fire(ctx, t.url, path, slice)
				if err != nil {
					return fmt.Errorf("%s: %w", t.engine, err)
				}
				b.acknowledged[t.engine] += seen.answered
				keep(kind.rates, seen)
			}
		}
	}
	return nil
}

// bodies returns what makes requests for random computers, each with one of the keys.
func bodies(keys []string) func(to []byte) []byte {
	return func(to []byte) []byte {
		var id [16]byte
		for i := range id {
			id[i] = byte(rand.Uint32())
		}
		to = append(to, `{"product_key":"`...)
		to = append(to, keys[rand.IntN(len(keys))]...)
		to = append(to, `","installation_id":"`...)
		to = hex.AppendEncode(to, id[:])
		return append(to, `","product":"`+product+`"}`...)
	}
}

// report prints the middle of the rounds. S1 takes the slower of one key and many.
func (b *bench) report() {
	bare := middle(b.rates)
	ratio := map[string]float64{}
	for _, engine := range []string{"sqlite", "postgres"} {
		hot, many := middle(b.results[engine].hot), middle(b.results[engine].many)
		note("%s: %.0f/s with one key, %.0f/s with %d keys (one key is %+.0f %%)", engine, hot, many, b.keys, 100*(hot/many-1))
		ratio[engine] = min(hot, many) / bare
	}
	fmt.Printf("S1 sqlite=%.2f postgres=%.2f bare_per_s=%.0f\n", ratio["sqlite"], ratio["postgres"], bare)
}

func middle(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
