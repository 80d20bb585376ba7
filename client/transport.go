package client

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"
)

// How long a server may take. The body of a request or of an answer may take any time: feeds and key files are large.
const (
	connectWithin = 10 * time.Second
	answerWithin  = 30 * time.Second // a request is tried again after it
	importWithin  = 30 * time.Minute // the answer to a feed comes when all of it is taken
)

// transport returns http.DefaultTransport's manner with an end to each wait.
func transport(header time.Duration) *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: connectWithin, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   connectWithin,
		ResponseHeaderTimeout: header,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          100,
		IdleConnTimeout:       90 * time.Second,
	}
}

var (
	usual   = transport(answerWithin)
	patient = transport(importWithin)
)

// RedirectError says that the server sent the request on to another origin: another scheme, host or port. It was not followed, since tokens,
// passwords and product keys would have gone there too.
type RedirectError struct {
	From, To string // origins, such as https://licensing.example.com
}

// Error names both origins, and nothing of what was asked.
func (e *RedirectError) Error() string {
	return e.From + " sends the request on to " + e.To + ", which was not followed"
}

// origin returns scheme, host and port of u.
func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

// homeOnly returns a copy of h that follows a redirect within the origin asked first, and then only if h would.
func homeOnly(h *http.Client) *http.Client {
	limited := *h
	limited.CheckRedirect = func(next *http.Request, via []*http.Request) error {
		if from, to := origin(via[0].URL), origin(next.URL); from != to {
			return &RedirectError{From: from, To: to}
		}
		if h.CheckRedirect != nil {
			return h.CheckRedirect(next, via)
		}
		if len(via) >= 10 {
			return errors.New("the server redirects in circles")
		}
		return nil
	}
	return &limited
}
