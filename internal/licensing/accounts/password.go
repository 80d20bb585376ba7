package accounts

import (
	_ "embed"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"chiave/internal/platform/errs"
)

// Length of a password in characters. There are no rules about its composition (NIST SP 800-63B: length and a list of
// known passwords do more).
const (
	shortestPassword = 12
	longestPassword  = 128
)

//go:embed common_words.txt
var commonWords string

// checkPassword refuses a password that is too short or long, or that somebody would try among the first: a common word or
// one that the person's context suggests, dressed up with digits; a repetition; a run on the keyboard. It returns the
// code of the fault, "" for none.
func checkPassword(password string, context ...string) (code string, params errs.Params) {
	if !utf8.ValidString(password) {
		return "accounts.password_text", nil
	}
	switch n := utf8.RuneCountInString(norm.NFC.String(password)); {
	case n < shortestPassword:
		return "accounts.password_short", errs.Params{"min": shortestPassword}
	case n > longestPassword:
		return "accounts.password_long", errs.Params{"max": longestPassword}
	}
	plain := fold(password, false)
	bare := strings.TrimRightFunc(password, func(r rune) bool { return !unicode.IsLetter(r) })
	if repeats(plain) || runs(plain) || guessable(plain, context) || guessable(fold(bare, true), context) {
		return "accounts.password_common", nil
	}
	return "", nil
}

// fold keeps letters and digits in lower case; undress also turns the digits and signs that stand for letters back.
func fold(s string, undress bool) string {
	return strings.Map(func(r rune) rune {
		if i := strings.IndexRune("013457@$!", r); undress && i >= 0 {
			return rune("oieastasi"[i])
		}
		if r = unicode.ToLower(r); unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
}

// guessable reports whether nothing but words that anybody would try is left once the digits around them are gone.
func guessable(s string, context []string) bool {
	core := strings.TrimFunc(s, unicode.IsDigit)
	if core == "" { // digits alone: a date, a telephone number
		return utf8.RuneCountInString(s) < 2*shortestPassword
	}
	known := strings.Fields(commonWords)
	for _, c := range context {
		known = append(known, fold(c, false)) // an address, a whole name
		for _, word := range strings.FieldsFunc(strings.ToLower(c), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if utf8.RuneCountInString(word) >= 3 {
				known = append(known, word)
			}
		}
	}
	return slices.ContainsFunc(known, func(word string) bool {
		return core == word || word != "" && strings.HasPrefix(core, word) && slices.Contains(known, core[len(word):])
	})
}

// repeats reports whether s is a short piece said over and over.
func repeats(s string) bool {
	for piece := 1; piece <= len(s)/2; piece++ {
		if strings.HasPrefix(s[piece:], s[:len(s)-piece]) {
			return true
		}
	}
	return s == ""
}

// runs reports whether s goes along the alphabet, the digits or the rows of a keyboard, either way.
func runs(s string) bool {
	backwards := []rune(s)
	slices.Reverse(backwards)
	for _, row := range []string{"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz", "1234567890123456789012345678901234567890", "01234567890123456789",
		"qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "qazwsxedcrfvtgbyhnujm", "1q2w3e4r5t6y7u8i9o0p"} {
		if strings.Contains(row, s) || strings.Contains(row, string(backwards)) {
			return true
		}
	}
	return false
}
