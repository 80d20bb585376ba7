package cli

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"

	"github.com/alecthomas/kong"

	"chiave/client"
	"chiave/internal/platform/errs"
)

// exitCodes says how errors of our own kinds end a command.
var exitCodes = map[errs.Kind]int{
	errs.Internal:        exitFailed,
	errs.Invalid:         exitUsage,
	errs.Unauthenticated: exitRefused,
	errs.Denied:          exitRefused,
	errs.NotFound:        exitNotFound,
	errs.Conflict:        exitRefused,
	errs.Precondition:    exitRefused,
	errs.Limited:         exitRefused,
	errs.Unavailable:     exitUnavailable,
}

// statusCodes says how a server's answers end a command; a status that is not here is a failure.
var statusCodes = map[int]int{
	http.StatusBadRequest:            exitUsage,
	http.StatusRequestEntityTooLarge: exitUsage,
	http.StatusUnsupportedMediaType:  exitUsage,
	http.StatusUnprocessableEntity:   exitUsage,
	http.StatusUnauthorized:          exitRefused,
	http.StatusForbidden:             exitRefused,
	http.StatusConflict:              exitRefused,
	http.StatusPreconditionFailed:    exitRefused,
	http.StatusPreconditionRequired:  exitRefused,
	http.StatusTooManyRequests:       exitRefused,
	http.StatusNotFound:              exitNotFound,
	http.StatusServiceUnavailable:    exitUnavailable,
	http.StatusBadGateway:            exitUnavailable,
	http.StatusGatewayTimeout:        exitUnavailable,
}

// refused says what happened, why, and what to do, and returns the exit code.
func (s *session) refused(err error) int {
	problem, code := s.problem(err)
	if s.globals.JSON {
		writeProblem(s.Stderr, problem)
		return code
	}
	fmt.Fprintf(s.Stderr, "chiave: %s\n", problem.Title)
	for _, f := range problem.Errors {
		fmt.Fprintf(s.Stderr, "  %s: %s\n", f.Pointer, f.Detail)
	}
	if hint := s.hint(problem, code); hint != "" {
		fmt.Fprintf(s.Stderr, "→ %s\n", hint)
	}
	if problem.Request != "" {
		fmt.Fprintf(s.Stderr, "  %s\n", s.out.T("cli.request", "id", problem.Request))
	}
	return code
}

// writeProblem writes a problem as JSON. One that no server has answered with has the type of its code, and no HTTP status.
func writeProblem(w io.Writer, p client.Problem) {
	if p.Status != 0 {
		writeJSON(w, p)
		return
	}
	writeJSON(w, struct {
		Type   string                `json:"type"`
		Title  string                `json:"title"`
		Code   string                `json:"code"`
		Errors []client.FieldProblem `json:"errors,omitempty"`
	}{"urn:chiave:error:" + p.Code, p.Title, p.Code, p.Errors})
}

// problem turns any error into the one form in which errors are shown.
func (s *session) problem(err error) (client.Problem, int) {
	var answered *client.Problem
	var redirected *client.RedirectError
	var ours *errs.Error
	switch {
	case errors.As(err, &answered):
		code, known := statusCodes[answered.Status]
		if answered.OAuth != "" { // whose status says nothing of the reason
			code, known = exitRefused, true
		}
		if !known {
			code = exitFailed
		}
		return *answered, code
	case errors.As(err, &redirected):
		params := errs.Params{"server": redirected.From, "other": redirected.To}
		return client.Problem{Code: "cli.redirected", Title: s.out.Error("cli.redirected", params)}, exitRefused
	case client.OutcomeUnknown(err):
		address, _ := s.server()
		var late net.Error
		if errors.As(err, &late) && late.Timeout() {
			return client.Problem{Code: "cli.no_answer", Title: s.out.Error("cli.too_late", errs.Params{"server": address})}, exitUnavailable
		}
		return client.Problem{Code: "cli.no_answer", Title: s.out.Error("cli.no_answer", errs.Params{"server": address, "reason": reason(err)})}, exitUnavailable
	case errors.As(err, &ours):
		p := client.Problem{Code: ours.Code, Title: s.out.Error(ours.Code, ours.Params)}
		if why := cause(ours); why != "" {
			p.Title += " " + s.out.T("cli.reason", "reason", why)
		}
		for _, f := range ours.Fields {
			p.Errors = append(p.Errors, client.FieldProblem{Pointer: f.Pointer, Code: f.Code, Detail: s.out.Error(f.Code, f.Params)})
		}
		return p, exitCodes[ours.Kind]
	}
	return client.Problem{Code: "internal", Title: s.out.Error("cli.failed", errs.Params{"reason": reason(err)})}, exitFailed
}

// reason returns the innermost text of an error: the operating system's words, without the request that they are wrapped in.
func reason(err error) string {
	for {
		next := errors.Unwrap(err)
		if several, ok := err.(interface{ Unwrap() []error }); ok {
			next = several.Unwrap()[0] // the others came of tidying up
		}
		if next == nil {
			return err.Error()
		}
		err = next
	}
}

// cause returns what the operating system or the database says about a file or a database that does not work, "" of other errors, whose
// sentences say it all.
func cause(e *errs.Error) string {
	switch e.Code {
	case "db.unavailable", "db.outcome_unknown", "backup.unwritable", "config.secret_unreadable",
		"cli.file_unreadable", "cli.file_unwritable", "cli.token_file_unreadable":
	default:
		return ""
	}
	if inner := errors.Unwrap(e); inner != nil {
		return printable(reason(inner))
	}
	return ""
}

// plainNumber is a Licensing ID that a shell takes as it is.
var plainNumber = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// hint says what to do next about a refusal, where the sentence does not.
func (s *session) hint(p client.Problem, code int) string {
	switch {
	case p.Code == "access.role_missing" && len(p.Roles) > 0 && plainNumber.MatchString(p.LicensingID):
		role := p.Roles[0]
		if role == "administrator" && len(p.Roles) > 1 { // whoever asks should not ask for more than is needed
			role = p.Roles[1]
		}
		return s.out.T("cli.hint.request", "command", "chiave requests submit "+p.LicensingID+" --role "+role)
	case p.Code == "accounts.credentials": // whoever has just tried to
		return ""
	case p.Status == http.StatusUnauthorized:
		return s.out.T("cli.hint.sign_in")
	case p.Code == "db.not_initialized":
		return s.out.T("cli.hint.init")
	case p.Code == "db.schema_older":
		return s.out.T("cli.hint.migrate")
	case p.Code == "cli.no_answer":
		return s.out.T("cli.hint.server")
	case code == exitUnavailable && p.Status != 0:
		return s.out.T("cli.hint.again")
	}
	return ""
}

// usage is a way in which a command line can be wrong: the parser's sentence and the key of ours, whose parameters are its groups.
type usage struct {
	sentence *regexp.Regexp
	key      string
}

// usages translates the parser's sentences. What is not among them is shown as it is.
var usages = []usage{
	{regexp.MustCompile(`^unknown flag (\S+), did you mean (?:one of )?(.+)\?$`), "unknown_flag_near"},
	{regexp.MustCompile(`^unknown flag (\S+)$`), "unknown_flag"},
	{regexp.MustCompile(`^unexpected argument (.+), did you mean (?:one of )?(.+)\?$`), "unexpected_near"},
	{regexp.MustCompile(`^unexpected argument (.+)$`), "unexpected"},
	{regexp.MustCompile(`^missing flags: (.+)$`), "missing_flags"},
	{regexp.MustCompile(`^expected one of (.+)$`), "one_of"},
	{regexp.MustCompile(`^expected "?([^" ]+)"?$`), "missing_argument"},
	{regexp.MustCompile(`^(\S+) must be one of (.+) but got (.+)$`), "must_be"},
	{regexp.MustCompile(`^(\S+): (?:missing value|expected .+ value but got ).*$`), "missing_value"},
	{regexp.MustCompile(`^(\S+): expected a valid \d+ bit int but got .*$`), "number"},
	{regexp.MustCompile(`^(\S+): bool value must be .*$`), "yes_no"},
}

// misused says what is wrong with the command line.
func (s *session) misused(err error) int {
	detail := s.out.T("cli.usage.other", "detail", err.Error())
	for _, u := range usages {
		if m := u.sentence.FindStringSubmatch(err.Error()); m != nil {
			args := []any{"what", m[1]}
			if len(m) > 2 {
				args = append(args, "choices", m[2])
			}
			detail = s.out.T("cli.usage."+u.key, args...)
			break
		}
	}
	path := "chiave"
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context != nil && parse.Context.Selected() != nil {
		path = commandPath(parse.Context.Selected())
	}
	if s.globals.JSON {
		writeProblem(s.Stderr, client.Problem{Code: "cli.usage", Title: detail})
		return exitUsage
	}
	fmt.Fprintf(s.Stderr, "chiave: %s\n→ %s\n", detail, s.out.T("cli.usage.help", "command", path+" --help"))
	return exitUsage
}

// commandPath returns the words by which a command is called.
func commandPath(n *kong.Node) string {
	var words []string
	for ; n != nil; n = n.Parent {
		words = append([]string{n.Name}, words...)
	}
	return strings.Join(words, " ")
}
