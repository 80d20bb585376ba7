package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// settled is how long a server is left alone before its memory is read.
const settled = 5 * time.Second

// benchStart measures an installed server on SQLite: from its start to the first page in full, its binary, and its memory after it
// was left alone.
func benchStart(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "chiave-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	i, err := newInstallation(ctx, o, "sqlite", filepath.Join(dir, "sqlite"))
	if err != nil {
		return err
	}
	var pages, memory []float64
	for range o.rounds {
		page, idle, err := startOnce(ctx, i)
		if err != nil {
			return err
		}
		note("first page after %d ms; %.1f MiB when idle", page.Milliseconds(), idle)
		pages, memory = append(pages, float64(page.Milliseconds())), append(memory, idle)
	}
	binary, err := os.Stat(o.chiave)
	if err != nil {
		return err
	}
	fmt.Printf("S7 first_page_ms=%.0f binary_mib=%.0f idle_mib=%.0f\n", middle(pages), float64(binary.Size())/(1<<20), middle(memory))
	return nil
}

func startOnce(ctx context.Context, i *installation) (page time.Duration, idle float64, err error) {
	began := time.Now()
	p, err := i.serve(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer p.stop()
	if err := firstPage(ctx, p.url); err != nil {
		return 0, 0, err
	}
	page = time.Since(began)
	select {
	case <-time.After(settled):
	case <-ctx.Done():
		return 0, 0, ctx.Err()
	}
	idle, err = resident(p.cmd.Process.Pid)
	return page, idle, err
}

// firstPage reads what somebody sees who opens the portal: the page to sign in on.
func firstPage(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/", nil)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK || !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") {
		return fmt.Errorf("the first page is %s, %s", answer.Status, answer.Header.Get("Content-Type"))
	}
	return nil
}

// resident returns a process's resident memory in MiB, as Linux tells it (proc_pid_status(5), VmRSS).
func resident(pid int) (float64, error) {
	file, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), "VmRSS:"); ok {
			kib, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(value, "kB")), 64)
			return kib / 1024, err
		}
	}
	return 0, fmt.Errorf("no VmRSS in /proc/%d/status", pid)
}
