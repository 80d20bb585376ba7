package i18n

import (
	"strconv"
	"strings"
)

// Lang is a language of the portal, as its BCP 47 code.
type Lang string

// The languages. English is the fallback.
const (
	English Lang = "en"
	Italian Lang = "it"
)

// Langs returns every language, the fallback first.
func Langs() []Lang { return []Lang{English, Italian} }

// ParseLang returns the language that code names; ok is false for any other.
func ParseLang(code string) (lang Lang, ok bool) {
	for _, l := range Langs() {
		if code == string(l) {
			return l, true
		}
	}
	return English, false
}

// maxHeader bounds how much of an Accept-Language header is read; browsers send well under a hundred bytes.
const maxHeader = 1024

// Negotiate chooses the language of an answer: the user's own choice, then the cookie, then the most wanted language
// of the Accept-Language header (RFC 9110, section 12.5.4), then English. Empty or unknown values are passed over.
func Negotiate(userChoice, cookie, acceptLanguage string) Lang {
	for _, code := range []string{userChoice, cookie} {
		if lang, ok := ParseLang(code); ok {
			return lang
		}
	}
	if len(acceptLanguage) > maxHeader {
		acceptLanguage = acceptLanguage[:maxHeader]
	}
	best, bestWeight := English, 0.0
	for entry := range strings.SplitSeq(acceptLanguage, ",") {
		tag, param, _ := strings.Cut(entry, ";")
		base, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		lang, ok := ParseLang(base)
		if weight := quality(param); ok && weight > bestWeight {
			best, bestWeight = lang, weight
		}
	}
	return best
}

// quality reads the "q=0.8" of a header entry: 1 when there is none, 0 when it cannot be read.
func quality(param string) float64 {
	param = strings.TrimSpace(param)
	if param == "" {
		return 1
	}
	value, ok := strings.CutPrefix(strings.ToLower(param), "q=")
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if !ok || err != nil || !(q > 0 && q <= 1) {
		return 0
	}
	return q
}
