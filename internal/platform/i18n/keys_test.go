package i18n

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// families are beginnings of keys that the program composes where this test cannot follow: every key that begins so
// counts as used. A composition in place, such as T("nav." + place), needs no line here.
var families = []struct{ prefix, reason string }{
	{"error.", "Printer.Error adds the code of an error"},
	{"common.", "words of buttons and states, there before the page that needs them"},
}

// sentence is a use of a catalog key in the module.
type sentence struct {
	at     token.Position
	key    string
	plural bool     // N instead of T
	whole  bool     // the whole key is written there, not only its beginning
	params []string // the names given, when all of them are written there
	listed bool     // params is complete
}

// uses is what the module's source says about keys.
type uses struct {
	sentences []sentence
	literals  map[string]bool // every text of the program; a key among them may reach a Printer by way of a variable
}

// TestEveryKeyIsThereAndUsed reads the whole module, generated page components included.
func TestEveryKeyIsThereAndUsed(t *testing.T) {
	t.Parallel()
	catalog, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	found := uses{literals: map[string]bool{}}
	if err := filepath.WalkDir(moduleRoot(t), found.file); err != nil {
		t.Fatal(err)
	}
	for _, fault := range found.faults(catalog) {
		t.Error(fault)
	}
}

// TestScanFindsFaults is the control: a scan that sees nothing would pass the test above.
func TestScanFindsFaults(t *testing.T) {
	t.Parallel()
	catalog, err := load(locales(
		`{"used": "A {name}", "unused": "B", "rows": {"one": "a", "other": "{n}"}, "by_variable": "C", "state.open": "D"}`,
		`{"used": "A {name}", "unused": "B", "rows": {"one": "a", "other": "{n}"}, "by_variable": "C", "state.open": "D"}`,
	))
	if err != nil {
		t.Fatal(err)
	}
	source := `package p
		func f(p P, k string) {
			p.T("x.used", "name", k); p.T("x.used"); p.T("x.used", "nome", k)
			p.T("x.rows"); p.N("x.used", 1); p.N("x.rows", 2); p.T("x.missing")
			k = "x.by_variable"; p.T(k); p.T("x.state." + k); p.T("x.gone." + k)
		}`
	found := uses{literals: map[string]bool{}}
	if err := found.source("f.go", source); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`f.go:3:30: "x.used" wants the parameters [name], is given []`,
		`f.go:3:45: "x.used" wants the parameters [name], is given [nome]`,
		`f.go:4:4: "x.rows" is a plural: N instead of T`,
		`f.go:4:19: "x.used" is no plural: T instead of N`,
		`f.go:4:55: no catalog has the key "x.missing"`,
		`f.go:5:54: no catalog has a key that begins with "x.gone."`,
		`the key "x.unused" is used nowhere`,
	}
	if got := found.faults(catalog); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// faults compares the uses with the catalog.
func (u *uses) faults(c *Catalog) []string {
	var faults []string
	begins := []string{}
	for _, f := range families {
		begins = append(begins, f.prefix)
	}
	for _, s := range u.sentences {
		switch m, ok := c.messages[English][s.key]; {
		case !s.whole:
			known := slices.Contains(begins, s.key)
			begins = append(begins, s.key)
			if !known && !slices.ContainsFunc(c.Keys(), func(k string) bool { return strings.HasPrefix(k, s.key) }) {
				faults = append(faults, fmt.Sprintf("%s: no catalog has a key that begins with %q", s.at, s.key))
			}
		case !ok:
			faults = append(faults, fmt.Sprintf("%s: no catalog has the key %q", s.at, s.key))
		case m.plural && !s.plural:
			faults = append(faults, fmt.Sprintf("%s: %q is a plural: N instead of T", s.at, s.key))
		case !m.plural && s.plural:
			faults = append(faults, fmt.Sprintf("%s: %q is no plural: T instead of N", s.at, s.key))
		case s.listed:
			want := slices.DeleteFunc(m.params(), func(p string) bool { return s.plural && p == "n" })
			if !slices.Equal(want, s.params) {
				faults = append(faults, fmt.Sprintf("%s: %q wants the parameters %v, is given %v", s.at, s.key, want, s.params))
			}
		}
	}
	for _, key := range c.Keys() {
		if !u.literals[key] && !slices.ContainsFunc(begins, func(b string) bool { return strings.HasPrefix(key, b) }) {
			faults = append(faults, fmt.Sprintf("the key %q is used nowhere", key))
		}
	}
	return faults
}

// file is the scan's fs.WalkDirFunc.
func (u *uses) file(path string, entry fs.DirEntry, err error) error {
	switch {
	case err != nil:
		return err
	case entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == "node_modules" || strings.HasPrefix(entry.Name(), ".")):
		return filepath.SkipDir
	case entry.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
		return nil
	}
	return u.source(path, nil)
}

// source reads one file; src may hold its text.
func (u *uses) source(path string, src any) error {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, src, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.BasicLit:
			if s, ok := literal(n); ok {
				u.literals[s] = true
			}
		case *ast.CallExpr:
			if s, ok := call(n); ok {
				s.at = set.Position(n.Pos())
				u.sentences = append(u.sentences, s)
			}
		}
		return true
	})
	return nil
}

// call recognises x.T("key", …) and x.N("key", n, …).
func call(c *ast.CallExpr) (s sentence, ok bool) {
	selector, ok := c.Fun.(*ast.SelectorExpr)
	if !ok || len(c.Args) == 0 || selector.Sel.Name != "T" && selector.Sel.Name != "N" {
		return s, false
	}
	s.plural = selector.Sel.Name == "N"
	s.key, s.whole = literal(c.Args[0])
	if sum, composed := c.Args[0].(*ast.BinaryExpr); composed && sum.Op == token.ADD {
		s.key, ok = literal(leftmost(sum))
		return s, ok && strings.Contains(s.key, ".")
	}
	args := c.Args[1:]
	if s.plural && len(args) > 0 {
		args = args[1:]
	}
	s.listed = c.Ellipsis == token.NoPos
	for i := 0; i < len(args); i += 2 {
		name, written := literal(args[i])
		s.listed = s.listed && written
		s.params = append(s.params, name)
	}
	slices.Sort(s.params)
	return s, s.whole && strings.Contains(s.key, ".")
}

func leftmost(e ast.Expr) ast.Expr {
	for {
		sum, ok := e.(*ast.BinaryExpr)
		if !ok {
			return e
		}
		e = sum.X
	}
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

// moduleRoot is the directory of go.mod.
func moduleRoot(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	t.Fatal("no go.mod above the package")
	return ""
}
