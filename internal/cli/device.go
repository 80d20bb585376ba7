package cli

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"time"

	"chiave/client"
)

// byDevice waits until somebody lets this computer in, in a browser anywhere, and keeps the API token.
func (c *signInCommand) byDevice(ctx context.Context, s *session, cl *client.Client, file, before string) error {
	name, err := os.Hostname()
	if err != nil {
		name = ""
	}
	codes, err := cl.StartDevice(ctx, client.DeviceRequest{Name: cmp.Or(name, "chiave"), Scopes: c.Scope, Days: c.Days})
	if err != nil {
		return err
	}
	for _, line := range []string{s.out.T("cli.sign_in.open"), "  " + codes.PageAndCode, s.out.T("cli.sign_in.compare"), "  " + codes.UserCode, s.out.T("cli.sign_in.wait")} {
		s.note(line)
	}
	signed, err := s.awaitDevice(ctx, cl, codes)
	if err != nil {
		return err
	}
	if err := s.replaceToken(ctx, file, before, signed.AccessToken); err != nil {
		return err
	}
	type session struct { // without the token: what is printed ends up in logs
		TokenFile string   `json:"token_file"`
		ID        string   `json:"id"`
		Scopes    []string `json:"scopes"`
		Expires   string   `json:"expires"`
	}
	return s.show(session{file, signed.ID, signed.Scopes, signed.Expires}, func() {
		s.say(s.out.T("cli.sign_in.device_done", "file", file, "until", s.instant(signed.Expires)))
	})
}

// awaitDevice asks, at the pace that the server wants, until somebody has decided.
func (s *session) awaitDevice(ctx context.Context, cl *client.Client, codes client.DeviceCodes) (client.DeviceToken, error) {
	pause := time.Duration(codes.Interval) * time.Second
	for {
		select {
		case <-ctx.Done():
			return client.DeviceToken{}, ctx.Err()
		case <-time.After(pause):
		}
		signed, err := cl.RedeemDevice(ctx, codes.DeviceCode)
		var p *client.Problem
		switch {
		case !errors.As(err, &p):
			return signed, err
		case p.OAuth == "slow_down":
			pause += 5 * time.Second // RFC 8628, section 3.5
		case p.OAuth != "authorization_pending":
			return signed, err
		}
	}
}

// keptBefore returns the token that sign-in has put into a file before, and that nobody else holds; "" when there is none.
func keptBefore(file string) (string, error) {
	text, err := readSecret(file)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !strings.HasPrefix(text, deviceToken) {
		return "", nil
	}
	if err != nil {
		return "", unreadable(file, err)
	}
	return text, nil
}

// replaceToken keeps a token in a file, and gives the one back that was there before: it would go on working with nobody holding it.
func (s *session) replaceToken(ctx context.Context, file, before, token string) error {
	if err := writeSecret(file, token); err != nil || before == "" {
		return err
	}
	address, err := s.server()
	if err != nil {
		return err
	}
	err = client.New(address, client.Language(string(s.out.Lang())), client.Token(before)).SignOut(ctx)
	var p *client.Problem
	if errors.As(err, &p) && p.Status == http.StatusUnauthorized { // it has ended already
		return nil
	}
	return err
}
