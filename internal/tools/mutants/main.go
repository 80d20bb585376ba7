package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// attempt bounds one run of tests; one that takes longer proves nothing.
const attempt = 5 * time.Minute

// step is some tests of one package, on one of the databases.
type step struct{ folder, run, without string }

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	flags := flag.NewFlagSet("mutants", flag.ContinueOnError)
	at := flags.Int("parallel", 2, "mutants tried at once")
	only := flags.String("only", "", "parts of the file:line of the calls to remove, separated by commas; all when empty")
	if flags.Parse(args) != nil {
		return 2
	}
	survivors, err := try(ctx, *at, *only)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
	}
	if err != nil || survivors > 0 {
		return 1
	}
	return 0
}

// try removes the calls one after the other and returns how many nobody noticed.
func try(ctx context.Context, parallel int, only string) (survivors int, err error) {
	root, err := os.Getwd()
	if err != nil {
		return 0, err
	}
	files, unclear, err := find(root)
	if err != nil {
		return 0, err
	}
	if len(unclear) > 0 {
		return 0, errors.New("these calls cannot be removed:\n" + strings.Join(unclear, "\n"))
	}
	dir, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	t := &tests{root: root, dir: dir, passes: map[step]func() error{}}
	if err := t.build(ctx, files); err != nil {
		return 0, err
	}
	var calls []call
	for _, f := range files {
		for _, c := range f.calls {
			named := func(part string) bool { return strings.Contains(fmt.Sprintf("%s:%d", c.path, c.line), part) }
			if slices.ContainsFunc(strings.Split(only, ","), named) {
				calls = append(calls, c)
			}
		}
	}
	return t.all(ctx, calls, parallel)
}

// tests are the built tests.
type tests struct {
	root, dir string
	mu        sync.Mutex
	passes    map[step]func() error // while nothing is removed
}

// build builds the tests of the rooms and of the faces, with the calls replaced.
func (t *tests) build(ctx context.Context, files []file) error {
	path, err := overlay(t.root, t.dir, files)
	if err != nil {
		return err
	}
	folders := []string{"internal/accesstest", "internal/api", "internal/web"}
	for _, f := range files {
		folders = append(folders, filepath.Dir(f.path))
	}
	slices.Sort(folders)
	for _, folder := range slices.Compact(folders) {
		build := exec.CommandContext(ctx, "go", "test", "-c", "-overlay", path, "-o", t.binary(folder), "./"+folder)
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("building the tests of %s: %w\n%s", folder, err, out)
		}
	}
	return nil
}

func (t *tests) binary(folder string) string {
	return filepath.Join(t.dir, strings.ReplaceAll(folder, "/", "+")+".test")
}

// steps are the tests that may notice that a call is missing: those of its own room first; at last those that only PostgreSQL can fail, where
// transactions run side by side.
func steps(c call) []step {
	return []step{{c.room(), "", "/postgres"}, {"internal/accesstest", "", "/postgres"}, {"internal/api", "^TestTheMatrix", "/postgres"},
		{"internal/web", "^TestTheMatrix", "/postgres"}, {c.room(), "", "/sqlite"}}
}

// whole proves that the tests pass while nothing is removed: a test that fails anyway would notice everything.
func (t *tests) whole(ctx context.Context, s step) error {
	t.mu.Lock()
	once := t.passes[s]
	if once == nil {
		once = sync.OnceValue(func() error {
			failed, out, err := t.run(ctx, s, 0)
			if err == nil && failed {
				err = fmt.Errorf("the tests of %s fail although nothing is removed:\n%s", s.folder, tail(out))
			}
			return err
		})
		t.passes[s] = once
	}
	t.mu.Unlock()
	return once()
}

// all tries every call and tells of each whether it was missed.
func (t *tests) all(ctx context.Context, calls []call, parallel int) (survivors int, err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var mu sync.Mutex
	var group sync.WaitGroup
	var faults []error
	next := make(chan call)
	for range parallel {
		group.Go(func() {
			for c := range next {
				by, err := t.one(ctx, c)
				mu.Lock()
				switch {
				case err != nil: // what fails anyway would fail for each
					faults = append(faults, err)
					stop()
				case by == "":
					survivors++
					fmt.Printf("%s:%d: nobody notices that %s is missing\n", c.path, c.line, c.method)
				default:
					fmt.Printf("%s:%d: %s, caught by %s\n", c.path, c.line, c.method, by)
				}
				mu.Unlock()
			}
		})
	}
	for _, c := range calls {
		if ctx.Err() == nil {
			next <- c
		}
	}
	close(next)
	group.Wait()
	if len(faults) > 0 {
		return survivors, faults[0]
	}
	fmt.Printf("mutants=%d caught=%d\n", len(calls), len(calls)-survivors)
	return survivors, nil
}

// one removes a call and returns the package whose tests notice; "" when none do.
func (t *tests) one(ctx context.Context, c call) (by string, err error) {
	for _, s := range steps(c) {
		caught, out, err := t.run(ctx, s, c.number)
		if err != nil {
			return "", fmt.Errorf("%s:%d: %w", c.path, c.line, err)
		}
		if caught {
			return s.folder + " " + first(out), t.whole(ctx, s)
		}
	}
	return "", nil
}

// run runs tests until the first that fails and reports whether one did.
func (t *tests) run(ctx context.Context, s step, number int) (failed bool, out string, err error) {
	ctx, cancel := context.WithTimeout(ctx, attempt)
	defer cancel()
	args := []string{"-test.failfast", "-test.skip", s.without}
	if s.run != "" {
		args = append(args, "-test.run", s.run)
	}
	test := exec.CommandContext(ctx, t.binary(s.folder), args...)
	test.Dir = filepath.Join(t.root, s.folder)
	test.Env = append(os.Environ(), fmt.Sprintf("%s=%d", numberEnv, number))
	var text bytes.Buffer
	test.Stdout, test.Stderr = &text, &text
	err = test.Run()
	if ctx.Err() != nil {
		return false, "", fmt.Errorf("the tests of %s did not end: %w", s.folder, ctx.Err())
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.Exited() {
		return true, text.String(), nil
	}
	return false, text.String(), err
}

// first is the name of the first test that failed.
func first(out string) string {
	for line := range strings.Lines(out) {
		if name, found := strings.CutPrefix(strings.TrimSpace(line), "--- FAIL: "); found {
			name, _, _ = strings.Cut(name, " ")
			return name
		}
	}
	return "a panic"
}

// tail is the end of a long text.
func tail(text string) string { return text[max(0, len(text)-4000):] }
