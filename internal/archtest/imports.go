package archtest

import (
	"fmt"
	"slices"
	"strings"
)

// module is the path that all of our packages begin with.
const module = "chiave"

// node is one package of the import graph. TestImports are those of its test files, inside and outside the package.
type node struct {
	ImportPath   string
	Name         string
	Doc          string
	GoFiles      []string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// importRule says what some packages may not import. Patterns are import paths; one that ends in /... also means
// everything below, and "std" means the standard library.
type importRule struct {
	name   string
	who    []string // the packages that the rule binds; empty means all of ours
	except []string // packages it does not bind
	never  []string // what they may not import
	only   []string // if not empty: all that they may import
	tests  bool     // whether it binds their test files too
	reason string
}

// violation is one broken rule.
type violation struct {
	rule   string
	where  string // a package or a file
	what   string // an import path, or a line of the file
	reason string
}

func (v violation) String() string {
	return fmt.Sprintf("%s: %s: %s\n\treason: %s", v.where, v.rule, v.what, v.reason)
}

// matches tells whether path is one of the patterns.
func matches(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		if pattern == "std" {
			return isStandard(path)
		}
		if below, ok := strings.CutSuffix(pattern, "/..."); ok {
			return path == below || strings.HasPrefix(path, below+"/")
		}
		return path == pattern
	})
}

// isStandard tells a path of the standard library: its first element has no dot and is not ours.
func isStandard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") && first != module
}

// isOurs tells a package of this module.
func isOurs(path string) bool { return matches([]string{module + "/..."}, path) }

// checkImports returns what in the graph breaks the rules.
func checkImports(rules []importRule, nodes []node) []violation {
	var found []violation
	for _, n := range nodes {
		if !isOurs(n.ImportPath) {
			continue
		}
		for _, r := range rules {
			if len(r.who) > 0 && !matches(r.who, n.ImportPath) || matches(r.except, n.ImportPath) {
				continue
			}
			imports := n.Imports
			if r.tests {
				imports = slices.Concat(n.Imports, n.TestImports, n.XTestImports)
			}
			for _, path := range distinct(imports) {
				// The outside test of a package imports it.
				if path != n.ImportPath && (matches(r.never, path) || len(r.only) > 0 && !matches(r.only, path)) {
					found = append(found, violation{r.name, n.ImportPath, "imports " + path, r.reason})
				}
			}
		}
	}
	return found
}

func distinct(paths []string) []string {
	sorted := slices.Sorted(slices.Values(paths))
	return slices.Compact(sorted)
}

// closure returns every package that start needs, and for each the one through which it was reached first.
func closure(nodes []node, start string) map[string]string {
	byPath := make(map[string]node, len(nodes))
	for _, n := range nodes {
		byPath[n.ImportPath] = n
	}
	reached := map[string]string{}
	if _, known := byPath[start]; !known {
		return reached
	}
	reached[start] = ""
	for queue := []string{start}; len(queue) > 0; queue = queue[1:] {
		for _, path := range byPath[queue[0]].Imports {
			if _, seen := reached[path]; !seen {
				reached[path] = queue[0]
				queue = append(queue, path)
			}
		}
	}
	return reached
}

// checkClosure returns a violation if the program links a package that it must not, with the chain that leads there.
func checkClosure(nodes []node, program, unwanted, reason string) []violation {
	reached := closure(nodes, program)
	if _, links := reached[unwanted]; !links {
		return nil
	}
	chain := unwanted
	for at := reached[unwanted]; at != ""; at = reached[at] {
		chain = at + " → " + chain
	}
	return []violation{{"linked", program, chain, reason}}
}
