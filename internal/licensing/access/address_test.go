package access_test

import (
	"strings"
	"testing"

	"chiave/internal/licensing/access"
	"chiave/internal/platform/errs"
)

func TestNormalizeAddress(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"anna@example.com":                       "anna@example.com",
		"  Anna.Rossi+Keys@EXAMPLE.com\t":        "anna.rossi+keys@example.com",
		"o'neil@example.com":                     "o'neil@example.com",
		"anna@Città.example":                     "anna@xn--citt-3na.example",
		"anna@xn--citt-3na.example":              "anna@xn--citt-3na.example",
		strings.Repeat("a", 64) + "@e.example":   strings.Repeat("a", 64) + "@e.example",
		strings.Repeat("a", 65) + "@e.example":   "",
		"":                                       "",
		"anna":                                   "",
		"@example.com":                           "",
		"anna@":                                  "",
		"anna@localhost":                         "",
		"anna@example.com.":                      "",
		"anna@[192.0.2.1]":                       "",
		"anna@exa mple.com":                      "",
		"an na@example.com":                      "",
		"anna@b@example.com":                     "",
		".anna@example.com":                      "",
		"anna..b@example.com":                    "",
		`"anna"@example.com`:                     "",
		"аnna@example.com":                       "", // its first letter is Cyrillic
		"anna@example.com\r\nBcc: x@example.com": "",
		"\u212aatia@example.com":                 "", // the Kelvin sign
		"anna@-example.com":                      "",
	} {
		got, err := access.NormalizeAddress(in)
		if got != want || (err == nil) != (want != "") || err != nil && errs.CodeOf(err) != "access.address" {
			t.Errorf("%q: %q %v, want %q", in, got, err, want)
		}
	}
}

func FuzzNormalizeAddress(f *testing.F) {
	for _, s := range []string{"anna@example.com", "A.B@Città.example", "x@y", "a@b.c\x00", "ſ@K.example", "a@ß.example", "a@İ.example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once, err := access.NormalizeAddress(s)
		if err != nil {
			return
		}
		twice, err := access.NormalizeAddress(once)
		if err != nil || twice != once {
			t.Errorf("%q became %q, and that became %q, %v", s, once, twice, err)
		}
		if strings.Count(once, "@") != 1 || strings.ToLower(once) != once || len(once) > 254 || strings.ContainsFunc(once, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Errorf("%q became %q", s, once)
		}
	})
}
