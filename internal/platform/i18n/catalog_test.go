package i18n

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestLoadEmbedded(t *testing.T) {
	t.Parallel()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Keys()) == 0 {
		t.Error("the catalogs have no keys")
	}
}

func TestLoadNamesEveryFault(t *testing.T) {
	t.Parallel()
	const good = `{"a": "Hello {name}"}`
	tests := []struct {
		name, en, it, want string
	}{
		{"missing in Italian", `{"a": "A", "b": "B"}`, `{"a": "A"}`, "x.b is missing in it"},
		{"missing in English", `{"a": "A"}`, `{"a": "A", "b": "B"}`, "x.b is missing in en"},
		{"empty", `{"a": "A"}`, `{"a": " "}`, "x.a is empty"},
		{"other parameter", good, `{"a": "Ciao {nome}"}`, "x.a has the parameters [name] in en and [nome] in it"},
		{"lost parameter", good, `{"a": "Ciao"}`, "x.a has the parameters [name] in en and [] in it"},
		{"plural in one language", `{"a": {"one": "{n} row", "other": "{n} rows"}}`, `{"a": "{n} righe"}`, "x.a is a plural in one language only"},
		{"plural without one", `{"a": {"other": "{n} rows"}}`, `{"a": {"other": "{n} righe"}}`, "instead of one and other"},
		{"plural with many", `{"a": {"one": "a", "many": "{n} b", "other": "{n} c"}}`, `{"a": {"one": "a", "other": "{n} c"}}`, "instead of one and other"},
		{"plural that hides its number", `{"a": {"one": "a", "other": "b"}}`, `{"a": {"one": "a", "other": "{n} b"}}`, "does not show {n}"},
		{"plural with an empty form", `{"a": {"one": "", "other": "{n} b"}}`, `{"a": {"one": "a", "other": "{n} b"}}`, "x.a is empty"},
		{"open brace", `{"a": "A {name"}`, good, "brace that is not a parameter"},
		{"closed brace", `{"a": "A} {name}"}`, good, "brace that is not a parameter"},
		{"empty parameter", `{"a": "A {}"}`, good, "brace that is not a parameter"},
		{"twice", `{"a": "A", "a": "B"}`, `{"a": "A"}`, "x.a is there twice"},
		{"bad key", `{"A b": "A"}`, `{"A b": "A"}`, "a key is made of lower-case letters"},
		{"a number", `{"a": 7}`, `{"a": "A"}`, "neither a text nor a plural"},
		{"a list", `["a"]`, `{"a": "A"}`, "is not a JSON object"},
		{"broken JSON", `{"a": "A"`, `{"a": "A"}`, "en/x.json"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := load(locales(test.en, test.it))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("load() = %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestLoadNamesAMissingSubject(t *testing.T) {
	t.Parallel()
	files := locales(`{"a": "A"}`, `{"a": "A"}`)
	files["en/y.json"] = &fstest.MapFile{Data: []byte(`{"b": "B"}`)}
	if _, err := load(files); err == nil || !strings.Contains(err.Error(), "y.b is missing in it") {
		t.Errorf("load() = %v, want y.b missing in it", err)
	}
}

// locales makes catalogs with the one subject x.
func locales(en, it string) fstest.MapFS { return subject("x", en, it) }

// subject makes catalogs with one subject.
func subject(name, en, it string) fstest.MapFS {
	return fstest.MapFS{
		"en/" + name + ".json": &fstest.MapFile{Data: []byte(en)},
		"it/" + name + ".json": &fstest.MapFile{Data: []byte(it)},
	}
}

func FuzzParseText(f *testing.F) {
	for _, seed := range []string{"Hello {name}", "{a}{b}", "{", "}", "{}", "a {b c} d", "⟦x⟧ {n} righe"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		parsed, err := parseText(s)
		if err != nil {
			return
		}
		got := parsed.print(func(name string) (string, bool) { return "{" + name + "}", true })
		if got != s {
			t.Errorf("parseText(%q) prints %q", s, got)
		}
	})
}
