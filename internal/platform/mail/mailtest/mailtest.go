// Package mailtest runs a real SMTP server for tests (Mailpit, whose binary CHIAVE_TEST_MAILPIT names) and reads what it
// was sent. A test that needs it and has none fails: it never passes by not running.
package mailtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"
)

// Env names the path of the server's binary; ./scripts/test builds it and sets the variable.
const Env = "CHIAVE_TEST_MAILPIT"

// ready bounds how long the server may take to start, and a mail to arrive.
const ready = 20 * time.Second

// Server is a running SMTP server that delivers to nobody.
type Server struct {
	Host string
	Port int    // of SMTP
	API  string // base URL of its HTTP API
	cmd  *exec.Cmd
	gone chan struct{} // closed when the process has ended
	out  bytes.Buffer
}

// Start runs a server for one test and stops it at the test's end. args are further flags of mailpit(1).
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	s, err := Launch(t.Context(), os.Getenv(Env), args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// Launch runs the server on loopback with ports that are free, and waits until it answers. The caller stops it.
func Launch(ctx context.Context, binary string, args ...string) (*Server, error) {
	if binary == "" {
		return nil, fmt.Errorf("%s is not set: run the tests through ./scripts/test, which builds the mail server for them", Env)
	}
	var last error
	for range 5 { // a port that was free a moment ago may be taken when the server asks for it
		s, err := launch(ctx, binary, args)
		if err == nil {
			return s, nil
		}
		last = err
	}
	return nil, last
}

func launch(ctx context.Context, binary string, args []string) (*Server, error) {
	smtp, api, err := freePorts()
	if err != nil {
		return nil, err
	}
	s := &Server{Host: "127.0.0.1", Port: smtp, API: fmt.Sprintf("http://127.0.0.1:%d", api)}
	// The server outlives the context of the call: Stop ends it.
	s.cmd = exec.Command(binary, append([]string{"--smtp", fmt.Sprintf("127.0.0.1:%d", smtp), "--listen", fmt.Sprintf("127.0.0.1:%d", api),
		"--disable-version-check", "--smtp-disable-rdns", "--quiet"}, args...)...)
	s.cmd.Stdout, s.cmd.Stderr = &s.out, &s.out
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, ready)
	defer cancel()
	s.gone = make(chan struct{})
	go func() { s.cmd.Wait(); close(s.gone); cancel() }()
	if err := poll(ctx, s.answers); err != nil {
		s.Stop()
		return nil, fmt.Errorf("the mail server did not start: %w: %s", err, s.out.String())
	}
	return s, nil
}

// Stop ends the server and waits for its end. What it held is gone.
func (s *Server) Stop() {
	s.cmd.Process.Kill()
	<-s.gone
}

func freePorts() (a, b int, err error) {
	var listeners [2]net.Listener
	for i := range listeners {
		if listeners[i], err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return 0, 0, err
		}
		defer listeners[i].Close()
	}
	return listeners[0].Addr().(*net.TCPAddr).Port, listeners[1].Addr().(*net.TCPAddr).Port, nil
}

// answers reports that both the API and SMTP take connections.
func (s *Server) answers(ctx context.Context) (bool, error) {
	if err := s.get(ctx, "/readyz", nil); err != nil {
		return false, nil
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(s.Host, strconv.Itoa(s.Port)))
	if err != nil {
		return false, nil
	}
	return true, conn.Close()
}

// poll asks every few milliseconds until done says yes or fails, or ctx ends.
func poll(ctx context.Context, done func(context.Context) (bool, error)) error {
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		if ok, err := done(ctx); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// get reads path of the API into v; a nil v discards the answer.
func (s *Server) get(ctx context.Context, path string, v any) error {
	return s.call(ctx, http.MethodGet, path, nil, v)
}

func (s *Server) call(ctx context.Context, method, path string, body []byte, v any) error {
	req, err := http.NewRequestWithContext(ctx, method, s.API+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	transport := &http.Transport{DisableKeepAlives: true}
	res, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s", method, path, res.Status)
	}
	if err != nil || v == nil {
		return err
	}
	return json.Unmarshal(answer, v)
}

// Message is one mail as the server received it.
type Message struct {
	ID      string
	From    Address
	To      []Address
	Subject string
	Text    string
	HTML    string
	Header  map[string][]string `json:"-"`
}

// Address is a name and an address.
type Address struct{ Name, Address string }

// All returns every mail to the address, the oldest first; every mail at all when to is empty.
func (s *Server) All(ctx context.Context, to string) ([]Message, error) {
	var list struct{ Messages []struct{ ID string } }
	path := "/api/v1/messages?limit=500"
	if to != "" {
		path = "/api/v1/search?limit=500&query=" + url.QueryEscape(`to:"`+to+`"`)
	}
	if err := s.get(ctx, path, &list); err != nil {
		return nil, err
	}
	all := make([]Message, len(list.Messages))
	for i, m := range list.Messages { // the API lists the newest first
		into := &all[len(all)-1-i]
		if err := errors.Join(s.get(ctx, "/api/v1/message/"+m.ID, into), s.get(ctx, "/api/v1/message/"+m.ID+"/headers", &into.Header)); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Wait returns the n-th mail to the address, counting from 1, as soon as it is there.
func (s *Server) Wait(ctx context.Context, to string, n int) (Message, error) {
	ctx, cancel := context.WithTimeout(ctx, ready)
	defer cancel()
	var found Message
	err := poll(ctx, func(ctx context.Context) (bool, error) {
		all, err := s.All(ctx, to)
		if err != nil || len(all) < n {
			return false, err
		}
		found = all[n-1]
		return true, nil
	})
	if err != nil {
		return Message{}, fmt.Errorf("waiting for mail %d to %s: %w", n, to, err)
	}
	return found, nil
}

// Refuse makes the server answer every recipient with the reply code from now on; 0 ends that. The server must have been
// started with --enable-chaos.
func (s *Server) Refuse(ctx context.Context, reply int) error {
	body := []byte(`{}`)
	if reply != 0 {
		body = fmt.Appendf(nil, `{"Recipient":{"ErrorCode":%d,"Probability":100}}`, reply)
	}
	return s.call(ctx, http.MethodPut, "/api/v1/chaos", body, nil)
}
