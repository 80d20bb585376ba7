package archtest

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the generated parts of docs instead of comparing them")

// doc reads a file of the repository.
func doc(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var (
	fenced = regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```")
	link   = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heads  = regexp.MustCompile(`(?m)^#+ (.*)$`)
)

// anchors returns the names under which the headings of a page can be linked to.
func anchors(text string) map[string]bool {
	all := map[string]bool{}
	for _, m := range heads.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		name := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r > 0x7f && r != '–' && r != '—':
				return r
			}
			return -1
		}, strings.ToLower(m[1]))
		all[name] = true
	}
	return all
}

// deadLinks names the links of a page that lead nowhere. read returns a file of the repository, or whether there is a directory.
func deadLinks(page, text string, read func(name string) (string, bool)) (dead []string) {
	for _, m := range link.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		target, anchor, _ := strings.Cut(m[1], "#")
		if strings.Contains(target, ":") { // another site
			continue
		}
		there, known := text, true
		if target != "" {
			there, known = read(path.Join(path.Dir(page), target))
		}
		if !known || anchor != "" && !anchors(there)[anchor] {
			dead = append(dead, page+": "+m[1])
		}
	}
	return dead
}

func TestDeadLinksAreFound(t *testing.T) {
	t.Parallel()
	read := func(name string) (string, bool) { return "# The Words\n", name == "docs/there.md" }
	text := "# Here, at once\n[a](there.md) [b](../docs/there.md#the-words) [c](#here-at-once) [d](https://example.com/x)\n" +
		"[e](gone.md) [f](there.md#other) [g](#nowhere)\n```\n[h](code.md)\n```\n"
	want := []string{"docs/page.md: gone.md", "docs/page.md: there.md#other", "docs/page.md: #nowhere"}
	if got := deadLinks("docs/page.md", text, read); !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	read := func(name string) (string, bool) {
		info, err := os.Stat(filepath.Join(root, name))
		if err != nil || info.IsDir() {
			return "", err == nil
		}
		text, err := os.ReadFile(filepath.Join(root, name))
		return string(text), err == nil
	}
	for _, file := range trackedFiles(t) {
		if path.Ext(file.path) == ".md" && !file.foreign() {
			for _, dead := range deadLinks(file.path, string(file.text), read) {
				t.Errorf("a link leads nowhere: %s", dead)
			}
		}
	}
}

// rule is one rule of docs/rules.
type rule struct {
	id, page string
	inPart   bool
	text     string
}

var ruleHead = regexp.MustCompile(`(?m)^## ([A-Z0-9]+-\d\d) — [^\n]*$`)

// rules returns every rule of docs/rules.
func rules(t *testing.T) (all []rule) {
	t.Helper()
	pages, err := filepath.Glob(filepath.Join(root, "docs/rules/*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		if filepath.Base(page) == "README.md" {
			continue
		}
		text := doc(t, "docs/rules/"+filepath.Base(page))
		at := ruleHead.FindAllStringSubmatchIndex(text, -1)
		for i, m := range at {
			end := len(text)
			if i+1 < len(at) {
				end = at[i+1][0]
			}
			all = append(all, rule{text[m[2]:m[3]], filepath.Base(page), strings.HasSuffix(text[m[0]:m[1]], "(in part)"), text[m[1]:end]})
		}
	}
	if len(all) == 0 {
		t.Fatal("there are no rules")
	}
	return all
}

var (
	proofLine = regexp.MustCompile(`(?m)^Proof: (.+)$`)
	quoted    = regexp.MustCompile("`([^`]+)`")
)

// unproven says what is wrong with the proofs of a rule. exists tells whether a directory has a test of that name, or a scenario is there.
func (r rule) unproven(exists func(dir, test string) bool) (wrong []string) {
	m := proofLine.FindStringSubmatch(r.text)
	if m == nil {
		return []string{"no line begins with Proof:"}
	}
	if r.inPart != strings.Contains(r.text, "\nMissing: ") {
		wrong = append(wrong, "what is done in part says what is missing, and nothing else does")
	}
	for part := range strings.SplitSeq(m[1], "; ") {
		tests, dir, _ := strings.Cut(part, " in `")
		dir = strings.TrimSuffix(dir, "`")
		names := quoted.FindAllStringSubmatch(tests, -1)
		if len(names) == 0 {
			wrong = append(wrong, part+" names no test")
		}
		for _, name := range names {
			if !exists(dir, name[1]) {
				wrong = append(wrong, strings.TrimSpace(dir+" "+name[1])+" is not there")
			}
		}
	}
	return wrong
}

func TestUnprovenRulesAreFound(t *testing.T) {
	t.Parallel()
	exists := func(dir, test string) bool { return dir+" "+test == "a TestA" || dir+test == "e2e/testdata/b.txtar" }
	for text, want := range map[string]int{
		"\nProof: `TestA` in `a`; `e2e/testdata/b.txtar`\n": 0, "\nNothing.\n": 1, "\nProof: `TestB` in `a`\n": 1, "\nProof: `TestA` in `b`\n": 1,
		"\nProof: the code\n": 1, "\nMissing: some.\nProof: `TestA` in `a`\n": 1,
	} {
		if got := (rule{text: text}).unproven(exists); len(got) != want {
			t.Errorf("%q: %q, want %d faults", text, got, want)
		}
	}
}

func TestRulesNameTestsThatExist(t *testing.T) {
	t.Parallel()
	var files []source
	for _, f := range trackedFiles(t) {
		if strings.HasSuffix(f.path, "_test.go") || strings.HasPrefix(f.path, "e2e/testdata/") {
			files = append(files, f)
		}
	}
	exists := func(dir, test string) bool {
		return slices.ContainsFunc(files, func(f source) bool {
			return dir == "" && f.path == test || path.Dir(f.path) == dir && strings.Contains(string(f.text), "\nfunc "+test+"(")
		})
	}
	seen := map[string]string{}
	for _, r := range rules(t) {
		if before, twice := seen[r.id]; twice {
			t.Errorf("%s is in %s and in %s", r.id, before, r.page)
		}
		seen[r.id] = r.page
		for _, wrong := range r.unproven(exists) {
			t.Errorf("docs/rules/%s, %s: %s", r.page, r.id, wrong)
		}
	}
}

var areaRow = regexp.MustCompile(`(?m)^\| \[[^\]]+\]\((\S+\.md)\) \| ([A-Z0-9]+) \| (\d+) \| (\d+) \| (\d+) \|$`)

// TestRulesAreCounted compares the table of docs/rules/README.md with the pages.
func TestRulesAreCounted(t *testing.T) {
	t.Parallel()
	want := map[string]string{}
	count := map[string][2]int{}
	for _, r := range rules(t) {
		area, _, _ := strings.Cut(r.id, "-")
		n := count[area]
		if r.inPart {
			n[1]++
		} else {
			n[0]++
		}
		count[area] = n
		want[area] = fmt.Sprint(r.page, " ", n[0], " ", n[1])
	}
	for _, m := range areaRow.FindAllStringSubmatch(doc(t, "docs/rules/README.md"), -1) {
		if got := m[1] + " " + m[4] + " " + m[5]; got != want[m[2]] && (want[m[2]] != "" || m[4]+m[5] != "00") {
			t.Errorf("%s: the table says %q, the page %q", m[2], got, want[m[2]])
		}
		delete(want, m[2])
	}
	if len(want) > 0 {
		t.Errorf("missing in the table: %v", want)
	}
}

// TestCommandsInDocsExist looks at every command line of the docs: it must be a command of docs/cli.md, which is written from the program's
// own help, with flags of that command.
func TestCommandsInDocsExist(t *testing.T) {
	t.Parallel()
	help := map[string]string{}
	for section := range strings.SplitSeq(doc(t, "docs/cli.md"), "\n## ") {
		name, text, _ := strings.Cut(section, "\n")
		help[name] = text
	}
	everywhere := help["chiave"]
	command := regexp.MustCompile(`(?m)^ *(?:\$ )?(chiave(?: [a-z-]+)*)(.*)$`)
	option := regexp.MustCompile(`--[a-z-]+`)
	found := 0
	for _, file := range trackedFiles(t) {
		if path.Ext(file.path) != ".md" || !strings.HasPrefix(file.path, "docs/") || file.path == "docs/cli.md" {
			continue
		}
		text := strings.ReplaceAll(string(file.text), "`chiave ", "\nchiave ")
		for _, m := range command.FindAllStringSubmatch(text, -1) {
			name := m[1]
			for help[name] == "" && strings.Contains(name, " ") {
				name = name[:strings.LastIndex(name, " ")]
			}
			line, _, _ := strings.Cut(m[0], "`")
			found++
			if name == "chiave" && strings.Contains(m[1], " ") {
				t.Errorf("%s: there is no command %q", file.path, line)
			}
			for _, flag := range option.FindAllString(line, -1) {
				if !strings.Contains(help[name]+everywhere, flag) {
					t.Errorf("%s: %q has no flag %s", file.path, line, flag)
				}
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d command lines were found", found)
	}
}

// TestGoInDocsCompiles builds every whole program in the docs against this module.
func TestGoInDocsCompiles(t *testing.T) {
	t.Parallel()
	programs := 0
	for _, file := range trackedFiles(t) {
		if !strings.HasPrefix(file.path, "docs/") {
			continue
		}
		for _, m := range fenced.FindAllStringSubmatch(string(file.text), -1) {
			if m[1] != "go" || !strings.HasPrefix(m[2], "package main") {
				continue
			}
			programs++
			name := filepath.Join(t.TempDir(), "main.go")
			if err := os.WriteFile(name, []byte(m[2]), 0o600); err != nil {
				t.Fatal(err)
			}
			vet := exec.Command("go", "vet", name)
			vet.Dir = root
			if out, err := vet.CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", file.path, err, out)
			}
		}
	}
	if programs == 0 {
		t.Error("there is no program in the docs")
	}
}

const (
	codesFrom = "<!-- codes: written by go test ./internal/archtest -update -->\n"
	codesTo   = "<!-- end of codes -->\n"
)

// TestRefusalsOfFeedsAreListed compares the codes in docs/feeds.md with the texts that the program has for them.
func TestRefusalsOfFeedsAreListed(t *testing.T) {
	t.Parallel()
	head, rest, _ := strings.Cut(doc(t, "docs/feeds.md"), codesFrom)
	got, tail, marked := strings.Cut(rest, codesTo)
	if !marked {
		t.Fatal("docs/feeds.md has lost the marks around its codes")
	}
	want := "\n| code | says |\n|---|---|\n"
	for _, subject := range []struct {
		name string
		only *regexp.Regexp
	}{
		{"feed", nil}, {"imports", regexp.MustCompile("running|lost")}, {"catalog", nil}, {"agreements", nil},
		{"accounts", regexp.MustCompile("^(code|legal_name|name|country|country_fixed|time_zone|segment|tenant_id|tenant_name|tenant_taken|domain_taken)$")},
		{"access", regexp.MustCompile("^(address|domain)$")}, {"orders", nil}, {"line", nil}, {"keys", regexp.MustCompile("^import_")},
	} {
		texts := map[string]string{}
		if err := json.Unmarshal([]byte(doc(t, "internal/platform/i18n/locales/en/error."+subject.name+".json")), &texts); err != nil {
			t.Fatal(err)
		}
		for _, key := range slices.Sorted(maps.Keys(texts)) {
			if subject.only == nil || subject.only.MatchString(key) {
				want += "| `" + subject.name + "." + key + "` | " + texts[key] + " |\n"
			}
		}
	}
	want += "\n"
	if *update {
		if err := os.WriteFile(filepath.Join(root, "docs/feeds.md"), []byte(head+codesFrom+want+codesTo+tail), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if got != want {
		t.Error("the codes in docs/feeds.md are stale: run go test ./internal/archtest -update")
	}
}
