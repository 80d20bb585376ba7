package app

import (
	"context"
	"net/http"
	"net/http/pprof"
	"strconv"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/platform/db"
	"chiave/internal/platform/jobs"
	"chiave/internal/platform/telemetry"
	"chiave/internal/routes"
)

// metrics are the figures of this server, for operators.
type metrics struct {
	registry *telemetry.Registry
	requests telemetry.Counter
	seconds  telemetry.Histogram
	jobs     telemetry.Counter
	waiting  telemetry.Gauge
	dead     telemetry.Gauge
	unsealed telemetry.Gauge
}

func (a *App) newMetrics() *metrics {
	r := telemetry.NewRegistry()
	m := &metrics{
		registry: r,
		requests: r.Counter("chiave_http_requests_total", "Answered requests by route and status.", "route", "status"),
		seconds:  r.Histogram("chiave_http_request_seconds", "Time to answer, by route.", "route"),
		jobs:     r.Counter("chiave_jobs_total", "Jobs that ran, by kind and outcome.", "kind", "outcome"),
		waiting:  r.Gauge("chiave_jobs_waiting", "Jobs that are not done."),
		dead:     r.Gauge("chiave_jobs_dead", "Jobs that were given up."),
		unsealed: r.Gauge("chiave_audit_unsealed", "Audit records without a place in the sealed log."),
	}
	r.Process(a.clock.Now())
	r.BeforeScrape(func(ctx context.Context) { a.look(ctx, m) })
	return m
}

func (m *metrics) answered(r routes.Route, status int, took time.Duration) {
	m.requests.Inc(r.Pattern(), strconv.Itoa(status))
	m.seconds.Observe(took.Seconds(), r.Pattern())
}

func (m *metrics) ran(kind string, outcome jobs.Outcome) { m.jobs.Inc(kind, string(outcome)) }

// look reads what only the database knows.
func (a *App) look(ctx context.Context, m *metrics) {
	err := a.DB.Read(ctx, func(tx *db.Tx) error {
		depth, err := jobs.Count(tx)
		if err != nil {
			return err
		}
		m.waiting.Set(float64(depth.Due + depth.Later))
		m.dead.Set(float64(depth.Dead))
		var unsealed int64
		if err := tx.Row("SELECT count(*) FROM audit_records WHERE seq IS NULL").Scan(&unsealed); err != nil {
			return err
		}
		m.unsealed.Set(float64(unsealed))
		return nil
	})
	if err != nil {
		a.Log.Warn("figures could not be read from the database", "error", err)
	}
}

// AdminHandler serves what only operators may reach: figures and profiles. It listens on an address of its own and asks nobody who
// they are.
func (a *App) AdminHandler() (http.Handler, error) {
	table := &routes.Table{}
	for path, h := range map[string]http.Handler{
		"/metrics": a.metrics.registry.Handler(), "/debug/pprof/": http.HandlerFunc(pprof.Index),
		"/debug/pprof/profile": http.HandlerFunc(pprof.Profile), "/debug/pprof/trace": http.HandlerFunc(pprof.Trace),
	} {
		table.Add(routes.Route{Method: http.MethodGet, Path: path, Face: routes.Probe, Action: access.Public, Class: routes.Read, Handler: h})
	}
	return table.Handler(func(r routes.Route) http.Handler { return r.Handler },
		func(w http.ResponseWriter, _ *http.Request, status int) { w.WriteHeader(status) })
}
