package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"chiave/client"
)

// importCommand brings a feed in.
type importCommand struct {
	Kind   string `arg:"" enum:"catalog,agreements,orders,keys"`
	File   string `arg:""`
	DryRun bool
}

func (c *importCommand) run(ctx context.Context, s *session) error {
	cl, err := s.client()
	if err != nil {
		return err
	}
	name, size, open, err := c.source(s)
	if err != nil {
		return err
	}
	p := s.newProgress(s.out.T("cli.progress.import"), size, true)
	report, err := cl.Import(ctx, c.Kind, name, c.DryRun, func() (io.Reader, error) {
		r, err := open()
		if err != nil {
			return nil, err
		}
		return &counted{ReadCloser: r, total: size, to: p}, nil
	})
	p.end()
	if err != nil {
		return err
	}
	err = s.show(report, func() { s.showImport(c.File, report) })
	if len(report.Errors) > 0 {
		return errors.Join(err, &finding{exitBadRows})
	}
	return err
}

// source returns the name under which the feed is known, its size, and what opens it, again if it must be sent again.
func (c *importCommand) source(s *session) (name string, size int64, open func() (io.ReadCloser, error), err error) {
	if c.File == "-" {
		text, err := io.ReadAll(s.Stdin)
		if err != nil {
			return "", 0, nil, unreadable(s.out.T("cli.standard_input"), err)
		}
		return "-", int64(len(text)), func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }, nil
	}
	info, err := os.Stat(c.File)
	if err == nil && info.IsDir() {
		err = syscall.EISDIR
	}
	if err != nil {
		return "", 0, nil, unreadable(c.File, err)
	}
	open = func() (io.ReadCloser, error) {
		f, err := os.Open(c.File) // the HTTP client closes it
		if err != nil {
			return nil, unreadable(c.File, err)
		}
		return f, nil
	}
	return filepath.Base(c.File), info.Size(), open, nil
}

// showImport says what was taken, or names every bad row of the file.
func (s *session) showImport(file string, r client.ImportReport) {
	for _, e := range r.Errors {
		place := fmt.Sprintf("%s:%d", file, e.Line)
		if e.Column > 0 {
			place += fmt.Sprintf(":%d", e.Column)
		}
		if e.Field != "" {
			place += " " + e.Field
		}
		fmt.Fprintln(s.Stderr, printable(place+": "+e.Detail))
	}
	if len(r.Errors) > 0 {
		fmt.Fprintln(s.Stderr, s.out.N("cli.import.refused", int64(len(r.Errors)+r.More)))
		if r.More > 0 {
			fmt.Fprintln(s.Stderr, s.out.N("cli.import.more", int64(r.More)))
		}
		return
	}
	s.say(s.out.N("cli.import.rows", int64(r.Rows), "created", r.Created, "changed", r.Changed, "unchanged", r.Unchanged))
	if r.Invitations > 0 {
		s.say(s.out.N("cli.import.invitations", int64(r.Invitations)))
	}
	if r.DryRun {
		s.say(s.out.T("cli.import.dry_run"))
	}
}

// releaseCommand mails the invitations that wait.
type releaseCommand struct{}

func (c *releaseCommand) run(ctx context.Context, s *session) error {
	cl, err := s.client()
	if err != nil {
		return err
	}
	n, err := cl.ReleaseInvitations(ctx)
	if err != nil {
		return err
	}
	type released struct {
		Released int `json:"released"`
	}
	return s.show(released{n}, func() { s.say(s.out.N("cli.invitations.released", int64(n))) })
}
