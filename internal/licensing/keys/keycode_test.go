package keys

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

func mustGenerate(t testing.TB) Code {
	t.Helper()
	c, err := Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestGenerateMakesCanonicalCodesThatParse(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{5}(-[0-9A-HJKMNP-TV-Z]{5}){4}$`)
	seen := map[string]bool{}
	for range 2000 {
		c := mustGenerate(t)
		text := c.Reveal()
		if !form.MatchString(text) {
			t.Fatalf("not five groups of five: %q", text)
		}
		if seen[text] {
			t.Fatalf("drawn twice: %q", text)
		}
		seen[text] = true
		if back, err := ParseCode(text); err != nil || !back.Equal(c) {
			t.Fatalf("ParseCode(%q): %v", text, err)
		}
	}
}

func TestGenerateUsesEverySymbolEvenly(t *testing.T) {
	t.Parallel()
	count := map[rune]int{}
	const codes = 4000
	for range codes {
		for _, r := range strings.ReplaceAll(mustGenerate(t).Reveal(), "-", "") {
			count[r]++
		}
	}
	mean := codes * codeSymbols / len(codeAlphabet) // 3125, standard deviation 55
	for _, r := range codeAlphabet {
		if n := count[r]; n < mean-500 || n > mean+500 {
			t.Errorf("symbol %c drawn %d times, mean %d", r, n, mean)
		}
	}
}

func TestGenerateIsDeterminedByItsReader(t *testing.T) {
	t.Parallel()
	// The weights, the polynomial and the alphabet are frozen: keys in custody must parse for ever.
	for _, tc := range []struct{ random, want string }{
		{strings.Repeat("\x00", 24), "00000-00000-00000-00000-00000"},
		{strings.Repeat("\x00", 23) + "\x01", "00000-00000-00000-00000-00012"},
		{strings.Repeat("\x00", 22) + "\x01\x00", "00000-00000-00000-00000-00104"},
		{strings.Repeat("\x00", 23) + "\x10", "00000-00000-00000-00000-000G5"},
		{"\x01" + strings.Repeat("\x00", 23), "10000-00000-00000-00000-0000Y"},
	} {
		c, err := Generate(strings.NewReader(tc.random))
		if err != nil || c.Reveal() != tc.want {
			t.Errorf("Generate(%x) = %q, %v; want %q", tc.random, c.Reveal(), err, tc.want)
		}
	}
	broken := errors.New("no entropy")
	if c, err := Generate(iotest.ErrReader(broken)); !errors.Is(err, broken) || !c.IsZero() {
		t.Errorf("broken reader: %v", err)
	}
	if _, err := Generate(strings.NewReader("short")); err == nil {
		t.Error("a short reader made a key")
	}
}

func TestEverySingleSubstitutionIsCaught(t *testing.T) {
	t.Parallel()
	for range 300 {
		text := []byte(mustGenerate(t).Reveal())
		for i, was := range text {
			if was == '-' {
				continue
			}
			for _, wrong := range []byte(codeAlphabet) {
				if wrong == was {
					continue
				}
				text[i] = wrong
				if _, err := ParseCode(string(text)); !errors.Is(err, ErrCodeCheck) {
					t.Fatalf("%s with %c for %c at %d: %v", text, wrong, was, i, err)
				}
			}
			text[i] = was
		}
	}
}

func TestEverySwapIsCaught(t *testing.T) {
	t.Parallel()
	for range 300 {
		text := []byte(strings.ReplaceAll(mustGenerate(t).Reveal(), "-", ""))
		for i := range text {
			for j := i + 1; j < len(text); j++ { // neighbours, and any other two
				if text[i] == text[j] {
					continue
				}
				text[i], text[j] = text[j], text[i]
				if _, err := ParseCode(string(text)); !errors.Is(err, ErrCodeCheck) {
					t.Fatalf("%s with %d and %d swapped: %v", text, i, j, err)
				}
				text[i], text[j] = text[j], text[i]
			}
		}
	}
}

func TestParseCodeToleratesHowPeopleType(t *testing.T) {
	t.Parallel()
	c, err := Generate(strings.NewReader("\x00\x00\x00\x00\x01\x01" + strings.Repeat("\x00", 18)))
	if err != nil || c.Reveal() != "00001-10000-00000-00000-0000A" {
		t.Fatal(c.Reveal(), err)
	}
	for _, typed := range []string{
		"00001-10000-00000-00000-0000A", "000011000000000000000000A", " 00001 10000 00000 00000 0000A\n", "oooolIooooOOOOO00000ooooA",
		"00001–10000—00000‐00000-0000A", "0 0 0 0 1-1 0 0 0 0-\t00000-00000--0000A", "00001\u00a010000\u00a000000\u00a000000\u00a00000A",
	} {
		for _, typed := range []string{typed, strings.ToLower(typed), strings.ToUpper(typed)} {
			if got, err := ParseCode(typed); err != nil || !got.Equal(c) {
				t.Errorf("ParseCode(%q) = %q, %v; want %q", typed, got.Reveal(), err, c.Reveal())
			}
		}
	}
}

func TestParseCodeRefusesWithoutEchoing(t *testing.T) {
	t.Parallel()
	good := mustGenerate(t).Reveal()
	for _, tc := range []struct {
		name, typed string
		want        error
	}{
		{"nothing", "", ErrCodeLength},
		{"only dashes", "-----", ErrCodeLength},
		{"one short", good[:len(good)-1], ErrCodeLength},
		{"one long", good + "0", ErrCodeLength},
		{"very long", strings.Repeat("0", 1<<20), ErrCodeLength},
		{"the letter U", "U" + good[1:], ErrCodeSymbol},
		{"punctuation", good[:28] + "!", ErrCodeSymbol},
		{"another script", "А" + good[1:], ErrCodeSymbol}, // Cyrillic
		{"long s, which upper-cases to S", "ſ" + good[1:], ErrCodeSymbol},
		{"broken UTF-8", "\xff" + good[1:], ErrCodeSymbol},
		{"a NUL", good + "\x00", ErrCodeSymbol},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c, err := ParseCode(tc.typed)
			if !errors.Is(err, tc.want) || !c.IsZero() {
				t.Fatalf("%v, want %v", err, tc.want)
			}
			if strings.Contains(err.Error(), good[6:11]) {
				t.Errorf("error echoes the input: %v", err)
			}
		})
	}
}

func TestCodeDoesNotLeak(t *testing.T) {
	t.Parallel()
	letters := bytes.NewReader([]byte{10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 10, 11})
	c, err := Generate(letters) // letters alone, which no printed address contains by chance
	if err != nil {
		t.Fatal(err)
	}
	type holder struct {
		Shown  Code
		hidden Code
		deep   map[string][]Code
	}
	h := holder{Shown: c, hidden: c, deep: map[string][]Code{"k": {c}}}
	out := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%c", "%U", "%b", "%p", "%w"} {
		for name, value := range map[string]any{"code": c, "pointer": &c, "slice": []Code{c}, "holder": h, "holder pointer": &h} {
			out[verb+" "+name] = fmt.Sprintf(verb, value)
		}
	}
	for name, make := range map[string]func(*bytes.Buffer) slog.Handler{
		"slog text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"slog json": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var b bytes.Buffer
		slog.New(make(&b)).Info("m", "code", c, "pointer", &c, "holder", h, "list", []Code{c})
		out[name] = b.String()
		if !strings.Contains(b.String(), c.Masked()) {
			t.Errorf("%s does not show the masked code: %s", name, b.String())
		}
	}
	asJSON, jsonErr := json.Marshal(h)
	asXML, xmlErr := xml.Marshal(h.Shown)
	if jsonErr == nil || xmlErr == nil {
		t.Errorf("an encoder took a key: %s %s", asJSON, asXML)
	}
	out["json"], out["xml"] = fmt.Sprint(string(asJSON), jsonErr), fmt.Sprint(string(asXML), xmlErr)

	for how, text := range out {
		if leaks(text, c) {
			t.Errorf("%s leaks: %s", how, text)
		}
	}
	plain := strings.ReplaceAll(c.Reveal(), "-", "")
	if got, want := c.Masked(), "*****-*****-*****-*****-"+plain[20:]; got != want || c.String() != want || c.LastFive() != plain[20:] {
		t.Errorf("masked %q, want %q", got, want)
	}
}

// leaks reports whether text shows five hidden characters of c in a row: plainly, in hexadecimal or as numbers.
func leaks(text string, c Code) bool {
	for _, shown := range []string{c.Reveal(), strings.ReplaceAll(c.Reveal(), "-", "")} {
		for i := 0; i+5 <= 20; i++ {
			part := shown[i : i+5]
			for _, form := range []string{part, fmt.Sprintf("%x", part), fmt.Sprintf("%X", part), strings.Trim(fmt.Sprint([]byte(part)), "[]")} {
				if strings.Contains(text, form) {
					return true
				}
			}
		}
	}
	return false
}

func TestLeaksSeesALeak(t *testing.T) {
	t.Parallel()
	c := mustGenerate(t)
	for _, text := range []string{c.Reveal(), fmt.Sprintf("%x", c.Reveal()), fmt.Sprint([]byte(c.Reveal())), "x" + c.Reveal()[6:11] + "y"} {
		if !leaks(text, c) {
			t.Errorf("not seen: %s", text)
		}
	}
}

func TestZeroCode(t *testing.T) {
	t.Parallel()
	var zero Code
	if !zero.IsZero() || zero.Reveal()+zero.Masked()+zero.LastFive()+fmt.Sprint(zero) != "" {
		t.Error("the zero Code shows something")
	}
	c := mustGenerate(t)
	if zero.Equal(c) || c.Equal(zero) || !zero.Equal(Code{}) || c.IsZero() || c.Equal(mustGenerate(t)) {
		t.Error("Equal or IsZero is wrong")
	}
}

func TestRoundTripProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, err := Generate(bytes.NewReader(rapid.SliceOfN(rapid.Byte(), 24, 24).Draw(t, "random")))
		if err != nil {
			t.Fatal(err)
		}
		if back, err := ParseCode(strings.ToLower(c.Reveal())); err != nil || !back.Equal(c) {
			t.Fatalf("%s: %v", c.Reveal(), err)
		}
	})
}

func FuzzParseCode(f *testing.F) {
	f.Add("00000-00000-00000-00000-00000")
	f.Add("10000 00000 ooooo 00000 0000y")
	f.Add("\xff")
	f.Fuzz(func(t *testing.T, typed string) {
		c, err := ParseCode(typed)
		if err != nil {
			if !c.IsZero() {
				t.Fatal("a refused code is not zero")
			}
			return
		}
		if back, err := ParseCode(c.Reveal()); err != nil || !back.Equal(c) {
			t.Fatalf("canonical text of %q does not parse: %v", typed, err)
		}
	})
}
