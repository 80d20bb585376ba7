package routes

import (
	"strings"
	"testing"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/errs"
)

func TestKeysAreVisibleText(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]bool{"": false, "1234567": false, "12345678": true, strings.Repeat("~", 128): true, strings.Repeat("x", 129): false,
		"with a space": false, "tab\there": false, "città-12": false, "\x00\x00\x00\x00\x00\x00\x00\x00": false} {
		if got := ValidKey(key); got != want {
			t.Errorf("%q: got %v", key, got)
		}
	}
}

func TestARequestIsRecognisedByAllOfItself(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		first := Done{Principal: "usr", Key: "12345678", Route: "POST /x", Hash: "h"}
		write := func(r Done) error {
			ctx := db.BeforeCommit(t.Context(), r.Record)
			return d.Write(ctx, func(tx *db.Tx) error {
				tx.SetResult("made")
				return audit.Record(tx, audit.Itself(), audit.Event{Action: "test"})
			})
		}
		if object, err := first.Find(t.Context(), d); object != "" || err != nil {
			t.Fatalf("before anything was done: %q, %v", object, err)
		}
		if err := write(first); err != nil {
			t.Fatal(err)
		}
		if err := write(first); errs.CodeOf(err) != "idempotency.running" {
			t.Errorf("the second effect: %v", err)
		}
		for _, tc := range []struct {
			name   string
			change func(r *Done)
			object string
			code   string
		}{
			{"the same", func(*Done) {}, "made", "internal"},
			{"another caller", func(r *Done) { r.Principal = "other" }, "", "internal"},
			{"another key", func(r *Done) { r.Key = "87654321" }, "", "internal"},
			{"another route", func(r *Done) { r.Route = "POST /y" }, "", "idempotency.other_request"},
			{"another body", func(r *Done) { r.Hash = "g" }, "", "idempotency.other_request"},
		} {
			r := first
			tc.change(&r)
			if object, err := r.Find(t.Context(), d); object != tc.object || err != nil && errs.CodeOf(err) != tc.code || err == nil && tc.code != "internal" {
				t.Errorf("%s: got %q, %v", tc.name, object, err)
			}
		}
	})
}
