package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// tries is how often a request is sent when no answer tells its outcome.
const tries = 4

// Client speaks to one server.
type Client struct {
	base    string
	token   string
	lang    string
	http    *http.Client
	patient *http.Client // for what is answered late
	wait    func(ctx context.Context, d time.Duration) error
}

// Option changes how a Client speaks.
type Option func(*Client)

// Token makes the client prove itself with an API token or a session token.
func Token(token string) Option { return func(c *Client) { c.token = token } }

// Language asks for the sentences of problems in a language: "en" or "it".
func Language(code string) Option { return func(c *Client) { c.lang = code } }

// HTTP sets the HTTP client, whose timeouts then hold for every request, imports too. Without it a server has ten seconds to take a connection
// and ten for TLS, and thirty to begin its answer: half an hour when it takes a feed. Redirects to another origin are followed by neither.
func HTTP(h *http.Client) Option {
	return func(c *Client) { c.http, c.patient = homeOnly(h), homeOnly(h) }
}

// New returns a client of the server at base, an URL such as "https://licensing.example.com".
func New(base string, options ...Option) *Client {
	c := &Client{base: strings.TrimRight(base, "/"), wait: pause}
	HTTP(&http.Client{Transport: usual})(c)
	c.patient.Transport = patient
	for _, o := range options {
		o(c)
	}
	return c
}

// request is one call before it is sent.
type request struct {
	method, path string
	query        url.Values
	body         func() (io.Reader, error) // made anew for each try; nil without a body
	contentType  string
	once         bool // carry an Idempotency-Key
	late         bool // the answer may take long to begin
}

// call sends a JSON body, if in is not nil, and reads a JSON answer into out, if that is not nil.
func (c *Client) call(ctx context.Context, r request, in, out any) error {
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("writing the request: %w", err)
		}
		r.contentType = "application/json"
		r.body = func() (io.Reader, error) { return bytes.NewReader(text), nil }
	}
	answer, err := c.send(ctx, r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(answer.Body).Decode(out); err != nil {
		return fmt.Errorf("reading the answer of %s %s: %w", r.method, r.path, err)
	}
	return nil
}

// send sends the request, again when its outcome is unknown and repeating it is safe, and returns a successful answer.
func (c *Client) send(ctx context.Context, r request) (*http.Response, error) {
	key := ""
	if r.once {
		var b [16]byte
		rand.Read(b[:])
		key = hex.EncodeToString(b[:])
	}
	for try := 1; ; try++ {
		answer, err := c.try(ctx, r, key)
		if try == tries || ctx.Err() != nil || !OutcomeUnknown(err) {
			return answer, err
		}
		if err := c.wait(ctx, retryAfter(err, try)); err != nil {
			return nil, err
		}
	}
}

func (c *Client) try(ctx context.Context, r request, key string) (*http.Response, error) {
	target := c.base + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	var body io.Reader
	if r.body != nil {
		var err error
		if body, err = r.body(); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, body)
	if err != nil {
		return nil, err
	}
	set := func(name, value string) {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	set("Content-Type", r.contentType)
	set("Accept-Language", c.lang)
	set("Idempotency-Key", key)
	if c.token != "" {
		set("Authorization", "Bearer "+c.token)
	}
	speaker := c.http
	if r.late {
		speaker = c.patient
	}
	answer, err := speaker.Do(req)
	var redirected *RedirectError
	if errors.As(err, &redirected) {
		return nil, redirected
	}
	if err != nil {
		return nil, &unanswered{err}
	}
	if answer.StatusCode < 300 {
		return answer, nil
	}
	defer answer.Body.Close()
	return nil, readProblem(answer)
}

// readProblem returns the problem that answer carries; a proxy's answer that carries none becomes one.
func readProblem(answer *http.Response) error {
	p := &Problem{}
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil || json.Unmarshal(text, p) != nil || p.Code == "" {
		p = &Problem{Title: answer.Status, Code: "http." + strconv.Itoa(answer.StatusCode)}
	}
	p.Status = answer.StatusCode
	if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil {
		p.retryAfter = time.Duration(seconds) * time.Second
	}
	return p
}

// unanswered is a request that got no answer: it may have had its effect.
type unanswered struct{ err error }

func (u *unanswered) Error() string { return "no answer from the server: " + u.err.Error() }
func (u *unanswered) Unwrap() error { return u.err }

// OutcomeUnknown reports whether err leaves it open if the request had its effect: no answer came, the server said 503, or a proxy before
// it 502 or 504. The request was repeated before err was returned; another call is a new request.
func OutcomeUnknown(err error) bool {
	var u *unanswered
	var p *Problem
	if errors.As(err, &p) {
		return p.Status == http.StatusBadGateway || p.Status == http.StatusServiceUnavailable || p.Status == http.StatusGatewayTimeout
	}
	return errors.As(err, &u)
}

func retryAfter(err error, try int) time.Duration {
	var p *Problem
	if errors.As(err, &p) && p.retryAfter > 0 {
		return min(p.retryAfter, 30*time.Second)
	}
	return time.Duration(try) * 200 * time.Millisecond
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
