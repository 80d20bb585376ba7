package verify_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"chiave/verify"
)

func TestInstallationID(t *testing.T) {
	t.Parallel()
	id := func(product string, facts ...string) string {
		t.Helper()
		var raw [][]byte
		for _, fact := range facts {
			raw = append(raw, []byte(fact))
		}
		got, err := verify.InstallationID(product, raw...)
		if err != nil || !verify.ValidInstallationID(got) {
			t.Fatalf("%q, %v", got, err)
		}
		return got
	}
	// Frozen: another value would make every installed product a new machine.
	if got, want := id("NIB-STD", "8c1d2b34-machine", "disk-0001"), installation; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	seen := map[string]string{}
	for name, got := range map[string]string{
		"plain": id("A", "b", "c"), "another product": id("B", "b", "c"), "order": id("A", "c", "b"),
		"joined": id("A", "bc"), "boundary": id("A", "", "bc"), "into the product": id("Ab", "c"), "one more": id("A", "b", "c", ""),
	} {
		if other, twice := seen[got]; twice {
			t.Errorf("%s and %s share an ID", name, other)
		}
		seen[got] = name
	}
	for _, product := range []string{"", "A\n", "\xff", strings.Repeat("A", 129)} {
		if _, err := verify.InstallationID(product, []byte("fact")); !errors.Is(err, verify.ErrProduct) {
			t.Errorf("product %q: %v", product, err)
		}
	}
	for _, facts := range [][][]byte{nil, {nil}, {{}, {}}} {
		if _, err := verify.InstallationID("A", facts...); !errors.Is(err, verify.ErrInstallation) {
			t.Errorf("facts %q: %v", facts, err)
		}
	}
}

func TestInstallationGroupsRoundTrip(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^\d{6}(-\d{6}){7}$`)
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.StringMatching(`[0-9a-f]{32}`).Draw(t, "id")
		groups, err := verify.InstallationGroups(id)
		if err != nil || !form.MatchString(groups) {
			t.Fatalf("%q, %v", groups, err)
		}
		for _, typed := range []string{groups, strings.ReplaceAll(groups, "-", " "), strings.ReplaceAll(groups, "-", ""), " " + groups + "\n", id, strings.ToUpper(id), id[:16] + " " + id[16:]} {
			if got, err := verify.ParseInstallationID(typed); err != nil || got != id {
				t.Fatalf("%q: %q, %v; want %q", typed, got, err, id)
			}
		}
	})
	for id, want := range map[string]string{
		strings.Repeat("0", 32): "000002-000004-000006-000009-000003-000005-000008-000007",
		installation:            "033088-494246-022932-594426-213313-503880-861981-055254",
	} {
		if got, err := verify.InstallationGroups(id); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", id, got, err, want)
		}
	}
}

// A wrong digit, two neighbours swapped and a group in another's place are each caught, and the group is named.
func TestDigitGroupsCatchTypingErrors(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		groups, err := verify.InstallationGroups(fmt.Sprintf("%016x%016x", random.Uint64(), random.Uint64()))
		if err != nil {
			t.Fatal(err)
		}
		text := []byte(strings.ReplaceAll(groups, "-", ""))
		for i, was := range text {
			for digit := byte('0'); digit <= '9'; digit++ {
				text[i] = digit
				if digit != was {
					wantBadGroup(t, text, i/6+1)
				}
			}
			text[i] = was
			if i%6 != 5 && text[i] != text[i+1] {
				text[i], text[i+1] = text[i+1], text[i]
				wantBadGroup(t, text, i/6+1)
				text[i], text[i+1] = text[i+1], text[i]
			}
		}
		split := strings.Split(groups, "-")
		for i := range split {
			for j := i + 1; j < len(split); j++ {
				split[i], split[j] = split[j], split[i]
				wantBadGroup(t, []byte(strings.Join(split, "")), i+1)
				split[i], split[j] = split[j], split[i]
			}
		}
	}
}

func wantBadGroup(t *testing.T, typed []byte, group int) {
	t.Helper()
	_, err := verify.ParseInstallationID(string(typed))
	if bad, ok := errors.AsType[*verify.GroupError](err); !ok || bad.Group != group || !errors.Is(err, verify.ErrFormat) {
		t.Fatalf("%s: %v, want group %d", typed, err, group)
	}
}

func TestParseInstallationIDRefuses(t *testing.T) {
	t.Parallel()
	largest, err := verify.InstallationGroups(strings.Repeat("f", 32))
	if err != nil {
		t.Fatal(err)
	}
	// 128 bits end at 34028236692093846346…, so that a first group of 34029 is too large.
	tooLarge := ""
	for check := '0'; check <= '9'; check++ {
		typed := "34029" + string(check) + largest[6:]
		_, err := verify.ParseInstallationID(typed)
		if _, mistyped := errors.AsType[*verify.GroupError](err); !mistyped {
			tooLarge = typed
		}
	}
	for name, typed := range map[string]string{
		"empty": "", "a group missing": largest[:48], "a digit missing": largest[:54], "a digit more": largest + "0", "a group more": largest + "-000000",
		"letters": "g" + installation[1:], "a hexadecimal digit missing": installation[1:], "too large": tooLarge,
		"other digits": strings.Repeat("٣", 48), "endless": strings.Repeat("0", 1<<20), "a sign": "+" + largest[1:],
	} {
		if got, err := verify.ParseInstallationID(typed); !errors.Is(err, verify.ErrFormat) || got != "" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for _, id := range []string{"", "x", strings.ToUpper(installation), installation + "0"} {
		if _, err := verify.InstallationGroups(id); !errors.Is(err, verify.ErrInstallation) {
			t.Errorf("InstallationGroups(%q): %v", id, err)
		}
	}
}

func FuzzParseInstallationID(f *testing.F) {
	f.Add("033088-494246-022932-594426-213313-503880-861981-055254")
	f.Add(installation)
	f.Fuzz(func(t *testing.T, typed string) {
		id, err := verify.ParseInstallationID(typed)
		if err != nil {
			return
		}
		groups, err := verify.InstallationGroups(id)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := verify.ParseInstallationID(groups); err != nil || back != id {
			t.Fatalf("%q, %v; want %q", back, err, id)
		}
	})
}
