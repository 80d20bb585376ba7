package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kong"

	"chiave/client"
	"chiave/internal/platform/config"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/i18n"
)

// defaultServer is where a server listens that was told nothing else.
const defaultServer = "http://localhost:8080"

// session is one run of a command.
type session struct {
	Process
	globals *globals
	env     map[string]string
	out     i18n.Printer
	model   *kong.Application
}

// file returns the settings of the configuration file; none when no file was named.
func (s *session) file() (map[string]string, error) {
	name := cmp.Or(s.globals.Config, s.env["CHIAVE_CONFIG"])
	if name == "" {
		return nil, nil
	}
	return config.ReadFile(name)
}

// clientSettings are the names in the configuration file that concern the commands that speak to a server.
var clientSettings = [...]string{"server", "token_file"}

// config puts together the settings for a command that opens the database: flags is what it was given itself.
func (s *session) config(flags map[string]string) (config.Config, error) {
	file, err := s.file()
	if err != nil {
		return config.Config{}, err
	}
	file = maps.Clone(file)
	for _, name := range clientSettings {
		delete(file, name)
	}
	return config.Load(config.Sources{File: file, Env: s.env, Flags: flags})
}

// setting returns a setting of the commands that speak to a server: flag, environment, file.
func (s *session) setting(flag, variable, name string) (string, error) {
	if v := cmp.Or(flag, s.env[variable]); v != "" {
		return v, nil
	}
	file, err := s.file()
	return file[name], err
}

// server returns the address of the server.
func (s *session) server() (string, error) {
	address, err := s.setting(s.globals.Server, "CHIAVE_SERVER", "server")
	if err != nil {
		return "", err
	}
	address = cmp.Or(address, defaultServer)
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return "", errs.New(errs.Invalid, "cli.server_address")
	}
	return strings.TrimRight(address, "/"), nil
}

// tokenFile returns where the token is kept: where the flag, the environment or the file says, else in the directory for settings of the
// person's programs. named is false in the last case.
func (s *session) tokenFile() (file string, named bool, err error) {
	file, err = s.setting(s.globals.TokenFile, "CHIAVE_TOKEN_FILE", "token_file")
	if file != "" || err != nil {
		return file, true, err
	}
	dir := s.env["XDG_CONFIG_HOME"]
	if home := s.env["HOME"]; dir == "" && home != "" {
		dir = filepath.Join(home, ".config")
	}
	if dir == "" {
		return "", false, errs.New(errs.Invalid, "cli.token_file_unnamed")
	}
	return filepath.Join(dir, "chiave", "token"), false, nil
}

// client returns a client that proves itself with the token, when there is one.
func (s *session) client() (*client.Client, error) {
	address, err := s.server()
	if err != nil {
		return nil, err
	}
	options := []client.Option{client.Language(string(s.out.Lang()))}
	file, named, err := s.tokenFile()
	if err != nil && errs.CodeOf(err) != "cli.token_file_unnamed" {
		return nil, err
	}
	text, err := readSecret(file)
	switch {
	case err == nil:
		s.warnOpenFile(file)
		s.warnPlain(address)
		options = append(options, client.Token(text))
	case named || !errors.Is(err, fs.ErrNotExist):
		return nil, errs.New(errs.Unavailable, "cli.token_file_unreadable", errs.Params{"file": file}).Wrap(err)
	}
	return client.New(address, options...), nil
}

// anonymous returns a client without a token.
func (s *session) anonymous() (*client.Client, error) {
	address, err := s.server()
	if err != nil {
		return nil, err
	}
	s.warnPlain(address)
	return client.New(address, client.Language(string(s.out.Lang()))), nil
}

// warnPlain says that a secret will travel readable by others.
func (s *session) warnPlain(address string) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" || u.Hostname() == "localhost" {
		return
	}
	if ip := net.ParseIP(u.Hostname()); ip == nil || !ip.IsLoopback() {
		fmt.Fprintln(s.Stderr, s.out.T("cli.warn.plain", "server", address))
	}
}

// warnOpenFile says that others on this machine can read a secret.
func (s *session) warnOpenFile(file string) {
	if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
		fmt.Fprintln(s.Stderr, s.out.T("cli.warn.open_file", "file", file))
	}
}

// maxSecret bounds a file with a key, a password or a token.
const maxSecret = 16 << 10

// readSecret reads the one line of a file.
func readSecret(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return oneLine(f)
}

func oneLine(r io.Reader) (string, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxSecret))
	return strings.TrimSpace(strings.TrimPrefix(string(text), "\ufeff")), err
}

// secret reads a secret from a file, or from the standard input when the file is "-".
func (s *session) secret(file string) (string, error) {
	read := func() (string, error) { return readSecret(file) }
	if file == "-" {
		file, read = s.out.T("cli.standard_input"), func() (string, error) { return oneLine(s.Stdin) }
	}
	text, err := read()
	if err != nil {
		return "", unreadable(file, err)
	}
	if text == "" {
		return "", errs.New(errs.Invalid, "cli.file_empty", errs.Params{"file": file})
	}
	return text, nil
}

func unreadable(file string, err error) error {
	code := "cli.file_unreadable"
	if errors.Is(err, fs.ErrNotExist) {
		code = "cli.file_missing"
	}
	return errs.New(errs.Invalid, code, errs.Params{"file": file}).Wrap(err)
}

// show prints v as JSON, or what human prints.
func (s *session) show(v any, human func()) error {
	if !s.globals.JSON {
		human()
		return nil
	}
	return writeJSON(s.Stdout, v)
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// say prints a line of the answer.
func (s *session) say(line string) { fmt.Fprintln(s.Stdout, line) }

// note prints a line beside the answer that a person needs even when a program reads the answer.
func (s *session) note(line string) { fmt.Fprintln(s.Stderr, line) }

// tell prints a line beside the answer, unless a program reads.
func (s *session) tell(line string) {
	if !s.globals.JSON {
		fmt.Fprintln(s.Stderr, line)
	}
}
