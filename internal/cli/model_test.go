package cli

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/alecthomas/kong"

	"chiave/internal/platform/config"
	"chiave/internal/platform/i18n"
)

var update = flag.Bool("update", false, "write the golden files anew")

var loaded = sync.OnceValues(i18n.Load)

func catalog(t testing.TB) *i18n.Catalog {
	t.Helper()
	c, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func model(t testing.TB, lang i18n.Lang) *kong.Kong {
	t.Helper()
	parser, err := newParser(&root{}, catalog(t).For(lang))
	if err != nil {
		t.Fatal(err)
	}
	return parser
}

// each calls visit for every command, the program itself included.
func each(n *kong.Node, visit func(*kong.Node)) {
	visit(n)
	for _, c := range n.Children {
		each(c, visit)
	}
}

// golden compares got with a file.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what is printed (go test ./internal/cli -update writes it anew):\n%s", file, got)
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	for _, lang := range i18n.Langs() {
		var all strings.Builder
		each(model(t, lang).Model.Node, func(n *kong.Node) {
			all.WriteString("# " + commandPath(n) + "\n")
			writeHelp(&all, n, catalog(t).For(lang), true)
			all.WriteString("\n")
		})
		golden(t, "testdata/help."+string(lang)+".txt", all.String())
	}
}

func TestHelpIsCompleteInBothLanguages(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, lang := range i18n.Langs() {
		out := catalog(t).For(lang)
		each(model(t, lang).Model.Node, func(n *kong.Node) {
			used["cli.help."+catalogPath(n)] = true
			check := func(what, text string) {
				if text == "" || strings.Contains(text, "⟦") {
					t.Errorf("%s: %s of %s has no help: %q", lang, what, commandPath(n), text)
				}
			}
			check("it", n.Help)
			for _, a := range n.Positional {
				used["cli.arg."+catalogPath(n)+"."+catalogName(a.Name)] = true
				check(a.Name, a.Help)
			}
			for _, f := range n.Flags {
				used["cli.flag."+flagText(n, f, out)] = true
				check("--"+f.Name, f.Help)
			}
		})
	}
	for _, key := range catalog(t).Keys() {
		for _, family := range []string{"cli.help.", "cli.arg.", "cli.flag."} {
			if strings.HasPrefix(key, family) && !used[key] {
				t.Errorf("%s helps with nothing", key)
			}
		}
	}
}

func TestExamplesAreCommandLines(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	each(model(t, i18n.English).Model.Node, func(n *kong.Node) {
		known[commandPath(n)] = true
		if n.Leaf() && len(examples[commandPath(n)]) == 0 {
			t.Errorf("%s has no example", commandPath(n))
		}
	})
	for path, lines := range examples {
		if !known[path] {
			t.Errorf("there is no command %s", path)
		}
		for _, line := range lines {
			args := strings.Fields(line)[1:]
			if slices.Contains(args, "--help") {
				continue
			}
			ctx, err := model(t, i18n.English).Parse(args)
			if err != nil {
				t.Errorf("%s: %v", line, err)
			} else if got := commandPath(ctx.Selected()); path != "chiave" && got != path {
				t.Errorf("%s is an example of %s, not of %s", line, got, path)
			}
		}
	}
}

func TestEveryLeafIsACommand(t *testing.T) {
	t.Parallel()
	each(model(t, i18n.English).Model.Node, func(n *kong.Node) {
		if !n.Leaf() {
			return
		}
		if _, ok := n.Target.Addr().Interface().(command); !ok {
			t.Errorf("%s does nothing", commandPath(n))
		}
		if n.Parent.Parent == nil && (n.Group == nil || !slices.Contains(groups, n.Group.Key)) {
			t.Errorf("%s is under no heading", commandPath(n))
		}
	})
}

// secretFlags returns the flags whose values would be secrets, seen by everybody who lists processes or reads a shell's history.
func secretFlags(parser *kong.Kong) (found []string) {
	each(parser.Model.Node, func(n *kong.Node) {
		for _, f := range n.Flags {
			words := strings.Split(f.Name, "-")
			last := words[len(words)-1]
			if !f.IsBool() && last != "file" && slices.ContainsFunc([]string{"key", "password", "token", "secret", "passphrase", "credential"}, func(w string) bool { return slices.Contains(words, w) }) {
				found = append(found, commandPath(n)+" --"+f.Name)
			}
			if len(f.Tag.Envs) > 0 {
				found = append(found, commandPath(n)+" --"+f.Name+" reads the environment by itself")
			}
		}
	})
	return found
}

func TestNoFlagTakesASecret(t *testing.T) {
	t.Parallel()
	if found := secretFlags(model(t, i18n.English)); len(found) > 0 {
		t.Errorf("secrets belong into files or the standard input: %v", found)
	}
	var bad struct {
		Do struct {
			Password  string
			APIToken  string `name:"api-token"`
			TokenFile string
			Keys      bool
		} `cmd:""`
	}
	control, err := kong.New(&bad, kong.Name("x"))
	if err != nil {
		t.Fatal(err)
	}
	if found := secretFlags(control); !slices.Equal(found, []string{"x do --password", "x do --api-token"}) {
		t.Errorf("the control found %v", found)
	}
}

func TestServeHasAFlagForEverySetting(t *testing.T) {
	t.Parallel()
	flags := (&serveCommand{}).flags()
	parser := model(t, i18n.English)
	var serve *kong.Node
	each(parser.Model.Node, func(n *kong.Node) {
		if commandPath(n) == "chiave serve" {
			serve = n
		}
	})
	for _, s := range config.Describe() {
		if _, ok := flags[s.Name]; !ok {
			t.Errorf("serve does not hand %s over", s.Name)
		}
		if !slices.ContainsFunc(serve.Flags, func(f *kong.Flag) bool { return "--"+f.Name == s.Flag }) {
			t.Errorf("serve has no flag %s", s.Flag)
		}
		delete(flags, s.Name)
	}
	for name := range flags {
		t.Errorf("%s is no setting", name)
	}
}

func TestDocumentIsFresh(t *testing.T) {
	t.Parallel()
	golden(t, "../../docs/cli.md", document(model(t, i18n.English), catalog(t).For(i18n.English)))
}

// document writes the reference of the command line from its model.
func document(parser *kong.Kong, out i18n.Printer) string {
	head, err := os.ReadFile("testdata/document.md")
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	b.Write(head)
	each(parser.Model.Node, func(n *kong.Node) {
		b.WriteString("\n## " + commandPath(n) + "\n\n```text\n")
		writeHelp(&b, n, out, n.Parent == nil)
		b.WriteString("```\n")
	})
	return b.String()
}
