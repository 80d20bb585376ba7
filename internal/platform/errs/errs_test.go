package errs

import (
	"errors"
	"fmt"
	"io"
	"testing"
)

func TestErrorKeepsKindCodeAndCause(t *testing.T) {
	t.Parallel()
	e := New(Invalid, "orders.bad", Params{"line": 3, "a": "x"}).Wrap(io.EOF).With(Field{Pointer: "/q", Code: "field.quantity"})
	wrapped := fmt.Errorf("placing: %w", e)
	if got, want := e.Error(), "invalid: orders.bad a=x line=3 [/q field.quantity]: EOF"; got != want {
		t.Errorf("text %q, want %q", got, want)
	}
	if KindOf(wrapped) != Invalid || CodeOf(wrapped) != "orders.bad" {
		t.Errorf("kind %v code %s", KindOf(wrapped), CodeOf(wrapped))
	}
	if !errors.Is(wrapped, io.EOF) || !errors.Is(wrapped, New(Invalid, "orders.bad")) || errors.Is(wrapped, New(Denied, "orders.bad")) {
		t.Error("errors.Is does not follow cause, kind and code")
	}
	if KindOf(io.EOF) != Internal || CodeOf(io.EOF) != "internal" {
		t.Error("a foreign error is internal")
	}
}

func TestEveryKindHasAName(t *testing.T) {
	t.Parallel()
	for k := Internal; k <= Unavailable; k++ {
		if k.String() == "" {
			t.Errorf("kind %d has no name", k)
		}
	}
	if got := Kind(200).String(); got != "kind(200)" {
		t.Errorf("unknown kind reads %q", got)
	}
}
