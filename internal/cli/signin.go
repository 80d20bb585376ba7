package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"

	"golang.org/x/term"

	"chiave/client"
	"chiave/internal/platform/errs"
)

// signInCommand opens a session and keeps its token.
type signInCommand struct {
	Email        string   `placeholder:"ADDRESS"`
	PasswordFile string   `placeholder:"FILE"`
	Code         string   `placeholder:"CODE"`
	Scope        []string `placeholder:"ACTION" default:"*"`
	Days         int      `placeholder:"COUNT" default:"30"`
}

func (c *signInCommand) run(ctx context.Context, s *session) error {
	file, _, err := s.tokenFile()
	if err != nil {
		return err
	}
	if holdsAPIToken(file) { // shown once only: whoever loses the text cannot get it back
		return errs.New(errs.Conflict, "cli.api_token_kept", errs.Params{"file": file})
	}
	before, err := keptBefore(file)
	if err != nil {
		return err
	}
	cl, err := s.anonymous()
	if err != nil {
		return err
	}
	if c.Email == "" {
		return c.byDevice(ctx, s, cl, file, before)
	}
	password, err := c.password(s)
	if err != nil {
		return err
	}
	in := client.SignIn{Address: c.Email, Password: password, Code: c.Code}
	signed, err := cl.SignIn(ctx, in)
	var p *client.Problem
	if errors.As(err, &p) && p.Code == "accounts.code_missing" && terminal(s.Stdin) {
		if in.Code, err = s.askCode(); err == nil {
			signed, err = cl.SignIn(ctx, in)
		}
	}
	if err != nil {
		return err
	}
	if err := s.replaceToken(ctx, file, before, signed.Token); err != nil {
		return err
	}
	type session struct { // without the token: what is printed ends up in logs
		TokenFile string `json:"token_file"`
		Expires   string `json:"expires"`
	}
	return s.show(session{file, signed.Expires}, func() { s.say(s.out.T("cli.sign_in.done", "file", file, "until", s.instant(signed.Expires))) })
}

// password reads the password: from the file named, else as it is typed, unseen.
func (c *signInCommand) password(s *session) (string, error) {
	if c.PasswordFile != "" {
		return s.secret(c.PasswordFile)
	}
	if !terminal(s.Stdin) {
		return "", errs.New(errs.Invalid, "cli.password_unnamed")
	}
	fmt.Fprint(s.Stderr, s.out.T("cli.sign_in.password", "address", c.Email)+" ")
	text, err := term.ReadPassword(int(s.Stdin.(*os.File).Fd()))
	fmt.Fprintln(s.Stderr)
	return string(text), err
}

// askCode reads a code of an authenticator app as it is typed.
func (s *session) askCode() (string, error) {
	fmt.Fprint(s.Stderr, s.out.T("cli.sign_in.code")+" ")
	line, err := bufio.NewReader(s.Stdin).ReadString('\n')
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return strings.TrimSpace(line), err
}

// deviceToken is how an API token begins that sign-in itself has made. It is given back like a session.
const deviceToken = "chv_device_"

// holdsAPIToken reports whether what a token file holds is an API token that sign-in has not made.
func holdsAPIToken(file string) bool {
	text, err := readSecret(file)
	return err == nil && strings.HasPrefix(text, "chv_") && !strings.HasPrefix(text, deviceToken)
}

// signOutCommand ends the session and removes its token.
type signOutCommand struct{}

func (c *signOutCommand) run(ctx context.Context, s *session) error {
	file, _, err := s.tokenFile()
	if err != nil {
		return err
	}
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return errs.New(errs.NotFound, "cli.not_signed_in", errs.Params{"file": file})
	}
	if holdsAPIToken(file) {
		return errs.New(errs.Conflict, "cli.api_token_sign_out", errs.Params{"file": file})
	}
	cl, err := s.client()
	if err != nil {
		return err
	}
	var p *client.Problem
	err = cl.SignOut(ctx)
	if err != nil && !(errors.As(err, &p) && p.Status == http.StatusUnauthorized) { // a session that is over needs no end
		return err
	}
	if err := os.Remove(file); err != nil {
		return unwritable(file, err)
	}
	type ended struct {
		TokenFile string `json:"token_file"`
	}
	return s.show(ended{file}, func() { s.say(s.out.T("cli.sign_out.done", "file", file)) })
}
