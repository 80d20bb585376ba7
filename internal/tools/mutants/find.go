package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// decisions are the methods of a Gate that let somebody pass or not.
var decisions = []string{"On", "Scope", "Staff", "SignedIn", "Delegable"}

// call is one authorization call.
type call struct {
	number     int
	path       string // of the file, from the root of the repository
	line       int
	method     string // of the Gate, or SQL or Has of a Scope
	expression *ast.CallExpr
	selector   *ast.SelectorExpr
}

func (c call) room() string { return filepath.Dir(c.path) }

// file is a source with its calls.
type file struct {
	path, text string
	pkg        string
	tokens     *token.File
	calls      []call
}

// find returns the files of the business below root that hold authorization calls, and what looks like one but cannot be removed.
func find(root string) (files []file, unclear []string, err error) {
	number := 0
	below := filepath.Join(root, "internal", "licensing")
	err = filepath.WalkDir(below, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(filepath.Base(filepath.Dir(path)), "test") {
			return err
		}
		text, err := readFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		f, doubts, err := parse(name, text, &number)
		unclear = append(unclear, doubts...)
		if len(f.calls) > 0 {
			files = append(files, f)
		}
		return err
	})
	return files, unclear, err
}

// parse finds the calls of one source and numbers them on.
func parse(path, text string, number *int) (f file, unclear []string, err error) {
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, path, text, parser.SkipObjectResolution)
	if err != nil {
		return file{}, nil, err
	}
	f = file{path: path, text: text, pkg: tree.Name.Name, tokens: set.File(tree.Pos())}
	gates, called := gatesOf(tree), map[*ast.SelectorExpr]bool{}
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			selector, ok := n.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			called[selector] = true
			if removable(selector, n, gates) {
				*number++
				f.calls = append(f.calls, call{*number, path, f.tokens.Line(n.Pos()), selector.Sel.Name, n, selector})
			} else if doubtful(selector, gates) && !conversion(selector) {
				unclear = append(unclear, fmt.Sprintf("%s:%d: %s is called on what is no known Gate", path, f.tokens.Line(n.Pos()), selector.Sel.Name))
			}
		case *ast.SelectorExpr:
			name, ok := n.X.(*ast.Ident)
			if !called[n] && slices.Contains(decisions, n.Sel.Name) && (ok && gates[name.Name] || n.Sel.Name == "SignedIn" || n.Sel.Name == "Delegable") {
				unclear = append(unclear, fmt.Sprintf("%s:%d: %s is kept as a value", path, f.tokens.Line(n.Pos()), n.Sel.Name))
			}
		}
		return true
	})
	return f, unclear, nil
}

// gatesOf returns the names under which a Gate is handed around in a file.
func gatesOf(tree *ast.File) map[string]bool {
	gates := map[string]bool{}
	ast.Inspect(tree, func(n ast.Node) bool {
		field, ok := n.(*ast.Field)
		if !ok {
			return true
		}
		pointer, ok := field.Type.(*ast.StarExpr)
		if !ok {
			return true
		}
		name, _ := pointer.X.(*ast.Ident)
		if selector, ok := pointer.X.(*ast.SelectorExpr); ok {
			name = selector.Sel
		}
		if name != nil && name.Name == "Gate" {
			for _, n := range field.Names {
				gates[n.Name] = true
			}
		}
		return true
	})
	return gates
}

func removable(s *ast.SelectorExpr, c *ast.CallExpr, gates map[string]bool) bool {
	switch s.Sel.Name {
	case "SQL":
		return len(c.Args) == 3
	case "Has":
		if len(c.Args) != 1 {
			return false
		}
		_, text := c.Args[0].(*ast.BasicLit)
		return !text
	}
	return slices.Contains(decisions, s.Sel.Name) && known(s, gates)
}

func known(s *ast.SelectorExpr, gates map[string]bool) bool {
	name, ok := s.X.(*ast.Ident)
	return ok && gates[name.Name]
}

// doubtful reports whether something has the name of a decision, or of a Scope's condition, and is not one that can be removed.
func doubtful(s *ast.SelectorExpr, gates map[string]bool) bool {
	return slices.Contains(decisions, s.Sel.Name) && !known(s, gates) || s.Sel.Name == "SQL"
}

// conversion reports whether the selector is a type of the package access: Staff and Scope are names of types too.
func conversion(s *ast.SelectorExpr) bool {
	name, ok := s.X.(*ast.Ident)
	return ok && name.Name == "access"
}
