package routes

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net/http"
	"runtime/debug"
)

type requestKey struct{}

// RequestID returns the id of the request that ctx belongs to: answers, logs and audit records show it.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// Identify gives every request an id and answers it in the header Request-Id. An id that a caller sends is not taken over,
// so that nobody can write text of their choosing into logs and records.
func Identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var b [10]byte
		rand.Read(b[:])
		id := hex.EncodeToString(b[:])
		w.Header().Set("Request-Id", id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestKey{}, id)))
	})
}

// Recover turns a panic of a handler into what failed answers, and logs where it happened.
func Recover(log *slog.Logger, next http.Handler, failed func(w http.ResponseWriter, r *http.Request)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch p := recover(); p {
			case nil:
			case http.ErrAbortHandler:
				panic(p)
			default:
				log.ErrorContext(r.Context(), "a handler panicked", "request", RequestID(r.Context()), "panic", p, "stack", string(debug.Stack()))
				failed(w, r)
			}
		}()
		next.ServeHTTP(w, r)
	})
}
