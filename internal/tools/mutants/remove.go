package main

import (
	"encoding/json"
	"fmt"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func readFile(path string) (string, error) {
	text, err := os.ReadFile(path)
	return string(text), err
}

// everything is what a removed decision is replaced by, in the package access.
const everything = `
// MutantOn is On, unless it is removed.
func (g *Gate) MutantOn(n int, action Action, licensing ids.ID) error {
	if mutantRemoved(n) {
		g.allow()
		return nil
	}
	return g.On(action, licensing)
}

// MutantStaff is Staff, unless it is removed.
func (g *Gate) MutantStaff(n int, action Action) error {
	if mutantRemoved(n) {
		g.allow()
		return nil
	}
	return g.Staff(action)
}

// MutantScope is Scope, unless it is removed.
func (g *Gate) MutantScope(n int, action Action) (Scope, error) {
	if mutantRemoved(n) {
		g.allow()
		return Scope{All: true}, nil
	}
	return g.Scope(action)
}

// MutantSignedIn is SignedIn, unless it is removed.
func (g *Gate) MutantSignedIn(n int) error {
	if mutantRemoved(n) {
		g.allow()
		return nil
	}
	return g.SignedIn()
}

// MutantDelegable is Delegable, unless it is removed.
func (g *Gate) MutantDelegable(n int, scopes []Action) error {
	if mutantRemoved(n) {
		g.allow()
		return nil
	}
	return g.Delegable(scopes)
}
`

// numberEnv names the call that is removed.
const numberEnv = "CHIAVE_MUTANT"

// helper is the source that every changed package gets beside its own.
func helper(pkg string) string {
	imports, rest := `import ("os"; "strconv")`, ""
	if pkg == "access" {
		imports, rest = `import ("os"; "strconv"; "chiave/internal/platform/ids")`, everything
	}
	return fmt.Sprintf("package %s\n\n%s\n\nfunc mutantRemoved(n int) bool { return os.Getenv(%q) == strconv.Itoa(n) }\n%s", pkg, imports, numberEnv, rest)
}

// rewrite returns the source with each of its calls replaced by one that can be removed.
func (f file) rewrite() string {
	text := f.text
	calls := slices.Clone(f.calls)
	slices.Reverse(calls) // from the end, so that the places before it stay
	for _, c := range calls {
		at := func(p token.Pos) int { return f.tokens.Offset(p) }
		begin, end := at(c.expression.Pos()), at(c.expression.End())
		switch c.method {
		case "SQL":
			placeholder := text[at(c.expression.Args[2].Pos()):at(c.expression.Args[2].End())]
			text = text[:begin] + fmt.Sprintf(`func() string { if mutantRemoved(%d) { return "CAST(" + %s + " AS TEXT) IS NOT NULL" }; return %s }()`,
				c.number, placeholder, text[begin:end]) + text[end:]
		case "Has":
			text = text[:begin] + fmt.Sprintf("(mutantRemoved(%d) || %s)", c.number, text[begin:end]) + text[end:]
		default:
			open := at(c.expression.Lparen) + 1
			number := fmt.Sprint(c.number)
			if len(c.expression.Args) > 0 {
				number += ", "
			}
			text = text[:at(c.selector.Sel.Pos())] + "Mutant" + c.method + text[at(c.selector.Sel.End()):open] + number + text[open:]
		}
	}
	return text
}

// overlay writes the changed sources into dir and returns the file that the go command takes.
func overlay(root, dir string, files []file) (string, error) {
	replace := map[string]string{}
	put := func(path, text string) error {
		copied := filepath.Join(dir, strings.ReplaceAll(path, string(filepath.Separator), "+"))
		replace[filepath.Join(root, path)] = copied
		return os.WriteFile(copied, []byte(text), 0o600)
	}
	packages := map[string]string{"internal/licensing/access": "access"}
	for _, f := range files {
		packages[filepath.Dir(f.path)] = f.pkg
		if err := put(f.path, f.rewrite()); err != nil {
			return "", err
		}
	}
	for folder, pkg := range packages {
		if err := put(filepath.Join(folder, "mutant_overlay.go"), helper(pkg)); err != nil {
			return "", err
		}
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, text, 0o600)
}
