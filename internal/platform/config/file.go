package config

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"unicode/utf8"

	"chiave/internal/platform/errs"
)

// maxFile bounds a configuration file.
const maxFile = 1 << 20

// ReadFile reads the settings of a file. Errors: NotFound "config.file_missing"; Unavailable "config.file_unreadable"; those
// of ParseFile.
func ReadFile(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errs.New(errs.NotFound, "config.file_missing", errs.Params{"file": path}).Wrap(err)
	}
	if err != nil {
		return nil, errs.New(errs.Unavailable, "config.file_unreadable", errs.Params{"file": path}).Wrap(err)
	}
	return ParseFile(string(text))
}

// ParseFile reads lines of "name = value". Errors: Invalid "config.line" {line} for a line that is none, "config.twice" {line,
// name} for a setting that is there already.
func ParseFile(text string) (map[string]string, error) {
	if len(text) > maxFile || !utf8.ValidString(text) {
		return nil, errs.New(errs.Invalid, "config.line", errs.Params{"line": 1})
	}
	given := map[string]string{}
	number := 0
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if !ok || !plainName(name) || quoted(value) {
			return nil, errs.New(errs.Invalid, "config.line", errs.Params{"line": number})
		}
		if _, twice := given[name]; twice {
			return nil, errs.New(errs.Invalid, "config.twice", errs.Params{"line": number, "name": name})
		}
		given[name] = value
	}
	return given, nil
}

// plainName reports what may stand for a setting's name; whether there is such a setting is Load's question.
func plainName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-' && r != '.'
	})
}

// quoted reports a value in quotes. They would become part of it, which nobody means.
func quoted(v string) bool {
	return len(v) >= 2 && (v[0] == '"' || v[0] == '\'') && v[len(v)-1] == v[0]
}
