package ids

import (
	"testing"
	"time"

	"chiave/internal/platform/errs"
)

func TestIDsSortByTimeAndDiffer(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	seen := map[ID]bool{}
	last := ID("")
	for i := range 1000 {
		id := New(start.Add(time.Duration(i) * time.Millisecond))
		if !Valid(string(id)) || seen[id] || id <= last {
			t.Fatalf("id %d %q after %q: valid=%v seen=%v", i, id, last, Valid(string(id)), seen[id])
		}
		seen[id], last = true, id
	}
}

func TestEncodeKnownValue(t *testing.T) {
	t.Parallel()
	// 0x018cc251f400 is 2024-01-01T00:00:00Z in milliseconds; the remaining bits are all ones but version and variant.
	u := [16]byte{0x01, 0x8c, 0xc2, 0x51, 0xf4, 0x00, 0x7f, 0xff, 0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	if got, want := encode(u), ID("01hk153x00fzzvzzzzzzzzzzzz"); got != want {
		t.Errorf("encode = %q, want %q", got, want)
	}
}

func TestWireRoundTripAndRefusals(t *testing.T) {
	t.Parallel()
	key := Prefix("key")
	id := New(time.Unix(1_700_000_000, 0))
	if got, err := key.Parse(key.Wire(id)); err != nil || got != id {
		t.Errorf("round trip gave %q, %v", got, err)
	}
	for _, bad := range []string{"", "key_", string(id), "usr_" + string(id), "key_" + string(id) + "0", "key_8" + string(id)[1:], "key_u" + string(id)[1:]} {
		if _, err := key.Parse(bad); errs.CodeOf(err) != "ids.malformed" {
			t.Errorf("Parse(%q) = %v, want ids.malformed", bad, err)
		}
	}
	if key.Wire("") != "" {
		t.Error("no id has no wire form")
	}
}
