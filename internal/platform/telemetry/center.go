package telemetry

// Center is what an installation counts beyond its process. Whoever wires the program feeds it.
type Center struct {
	Requests      Counter   // labels route (the pattern), status
	Durations     Histogram // label route
	Activations   Counter   // label outcome: done, repeated, or the code of the refusal
	JobRuns       Counter   // labels kind, outcome
	Jobs          Gauge     // label state: due, later, running, dead; set before a scrape
	AuditUnsealed Gauge     // records without a place in the sealed log; set before a scrape
}

// NewCenter registers the metrics of an installation.
func NewCenter(r *Registry) Center {
	return Center{
		Requests:      r.Counter("chiave_http_requests_total", "Requests by route and status.", "route", "status"),
		Durations:     r.Histogram("chiave_http_request_seconds", "Time from the first byte of a request to the end of its answer.", "route"),
		Activations:   r.Counter("chiave_activations_total", "Activation requests by outcome.", "outcome"),
		JobRuns:       r.Counter("chiave_job_runs_total", "Runs of jobs by kind and outcome.", "kind", "outcome"),
		Jobs:          r.Gauge("chiave_jobs", "Jobs in the queue by state.", "state"),
		AuditUnsealed: r.Gauge("chiave_audit_unsealed_records", "Audit records that are not sealed into the log yet."),
	}
}
