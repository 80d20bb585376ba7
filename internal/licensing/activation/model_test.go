package activation_test

import (
	"testing"

	"pgregory.net/rapid"

	"chiave/internal/licensing/keys"
	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// modelKey is what a key should be after a number of steps.
type modelKey struct {
	key        keys.Key
	code       keys.Code
	limit      int64
	superseded bool
	computers  map[int]ids.ID
	products   map[int]string // what each was activated for
}

// want says how the model answers an activation.
func (m *modelKey) want(computer int, product string) string {
	switch {
	case m.products[computer] == product:
		return "again"
	case m.computers[computer] != "" && product == "SRV":
		return "activation.other_product"
	case m.computers[computer] != "":
		return "activation.installation_id"
	case m.superseded:
		return "activation.key_superseded"
	case product == "SRV":
		return "activation.other_product"
	case int64(len(m.computers)) >= m.limit:
		return "activation.none_left"
	}
	return ""
}

// TestActivationsFollowTheModel compares random activations, changes of limits and supersessions with plain maps.
func TestActivationsFollowTheModel(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w := newWorld(t, d)
		rapid.Check(t, func(rt *rapid.T) {
			model := make([]*modelKey, 2)
			for i := range model {
				limit := rapid.Int64Range(1, 4).Draw(rt, "limit")
				k, code := w.MAK(w.licensing, limit)
				model[i] = &modelKey{key: k, code: code, limit: limit, computers: map[int]ids.ID{}, products: map[int]string{}}
			}
			rt.Repeat(map[string]func(*rapid.T){
				"activate": func(rt *rapid.T) { w.stepActivate(rt, pick(rt, model)) },
				"limit":    func(rt *rapid.T) { w.stepLimit(rt, pick(rt, model)) },
				"supersede": func(rt *rapid.T) {
					m := pick(rt, model)
					_, err := w.Keys.Supersede(t.Context(), w.Operator, m.key.ID, m.key.Version)
					if (err != nil) != m.superseded {
						rt.Fatalf("superseding: %v; was it already: %v", err, m.superseded)
					}
					if err == nil {
						m.superseded = true
						m.key.Version++
					}
				},
				"": func(rt *rapid.T) {
					for _, m := range model {
						if used, rows := w.used(m.key.ID), w.rows(m.key.ID); used != int64(len(m.computers)) || rows != used {
							rt.Fatalf("%d used, %d rows, want %d", used, rows, len(m.computers))
						}
					}
				},
			})
		})
	})
}

func pick(rt *rapid.T, model []*modelKey) *modelKey { return rapid.SampledFrom(model).Draw(rt, "key") }

func (w *world) stepActivate(rt *rapid.T, m *modelKey) {
	computer := rapid.IntRange(0, 5).Draw(rt, "computer")
	product := rapid.SampledFrom([]string{"NIB-STD", "NIB-PRO", "SRV"}).Draw(rt, "product")
	want := m.want(computer, product)
	r, err := w.activate(m.code, computer, product)
	got := ""
	if err != nil {
		got = errs.CodeOf(err)
	} else if r.Again {
		got = "again"
	}
	if got != want || want == "again" && r.ID != m.computers[computer] {
		rt.Fatalf("computer %d for %s: %q (%v), want %q", computer, product, got, r.ID, want)
	}
	if want == "" {
		m.computers[computer], m.products[computer] = r.ID, product
	}
}

func (w *world) stepLimit(rt *rapid.T, m *modelKey) {
	limit := rapid.Int64Range(0, 6).Draw(rt, "limit")
	k, err := w.Keys.SetLimit(rt.Context(), w.Operator, m.key.ID, limit, m.key.Version)
	if m.superseded {
		if errs.CodeOf(err) != "keys.superseded" {
			rt.Fatalf("a limit for a superseded key: %v", err)
		}
		return
	}
	if refused := limit < max(1, int64(len(m.computers))); refused != (errs.CodeOf(err) == "keys.limit_below_used") || !refused && err != nil {
		rt.Fatalf("limit %d with %d used: %v", limit, len(m.computers), err)
	}
	if err == nil {
		m.key, m.limit = k, limit
	}
}
