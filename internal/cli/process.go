package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"chiave/internal/platform/config"
	"chiave/internal/platform/i18n"
)

// The exit codes, which docs/cli.md explains.
const (
	exitOK          = 0
	exitFailed      = 1   // something else went wrong
	exitUsage       = 2   // the command line or a value is wrong; nothing was done
	exitRefused     = 3   // not signed in, not permitted, or the present state does not allow it
	exitNotFound    = 4   // no such object, or none that the caller may know of
	exitUnavailable = 5   // no answer, or not now: the outcome may be unknown, and repeating is safe
	exitBadRows     = 6   // a file has bad rows; nothing of it was taken
	exitFault       = 7   // a check was made, and found something wrong
	exitInterrupted = 130 // stopped from the keyboard
)

// Process is what a run is given by the system.
type Process struct {
	Args           []string // without the program's name
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Environ        []string      // NAME=VALUE
	Texts          *i18n.Catalog // the program's own when nil
}

// command is something that a person can ask for.
type command interface {
	run(ctx context.Context, s *session) error
}

// Run does what the arguments say and returns the exit code. It ends early when ctx does.
func Run(ctx context.Context, p Process) int {
	var err error
	if p.Texts == nil {
		p.Texts, err = i18n.Load()
	}
	if err != nil {
		fmt.Fprintln(p.Stderr, "chiave:", err)
		return exitFailed
	}
	s := &session{Process: p, env: config.Environ(p.Environ)}
	s.speak(langFlag(p.Args))
	var cli root
	parser, err := newParser(&cli, s.out)
	if err != nil {
		fmt.Fprintln(p.Stderr, "chiave:", err)
		return exitFailed
	}
	s.globals, s.model = &cli.globals, parser.Model
	if len(p.Args) > 0 && p.Args[0] == completeVerb {
		complete(s, p.Args[1:])
		return exitOK
	}
	if wantsHelp(p.Args) {
		return s.help(parser)
	}
	if slices.Equal(p.Args, []string{"--version"}) {
		p.Args = []string{"version"}
	}
	parsed, err := parser.Parse(p.Args)
	if err != nil {
		return s.misused(err)
	}
	do, ok := parsed.Selected().Target.Addr().Interface().(command)
	if !ok {
		return s.misused(fmt.Errorf("no command was given"))
	}
	return s.finish(ctx, do.run(ctx, s))
}

// newParser builds the model of the command line, with its help in the language of out.
func newParser(cli *root, out i18n.Printer) (*kong.Kong, error) {
	parser, err := kong.New(cli, kong.Name("chiave"), kong.NoDefaultHelp(), kong.Exit(func(int) {}))
	if err != nil {
		return nil, fmt.Errorf("building the command line: %w", err)
	}
	describe(parser.Model.Node, out)
	return parser, nil
}

// wantsHelp reports whether help was asked for. The program's name alone asks for it too, and so does the word that people try.
func wantsHelp(args []string) bool {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	return len(args) == 0 || args[0] == "help" || slices.Contains(args, "--help") || slices.Contains(args, "-h")
}

// langFlag finds --lang before anything is parsed, since what is wrong with the rest has to be said in that language.
func langFlag(args []string) string {
	for i, a := range args {
		if value, ok := strings.CutPrefix(a, "--lang="); ok {
			return value
		}
		if a == "--lang" && i+1 < len(args) {
			return args[i+1]
		}
	}
	return ""
}

// speak chooses the language: the flag, then the variables that POSIX names, then English.
func (s *session) speak(flag string) {
	locale := s.env["LC_ALL"]
	for _, name := range []string{"LC_MESSAGES", "LANG"} {
		if locale == "" {
			locale = s.env[name]
		}
	}
	base, _, _ := strings.Cut(locale, "_")
	base, _, _ = strings.Cut(base, ".")
	s.out = s.Texts.For(i18n.Negotiate(flag, strings.ToLower(base), ""))
}

// help shows what is known of the command that the arguments begin with.
func (s *session) help(parser *kong.Kong) int {
	args := slices.DeleteFunc(slices.Clone(s.Args), func(a string) bool { return a == "--help" || a == "-h" })
	node := parser.Model.Node
	for _, a := range args {
		if i := slices.IndexFunc(node.Children, func(c *kong.Node) bool { return c.Name == a }); i >= 0 {
			node = node.Children[i]
		}
	}
	writeHelp(s.Stdout, node, s.out, true)
	return exitOK
}

// finish turns the error of a command into its exit code and says what happened.
func (s *session) finish(ctx context.Context, err error) int {
	var wrong *finding
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &wrong):
		return wrong.code
	case ctx.Err() != nil:
		fmt.Fprintln(s.Stderr, s.out.T("cli.interrupted"))
		return exitInterrupted
	}
	return s.refused(err)
}

// finding ends a command that has done its work, and found something wrong that it has already told of.
type finding struct{ code int }

func (f *finding) Error() string { return fmt.Sprintf("exit code %d", f.code) }

// terminal reports whether a person reads what is written to w, or types what is read from it.
func terminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
