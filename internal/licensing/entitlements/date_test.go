package entitlements_test

import (
	"testing"
	"time"

	. "chiave/internal/licensing/entitlements"
)

// TestDates compares every day of four hundred years, and both ends, with the standard library.
func TestDates(t *testing.T) {
	t.Parallel()
	at := time.Date(1800, 1, 1, 12, 0, 0, 0, time.UTC)
	previous := DateOf(at) - 1
	for ; at.Year() < 2201; at = at.AddDate(0, 0, 1) {
		d := DateOf(at)
		if back, err := ParseDate(d.String()); d.String() != at.Format(time.DateOnly) || d != previous+1 || err != nil || back != d {
			t.Fatalf("%s: %s (%d), read again %s, %v", at, d, d, back, err)
		}
		previous = d
	}
	for text, want := range map[string]Date{"0001-01-01": 1, "9999-12-31": 3652059} {
		if d, err := ParseDate(text); d != want || err != nil || d.String() != text {
			t.Errorf("%s: %d, %v", text, d, err)
		}
	}
	if d := DateOf(time.Time{}.AddDate(-1, 0, 0)); !d.IsZero() {
		t.Errorf("a day before the year 1 is %s", d)
	}
}

func TestDateArithmetic(t *testing.T) {
	t.Parallel()
	d := date("2024-02-28")
	for n, want := range map[int]string{1: "2024-02-29", 2: "2024-03-01", -59: "2023-12-31", 1 << 40: "9999-12-31", -1 << 40: "0001-01-01"} {
		if got := d.AddDays(n).String(); got != want {
			t.Errorf("%d days after %s: %s, want %s", n, d, got, want)
		}
	}
	if d.Compare(d+1) != -1 || d.Compare(d) != 0 || d.Compare(0) != 1 {
		t.Error("Compare does not follow the calendar")
	}
}

func TestDateText(t *testing.T) {
	t.Parallel()
	var d Date
	if err := d.UnmarshalText([]byte("2024-02-29")); err != nil || d != date("2024-02-29") {
		t.Errorf("got %s, %v", d, err)
	}
	if err := d.UnmarshalText(nil); err != nil || !d.IsZero() {
		t.Errorf("empty: got %s, %v", d, err)
	}
	if text, err := d.MarshalText(); string(text) != "" || err != nil || !d.Time().IsZero() {
		t.Errorf("absent: got %q, %v", text, err)
	}
	for _, bad := range []string{"2023-02-29", "2024-13-01", "2024-00-01", "2024-01-00", "2024-1-01", "0000-01-01", "2024-01-01 ", "+024-01-01", "2024/01/01", "1900-02-29"} {
		if got, err := ParseDate(bad); err == nil || !got.IsZero() {
			t.Errorf("%q was read as %s", bad, got)
		}
	}
}

func FuzzParseDate(f *testing.F) {
	for _, seed := range []string{"2024-02-29", "0001-01-01", "9999-12-31", "2023-02-29", "", "２024-01-01"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDate(text)
		want, wantErr := time.Parse(time.DateOnly, text)
		if wantErr == nil && want.Year() < 1 {
			wantErr = err
		}
		if (err == nil) != (wantErr == nil) || err == nil && (d.String() != text || !d.Time().Equal(want)) {
			t.Errorf("%q: %s, %v; the standard library says %s, %v", text, d, err, want, wantErr)
		}
	})
}

func TestKindAndPoolText(t *testing.T) {
	t.Parallel()
	for _, k := range Kinds() {
		var back Kind
		if text, err := k.MarshalText(); err != nil || back.UnmarshalText(text) != nil || back != k {
			t.Errorf("kind %q comes back as %q", k, back)
		}
	}
	for _, p := range []Pool{Applications, Systems, Servers} {
		var back Pool
		if text, err := p.MarshalText(); err != nil || back.UnmarshalText(text) != nil || back != p {
			t.Errorf("pool %q comes back as %q", p, back)
		}
	}
	var k Kind
	var p Pool
	if k.UnmarshalText([]byte("lsa")) == nil || p.UnmarshalText(nil) == nil {
		t.Error("names that do not exist were read")
	}
}
