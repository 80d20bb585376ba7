package access

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"chiave/internal/platform/errs"
)

// Longest parts of an address (RFC 5321, section 4.5.3.1; the whole follows from the longest path).
const (
	longestLocal   = 64
	longestAddress = 254
)

// NormalizeAddress returns the one spelling of an e-mail address under which it is stored and compared: trimmed, in lower
// case, its domain in the ASCII form of IDNA (RFC 5891). The local part is a dot-atom of ASCII (RFC 5321, section
// 4.1.2): look-alike letters cannot make two people out of one, or one out of two. Errors: Invalid "access.address".
func NormalizeAddress(s string) (string, error) {
	s = strings.TrimSpace(s)
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return "", errAddress
	}
	local, domain := s[:at], s[at+1:]
	if strings.ContainsFunc(local, func(r rune) bool { return r > unicode.MaxASCII }) { // before K, the Kelvin sign, becomes k
		return "", errAddress
	}
	if local = strings.ToLower(local); !dotAtom(local) || len(local) > longestLocal {
		return "", errAddress
	}
	domain, err := NormalizeDomain(domain)
	if err != nil || len(local)+1+len(domain) > longestAddress {
		return "", errAddress
	}
	return local + "@" + domain, nil
}

// NormalizeDomain returns a domain name in lower case and in the ASCII form of IDNA. A single label is no domain that
// mail between organizations reaches. Errors: Invalid "access.domain".
func NormalizeDomain(s string) (string, error) {
	profile := idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(true), idna.VerifyDNSLength(true))
	domain, err := profile.ToASCII(strings.TrimSpace(s))
	if err != nil || !utf8.ValidString(s) || !strings.Contains(domain, ".") || strings.HasSuffix(domain, ".") {
		return "", errDomain
	}
	domain = strings.ToLower(domain)
	if again, err := profile.ToASCII(domain); err != nil || again != domain { // a label whose ASCII form is none
		return "", errDomain
	}
	return domain, nil
}

var (
	errAddress = errs.New(errs.Invalid, "access.address")
	errDomain  = errs.New(errs.Invalid, "access.domain")
)

// dotAtom reports whether s is atoms joined by single dots (RFC 5322, section 3.2.3).
func dotAtom(s string) bool {
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" {
			return false
		}
		for _, r := range atom {
			letter := r >= 'a' && r <= 'z' || r >= '0' && r <= '9'
			if !letter && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r) {
				return false
			}
		}
	}
	return true
}
