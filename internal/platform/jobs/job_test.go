package jobs

import (
	"errors"
	"io"
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
