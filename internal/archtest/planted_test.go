package archtest

import (
	"strings"
	"testing"
)

// Each rule must catch the violation planted for it, and only that one.

func TestImportRulesCatch(t *testing.T) {
	t.Parallel()
	plants := map[string]node{
		"the public packages need nothing but the standard library": edge("client", "golang.org/x/text/message"),
		"verifying a token needs nothing but the standard library":  edge("verify", "chiave/client"),
		"the business does not know its faces":                      edge("internal/licensing/keys", "chiave/internal/web/ui"),
		"the business does not speak HTTP and renders no templates": edge("internal/licensing/keys", "net/http"),
		"the ground does not know the house":                        edge("internal/platform/db", "chiave/internal/licensing/audit"),
		"only platform/db imports database drivers":                 edge("internal/licensing/keys", "modernc.org/sqlite"),
		"the portal does not know the API":                          edge("internal/web", "chiave/internal/api"),
		"the API does not know the portal":                          edge("internal/api", "chiave/internal/web/ui"),
		"a face does not know how it is wired":                      edge("internal/web", "chiave/internal/app"),
		"the command line does not reach into the faces":            edge("internal/cli", "chiave/internal/api"),
		"templates live in the portal":                              edge("internal/app", "github.com/a-h/templ"),
		"the command parser lives in cli":                           edge("internal/app", "github.com/alecthomas/kong"),
		"mail is sent by platform/mail":                             edge("internal/app", "github.com/wneessen/go-mail"),
	}
	for _, rule := range importRules() {
		plant, ok := plants[rule.name]
		if !ok {
			t.Errorf("no violation is planted for the rule %q", rule.name)
			continue
		}
		caught(t, checkImports(importRules(), []node{plant}), rule.name, rule.reason)
	}
}

func TestImportRulesCatchInTests(t *testing.T) {
	t.Parallel()
	inside := node{ImportPath: "chiave/internal/web", TestImports: []string{"github.com/jackc/pgx/v5/stdlib"}}
	outside := node{ImportPath: "chiave/internal/web", XTestImports: []string{"chiave/internal/web", "modernc.org/sqlite"}}
	for _, n := range []node{inside, outside} {
		if found := checkImports(importRules(), []node{n}); len(found) != 1 {
			t.Errorf("a driver in a test of %s: got %v, want one violation", n.ImportPath, found)
		}
	}
}

func TestImportRulesLetPass(t *testing.T) {
	t.Parallel()
	innocent := []node{
		edge("client", "net/http", "chiave/client/wire"),
		edge("internal/licensing/keys", "chiave/internal/platform/db", "net/url", "chiave/internal/licensing/audit"),
		edge("internal/platform/db/dbtest", "github.com/jackc/pgx/v5", "testing"),
		edge("internal/web/ui", "github.com/a-h/templ", "net/http"),
		edge("internal/app", "chiave/internal/web", "chiave/internal/api", "chiave/internal/licensing/keys"),
		{ImportPath: "net/http", Imports: []string{"crypto/tls"}},
	}
	for _, v := range checkImports(importRules(), innocent) {
		t.Errorf("an allowed import is refused: %v", v)
	}
}

func TestRoomRulesCatch(t *testing.T) {
	t.Parallel()
	allowed := []sibling{{"accounts", "audit", "every change is recorded"}}
	room := func(name string, imports ...string) node { return edge("internal/licensing/"+name, imports...) }
	const in = "chiave/internal/licensing/"
	tests := []struct {
		rule  string
		nodes []node
	}{
		{"storeys", []node{room("catalog", in+"keys")}},
		{"storeys", []node{room("keys", in+"reports")}},
		{"siblings", []node{room("keys", in+"orders")}},
		{"siblings", []node{room("audit", in+"accounts")}},
		{"place of a room", []node{room("gadgets", in+"audit")}},
		{"flat rooms", []node{room("keys/codes")}},
		{"unused permission", []node{room("accounts"), room("audit")}},
	}
	for _, tt := range tests {
		caught(t, checkRooms(tiers(), allowed, tt.nodes), tt.rule, "")
	}
	innocent := []node{
		room("reports", in+"keys", in+"audit"), room("keys", in+"catalog", in+"keys/keystest"),
		room("accounts", in+"audit"), room("audit"), room("keys/keystest", in+"orders"),
	}
	for _, v := range checkRooms(tiers(), allowed, innocent) {
		t.Errorf("an allowed import is refused: %v", v)
	}
}

func TestNodeRulesCatch(t *testing.T) {
	t.Parallel()
	described := func(path string, imports ...string) node {
		n := edge(path, imports...)
		n.Doc, n.GoFiles = "Package x owns y.", []string{"x.go"}
		return n
	}
	silent := described("internal/web")
	silent.Doc = ""
	caught(t, checkNodes([]node{described("internal/web", "testing")}), "test helpers", "")
	caught(t, checkNodes([]node{described("internal/web", "chiave/internal/platform/db/dbtest")}), "test helpers", "")
	caught(t, checkNodes([]node{silent}), "package comment", "")
	caught(t, checkNodes([]node{described("internal/platform/util")}), "package name", "")
	for _, v := range checkNodes([]node{described("internal/platform/db/dbtest", "testing"), edge("e2e")}) {
		t.Errorf("an innocent package is refused: %v", v)
	}
}

func TestClosureCatches(t *testing.T) {
	t.Parallel()
	nodes := []node{
		edge("cmd/chiave", "chiave/internal/cli"), edge("internal/cli", "os", "example.org/far"),
		{ImportPath: "example.org/far", Imports: []string{"testing"}}, {ImportPath: "testing"},
	}
	found := checkClosure(nodes, program, "testing", testingInProgram)
	caught(t, found, "linked", testingInProgram)
	want := "chiave/cmd/chiave → chiave/internal/cli → example.org/far → testing"
	if len(found) == 1 && found[0].what != want {
		t.Errorf("chain: got %q, want %q", found[0].what, want)
	}
	if found := checkClosure(nodes[:2], program, "testing", testingInProgram); len(found) != 0 {
		t.Errorf("a program without testing is refused: %v", found)
	}
}

func TestSourceRulesCatch(t *testing.T) {
	t.Parallel()
	long := "package x\n" + strings.Repeat("// a line\n", maxFileLines)
	tall := "package x\n\nfunc f() {\n" + strings.Repeat("\tg()\n", maxFunctionLines) + "}\n"
	clock := source{path: "internal/web/a.go", ships: true, text: []byte("package x\n\nimport now \"time\"\n\nvar f = now.Now\n")}
	mux := source{path: "internal/web/a.go", ships: true, text: []byte("package x\n\nimport \"net/http\"\n\nvar m = http.NewServeMux()\n")}
	plants := map[string][]source{
		"short files":     {file("internal/web/a.go", long), file("internal/web/a.templ", long)},
		"short functions": {file("internal/web/a.go", tall)},
		"no skipped tests": {
			file("client/a_test.go", "package x\n\nfunc TestA(t *testing.T) { t.Skip() }\n"),
			file("client/a_test.go", "package x\n\nimport \"testing\"\n\nfunc TestA(t *testing.T) { _ = testing.Short() }\n"),
			file("e2e/testdata/a.txtar", "[short] skip 'later'\n"),
		},
		"no sleeping": {
			file("client/a.go", "package x\n\nimport \"time\"\n\nfunc f() { time.Sleep(1) }\n"),
			file("e2e/testdata/a.txtar", "exec sleep 1\n"),
		},
		"one clock":          {clock},
		"one route table":    {mux},
		"no init functions":  {file("client/a.go", "package x\n\nfunc init() {}\n")},
		"no unfinished work": {file("docs/a.md", "one\nTO"+"DO: two\n")},
		"no machine paths":   {file("docs/a.md", "see /ho"+"me/anna/notes\n"), file("e2e/testdata/a.txtar", "cp x /tm"+"p/y\n")},
	}
	for _, rule := range sourceRules() {
		if len(plants[rule.name]) == 0 {
			t.Errorf("no violation is planted for the rule %q", rule.name)
		}
		for _, plant := range plants[rule.name] {
			caught(t, checkSources(sourceRules(), nil, []source{plant}), rule.name, rule.reason)
			excused := []exception{{rule.name, plant.path, "for this test"}}
			if found := checkSources(sourceRules(), excused, []source{plant}); len(found) != 0 {
				t.Errorf("%s: an exception does not except: %v", rule.name, found)
			}
		}
	}
	idle := []exception{{"one clock", "internal/platform/clock/", "this is the one clock"}}
	caught(t, checkSources(sourceRules(), idle, nil), "unused exception", "")
}

func TestSourceRulesLetPass(t *testing.T) {
	t.Parallel()
	clock := source{path: "internal/web/a_test.go", ships: true, text: []byte("package x\n\nimport \"time\"\n\nvar f = time.Now\n")}
	innocent := []source{
		clock,
		file("internal/web/static/vendor/x/x.js", "// XX"+"X\n"),
		file("internal/web/a_templ.go", "not even Go"),
		file("docs/a.md", "https://example.org/wo"+"rk/ and a/tm"+"p/b\n"),
		file("e2e/testdata/a.txtar", "exec chiave keys list # nothing to skip\n"),
		file("client/a.go", "package x\n\n// time.Sleep and t.Skip are named here.\nfunc (c c) init() {}\n"),
		file("scripts/picture.png", "\x00TO"+"DO"),
	}
	for _, v := range checkSources(sourceRules(), nil, innocent) {
		t.Errorf("an innocent file is refused: %v", v)
	}
}

// edge makes one of our packages with imports.
func edge(path string, imports ...string) node {
	return node{ImportPath: module + "/" + path, Imports: imports}
}

func file(path, text string) source { return source{path: path, text: []byte(text)} }

// caught fails the test unless rule, and no other, was broken once, and says why.
func caught(t *testing.T, found []violation, rule, reason string) {
	t.Helper()
	if len(found) != 1 || found[0].rule != rule {
		t.Errorf("planted for %q: got %v, want this violation alone", rule, found)
		return
	}
	if text := found[0].String(); !strings.Contains(text, reason) || found[0].reason == "" {
		t.Errorf("%q does not print its reason: %s", rule, text)
	}
}
