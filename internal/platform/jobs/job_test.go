package jobs

import (
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestBackoffTriplesUpToSixHours(t *testing.T) {
	t.Parallel()
	want := []time.Duration{10 * time.Second, 30 * time.Second, 90 * time.Second, 270 * time.Second, 810 * time.Second,
		2430 * time.Second, 7290 * time.Second, 6 * time.Hour, 6 * time.Hour}
	for i, w := range want {
		if got := backoff(i + 1); got != w {
			t.Errorf("backoff(%d) = %s, want %s", i+1, got, w)
		}
	}
}

func TestNextSlotIsTheFirstMultipleAfter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(t, "at"))
		every := time.Duration(rapid.Int64Range(1, 1e6).Draw(t, "seconds")) * time.Second
		slot := nextSlot(at, every)
		if !slot.After(at) || slot.Sub(at) > every || slot.UnixMicro()%every.Microseconds() != 0 {
			t.Fatalf("nextSlot(%s, %s) = %s", at, every, slot)
		}
	})
}

func TestPermanentKeepsItsCause(t *testing.T) {
	t.Parallel()
	if Permanent(nil) != nil {
		t.Error("no error became one")
	}
	if err := Permanent(io.EOF); !errors.Is(err, io.EOF) || !isPermanent(err) || isPermanent(io.EOF) {
		t.Errorf("%v: permanent %v", err, isPermanent(err))
	}
}

func TestAddressesAreNotKeptOfAnError(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"550 5.1.1 <anna@example.com>: Recipient address rejected":   "550 5.1.1 <(address)>: Recipient address rejected",
		`refused: "anna b"@example.com, bo+x@sub.example.com; try 4`: "refused: (address), (address); try 4",
		"to:àñna@exämple.com (552)":                                  "to:(address) (552)",
		"GET https://example.com/u?m=anna%40example.com failed":      "GET https:(address) failed",
		"unavailable: db.unavailable at 10.0.0.1:5432":               "unavailable: db.unavailable at 10.0.0.1:5432",
	} {
		if got := reasonOf(errors.New(said)); got != want {
			t.Errorf("kept %q, want %q", got, want)
		}
	}
}

func TestLogsOfFailuresNameNoAddress(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	r := New(nil, Config{Log: slog.New(slog.NewTextHandler(&log, nil))})
	for _, o := range []Outcome{Dead, Failed, Lost} {
		r.report(t.Context(), Job{Kind: "work"}, o, errors.New("451 <anna@example.com> later"), nil)
	}
	if got := log.String(); strings.Contains(got, "anna@") || strings.Count(got, "451 <(address)> later") != 3 {
		t.Errorf("logged:\n%s", got)
	}
}
