package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// most bounds a run.
const most = 8 * time.Minute

// options are what scripts/bench says.
type options struct {
	chiave      string // path of the program
	postgres    string // URL of an empty database, without password
	password    string // file with the password
	keys        int
	connections int
	slice       time.Duration
	rounds      int
}

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&o.chiave, "chiave", "", "path of the program")
	flags.StringVar(&o.postgres, "postgres", "", "URL of an empty PostgreSQL database, without its password")
	flags.StringVar(&o.password, "password-file", "", "file with the database's password")
	flags.IntVar(&o.keys, "keys", 10_000, "product keys, when not one")
	flags.IntVar(&o.connections, "connections", 64, "connections at once")
	flags.DurationVar(&o.slice, "slice", 2*time.Second, "how long each measurement takes")
	flags.IntVar(&o.rounds, "rounds", 3, "measurements of each kind")
	verbs := map[string]func(context.Context, options) error{"activation": benchActivation, "start": benchStart, "pages": benchPages, "bare": serveBare}
	if len(args) == 0 || verbs[args[0]] == nil || flags.Parse(args[1:]) != nil || flags.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "usage: bench activation|start|pages -chiave PATH [flags]")
		return 2
	}
	if err := verbs[args[0]](ctx, o); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		return 1
	}
	return 0
}

// note tells a figure that explains the result.
func note(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
