package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"chiave/internal/platform/config"
	"chiave/internal/platform/errs"
)

func TestReadFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "chiave.conf")
	text := "\ufeff# the center\r\n\r\nlisten = 127.0.0.1:80 \n  database=postgres://u@h/d?a=b\nportal_name = It's \"ours\", # and more\nbase_url =\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := config.ReadFile(file)
	want := map[string]string{"listen": "127.0.0.1:80", "database": "postgres://u@h/d?a=b", "portal_name": `It's "ours", # and more`, "base_url": ""}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, %v\nwant %q", got, err, want)
	}
	if _, err := config.ReadFile(file + "x"); errs.CodeOf(err) != "config.file_missing" {
		t.Errorf("missing file: %v", err)
	}
	if _, err := config.ReadFile(filepath.Dir(file)); errs.CodeOf(err) != "config.file_unreadable" {
		t.Errorf("a directory: %v", err)
	}
}

func TestWrongLinesAreNamedByNumber(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"# x\nlisten":                "invalid: config.line line=2",
		"[server]\n":                 "invalid: config.line line=1",
		"listen = \"127.0.0.1:80\"":  "invalid: config.line line=1",
		"listen = '127.0.0.1:80'":    "invalid: config.line line=1",
		"= x":                        "invalid: config.line line=1",
		"a = 1\n\na = 2":             "invalid: config.twice line=3 name=a",
		"a = \xff":                   "invalid: config.line line=1",
		strings.Repeat("#", 1<<20+1): "invalid: config.line line=1",
	} {
		if _, err := config.ParseFile(text); err == nil || err.Error() != want {
			t.Errorf("%.40q: %v, want %s", text, err, want)
		}
	}
}

// What is read and written again reads the same.
func FuzzParseFile(f *testing.F) {
	f.Add("a = b\n# c\n\nd=e=f\r\n")
	f.Add("\ufeffa = \"")
	f.Add("\ufeff\ufeff=")
	f.Fuzz(func(t *testing.T, text string) {
		first, err := config.ParseFile(text)
		if err != nil {
			return
		}
		var again strings.Builder
		for name, value := range first {
			fmt.Fprintf(&again, "%s = %s\n", name, value)
		}
		second, err := config.ParseFile(again.String())
		if err != nil || !reflect.DeepEqual(first, second) {
			t.Errorf("%q read as %q, written and read again as %q, %v", text, first, second, err)
		}
	})
}
