package archtest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// How long things may be. Most are far shorter.
const (
	maxFileLines     = 600
	maxFunctionLines = 80
)

// source is one file of the repository, by its path from the root.
type source struct {
	path  string
	text  []byte
	ships bool // part of a package that the program or the public packages consist of
}

// sourceRule says what a file may not contain. find returns a line for each place.
type sourceRule struct {
	name   string
	find   func(source) []string
	reason string
}

// exception allows one rule to be broken in one file or, with a final slash, in one directory.
type exception struct{ rule, path, reason string }

func sourceRules() []sourceRule {
	return []sourceRule{
		{"short files", longFile, "a file is one subject; who has to scroll for a minute has lost it"},
		{"short functions", inGo(longFunctions), "a function is one thought"},
		{"no skipped tests", skippedTests, "a test that does not run proves nothing and looks as if it did"},
		{"no sleeping", sleeps, "waiting for a length of time is slow when it works and wrong when it does not; wait for the event, or move the clock"},
		{"one clock", readsClock, "every rule about time is tested by moving the clock; a rule that reads the machine's cannot be"},
		{"one route table", registers, "the duties that every route shares are made from one table; what registers beside it has none of them"},
		{"no init functions", inGo(initFunctions), "what happens on import happens to everybody who imports, tests too, and nobody called it"},
		{"no unfinished work", lines(unfinished), "what is not done is left out or is an issue; a note in the source is neither"},
		{"no machine paths", lines(machinePath), "a path of one machine is broken on every other"},
	}
}

// exceptions lists where a rule of sourceRules does not hold, and why.
func exceptions() []exception {
	return []exception{
		{"one clock", "internal/platform/clock/", "this is the one clock"},
		{"one clock", "verify/", "it runs in the product's process, offline, where the machine's clock is all there is; callers can hand in another"},
	}
}

// checkSources applies the rules to the files. An exception that no file needs is itself a violation.
func checkSources(rules []sourceRule, allowed []exception, files []source) []violation {
	var found []violation
	needed := make([]bool, len(allowed))
	for _, file := range files {
		for _, rule := range rules {
			for _, place := range rule.find(file) {
				i := slices.IndexFunc(allowed, func(e exception) bool { return e.rule == rule.name && e.covers(file.path) })
				if i >= 0 {
					needed[i] = true
					continue
				}
				found = append(found, violation{rule.name, file.path, place, rule.reason})
			}
		}
	}
	for i, e := range allowed {
		if !needed[i] {
			found = append(found, violation{"unused exception", e.path, "does not need its exception from: " + e.rule, unused})
		}
	}
	return found
}

func (e exception) covers(file string) bool {
	return file == e.path || strings.HasSuffix(e.path, "/") && strings.HasPrefix(file, e.path)
}

// foreign tells files that others wrote or that a program generated.
func (s source) foreign() bool {
	return strings.Contains(s.path, "/vendor/") || strings.HasSuffix(s.path, "_templ.go") ||
		slices.Contains([]string{"LICENSE", "THIRD_PARTY_LICENSES.md", "go.sum"}, s.path) ||
		path.Base(s.path) == "package-lock.json" || bytes.IndexByte(s.text, 0) >= 0
}

// isTest tells the files that run only in tests.
func (s source) isTest() bool {
	return strings.HasSuffix(s.path, "_test.go") || strings.Contains(s.path, "testdata/") || forTests(path.Dir(s.path))
}

func longFile(s source) []string {
	n := bytes.Count(s.text, []byte("\n"))
	if ext := path.Ext(s.path); ext != ".go" && ext != ".templ" || s.foreign() || n <= maxFileLines {
		return nil
	}
	return []string{fmt.Sprintf("%d lines, %d at the most", n, maxFileLines)}
}

// goFile is a parsed source.
type goFile struct {
	source
	set  *token.FileSet
	tree *ast.File
}

func (f goFile) line(n ast.Node) int { return f.set.Position(n.Pos()).Line }

// inGo makes a rule that looks at the syntax of Go files.
func inGo(find func(goFile) []string) func(source) []string {
	return func(s source) []string {
		if path.Ext(s.path) != ".go" || s.foreign() {
			return nil
		}
		set := token.NewFileSet()
		tree, err := parser.ParseFile(set, s.path, s.text, parser.SkipObjectResolution)
		if err != nil {
			return []string{"does not parse: " + err.Error()}
		}
		return find(goFile{s, set, tree})
	}
}

func longFunctions(f goFile) []string {
	var found []string
	for _, decl := range f.tree.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok {
			if n := f.set.Position(fn.End()).Line - f.line(fn) + 1; n > maxFunctionLines {
				found = append(found, fmt.Sprintf("line %d: %s has %d lines, %d at the most", f.line(fn), fn.Name, n, maxFunctionLines))
			}
		}
	}
	return found
}

func initFunctions(f goFile) []string {
	var found []string
	for _, decl := range f.tree.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			found = append(found, fmt.Sprintf("line %d", f.line(fn)))
		}
	}
	return found
}

// selectors returns the places that name one of the given members of the package imported from importPath, or, if that
// is empty, of a variable with one of the names that tests give to their testing.T and its kin.
func selectors(f goFile, importPath string, members ...string) []string {
	names := []string{"t", "b", "f", "tb"}
	if importPath != "" {
		names = importNames(f.tree, importPath)
	}
	var found []string
	ast.Inspect(f.tree, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && slices.Contains(members, sel.Sel.Name) {
			if x, ok := sel.X.(*ast.Ident); ok && slices.Contains(names, x.Name) {
				found = append(found, fmt.Sprintf("line %d: %s.%s", f.line(sel), x.Name, sel.Sel.Name))
			}
		}
		return true
	})
	return found
}

// importNames returns what the file calls the package imported from importPath.
func importNames(tree *ast.File, importPath string) []string {
	var names []string
	for _, spec := range tree.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err != nil || p != importPath {
			continue
		}
		if spec.Name != nil {
			names = append(names, spec.Name.Name)
		} else {
			names = append(names, lastElement(importPath))
		}
	}
	return names
}

// script tells the scenarios of testscript.
func (s source) script() bool { return path.Ext(s.path) == ".txtar" }

var (
	skipCommand  = regexp.MustCompile(`^(\[[^]]*\]\s*)*(skip|stop)\b`)
	sleepCommand = regexp.MustCompile(`^(\[[^]]*\]\s*)*(exec\s+)?sleep\b`)
)

func skippedTests(s source) []string {
	if s.script() {
		return lines(skipCommand)(s)
	}
	if !s.isTest() {
		return nil
	}
	return inGo(func(f goFile) []string {
		return append(selectors(f, "", "Skip", "Skipf", "SkipNow"), selectors(f, "testing", "Short")...)
	})(s)
}

func sleeps(s source) []string {
	if s.script() {
		return lines(sleepCommand)(s)
	}
	return inGo(func(f goFile) []string { return selectors(f, "time", "Sleep") })(s)
}

func registers(s source) []string {
	if !s.ships || s.isTest() || strings.HasPrefix(s.path, "internal/routes/") {
		return nil
	}
	return inGo(func(f goFile) []string { return selectors(f, "net/http", "NewServeMux", "Handle", "HandleFunc") })(s)
}

func readsClock(s source) []string {
	if !s.ships || s.isTest() {
		return nil
	}
	return inGo(func(f goFile) []string { return selectors(f, "time", "Now", "Since", "Until") })(s)
}

// The words are put together here so that this file does not contain them.
var (
	unfinished  = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b`)
	machinePath = regexp.MustCompile(`(^|[\s"'=(\x60:,])/(home/\w|ro` + `ot/|Users/\w|wo` + `rk/|tm` + `p/)`)
)

// lines makes a rule that finds the lines of any text that a pattern matches.
func lines(pattern *regexp.Regexp) func(source) []string {
	return func(s source) []string {
		if s.foreign() {
			return nil
		}
		var found []string
		for i, line := range strings.Split(string(s.text), "\n") {
			if pattern.MatchString(line) {
				found = append(found, fmt.Sprintf("line %d: %.120s", i+1, strings.TrimSpace(line)))
			}
		}
		return found
	}
}
