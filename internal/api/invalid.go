package api

import (
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"chiave/client"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/i18n"
	"chiave/internal/routes"
)

// fromHuma replaces huma's error constructor: its own repeats what the caller sent, which may be a product key, and speaks English only.
func fromHuma(ctx huma.Context, status int, message string, details ...error) huma.StatusError {
	out := printerOf(ctx.Context())
	code := "request.refused"
	switch {
	case message == "cannot read request body":
		status, code = http.StatusBadRequest, "request.body"
	case status >= http.StatusInternalServerError:
		status, code = http.StatusInternalServerError, "internal"
	case status == http.StatusUnprocessableEntity || status == http.StatusBadRequest:
		code = "request.invalid"
	case status == http.StatusRequestEntityTooLarge:
		code = "request.too_large"
	case status == http.StatusUnsupportedMediaType || status == http.StatusNotAcceptable:
		code = "request.media_type"
	case status == http.StatusRequestTimeout:
		code = "request.timeout"
	}
	p := &problem{Problem: client.Problem{Type: "urn:chiave:error:" + code, Status: status, Code: code, Title: out.Error(code, nil), Request: routes.RequestID(ctx.Context())}}
	for _, d := range details {
		if detail, ok := errors.AsType[*huma.ErrorDetail](d); ok && code == "request.invalid" {
			p.Errors = append(p.Errors, invalid(out, detail))
		}
	}
	return p
}

// invalid says what is wrong at one place. Of huma's message only what it says of our own schema is kept, never what it was sent.
func invalid(out i18n.Printer, d *huma.ErrorDetail) client.FieldProblem {
	code, params := rule(d.Message)
	at := pointer(d.Location)
	if strings.HasSuffix(d.Message, " parameter is missing") { // the place is the parameter's own
		code, params = "field.missing", errs.Params{"name": at[strings.LastIndex(at, "/")+1:]}
	}
	return client.FieldProblem{Pointer: at, Code: code, Detail: out.Error(code, params)}
}

// rule turns huma's message into a code with its parameters.
func rule(message string) (code string, params errs.Params) {
	switch message {
	case "unexpected property", "unknown query parameter":
		return "field.unknown", nil
	case "expected string to be RFC 3339 date-time":
		return "field.instant", nil
	}
	for _, r := range []struct{ before, after, code, param string }{
		{"expected required property ", " to be present", "field.missing", "name"},
		{"expected value to be one of \"", "\"", "field.one_of", "values"},
		{"expected length <= ", "", "field.too_long", "max"},
		{"expected array length <= ", "", "field.too_many", "max"},
		{"expected number >= ", "", "field.minimum", "min"},
		{"expected number <= ", "", "field.maximum", "max"},
	} {
		if rest, ok := strings.CutPrefix(message, r.before); ok && strings.HasSuffix(rest, r.after) {
			return r.code, errs.Params{r.param: strings.TrimSuffix(rest, r.after)}
		}
	}
	switch message {
	case "expected string":
		return "field.text", nil
	case "expected integer", "expected number":
		return "field.number", nil
	case "expected boolean":
		return "field.boolean", nil
	}
	return "field.invalid", nil
}

// memberName is how the members of our own schemas are called, or an index. What a caller calls anything else is not repeated.
var memberName = regexp.MustCompile(`^([a-z][a-z0-9_]{0,39}|[0-9]{1,9})$`)

// pointer turns huma's "body.items[3].name" into the JSON pointer "/items/3/name" (RFC 6901); a place outside the body keeps
// its side: "query/as_of".
func pointer(location string) string {
	side, rest, _ := strings.Cut(location, ".")
	at := ""
	for part := range strings.SplitSeq(strings.NewReplacer("[", ".", "]", "").Replace(rest), ".") {
		switch {
		case part == "":
		case memberName.MatchString(part) || side == "header":
			at += "/" + part
		default:
			at += "/…"
		}
	}
	if side == "body" {
		return at
	}
	return side + at
}
