package telemetry

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

const maxSeries = 2000

// Registry keeps metrics. It is safe for concurrent use, and so are its metrics.
type Registry struct {
	mu      sync.Mutex
	metrics map[string]*metric
	before  []func(context.Context)
}

// NewRegistry returns an empty registry.
func NewRegistry() *Registry { return &Registry{metrics: map[string]*metric{}} }

// metric is a family of series that differ in the values of their labels.
type metric struct {
	kind, help string
	labels     []string
	bounds     []float64 // upper bounds of a histogram's buckets, rising

	mu     sync.Mutex
	series map[string]*series // by the label values as they are printed
}

type series struct {
	value   float64  // of a histogram: the sum
	buckets []uint64 // of a histogram: observations at or below each bound, and all of them
}

// Counter is a number that only grows.
type Counter struct{ m *metric }

// Gauge is a number that goes up and down.
type Gauge struct{ m *metric }

// Histogram counts observations by size.
type Histogram struct{ m *metric }

// Counter registers a counter; its name ends in _total. A name that is taken is a programming fault and panics.
func (r *Registry) Counter(name, help string, labels ...string) Counter {
	return Counter{r.register(name, &metric{kind: "counter", help: help, labels: labels})}
}

// Gauge registers a gauge.
func (r *Registry) Gauge(name, help string, labels ...string) Gauge {
	return Gauge{r.register(name, &metric{kind: "gauge", help: help, labels: labels})}
}

// Histogram registers a histogram of seconds, with buckets from a millisecond to ten seconds.
func (r *Registry) Histogram(name, help string, labels ...string) Histogram {
	bounds := []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}
	return Histogram{r.register(name, &metric{kind: "histogram", help: help, labels: labels, bounds: bounds})}
}

func (r *Registry) register(name string, m *metric) *metric {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.metrics[name] != nil {
		panic("telemetry: " + name + " is registered twice")
	}
	m.series = map[string]*series{}
	r.metrics[name] = m
	return m
}

// BeforeScrape runs f before every answer, to set gauges that are looked up and not counted.
func (r *Registry) BeforeScrape(f func(ctx context.Context)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.before = append(r.before, f)
}

// Add adds n, which is not negative, to the series with these label values, one for each label.
func (c Counter) Add(n float64, values ...string) {
	c.m.change(values, func(s *series) { s.value += n })
}

// Inc adds one.
func (c Counter) Inc(values ...string) { c.Add(1, values...) }

// Set makes v the value of the series with these label values.
func (g Gauge) Set(v float64, values ...string) {
	g.m.change(values, func(s *series) { s.value = v })
}

// Observe counts one observation of v seconds.
func (h Histogram) Observe(v float64, values ...string) {
	h.m.change(values, func(s *series) {
		s.value += v
		for i, bound := range h.m.bounds {
			if v <= bound {
				s.buckets[i]++
			}
		}
		s.buckets[len(h.m.bounds)]++
	})
}

// change finds or makes a series under the metric's lock. The wrong number of values is a programming fault and panics.
func (m *metric) change(values []string, f func(*series)) {
	if len(values) != len(m.labels) {
		panic(fmt.Sprintf("telemetry: %d label values for the labels %q", len(values), m.labels))
	}
	key := m.key(values)
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.series[key]
	if s == nil && len(m.series) >= maxSeries {
		key = m.key(slices.Repeat([]string{"other"}, len(values)))
		s = m.series[key]
	}
	if s == nil {
		s = &series{buckets: make([]uint64, len(m.bounds)+1)}
		m.series[key] = s
	}
	f(s)
}

// key prints labels with their values: route="/x",status="200".
func (m *metric) key(values []string) string {
	escape := strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
	pairs := make([]string, len(values))
	for i, v := range values {
		pairs[i] = m.labels[i] + `="` + escape.Replace(v) + `"`
	}
	return strings.Join(pairs, ",")
}

// Write writes every metric in order of name.
func (r *Registry) Write(ctx context.Context, w io.Writer) error {
	r.mu.Lock()
	metrics, before := maps.Clone(r.metrics), slices.Clone(r.before)
	r.mu.Unlock()
	for _, f := range before {
		f(ctx)
	}
	var b bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(metrics)) {
		metrics[name].write(&b, name)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (m *metric) write(b *bytes.Buffer, name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	fmt.Fprintf(b, "# HELP %s %s\n# TYPE %s %s\n", name, m.help, name, m.kind)
	line := func(suffix, labels string, v float64) {
		if labels != "" {
			labels = "{" + labels + "}"
		}
		b.WriteString(name + suffix + labels + " " + strconv.FormatFloat(v, 'g', -1, 64) + "\n")
	}
	for _, labels := range slices.Sorted(maps.Keys(m.series)) {
		s := m.series[labels]
		if m.kind != "histogram" {
			line("", labels, s.value)
			continue
		}
		for i, n := range s.buckets {
			bound := "+Inf"
			if i < len(m.bounds) {
				bound = strconv.FormatFloat(m.bounds[i], 'g', -1, 64)
			}
			line("_bucket", strings.TrimPrefix(labels+`,le="`+bound+`"`, ","), float64(n))
		}
		line("_sum", labels, s.value)
		line("_count", labels, float64(s.buckets[len(m.bounds)]))
	}
}

// Handler answers with every metric.
func (r *Registry) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		r.Write(req.Context(), w) // a scraper that has gone away needs no answer
	})
}
