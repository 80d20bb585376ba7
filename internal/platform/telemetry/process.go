package telemetry

import (
	"context"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"time"
)

// clockTicks is how many ticks of CPU time /proc/self/stat counts a second: USER_HZ, which is 100 on every Linux that Go
// runs on.
const clockTicks = 100

// Process registers what is known of the process itself. started is when it began. CPU time, resident memory and open
// files are known on Linux only.
func (r *Registry) Process(started time.Time) {
	r.Gauge("process_start_time_seconds", "When the process began, in seconds since 1970.").Set(float64(started.UnixMilli()) / 1000)
	goroutines := r.Gauge("go_goroutines", "Goroutines that exist.")
	heap := r.Gauge("go_memory_heap_bytes", "Bytes of live and not yet swept objects.")
	cpu := r.Gauge("process_cpu_seconds_total", "CPU time used, in user and system mode.")
	cpu.m.kind = "counter" // looked up, not counted here
	resident := r.Gauge("process_resident_memory_bytes", "Resident memory.")
	files := r.Gauge("process_open_fds", "Open file descriptors.")
	r.BeforeScrape(func(context.Context) {
		goroutines.Set(float64(runtime.NumGoroutine()))
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		metrics.Read(sample)
		if sample[0].Value.Kind() == metrics.KindUint64 {
			heap.Set(float64(sample[0].Value.Uint64()))
		}
		if ticks, pages, ok := readStat(); ok {
			cpu.Set(ticks / clockTicks)
			resident.Set(pages * float64(os.Getpagesize()))
		}
		if open, err := os.ReadDir("/proc/self/fd"); err == nil {
			files.Set(float64(len(open)))
		}
	})
}

// readStat reads CPU ticks and resident pages from /proc/self/stat (proc_pid_stat(5)).
func readStat() (ticks, pages float64, ok bool) {
	text, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0, 0, false
	}
	// The second field is the program's name in parentheses and may hold anything; the third follows the last parenthesis.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	const utime, stime, rss = 14 - 3, 15 - 3, 24 - 3
	if len(fields) <= rss {
		return 0, 0, false
	}
	number := func(i int) float64 {
		v, err := strconv.ParseFloat(fields[i], 64)
		ok = ok && err == nil
		return v
	}
	ok = true
	ticks, pages = number(utime)+number(stime), number(rss)
	return ticks, pages, ok
}
