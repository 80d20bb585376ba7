package main

import (
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

const planted = `package room

func read(tx *db.Tx, g *access.Gate, f Filter) error {
	if err := g.On(access.ViewKeys, id); err != nil {
		return err
	}
	if err := g.SignedIn(); err != nil {
		return err
	}
	scope, err := g.Scope(access.ViewKeys)
	where := f.Scope.SQL(tx, "l.id", "$1")
	kind := access.Staff(text)
	return use(scope.Has(id), row.Has("licensing_id"), where, kind, err)
}
`

func TestCallsAreFoundAndReplaced(t *testing.T) {
	t.Parallel()
	number := 40
	f, unclear, err := parse("internal/licensing/room/read.go", planted, &number)
	if err != nil || len(unclear) > 0 || len(f.calls) != 5 {
		t.Fatalf("%v %v %+v", err, unclear, f.calls)
	}
	text := f.rewrite()
	for _, want := range []string{"g.MutantOn(41, access.ViewKeys, id)", "g.MutantSignedIn(42)", "g.MutantScope(43, access.ViewKeys)",
		`if mutantRemoved(44) { return "CAST(" + "$1" + " AS TEXT) IS NOT NULL" }; return f.Scope.SQL(tx, "l.id", "$1") }()`,
		"(mutantRemoved(45) || scope.Has(id))", `row.Has("licensing_id")`, "access.Staff(text)"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if _, err := parser.ParseFile(token.NewFileSet(), "", text, 0); err != nil {
		t.Error(err)
	}
	if f.calls[0].line != 4 {
		t.Errorf("line %d", f.calls[0].line)
	}
}

func TestWhatCannotBeRemovedIsTold(t *testing.T) {
	t.Parallel()
	for name, line := range map[string]string{"a value": "use(g.On)", "a method": "use((*access.Gate).SignedIn)", "another name": "gateOf(x).On(a, b)"} {
		number := 0
		_, unclear, err := parse("a.go", "package room\n\nfunc f(g *access.Gate) {\n"+line+"\n}\n", &number)
		if err != nil || len(unclear) != 1 {
			t.Errorf("%s: %v %v", name, unclear, err)
		}
	}
}

// TestEveryCallOfTheBusinessCanBeRemoved, so that scripts/matrix --mutants leaves none out.
func TestEveryCallOfTheBusinessCanBeRemoved(t *testing.T) {
	t.Parallel()
	files, unclear, err := find("../../..")
	if err != nil || len(unclear) > 0 {
		t.Fatalf("%v %v", err, unclear)
	}
	count := map[string]int{}
	for _, f := range files {
		for _, c := range f.calls {
			count[c.method]++
		}
	}
	for method, least := range map[string]int{"On": 15, "Scope": 5, "Staff": 15, "SignedIn": 6, "Delegable": 1, "SQL": 6, "Has": 1} {
		if count[method] < least {
			t.Errorf("only %d calls of %s were found", count[method], method)
		}
	}
}
