package requests

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"chiave/internal/licensing/access"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// Wire is the prefix of a request's row id.
const Wire ids.Prefix = "prq"

// State is how far a request has come.
type State string

// The states. Accepted and Denied are final.
const (
	Pending  State = "pending"
	Accepted State = "accepted"
	Denied   State = "denied"
)

// Request is one permission request.
type Request struct {
	ID        ids.ID
	Number    string // the Request Number (PERM-27)
	Licensing ids.ID // empty when nobody has the number asked for
	Licensed  string // number of the Licensing ID; empty to the requester, who only knows what was asked for
	Asked     string // the number as the requester wrote it
	Program   string
	Requester ids.ID
	Name      string // of the requester
	Address   string // of the requester, which gets the roles
	Roles     []access.Role
	Comments  string
	State     State
	Granted   []access.Role
	Note      string // of whoever decided
	Decider   string // name; empty to the requester
	Created   time.Time
	Decided   time.Time // zero while it waits
	Due       time.Time // when it is overdue; zero for requests without a time limit
	Overdue   bool      // it waits longer than it may (OPEN-02)
}

// Subject is what the request is called by to those who decide on it: the Licensing ID, or what was asked for.
func (r Request) Subject() string {
	if r.Licensed != "" {
		return r.Licensed
	}
	return r.Asked
}

// Submission is what somebody asks for (PERM-22).
type Submission struct {
	Program  string // may be empty for a Licensing ID that the requester sees already
	Number   string // of the Licensing ID, the enrollment, the license or the authorization
	Roles    []access.Role
	Comments string
}

// Decision answers a request (PERM-27).
type Decision struct {
	Accept bool
	Roles  []access.Role // given, among those asked for; all of them when empty
	Note   string
}

const (
	longestNumber   = 64
	longestComments = 2000
)

// Roles returns the roles that can be asked for.
func Roles() []access.Role {
	return slices.DeleteFunc(access.Roles(), func(r access.Role) bool { return r == access.Limited })
}

// tidy trims the submission, puts its roles in their order, and returns what is wrong with it but the program.
func (s *Submission) tidy() []errs.Field {
	var fields []errs.Field
	s.Number, s.Comments = strings.TrimSpace(s.Number), strings.TrimSpace(s.Comments)
	if s.Number == "" || utf8.RuneCountInString(s.Number) > longestNumber || !utf8.ValidString(s.Number) || strings.ContainsFunc(s.Number, func(r rune) bool { return !unicode.IsPrint(r) }) {
		fields = append(fields, errs.Field{Pointer: "licensing_id", Code: "requests.number", Params: errs.Params{"max": longestNumber}})
	}
	asked := ordered(s.Roles)
	if len(asked) == 0 || slices.ContainsFunc(s.Roles, func(r access.Role) bool { return !slices.Contains(Roles(), r) }) {
		fields = append(fields, errs.Field{Pointer: "roles", Code: "requests.roles"})
	}
	s.Roles = asked
	if !readable(s.Comments) {
		fields = append(fields, errs.Field{Pointer: "comments", Code: "requests.comments", Params: errs.Params{"max": longestComments}})
	}
	return fields
}

// readable reports whether a comment can be stored, mailed and shown.
func readable(s string) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= longestComments &&
		!strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' })
}

// ordered returns each of the roles that can be asked for once, in the order of the list of roles.
func ordered(some []access.Role) []access.Role {
	return slices.DeleteFunc(Roles(), func(r access.Role) bool { return !slices.Contains(some, r) })
}

// given returns the roles that a decision on the request gives. Errors: Invalid "requests.decision".
func (d *Decision) given(r Request) ([]access.Role, error) {
	d.Note = strings.TrimSpace(d.Note)
	invalid := errs.New(errs.Invalid, "requests.decision")
	if !readable(d.Note) {
		return nil, invalid.With(errs.Field{Pointer: "note", Code: "requests.comments", Params: errs.Params{"max": longestComments}})
	}
	if !d.Accept {
		return nil, nil
	}
	if len(d.Roles) == 0 {
		return r.Roles, nil
	}
	for _, role := range d.Roles {
		if !slices.Contains(r.Roles, role) {
			return nil, invalid.With(errs.Field{Pointer: "roles", Code: "requests.roles_given"})
		}
	}
	return ordered(d.Roles), nil
}

func joined(some []access.Role) string {
	words := make([]string, len(some))
	for i, r := range some {
		words[i] = string(r)
	}
	return strings.Join(words, " ")
}

func split(words string) []access.Role {
	var all []access.Role
	for word := range strings.FieldsSeq(words) {
		all = append(all, access.Role(word))
	}
	return all
}

// numberOf is the Request Number of a request: the random end of its id, in two groups.
func numberOf(id ids.ID) string {
	end := strings.ToUpper(string(id[len(id)-8:]))
	return "R-" + end[:4] + "-" + end[4:]
}
