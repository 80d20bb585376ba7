package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestImportsGoDown(t *testing.T) {
	t.Parallel()
	report(t, checkImports(importRules(), packages(t)))
}

func TestRoomsKeepTheirStoreys(t *testing.T) {
	t.Parallel()
	report(t, checkRooms(tiers(), siblings(), packages(t)))
}

func TestPackagesAreNamedAndDescribed(t *testing.T) {
	t.Parallel()
	report(t, checkNodes(packages(t)))
}

func TestProgramDoesNotLinkTesting(t *testing.T) {
	t.Parallel()
	nodes := packages(t)
	if reached := closure(nodes, program); len(reached) < 2 {
		t.Fatalf("there is no program %s to look at", program)
	}
	report(t, checkClosure(nodes, program, "testing", testingInProgram))
}

func TestSources(t *testing.T) {
	t.Parallel()
	files := trackedFiles(t)
	shipped := map[string]bool{module + "/client": true, module + "/verify": true}
	for path := range closure(packages(t), program) {
		shipped[path] = true
	}
	for i := range files {
		files[i].ships = shipped[path.Join(module, path.Dir(files[i].path))]
	}
	report(t, checkSources(sourceRules(), exceptions(), files))
}

func report(t *testing.T, found []violation) {
	t.Helper()
	for _, v := range found {
		t.Error(v)
	}
}

const root = "../.."

// packages returns our packages and everything that they import, as the go command sees them. A package that does not
// build is listed too (-e): saying what is wrong with it is the compiler's part.
func packages(t *testing.T) []node {
	t.Helper()
	fields := "ImportPath,Doc,GoFiles,Imports,TestImports,XTestImports"
	out := command(t, "go", "list", "-e", "-deps", "-json="+fields, "./...")
	var nodes []node
	decoder := json.NewDecoder(bytes.NewReader(out))
	for decoder.More() {
		var n node
		if err := decoder.Decode(&n); err != nil {
			t.Fatalf("reading the output of go list: %v", err)
		}
		nodes = append(nodes, n)
	}
	if !slices.ContainsFunc(nodes, func(n node) bool { return n.ImportPath == module+"/internal/archtest" }) {
		t.Fatal("go list does not name even this package; what it says cannot be trusted")
	}
	return nodes
}

// trackedFiles returns the files that git knows or would add.
func trackedFiles(t *testing.T) []source {
	t.Helper()
	out := command(t, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	var files []source
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		text, err := os.ReadFile(filepath.Join(root, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted, and the deletion is not committed
		}
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, source{path: name, text: text})
	}
	return files
}

func command(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = root
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, stderr.String())
	}
	return out
}
