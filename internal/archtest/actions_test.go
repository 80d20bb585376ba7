package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"slices"
	"strconv"
	"testing"

	"chiave/internal/platform/i18n"
)

// TestEveryAuditActionHasItsSentence: what the log records has the sentence "audit." + action in both languages.
func TestEveryAuditActionHasItsSentence(t *testing.T) {
	t.Parallel()
	texts, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	var trees []*ast.File
	for _, s := range trackedFiles(t) {
		if path.Ext(s.path) != ".go" || s.isTest() || s.foreign() {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), s.path, s.text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		trees = append(trees, tree)
	}
	found := auditActions(trees)
	for _, action := range []string{"access.refused", "activation.refused", "keys.copied", "partners.recorded", "organizations.changed"} {
		if !found[action] { // written in four different ways
			t.Errorf("%s was not found", action)
		}
	}
	for _, action := range slices.Sorted(maps.Keys(found)) {
		for _, lang := range i18n.Langs() {
			if !texts.For(lang).Has("audit." + action) {
				t.Errorf("audit.%s has no sentence in %s", action, lang)
			}
		}
	}
}

// auditActions returns the actions written in the trees: as a field or a variable called Action, and as an argument for a
// parameter called event; by themselves or as a constant.
func auditActions(trees []*ast.File) map[string]bool {
	constants, events := map[string]string{}, map[string]int{}
	for _, tree := range trees {
		ast.Inspect(tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				for i, value := range n.Values {
					if text := textOf(value); text != "" {
						constants[n.Names[i].Name] = text
					}
				}
			case *ast.FuncDecl:
				if i := eventIndex(n.Type.Params); i >= 0 {
					events[n.Name.Name] = i
				}
			}
			return true
		})
	}
	found := map[string]bool{}
	note := func(e ast.Expr) {
		text := textOf(e)
		if name, ok := e.(*ast.Ident); ok {
			text = constants[name.Name]
		}
		if codeText.MatchString(text) {
			found[text] = true
		}
	}
	for _, tree := range trees {
		ast.Inspect(tree, func(n ast.Node) bool { return actionsIn(n, events, note) })
	}
	return found
}

func actionsIn(n ast.Node, events map[string]int, note func(ast.Expr)) bool {
	switch n := n.(type) {
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Action" {
			note(n.Value)
		}
	case *ast.AssignStmt:
		for i, left := range n.Lhs {
			if field, ok := left.(*ast.SelectorExpr); ok && field.Sel.Name == "Action" && len(n.Lhs) == len(n.Rhs) {
				note(n.Rhs[i])
			}
		}
	case *ast.CallExpr:
		name := ""
		switch f := n.Fun.(type) {
		case *ast.Ident:
			name = f.Name
		case *ast.SelectorExpr:
			name = f.Sel.Name
		}
		if i, ok := events[name]; ok && i < len(n.Args) {
			note(n.Args[i])
		}
	}
	return true
}

// eventIndex returns the place of the text called event in a list of parameters; -1 when there is none.
func eventIndex(list *ast.FieldList) int {
	i := 0
	for _, f := range list.List {
		for _, name := range f.Names {
			if kind, ok := f.Type.(*ast.Ident); ok && kind.Name == "string" && name.Name == "event" {
				return i
			}
			i++
		}
	}
	return -1
}

func textOf(e ast.Expr) string {
	if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
		if text, err := strconv.Unquote(lit.Value); err == nil {
			return text
		}
	}
	return ""
}
