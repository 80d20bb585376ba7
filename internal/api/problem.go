package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"chiave/client"
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

// newProblem shows err in the language of out.
func newProblem(ctx context.Context, out i18n.Printer, err error) *problem {
	var e *errs.Error
	if !errors.As(err, &e) {
		e = errs.New(errs.Internal, "internal")
	}
	p := &problem{Problem: client.Problem{
		Type: "urn:chiave:error:" + e.Code, Status: routes.StatusOf(e), Code: e.Code, Title: out.Error(e.Code, e.Params), Request: routes.RequestID(ctx),
	}, headers: http.Header{}}
	for _, f := range e.Fields {
		p.Errors = append(p.Errors, client.FieldProblem{Pointer: f.Pointer, Code: f.Code, Detail: out.Error(f.Code, f.Params)})
	}
	if seconds, ok := e.Params["retry_after"].(int64); ok {
		p.headers.Set("Retry-After", strconv.FormatInt(seconds, 10))
	} else if e.Kind == errs.Unavailable {
		p.headers.Set("Retry-After", "1")
	}
	if e.Kind == errs.Unauthenticated {
		p.headers.Set("WWW-Authenticate", `Bearer realm="chiave"`)
	}
	return p
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

// fromHuma replaces huma's error constructor: its own repeats what the caller sent, which may be a product key.
func fromHuma(ctx huma.Context, status int, _ string, details ...error) huma.StatusError {
	out := printerOf(ctx.Context())
	code := "request.refused"
	switch status {
	case http.StatusUnprocessableEntity, http.StatusBadRequest:
		code = "request.invalid"
	case http.StatusRequestEntityTooLarge:
		code = "request.too_large"
	case http.StatusUnsupportedMediaType, http.StatusNotAcceptable:
		code = "request.media_type"
	case http.StatusRequestTimeout:
		code = "request.timeout"
	}
	if status >= http.StatusInternalServerError {
		status, code = http.StatusInternalServerError, "internal"
	}
	p := &problem{Problem: client.Problem{Type: "urn:chiave:error:" + code, Status: status, Code: code, Title: out.Error(code, nil), Request: routes.RequestID(ctx.Context())}}
	for _, d := range details {
		var detail *huma.ErrorDetail
		if errors.As(d, &detail) {
			p.Errors = append(p.Errors, client.FieldProblem{Pointer: pointer(detail.Location), Code: "field.invalid", Detail: safeMessage(out, detail.Message)})
		}
	}
	return p
}

// pointer turns huma's "body.items[3].name" into the JSON pointer "/items/3/name" (RFC 6901); a place outside the body keeps
// its side: "query/as_of".
func pointer(location string) string {
	side, rest, _ := strings.Cut(location, ".")
	rest = strings.NewReplacer(".", "/", "[", "/", "]", "").Replace(rest)
	if side == "body" {
		if rest == "" {
			return ""
		}
		return "/" + rest
	}
	return side + "/" + rest
}

// safeMessage lets through only what huma says about our own schema, never a parser's text, which may hold input.
func safeMessage(out i18n.Printer, message string) string {
	for _, prefix := range []string{"expected ", "unexpected property", "required ", "unknown query parameter"} {
		if strings.HasPrefix(message, prefix) {
			return message
		}
	}
	return out.Error("field.invalid", nil)
}
