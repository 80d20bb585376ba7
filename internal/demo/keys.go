package demo

import (
	"context"
	"fmt"

	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/keys"
)

// stock is a product key of the demo and what becomes of it.
type stock struct {
	number   string // Licensing ID
	kind     keys.Type
	products []string // activations go round these
	limit    int64    // 0 for a MAK: as many as its licenses give
	machines string   // pattern of the names of the computers
	used     int      // how many it activates
	from, to float64  // when, as parts of the demo's past

	id   keys.Key
	code keys.Code
}

// stocks returns the keys by the names under which the demo speaks of them.
func stocks() map[string]*stock {
	return map[string]*stock{
		"office":        {number: "E-5561048", kind: keys.MAK, products: []string{"NIB-STD", "NIB-PRO"}, machines: "bra-nb-%03d", used: 84, to: 1}, // nearly used up
		"desktop":       {number: "E-5561048", kind: keys.MAK, products: []string{"ALB-PRO", "ALB-ENT"}, limit: 400, machines: "bra-nb-%03d", used: 118, from: 0.1, to: 1},
		"server":        {number: "E-5561048", kind: keys.MAK, products: []string{"COR-STD", "COR-DC"}, limit: 12, machines: "bra-srv-%02d", used: 12, to: 0.8}, // exhausted
		"host":          {number: "E-5561048", kind: keys.KMSHost, products: []string{"ALB-ENT"}, limit: 10},
		"drawing":       {number: "E-5561048", kind: keys.Volume, products: []string{"TEL-DRW"}},
		"old office":    {number: "E-4410937", kind: keys.MAK, products: []string{"NIB-STD"}, limit: 60, machines: "bra-pc-%03d", used: 22, to: 0.4}, // superseded
		"publishing":    {number: "8C41F2D7", kind: keys.MAK, products: []string{"NIB-STD"}, limit: 68, machines: "hf-lap-%02d", used: 41, to: 1},
		"editors":       {number: "8C41F2D7", kind: keys.MAK, products: []string{"ALB-PRO"}, limit: 68, machines: "hf-lap-%02d", used: 15, from: 0.3, to: 1},
		"layout":        {number: "8C41F2D7", kind: keys.Volume, products: []string{"TEL-DRW"}},
		"professionals": {number: "V-7716402", kind: keys.MAK, products: []string{"NIB-PRO"}, limit: 30, machines: "hf-pro-%02d", used: 8, from: 0.5, to: 0.9},
		"foundation":    {number: "64178250", kind: keys.MAK, products: []string{"NIB-STD"}, limit: 20},
	}
}

// order is the one in which the keys are made.
var order = []string{"old office", "office", "desktop", "server", "host", "drawing", "publishing", "editors", "layout", "professionals", "foundation"}

// stockUp has the operator make the keys, and the customers' people take them out of custody.
func (w *world) stockUp(ctx context.Context) error {
	w.keys = stocks()
	for _, name := range order {
		s := w.keys[name]
		licensing, err := w.app.Agreements.Find(ctx, w.operator, s.number)
		if err != nil {
			return fmt.Errorf("the demo's key %q: %w", name, err)
		}
		made, err := w.app.Keys.Generate(ctx, w.operator, keys.Generation{Licensing: licensing, Type: s.kind, Products: s.products, Limit: s.limit})
		if err != nil {
			return fmt.Errorf("the demo's key %q: %w", name, err)
		}
		s.id = made[0]
	}
	for _, deployment := range []struct {
		by   audit.Actor
		keys []string
	}{
		{w.giulia, []string{"old office", "office", "server"}}, {w.luca, []string{"desktop"}}, {w.amelia, []string{"publishing", "editors", "professionals"}},
	} {
		for _, name := range deployment.keys {
			if err := w.reveal(ctx, deployment.by, w.keys[name]); err != nil {
				return fmt.Errorf("revealing the demo's key %q: %w", name, err)
			}
		}
	}
	return w.app.Keys.Copied(ctx, w.luca, w.keys["desktop"].id.ID)
}

// reveal takes a key out of custody, on the record.
func (w *world) reveal(ctx context.Context, by audit.Actor, s *stock) error {
	_, text, err := w.app.Keys.Reveal(ctx, by, s.id.ID)
	if err != nil {
		return err
	}
	s.code, err = keys.ParseTyped(text)
	return err
}
