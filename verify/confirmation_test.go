package verify_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"chiave/verify"
)

const symbols = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

func confirmation(t testing.TB, key ed25519.PrivateKey, want verify.Expect) string {
	t.Helper()
	message, err := verify.ConfirmationMessage(want)
	if err != nil {
		t.Fatal(err)
	}
	text, err := verify.FormatConfirmation(ed25519.Sign(key, message))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestConfirmation(t *testing.T) {
	t.Parallel()
	text := confirmation(t, privateKey(2), expect())
	if !regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{5}(-[0-9A-HJKMNP-TV-Z]{5}){25}$`).MatchString(text) {
		t.Fatalf("not 26 groups of five: %s", text)
	}
	look := strings.NewReplacer("0", "o", "1", "l", "-", " ")
	for _, typed := range []string{text, strings.ToLower(text), look.Replace(text), strings.ReplaceAll(text, "-", ""), "\t" + strings.ReplaceAll(text, "-", " – ") + "\n"} {
		if err := verify.Confirmation(typed, trusted(t), expect()); err != nil {
			t.Errorf("%q: %v", typed, err)
		}
	}
	never := expect()
	never.Now = time.Unix(0, 0)
	if err := verify.Confirmation(text, trusted(t), never); err != nil {
		t.Errorf("a confirmation looked at the clock: %v", err)
	}
}

func TestConfirmationRefuses(t *testing.T) {
	t.Parallel()
	text := confirmation(t, privateKey(1), expect())
	with := func(change func(*verify.Expect)) verify.Expect { e := expect(); change(&e); return e }
	for _, tc := range []struct {
		name, typed string
		keys        verify.Keys
		want        verify.Expect
		err         error
	}{
		{"empty", "", trusted(t), expect(), verify.ErrFormat},
		{"a group missing", text[:149], trusted(t), expect(), verify.ErrFormat},
		{"a symbol missing", text[:154], trusted(t), expect(), verify.ErrFormat},
		{"a symbol more", text + "0", trusted(t), expect(), verify.ErrFormat},
		{"endless", strings.Repeat("0", 1<<20), trusted(t), expect(), verify.ErrFormat},
		{"no symbol", "U" + text[1:], trusted(t), expect(), verify.ErrFormat},
		{"another script", "О" + text[1:], trusted(t), expect(), verify.ErrFormat}, // Cyrillic
		{"another version", anotherVersion(text), trusted(t), expect(), verify.ErrFormat},
		{"another issuer", text, trusted(t), with(func(e *verify.Expect) { e.Issuer = strings.Replace(issuer, "8", "9", 1) }), verify.ErrSignature},
		{"another installation", text, trusted(t), with(func(e *verify.Expect) { e.InstallationID = strings.Repeat("0", 32) }), verify.ErrSignature},
		{"another product", text, trusted(t), with(func(e *verify.Expect) { e.Product = "B" }), verify.ErrSignature},
		{"no issuer", text, trusted(t), with(func(e *verify.Expect) { e.Issuer = "" }), verify.ErrIssuer},
		{"no installation", text, trusted(t), with(func(e *verify.Expect) { e.InstallationID = "" }), verify.ErrInstallation},
		{"no product", text, trusted(t), with(func(e *verify.Expect) { e.Product = "" }), verify.ErrProduct},
		{"a product with a line feed", text, trusted(t), with(func(e *verify.Expect) { e.Product = "A\n" }), verify.ErrProduct},
		{"no keys", text, verify.Keys{}, expect(), verify.ErrUnknownKey},
		{"a stranger's key", confirmation(t, privateKey(3), expect()), trusted(t), expect(), verify.ErrSignature},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if err := verify.Confirmation(tc.typed, tc.keys, tc.want); !errors.Is(err, tc.err) {
				t.Errorf("%v, want %v", err, tc.err)
			}
		})
	}
	for _, length := range []int{0, 63, 65} {
		if _, err := verify.FormatConfirmation(make([]byte, length)); !errors.Is(err, verify.ErrSignature) {
			t.Errorf("a signature of %d bytes: %v", length, err)
		}
	}
}

// anotherVersion turns the leading byte from 1 into 3 and mends the group's check. The byte ends in the second symbol,
// 001xx, which becomes 011xx: it changes by 8 = α³ with the weight α³, and so the check by α⁶ = 10.
func anotherVersion(text string) string {
	second, check := strings.IndexByte(symbols, text[1]), strings.IndexByte(symbols, text[4])
	return text[:1] + string(symbols[second^8]) + text[2:4] + string(symbols[check^10]) + text[5:]
}

// A wrong symbol, two symbols of a group swapped and a group in another's place are each caught, and the group is named.
func TestSymbolGroupsCatchTypingErrors(t *testing.T) {
	t.Parallel()
	for seed := byte(1); seed < 6; seed++ {
		text := confirmation(t, privateKey(seed), expect())
		plain := []byte(strings.ReplaceAll(text, "-", ""))
		for i, was := range plain {
			for _, wrong := range []byte(symbols) {
				plain[i] = wrong
				if wrong != was {
					wantMistypedGroup(t, string(plain), i/5+1)
				}
			}
			plain[i] = was
			for j := i + 1; j < (i/5+1)*5; j++ {
				if plain[i] != plain[j] {
					plain[i], plain[j] = plain[j], plain[i]
					wantMistypedGroup(t, string(plain), i/5+1)
					plain[i], plain[j] = plain[j], plain[i]
				}
			}
		}
		groups := strings.Split(text, "-")
		for i := range groups {
			for j := i + 1; j < len(groups); j++ {
				groups[i], groups[j] = groups[j], groups[i]
				wantMistypedGroup(t, strings.Join(groups, "-"), i+1)
				groups[i], groups[j] = groups[j], groups[i]
			}
		}
	}
}

func wantMistypedGroup(t *testing.T, typed string, group int) {
	t.Helper()
	err := verify.Confirmation(typed, verify.Keys{}, expect()) // a group is judged before any key is looked for
	if bad, ok := errors.AsType[*verify.GroupError](err); !ok || bad.Group != group || !errors.Is(err, verify.ErrFormat) {
		t.Fatalf("%s: %v, want group %d", typed, err, group)
	}
}

// Whatever 64 bytes are written, the same 64 bytes are read: the signature fits after the round trip and only then.
func TestConfirmationRoundTrip(t *testing.T) {
	t.Parallel()
	keys := trusted(t)
	rapid.Check(t, func(rt *rapid.T) {
		want := expect()
		want.Product = rapid.StringMatching(`[^\p{Cc}]{1,30}`).Draw(rt, "product")
		message, err := verify.ConfirmationMessage(want)
		if err != nil {
			rt.Fatal(err)
		}
		signature := ed25519.Sign(privateKey(1), message)
		altered := bytes.Clone(signature)
		altered[rapid.IntRange(0, 63).Draw(rt, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(rt, "bit")
		for _, tc := range []struct {
			signature []byte
			want      error
		}{{signature, nil}, {altered, verify.ErrSignature}} {
			text, err := verify.FormatConfirmation(tc.signature)
			if err != nil {
				rt.Fatal(err)
			}
			if err := verify.Confirmation(text, keys, want); !errors.Is(err, tc.want) {
				rt.Fatalf("%v, want %v", err, tc.want)
			}
		}
	})
}

func FuzzConfirmation(f *testing.F) {
	good := confirmation(f, privateKey(1), expect())
	f.Add(good)
	f.Add(strings.ToLower(good))
	f.Add("00000-\xff")
	f.Fuzz(func(t *testing.T, typed string) {
		if verify.Confirmation(typed, trusted(t), expect()) != nil {
			return
		}
		plain := strings.Map(func(r rune) rune {
			if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) {
				return -1
			}
			return r
		}, typed)
		plain = strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(plain))
		if plain != strings.ReplaceAll(good, "-", "") {
			t.Fatal("accepted what is not the confirmation")
		}
	})
}
