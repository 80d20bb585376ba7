package i18n

import (
	"fmt"
	"slices"
	"strings"
)

// segment is a stretch of plain text, or the parameter that stands there.
type segment struct {
	text  string
	param bool
}

// text is a sentence cut at its parameters.
type text []segment

// message is one entry of a catalog. A message without plural forms has only other.
type message struct {
	plural     bool
	one, other text
}

// parseText cuts s at its {parameters}. Every brace belongs to a parameter.
func parseText(s string) (text, error) {
	if strings.TrimSpace(s) == "" {
		return nil, fmt.Errorf("is empty")
	}
	var t text
	for s != "" {
		open := strings.IndexAny(s, "{}")
		if open < 0 {
			return append(t, segment{text: s}), nil
		}
		if open > 0 {
			t = append(t, segment{text: s[:open]})
		}
		end := strings.IndexByte(s, '}')
		if s[open] != '{' || end < open || !validName(s[open+1:end]) {
			return nil, fmt.Errorf("has a brace that is not a parameter: %q", s[open:])
		}
		t = append(t, segment{text: s[open+1 : end], param: true})
		s = s[end+1:]
	}
	return t, nil
}

// validName reports whether s is made of lower-case letters, digits and underscores.
func validName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_'
	})
}

// params returns the names of the parameters in order of name, without {portal}, which every sentence may use or not.
func (m message) params() []string {
	var names []string
	for _, s := range slices.Concat(m.one, m.other) {
		if s.param && s.text != portalParam {
			names = append(names, s.text)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// print fills the parameters in. A parameter that value does not know stays visible as ⟦name⟧.
func (t text) print(value func(name string) (string, bool)) string {
	var b strings.Builder
	for _, s := range t {
		switch v, ok := "", false; {
		case !s.param:
			b.WriteString(s.text)
		default:
			if v, ok = value(s.text); !ok {
				v = loud(s.text)
			}
			b.WriteString(v)
		}
	}
	return b.String()
}

// loud marks what is missing so that nobody overlooks it on a page.
func loud(what string) string { return "⟦" + what + "⟧" }
