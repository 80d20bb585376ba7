package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// process is a server that was started.
type process struct {
	cmd *exec.Cmd
	url string
}

// start runs a server until it tells its address, as JSON. Its log goes to a file.
func start(ctx context.Context, log, path string, args ...string) (*process, error) {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	file, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	cmd.Stderr = file
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd}
	var ready struct {
		URL string `json:"url"`
	}
	if err := json.NewDecoder(out).Decode(&ready); err != nil {
		p.stop()
		said, _ := os.ReadFile(log)
		return nil, fmt.Errorf("%s did not start: %w\n%s", filepath.Base(path), err, said)
	}
	p.url = ready.URL
	go io.Copy(io.Discard, out)
	return p, nil
}

// stop ends the server in order and waits for it.
func (p *process) stop() error {
	p.cmd.Process.Signal(syscall.SIGTERM)
	err := p.cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return fmt.Errorf("%s: %s", filepath.Base(p.cmd.Path), exit)
	}
	return nil
}

// installation is one that the program keeps on one database.
type installation struct {
	chiave string
	dir    string
	engine string
	flags  []string // that name the database
	link   string   // path on which the operator chooses a password
}

// newInstallation makes one in dir.
func newInstallation(ctx context.Context, o options, engine, dir string) (*installation, error) {
	i := &installation{chiave: o.chiave, dir: dir, engine: engine, flags: []string{"--data-dir", dir}}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if engine == "postgres" {
		i.flags = append(i.flags, "--database", o.postgres, "--database-password-file", o.password)
	}
	cmd := exec.CommandContext(ctx, o.chiave, append([]string{"init", "--json", "--operator", operator, "--token-file", i.tokenFile()}, i.flags...)...)
	var told bytes.Buffer
	cmd.Stderr = &told
	said, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("chiave init on %s: %w\n%s", engine, err, &told)
	}
	var made struct {
		Link string `json:"sign_in_link"`
	}
	if err := json.Unmarshal(said, &made); err != nil {
		return nil, fmt.Errorf("what chiave init says: %w", err)
	}
	link, err := url.Parse(made.Link)
	if err != nil {
		return nil, err
	}
	i.link = link.Path
	return i, nil
}

func (i *installation) tokenFile() string { return filepath.Join(i.dir, "token") }

func (i *installation) token() (string, error) {
	text, err := os.ReadFile(i.tokenFile())
	return strings.TrimSpace(string(text)), err
}

// serve starts the server on a free port.
func (i *installation) serve(ctx context.Context) (*process, error) {
	return start(ctx, filepath.Join(i.dir, "log"), i.chiave, append([]string{"serve", "--json", "--listen", "127.0.0.1:0"}, i.flags...)...)
}
