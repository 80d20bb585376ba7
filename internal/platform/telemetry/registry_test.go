package telemetry_test

import (
	"context"
	"io"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"chiave/internal/platform/telemetry"
)

func written(t *testing.T, r *telemetry.Registry) string {
	t.Helper()
	var b strings.Builder
	if err := r.Write(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTextFormat(t *testing.T) {
	t.Parallel()
	r := telemetry.NewRegistry()
	requests := r.Counter("http_requests_total", "Requests.", "route", "status")
	requests.Inc(`GET /a"b\c`+"\n", "200")
	requests.Add(2, "GET /", "404")
	depth := r.Gauge("depth", "Depth.")
	r.BeforeScrape(func(context.Context) { depth.Set(-1.5) })
	took := r.Histogram("took_seconds", "Time.", "route")
	for _, v := range []float64{0.001, 0.3, 60} {
		took.Observe(v, "x")
	}
	want := `# HELP depth Depth.
# TYPE depth gauge
depth -1.5
# HELP http_requests_total Requests.
# TYPE http_requests_total counter
http_requests_total{route="GET /",status="404"} 2
http_requests_total{route="GET /a\"b\\c\n",status="200"} 1
# HELP took_seconds Time.
# TYPE took_seconds histogram
took_seconds_bucket{route="x",le="0.001"} 1
took_seconds_bucket{route="x",le="0.0025"} 1
took_seconds_bucket{route="x",le="0.005"} 1
took_seconds_bucket{route="x",le="0.01"} 1
took_seconds_bucket{route="x",le="0.025"} 1
took_seconds_bucket{route="x",le="0.05"} 1
took_seconds_bucket{route="x",le="0.1"} 1
took_seconds_bucket{route="x",le="0.25"} 1
took_seconds_bucket{route="x",le="0.5"} 2
took_seconds_bucket{route="x",le="1"} 2
took_seconds_bucket{route="x",le="2.5"} 2
took_seconds_bucket{route="x",le="5"} 2
took_seconds_bucket{route="x",le="10"} 2
took_seconds_bucket{route="x",le="+Inf"} 3
took_seconds_sum{route="x"} 60.301
took_seconds_count{route="x"} 3
`
	if got := written(t, r); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	answer := httptest.NewRecorder()
	r.Handler().ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	if body, _ := io.ReadAll(answer.Body); string(body) != want || answer.Header().Get("Content-Type") != "text/plain; version=0.0.4; charset=utf-8" {
		t.Errorf("the handler answers %q as %s", body, answer.Header().Get("Content-Type"))
	}
}

func TestCountingAtOnceLosesNothing(t *testing.T) {
	t.Parallel()
	r := telemetry.NewRegistry()
	c := r.Counter("n_total", "N.", "who")
	var all sync.WaitGroup
	for who := range 4 {
		for range 8 {
			all.Go(func() {
				for range 1000 {
					c.Inc(strconv.Itoa(who))
				}
			})
		}
	}
	all.Wait()
	if got := strings.Count(written(t, r), "} 8000\n"); got != 4 {
		t.Errorf("%d of 4 series are right:\n%s", got, written(t, r))
	}
}

func TestTooManySeriesEndInOther(t *testing.T) {
	t.Parallel()
	r := telemetry.NewRegistry()
	c := r.Counter("n_total", "N.", "id")
	for i := range 3000 {
		c.Inc(strconv.Itoa(i))
	}
	if got := written(t, r); !strings.Contains(got, `n_total{id="other"} 1000`+"\n") || strings.Count(got, "\n") != 2003 {
		t.Errorf("%d lines", strings.Count(got, "\n"))
	}
}

func TestProgrammingFaultsPanic(t *testing.T) {
	t.Parallel()
	r := telemetry.NewRegistry()
	c := r.Counter("n_total", "N.", "a")
	for name, f := range map[string]func(){
		"name taken":      func() { r.Gauge("n_total", "N.") },
		"too few labels":  func() { c.Inc() },
		"too many labels": func() { c.Inc("1", "2") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

func TestProcessSpeaksTheFormat(t *testing.T) {
	t.Parallel()
	r := telemetry.NewRegistry()
	r.Process(time.UnixMilli(1_700_000_000_500))
	got := written(t, r)
	line := regexp.MustCompile(`^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[^}]*\})? -?[0-9.e+]+)$`)
	for _, l := range strings.Split(strings.TrimSuffix(got, "\n"), "\n") {
		if !line.MatchString(l) {
			t.Errorf("malformed line %q", l)
		}
	}
	for _, want := range []string{"process_start_time_seconds 1.7000000005e+09\n", "# TYPE process_cpu_seconds_total counter\n", "process_resident_memory_bytes ", "process_open_fds ", "go_goroutines "} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	value := regexp.MustCompile(`(?m)^process_resident_memory_bytes ([0-9.e+]+)$`).FindStringSubmatch(got)
	if value == nil {
		t.Fatal("no resident memory")
	}
	if resident, err := strconv.ParseFloat(value[1], 64); err != nil || resident < 1<<20 || resident > 1<<34 {
		t.Errorf("resident memory %s", value[1])
	}
}
