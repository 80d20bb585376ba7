package client

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestNoRedirectLeavesTheServer: what was sent, which may be a password or a product key, would be sent again to whoever is named.
func TestNoRedirectLeavesTheServer(t *testing.T) {
	t.Parallel()
	reached := make(chan string, 10)
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		reached <- string(text)
	}))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		asked := 0
		first := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked++
			http.Redirect(w, r, other.URL+"/secret-path", status)
		}))
		defer first.Close()
		for _, c := range []*Client{New(first.URL), New(first.URL, HTTP(&http.Client{}))} {
			_, err := c.Activate(t.Context(), ActivationRequest{ProductKey: "AAAAA"})
			var redirected *RedirectError
			if !errors.As(err, &redirected) || redirected.From != first.URL || redirected.To != other.URL || OutcomeUnknown(err) || strings.Contains(err.Error(), "secret-path") {
				t.Errorf("%d: %v", status, err)
			}
		}
		if asked != 2 || len(reached) > 0 {
			t.Errorf("%d: asked %d times, reached %d times", status, asked, len(reached))
		}
	}
}

// TestARedirectWithinTheServerIsFollowed with the body.
func TestARedirectWithinTheServerIsFollowed(t *testing.T) {
	t.Parallel()
	s := start(t, says(307, "", "Location", "/elsewhere"), says(200, `{"token":"a"}`))
	if got, err := s.Activate(t.Context(), ActivationRequest{ProductKey: "AAAAA"}); err != nil || got.Token != "a" || !strings.Contains(s.requests[1].body, "AAAAA") {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestASilentServerIsGivenUp, as one whose answer's outcome is unknown; a feed may take longer.
func TestASilentServerIsGivenUp(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	c := New("http://" + silent.Addr().String())
	c.http.Transport = transport(time.Millisecond)
	c.wait = func(context.Context, time.Duration) error { return nil }
	if _, err := c.Me(t.Context()); !OutcomeUnknown(err) {
		t.Errorf("got %v", err)
	}
	fresh := New("http://x.example")
	for name, h := range map[string]struct {
		client *http.Client
		header time.Duration
	}{"usual": {fresh.http, answerWithin}, "imports": {fresh.patient, importWithin}} {
		made := h.client.Transport.(*http.Transport)
		if h.client.Timeout != 0 || made.DialContext == nil || made.TLSHandshakeTimeout != connectWithin || made.ResponseHeaderTimeout != h.header {
			t.Errorf("%s: %+v", name, made)
		}
	}
}

// TestAFeedIsWaitedForLonger than the usual time.
func TestAFeedIsWaitedForLonger(t *testing.T) {
	t.Parallel()
	s := start(t, says(200, `{"kind":"orders","rows":2,"errors":[]}`))
	s.http.Transport = refusing{}
	if report, err := s.Import(t.Context(), Orders, "o.csv", false, func() (io.Reader, error) { return strings.NewReader("a"), nil }); err != nil || report.Rows != 2 {
		t.Errorf("got %+v, %v", report, err)
	}
}

type refusing struct{}

func (refusing) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("this request has the usual time only")
}
