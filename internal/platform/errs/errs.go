// Package errs is the one error type of Chiave.
//
// An Error has one of nine kinds, a stable dotted code ("orders.unknown_product") and parameters for the sentence
// that a face shows; the sentence itself is the translation key "error." + code. Everything that is not an *Error is
// internal: a face says so and shows nothing of its text. The package does not know HTTP (the API maps kinds to
// statuses in one place) nor any language.
package errs

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Kind says what sort of refusal an error is; it decides the HTTP status and the CLI exit code.
type Kind uint8

// The kinds. Internal is the zero value, so that a forgotten kind never reads as the caller's fault.
const (
	Internal        Kind = iota // a fault of ours; its text is never shown
	Invalid                     // the input is wrong; Fields name the places
	Unauthenticated             // nobody is signed in, or the proof is wrong
	Denied                      // the actor sees the object but lacks the right
	NotFound                    // no such object, or none that the actor may know of
	Conflict                    // the object's state does not allow it
	Precondition                // the ETag is missing or stale
	Limited                     // too much: a limit or a rate
	Unavailable                 // cannot be answered now; the outcome may be unknown, so repeat with the same key
)

var kindNames = [...]string{"internal", "invalid", "unauthenticated", "denied", "not_found", "conflict", "precondition", "limited", "unavailable"}

// String returns the kind's stable name.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Params are the named values of an error's sentence. They are shown to the caller, so no secret may be among them.
type Params map[string]any

// Field is one wrong place in the input.
type Field struct {
	Pointer string // JSON pointer (RFC 6901) into the input, or the name of a form field
	Code    string // stable code; the sentence is "error." + Code
	Params  Params
}

// Error is a refusal that a caller may tell apart.
type Error struct {
	Kind   Kind
	Code   string
	Params Params
	Fields []Field
	cause  error
}

// New returns an error of kind with code and the parameters of its sentence.
func New(kind Kind, code string, params ...Params) *Error {
	e := &Error{Kind: kind, Code: code}
	for _, p := range params {
		if e.Params == nil {
			e.Params = Params{}
		}
		maps.Copy(e.Params, p)
	}
	return e
}

// Wrap returns the error with its cause, which logs may show and callers may not.
func (e *Error) Wrap(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// With returns the error with fields added.
func (e *Error) With(fields ...Field) *Error {
	c := *e
	c.Fields = append(slices.Clip(e.Fields), fields...)
	return &c
}

// Error returns kind, code and parameters in order of name, then the cause.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Kind, e.Code)
	for _, name := range slices.Sorted(maps.Keys(e.Params)) {
		fmt.Fprintf(&b, " %s=%v", name, e.Params[name])
	}
	for _, f := range e.Fields {
		fmt.Fprintf(&b, " [%s %s]", f.Pointer, f.Code)
	}
	if e.cause != nil {
		fmt.Fprintf(&b, ": %v", e.cause)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target is an *Error with the same kind and code, so that errors.Is works on package-level values.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Kind == e.Kind && t.Code == e.Code
}

// KindOf returns the kind of err: Internal for everything that is not an *Error.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// CodeOf returns the code of err, or "internal".
func CodeOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return "internal"
}
