package keys_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"chiave/internal/platform/i18n"
)

// TestEveryRefusalHasItsSentence reads the codes of this room and of activation from their sources.
func TestEveryRefusalHasItsSentence(t *testing.T) {
	t.Parallel()
	catalog, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	code := regexp.MustCompile(`(?:errs\.New\(errs\.\w+, |(?:bad|refuse)\("/\w+", |problems\.Add\([\w.]+, )"((?:keys|activation)\.\w+)"`)
	found := 0
	for _, room := range []string{".", "../activation"} {
		files, err := filepath.Glob(room + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, match := range code.FindAllStringSubmatch(string(source), -1) {
				if found++; !strings.HasSuffix(file, "_test.go") && !catalog.For(i18n.English).Has("error."+match[1]) {
					t.Errorf("%s: no sentence for %s", file, match[1])
				}
			}
		}
	}
	if found < 30 {
		t.Errorf("only %d codes were found: this test no longer sees them", found)
	}
}
