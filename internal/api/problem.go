package api

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"chiave/client"
	"chiave/internal/licensing/access"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/i18n"
	"chiave/internal/routes"
)

// problem is a client.Problem as an answer. It implements huma's StatusError, ContentTypeFilter and HeadersError.
type problem struct {
	client.Problem
	headers http.Header
}

func (p *problem) Error() string                { return p.Code }
func (p *problem) GetStatus() int               { return p.Status }
func (p *problem) GetHeaders() http.Header      { return p.headers }
func (p *problem) ContentType(string) string    { return "application/problem+json" }
func (p *problem) MarshalJSON() ([]byte, error) { return json.Marshal(p.Problem) }

// place returns the JSON pointer to a field of the body that a room names by itself, and other places as they are.
func place(field string) string {
	if field == "" || strings.Contains(field, "/") {
		return field
	}
	return "/" + field
}

// newProblem shows err in the language of out.
func newProblem(ctx context.Context, out i18n.Printer, err error) *problem {
	var e *errs.Error
	if !errors.As(err, &e) {
		e = errs.New(errs.Internal, "internal")
	}
	p := &problem{Problem: client.Problem{
		Type: "urn:chiave:error:" + e.Code, Status: routes.StatusOf(e), Code: e.Code, Title: out.Error(e.Code, worded(out, e.Params)), Request: routes.RequestID(ctx),
	}, headers: http.Header{}}
	if would, ok := e.Params["roles"].([]access.Role); ok && e.Code == "access.role_missing" {
		p.Action, _ = e.Params["action"].(string)
		p.LicensingID, _ = e.Params["licensing_id"].(string)
		p.Roles = roleCodes(slices.DeleteFunc(slices.Clone(would), func(r access.Role) bool { return r == access.Limited }))
	}
	if name, ok := strings.CutPrefix(e.Code, routes.OAuth); ok {
		p.OAuth = name
	}
	for _, f := range e.Fields {
		p.Errors = append(p.Errors, client.FieldProblem{Pointer: place(f.Pointer), Code: f.Code, Detail: out.Error(f.Code, f.Params)})
	}
	switch seconds := e.Params["retry_after"].(type) {
	case int:
		p.headers.Set("Retry-After", strconv.Itoa(seconds))
	case int64:
		p.headers.Set("Retry-After", strconv.FormatInt(seconds, 10))
	default:
		if e.Kind == errs.Unavailable {
			p.headers.Set("Retry-After", "1")
		}
	}
	if e.Kind == errs.Unauthenticated {
		p.headers.Set("WWW-Authenticate", `Bearer realm="chiave"`)
	}
	return p
}

// worded puts roles, which the business names by their codes, into words. Those that nobody can give are left out.
func worded(out i18n.Printer, params errs.Params) errs.Params {
	held, ok := params["roles"].([]access.Role)
	if !ok {
		return params
	}
	var names []string
	for _, role := range held {
		if role != access.Limited {
			names = append(names, out.T("roles."+string(role)))
		}
	}
	params = maps.Clone(params)
	params["roles"] = strings.Join(names, ", ")
	return params
}

// write answers with the problem, outside of huma.
func (p *problem) write(w http.ResponseWriter) {
	for name, values := range p.headers {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p.Problem)
}
