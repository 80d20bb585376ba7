package browsertest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Finding is a fault that axe-core found, with the places where it found it.
type Finding struct {
	ID     string   `json:"id"`
	Impact string   `json:"impact"`
	Help   string   `json:"help"`
	Nodes  []string `json:"nodes"`
}

// String returns the finding in one paragraph.
func (f Finding) String() string {
	return f.Impact + " " + f.ID + ": " + f.Help + "\n\t" + strings.Join(f.Nodes, "\n\t")
}

// Rules that axe can be asked for: all of WCAG 2.2 A and AA and axe's best practices, or only what colours can break.
var (
	AllRules = []string{"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"}
	Contrast = []string{"color-contrast"}
)

// axeRun asks for rules and keeps what matters.
const axeRun = `axe.run(document, {runOnly: %s, resultTypes: ["violations"]}).then(result =>
	result.violations.filter(v => v.impact === "serious" || v.impact === "critical").map(v => ({
		id: v.id, impact: v.impact, help: v.help,
		nodes: v.nodes.map(n => n.html + " " + n.any.concat(n.all, n.none).map(c => c.message).join("; "))
	})))`

// Axe returns the serious and critical findings of axe-core on the present page: of the rules or their tags that are named, else of AllRules.
func (tab *Tab) Axe(rules ...string) []Finding {
	tab.t.Helper()
	if len(rules) == 0 {
		rules = AllRules
	}
	wanted, err := json.Marshal(rules)
	if err != nil {
		tab.t.Fatal(err)
	}
	// The script's own value is not needed, and it is no promise: the comma ends it in a plain number.
	Eval[int](tab, tab.axeSource()+"\n;0")
	return Eval[[]Finding](tab, fmt.Sprintf(axeRun, wanted))
}

// axeSource reads axe-core from the module that holds it for all page tests.
func (tab *Tab) axeSource() string {
	tab.t.Helper()
	const place = "internal/web/ui/testdata/axe"
	dir, err := filepath.Abs(".")
	if err != nil {
		tab.t.Fatal(err)
	}
	for !isFile(filepath.Join(dir, "go.mod")) {
		if dir == filepath.Dir(dir) {
			tab.t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
	source, err := os.ReadFile(filepath.Join(dir, place, "node_modules/axe-core/axe.min.js"))
	if err != nil {
		tab.t.Fatalf("axe-core is missing; run: npm ci --prefix %s (%v)", place, err)
	}
	return string(source)
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
