package openlicense

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// Wire is the prefix of an addition's row id.
const Wire ids.Prefix = "ola"

// Roles returns the limited set, in the order of the list of roles (OPEN-01).
func Roles() []access.Role {
	return []access.Role{access.LicensingInfoViewer, access.Download, access.ProductKeys, access.SubscriptionsManager}
}

// Addition is the limited set that somebody got on an Open License.
type Addition struct {
	ID        ids.ID
	Licensing ids.ID
	Number    string // the License Number
	Name      string // of whoever got the roles; may be empty
	Address   string
	Reseller  bool // named as the license's reseller, who entered nothing
	Added     time.Time
	Denied    time.Time // zero while it is not
	DeniedBy  string    // name
}

func (a Addition) source() access.Source {
	if a.Reseller {
		return access.Reseller
	}
	return access.OpenLicense
}

// Submission is what somebody enters (OPEN-04, OPEN-06).
type Submission struct {
	License       string // License Number
	Authorization string // Authorization Number
	Acknowledged  bool
	accounts.Names
}

// longestNumber is in characters.
const longestNumber = 64

// tidy trims the submission and returns what is wrong with it. The names count on the first use only; those of the profile stand in for
// names that are not given.
func (s *Submission) tidy(first bool, me accounts.User) []errs.Field {
	var fields []errs.Field
	for _, part := range []struct {
		pointer string
		number  *string
	}{{"license_number", &s.License}, {"authorization_number", &s.Authorization}} {
		if *part.number = strings.TrimSpace(*part.number); !numeral(*part.number) {
			fields = append(fields, errs.Field{Pointer: part.pointer, Code: "openlicense." + part.pointer, Params: errs.Params{"max": longestNumber}})
		}
	}
	if first {
		if strings.TrimSpace(s.First+s.Last) == "" {
			s.Names = accounts.Names{First: me.FirstName, Last: me.LastName}
		}
		fields = slices.Concat(fields, s.Faults())
	}
	if !s.Acknowledged {
		fields = append(fields, errs.Field{Pointer: "acknowledged", Code: "openlicense.acknowledged"})
	}
	return fields
}

// numeral reports whether s can be one of the two numbers.
func numeral(s string) bool {
	return s != "" && utf8.ValidString(s) && utf8.RuneCountInString(s) <= longestNumber && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// Standing is what a page needs to know about whoever wants to use the function.
type Standing struct {
	Holds     bool           // an Open License, without which it is not to be used (OPEN-03)
	First     bool           // it was never used
	Names     accounts.Names // of the profile
	Suspended time.Time      // when the own suspension ends; zero when there is none
	Limits    Limits
}
