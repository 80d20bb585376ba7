package accounts

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestPasswords(t *testing.T) {
	t.Parallel()
	context := []string{"anna.rossi@contoso.example", "Contoso S.p.A.", "Anna", "Rossi"}
	for password, want := range map[string]string{
		"a quiet walk along the Adda":                  "",
		"Tr0mb0ne-under-glass":                         "",
		"perché no, domani è un altro":                 "",
		"木漏れ日の中を静かに歩いていく":                              "",
		strings.Repeat("ab cd efg ", 12)[:119] + "XYZ": "",
		"":                          "accounts.password_short",
		"elevenchars":               "accounts.password_short",
		"èèèèèèè":                   "accounts.password_short",
		strings.Repeat("pèsca", 26): "accounts.password_long",
		"not\xffvalid-utf8":         "accounts.password_text",
		"aaaaaaaaaaaaaaa":           "accounts.password_common",
		"abcabcabcabcabc":           "accounts.password_common",
		"123456789012345":           "accounts.password_common",
		"qwertyuiopasdf":            "accounts.password_common",
		"fdsapoiuytrewq":            "accounts.password_common",
		"Password2026!":             "accounts.password_common",
		"P@ssw0rd-2026":             "accounts.password_common",
		"benvenuto!!2026":           "accounts.password_common",
		"Contoso-2026-10":           "accounts.password_common",
		"anna rossi 1984":           "accounts.password_common",
		"Chiave123456!":             "accounts.password_common",
		"21101984 0039":             "accounts.password_common",
		"!!!!!!!!!!!!!":             "accounts.password_common",
		"adminpassword1":            "accounts.password_common",
	} {
		if got, _ := checkPassword(password, context...); got != want {
			t.Errorf("%q: %q, want %q", password, got, want)
		}
	}
}

func FuzzCheckPassword(f *testing.F) {
	f.Add("a quiet walk along the Adda", "anna@example.com")
	f.Add("İİİİİİİİİİİİİİ", "ß.ẞ@x.y")
	f.Add("\xff\xfe", "")
	f.Fuzz(func(t *testing.T, password, about string) {
		code, params := checkPassword(password, about)
		if code == "" && len([]rune(password)) < shortestPassword {
			t.Errorf("%q passed", password)
		}
		for _, v := range params {
			if v == password {
				t.Errorf("%q is in its own error", password)
			}
		}
	})
}

func TestHashes(t *testing.T) {
	t.Parallel()
	h := newHasher()
	stored, err := h.hash(t.Context(), "perché no, domani")
	if err != nil || !strings.HasPrefix(stored, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("%s %v", stored, err)
	}
	again, err := h.hash(t.Context(), "perché no, domani")
	if err != nil || again == stored {
		t.Errorf("the same password has the same hash, or %v", err)
	}
	weak := encodeHash(cost{memory: 64, time: 1, lanes: 1}, []byte("0123456789abcdef"), derive(cost{memory: 64, time: 1, lanes: 1}, []byte("0123456789abcdef"), "old"))
	for name, c := range map[string]struct {
		stored, password string
		fits, outdated   bool
	}{
		"right":                {stored, "perché no, domani", true, false},
		"right, in NFD":        {stored, "perche\u0301 no, domani", true, false},
		"wrong":                {stored, "perche no, domani", false, false},
		"nobody's":             {"", "perché no, domani", false, false},
		"right, of other cost": {weak, "old", true, true},
		"wrong, of other cost": {weak, "new", false, true},
	} {
		fits, outdated, err := h.check(t.Context(), c.stored, c.password)
		if err != nil || fits != c.fits || outdated != c.outdated {
			t.Errorf("%s: %t %t %v", name, fits, outdated, err)
		}
	}
	for _, broken := range []string{"x", "$argon2i$v=19$m=64,t=1,p=1$AA$AA", "$argon2id$v=19$m=64,t=0,p=1$AA$AA", "$argon2id$v=19$m=64,t=1,p=1$?$AA", "$argon2id$v=19$m=64,t=1,p=1$AA$AA"} {
		if fits, _, err := h.check(t.Context(), broken, "x"); fits || err == nil {
			t.Errorf("%s: %t %v", broken, fits, err)
		}
	}
}

// TestHashingWaitsForASlot fills every slot: the next one waits until its caller gives up.
func TestHashingWaitsForASlot(t *testing.T) {
	t.Parallel()
	h := newHasher()
	for range cap(h.slots) {
		h.slots <- struct{}{}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := h.hash(ctx, "x"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("hashed beside a full house: %v", err)
	}
	<-h.slots
	if _, err := h.hash(t.Context(), "x"); err != nil {
		t.Error(err)
	}
}
