package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"chiave/internal/platform/clock"
	"chiave/internal/routes"
)

// The limits of a connection. Bodies and answers have time for large files; what is slow is the peer, not us.
const (
	headerTimeout = 10 * time.Second
	idleTimeout   = 2 * time.Minute
	drainTimeout  = 15 * time.Second
	maxBodyBytes  = 1 << 30          // of any request; routes of small bodies say less
	bodyGrace     = 30 * time.Second // before a body has to keep up slowestBody
	slowestBody   = 4 << 10          // bytes a second, on the average
)

// serve answers on socket until ctx is done, then lets requests under way finish.
func serve(ctx context.Context, log *slog.Logger, socket net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(socket) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	if err := server.Shutdown(drain); err != nil {
		log.Warn("requests were cut at shutdown", "error", err)
		server.Close()
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// secured sets the headers that every answer carries and bounds every body.
func secured(next http.Handler, overTLS bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		if overTLS {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBodyBytes)
		next.ServeHTTP(w, r)
	})
}

// paced gives up on a body that comes more slowly than slowestBody, so that nobody holds a connection by sending next to nothing.
func paced(next http.Handler, grace time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = &pacedBody{ReadCloser: r.Body, connection: http.NewResponseController(w), until: clock.System{}.Now().Add(grace)}
		}
		next.ServeHTTP(w, r)
	})
}

// pacedBody moves the connection's deadline on with every byte that has come.
type pacedBody struct {
	io.ReadCloser
	connection *http.ResponseController
	until      time.Time
}

func (b *pacedBody) Read(p []byte) (int, error) {
	if err := b.deadline(b.until); err != nil {
		return 0, err
	}
	n, err := b.ReadCloser.Read(p)
	b.until = b.until.Add(time.Duration(n) * time.Second / slowestBody)
	if err == io.EOF { // the deadline is not for what follows
		if failed := b.deadline(time.Time{}); failed != nil {
			return n, failed
		}
	}
	return n, err
}

func (b *pacedBody) deadline(t time.Time) error {
	if err := b.connection.SetReadDeadline(t); !errors.Is(err, http.ErrNotSupported) { // only what a network connection brings is slow
		return err
	}
	return nil
}

// measured counts and times every answer under the route's pattern, never under its path, which holds ids.
func (a *App) measured(r routes.Route, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		start := a.clock.Now()
		rec := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			took := a.clock.Now().Sub(start)
			a.metrics.answered(r, rec.status, took)
			a.Log.DebugContext(req.Context(), "answered", "request", routes.RequestID(req.Context()), "route", r.Pattern(), "status", rec.status, "took", took)
		}()
		next.ServeHTTP(rec, req)
	})
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
	wrote  bool
}

func (w *statusWriter) WriteHeader(status int) {
	if !w.wrote {
		w.status, w.wrote = status, true
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
