package client

import (
	"fmt"
	"time"
)

// Problem is an error answer: a problem document of RFC 9457. It implements error.
type Problem struct {
	Type    string         `json:"type" doc:"URN that names the kind of problem: urn:chiave:error: and the code"`
	Title   string         `json:"title" doc:"What happened and what to do, in the language asked for"`
	Status  int            `json:"status" doc:"HTTP status"`
	Code    string         `json:"code" doc:"Stable code to branch on" example:"access.role_missing"`
	Request string         `json:"request,omitempty" doc:"Id of the request; logs and the audit trail show it too"`
	Errors  []FieldProblem `json:"errors,omitempty" doc:"The wrong places in the request"`

	Action      string   `json:"action,omitempty" doc:"What a role is missing for, with access.role_missing"`
	LicensingID string   `json:"licensing_id,omitempty" doc:"Number of the Licensing ID on which the role is missing"`
	Roles       []string `json:"roles,omitempty" doc:"Codes of the roles of which one would do; they can be asked for at /api/v1/permission-requests"`

	OAuth string `json:"error,omitempty" doc:"Where a program waits to be let in: the answer's name in RFC 8628, section 3.5"`

	retryAfter time.Duration
}

// FieldProblem is one wrong place in a request.
type FieldProblem struct {
	Pointer string `json:"pointer" doc:"JSON pointer (RFC 6901) into the body, or query/NAME, path/NAME, header/NAME"`
	Code    string `json:"code" doc:"Stable code to branch on"`
	Detail  string `json:"detail" doc:"What is wrong there"`
}

// Error returns the title, the code and the wrong places.
func (p *Problem) Error() string {
	s := fmt.Sprintf("%s (%s)", p.Title, p.Code)
	for _, f := range p.Errors {
		s += fmt.Sprintf("; %s: %s", f.Pointer, f.Detail)
	}
	return s
}
