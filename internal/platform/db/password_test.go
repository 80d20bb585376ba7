package db_test

import (
	"log/slog"
	"testing"

	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
)

// TestNoPasswordFromTheEnvironment: nothing listens at the address, so what is not refused fails otherwise.
func TestNoPasswordFromTheEnvironment(t *testing.T) {
	t.Setenv("PGPASSWORD", "around")
	for address, want := range map[string]bool{
		"postgres://chiave@127.0.0.1:1/chiave?sslmode=disable":       true,
		"postgres://chiave:given@127.0.0.1:1/chiave?sslmode=disable": false,
	} {
		_, err := db.Open(t.Context(), db.Config{URL: address, Clock: clock.System{}, Log: slog.New(slog.DiscardHandler)})
		if err == nil || (errs.CodeOf(err) == "db.password_around") != want {
			t.Errorf("%s: %v", address, err)
		}
	}
}
