package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"chiave/internal/platform/i18n"
)

// inOwnWords are codes whose sentence the face composes by itself, with the reason.
var inOwnWords = map[string]string{"cli.usage": "what is wrong with a command line is said in the words of cli.usage.…"}

// TestEveryErrorHasItsSentence: a code that the program can answer with has the sentence "error." + code in both languages.
func TestEveryErrorHasItsSentence(t *testing.T) {
	t.Parallel()
	texts, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	var files []goFile
	for _, s := range trackedFiles(t) {
		if path.Ext(s.path) != ".go" || s.isTest() || s.foreign() {
			continue
		}
		set := token.NewFileSet()
		tree, err := parser.ParseFile(set, s.path, s.text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, goFile{s, set, tree})
	}
	found := errorCodes(files)
	if len(found) < 100 {
		t.Errorf("only %d codes were found", len(found))
	}
	for code, reason := range inOwnWords {
		if found[code] == "" {
			t.Errorf("%s does not need its exception: %s", code, reason)
		}
		delete(found, code)
	}
	for _, code := range slices.Sorted(maps.Keys(found)) {
		for _, lang := range i18n.Langs() {
			if !texts.For(lang).Has("error." + code) {
				t.Errorf("%s: error.%s has no sentence in %s", found[code], code, lang)
			}
		}
	}
}

func TestErrorCodesAreFound(t *testing.T) {
	t.Parallel()
	const text = `package p
type fault struct{ code, example string }
type Field struct{ Pointer, Code string }
func Add(place int, code string) {}
func rule() (code string, n int) { return "a.returned", 1 }
func f() {
	errs.New(errs.Invalid, "a.made")
	x := []Field{{Pointer: "/x", Code: "a.keyed"}}
	y := &fault{"a.positional", "a.not_this"}
	problems.Add(1, "a.added")
	bad := func(at, code string) {}
	bad("a.nor_this", "a.closure")
	for _, r := range []struct{ before, code string }{{"a.neither_this", "a.table"}} {}
	log("a.nor_that")
	Add(2, "NIB-STD")
}`
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, "p.go", text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	got := slices.Sorted(maps.Keys(errorCodes([]goFile{{source{path: "p.go"}, set, tree}})))
	want := []string{"a.added", "a.closure", "a.keyed", "a.made", "a.positional", "a.returned", "a.table"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// codeText is what an error's code looks like.
var codeText = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$`)

// coded says where things keep codes: functions by the index of the parameter called code, structs by that of the field.
type coded struct{ functions, structs map[string]int }

// errorCodes returns every error code that is written in the files, with the first place where it is.
func errorCodes(files []goFile) map[string]string {
	known := coded{map[string]int{}, map[string]int{}}
	for _, f := range files {
		ast.Inspect(f.tree, known.learn)
	}
	found := map[string]string{}
	for _, f := range files {
		note := func(e ast.Expr) {
			lit, ok := e.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return
			}
			if code, err := strconv.Unquote(lit.Value); err == nil && codeText.MatchString(code) && found[code] == "" {
				found[code] = fmt.Sprintf("%s:%d", f.path, f.line(lit))
			}
		}
		ast.Inspect(f.tree, func(n ast.Node) bool {
			known.use(n, note)
			return true
		})
	}
	return found
}

// learn notes what takes a code.
func (k coded) learn(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.FuncDecl:
		k.function(n.Name.Name, n.Type)
	case *ast.AssignStmt:
		for i, right := range n.Rhs {
			if f, ok := right.(*ast.FuncLit); ok && i < len(n.Lhs) {
				if name, ok := n.Lhs[i].(*ast.Ident); ok {
					k.function(name.Name, f.Type)
				}
			}
		}
	case *ast.TypeSpec:
		if s, ok := n.Type.(*ast.StructType); ok {
			if i := codeIndex(s.Fields); i >= 0 {
				k.structs[n.Name.Name] = i
			}
		}
	}
	return true
}

func (k coded) function(name string, f *ast.FuncType) {
	if i := codeIndex(f.Params); i >= 0 {
		k.functions[name] = i
	}
}

// codeIndex returns the place of the text called code in a list; -1 when there is none.
func codeIndex(list *ast.FieldList) int {
	if list == nil {
		return -1
	}
	i := 0
	for _, f := range list.List {
		for _, name := range f.Names {
			if kind, ok := f.Type.(*ast.Ident); ok && kind.Name == "string" && strings.EqualFold(name.Name, "code") {
				return i
			}
			i++
		}
	}
	return -1
}

// use notes the codes that n hands to something that takes one.
func (k coded) use(n ast.Node, note func(ast.Expr)) {
	switch n := n.(type) {
	case *ast.CallExpr:
		name := ""
		switch f := n.Fun.(type) {
		case *ast.Ident:
			name = f.Name
		case *ast.SelectorExpr:
			name = f.Sel.Name
			if x, ok := f.X.(*ast.Ident); ok && x.Name == "errs" && name == "New" && len(n.Args) > 1 {
				note(n.Args[1])
				return
			}
		}
		if i, ok := k.functions[name]; ok && i < len(n.Args) {
			note(n.Args[i])
		}
	case *ast.CompositeLit:
		k.literal(n, note)
	case *ast.FuncDecl:
		if i := codeIndex(n.Type.Results); i >= 0 && n.Body != nil {
			ast.Inspect(n.Body, func(inner ast.Node) bool {
				if r, ok := inner.(*ast.ReturnStmt); ok && i < len(r.Results) {
					note(r.Results[i])
				}
				return true
			})
		}
	}
}

// literal notes the codes in a struct, or in a table of structs without a name.
func (k coded) literal(n *ast.CompositeLit, note func(ast.Expr)) {
	for _, e := range n.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if key, ok := kv.Key.(*ast.Ident); ok && strings.EqualFold(key.Name, "code") {
				note(kv.Value)
			}
		}
	}
	positional := func(c *ast.CompositeLit, i int) {
		if i >= 0 && i < len(c.Elts) {
			note(c.Elts[i])
		}
	}
	switch kind := n.Type.(type) {
	case *ast.Ident:
		if i, ok := k.structs[kind.Name]; ok {
			positional(n, i)
		}
	case *ast.SelectorExpr:
		if i, ok := k.structs[kind.Sel.Name]; ok {
			positional(n, i)
		}
	case *ast.ArrayType:
		i := -1
		if s, ok := kind.Elt.(*ast.StructType); ok {
			i = codeIndex(s.Fields)
		} else if name, ok := kind.Elt.(*ast.Ident); ok {
			if at, known := k.structs[name.Name]; known {
				i = at
			}
		}
		for _, e := range n.Elts {
			if c, ok := e.(*ast.CompositeLit); ok && c.Type == nil {
				positional(c, i)
			}
		}
	}
}
