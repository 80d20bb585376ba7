package feed

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unsafe"
)

// told writes problems as "line:column field code".
func told(p *Problems) []string {
	var r Report
	p.Fill(&r)
	out := []string{}
	for _, e := range r.Errors {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%d:%d %s %s", e.Line, e.Column, e.Field, e.Code)))
	}
	return out
}

func TestDocumentForm(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, in, want string }{
		{"nothing", " \n", "1:1  feed.empty"},
		{"not an object", "\n [1]", "2:2  feed.not_object"},
		{"cut off", "{\"a\": \"x", "1:9  feed.cut_off"},
		{"missing colon", `{"a" 1}`, "1:6  feed.syntax"},
		{"trailing comma", "{\"a\": \"1\",\n}", "2:1  feed.syntax"},
		{"wrong bracket", `{]`, "1:2  feed.syntax"},
		{"unknown word", `{"a": tru}`, "1:7  feed.syntax"},
		{"two documents", `{"a": "1"} {}`, "1:12  feed.trailing"},
		{"member twice", "{\"a\": \"1\",\n  \"a\": \"2\"}", "2:3 a feed.member_twice"},
		{"not UTF-8", "{\"a\":\n\"à\xff\"}", "2:3  feed.not_utf8"},
		{"half a character", `{"a": "\ud800"}`, "1:7  feed.lone_surrogate"},
		{"member twice among many", "{" + manyMembers(40) + "\n\"m3\": 1}", "2:1 m3 feed.member_twice"},
		{"too deep", `{"a":` + strings.Repeat("[", 20), "1:21  feed.too_deep"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			problems := NewProblems("file")
			if _, _, err := ReadDocument(strings.NewReader(c.in), problems); err != nil {
				t.Fatal(err)
			}
			if got := told(problems); len(got) != 1 || got[0] != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// manyMembers returns n members and a comma behind each.
func manyMembers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "\"m%d\": 1,", i)
	}
	return b.String()
}

// A file of the size allowed may have more values than fit in memory: they are counted, and each takes little.
func TestADocumentOfTooManyValuesIsRefused(t *testing.T) {
	t.Parallel()
	if size := unsafe.Sizeof(value{}); size > 40 {
		t.Errorf("a value takes %d bytes", size)
	}
	for in, want := range map[string][]string{ // the object and the list are values too
		`{"x":[0,0,` + "\n0]}":   {},
		`{"x":[0,0,` + "\n0,0]}": {"2:3  feed.too_many_values"},
	} {
		problems := NewProblems("file")
		if parse([]byte(in), 5, problems); !slices.Equal(told(problems), want) {
			t.Errorf("%q: %q, want %q", in, told(problems), want)
		}
	}
}

func TestObjectMembers(t *testing.T) {
	t.Parallel()
	const in = "\xef\xbb\xbf" + `{
 "list": [{"name": " Ünï ", "n": 12, "on": true, "gone": null},
          {"n": 1.5, "on": "yes", "extra": 1, "name": "a\u0000b"},
          7]
}`
	problems := NewProblems("file")
	root, sum, err := ReadDocument(strings.NewReader(in), problems)
	if err != nil {
		t.Fatal(err)
	}
	if len(sum) != 64 {
		t.Errorf("sum %q is not a SHA-256 in hex", sum)
	}
	items := root.Objects("list")
	root.Close()
	first := items[0]
	name, n, on, gone := first.Need("name"), first.NeedWhole("n"), first.Flag("on"), first.Text("gone")
	if first.Close(); first.Bad() || name.Value != "Ünï" || n.Value != 12 || !on.Value || gone.Value != "" || first.Has("gone") {
		t.Errorf("first item: %+v %+v %+v %+v, bad %v", name, n, on, gone, first.Bad())
	}
	if want := (Place{2, 20, "list[0].name"}); name.Place != want {
		t.Errorf("name stands at %+v, want %+v", name.Place, want)
	}
	if want := (Place{2, 34, "list[0].n"}); n.Place != want {
		t.Errorf("n stands at %+v, want %+v", n.Place, want)
	}
	second := items[1]
	second.NeedWhole("n")
	second.Flag("on")
	second.Need("name")
	second.Need("code")
	second.Close()
	want := []string{
		"3:11 list[1].code feed.missing",
		"3:17 list[1].n feed.not_whole",
		"3:28 list[1].on feed.not_boolean",
		"3:35 list[1].extra feed.member_unknown",
		"3:55 list[1].name feed.control_character",
		"4:11 list[2] feed.not_object",
	}
	if got := told(problems); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// Texts that look alike are alike: what cannot be seen is refused, but for the joiners that some scripts are written with.
func TestInvisibleCharactersAreRefused(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"E-1\u200b":            "feed.invisible_character",
		"\ufeffE-1":            "feed.invisible_character",
		"E\u202e-1":            "feed.invisible_character",
		"soft\u00adhyphen":     "feed.invisible_character",
		"E\u200d-1":            "feed.invisible_character",
		"\u200dE-1":            "feed.invisible_character",
		"à\u200cb":             "feed.invisible_character",
		"E\u0085-1":            "feed.control_character",
		"می\u200cخواهم":        "",
		"क्\u200dष":            "",
		"می\u200c":             "feed.invisible_character",
		"Società «Ünï» n° 5 €": "",
	} {
		if clean, code := cleanText(in); code != want || code == "" && clean != in {
			t.Errorf("%+q: %+q %q, want %q", in, clean, code, want)
		}
	}
}

func TestProblemsAreCountedBeyondTheListed(t *testing.T) {
	t.Parallel()
	p := NewProblems("file")
	for i := range MaxProblems + 7 {
		p.Add(Place{Line: i + 1}, "feed.missing")
	}
	var r Report
	p.Clone().Fill(&r)
	if len(r.Errors) != MaxProblems || r.More != 7 {
		t.Errorf("%d listed and %d more, want %d and 7", len(r.Errors), r.More, MaxProblems)
	}
}

// A document without problems is what encoding/json calls valid, and every value stands where it is said to stand.
func FuzzDocument(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":[{"b":"è\n"},null,true,-1.5e3]}`, `{"a":1,}`, "\xef\xbb\xbf{\"a\":\r\n\"\\ud800\"}", `{"a":"\ufffd","a":2}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		problems := NewProblems("file")
		root := parse(trimMark(raw), MaxValues, problems)
		if problems.Any() {
			for _, e := range problems.list {
				if e.Line < 1 || e.Column < 1 {
					t.Fatalf("%q: %s has no place", raw, e.Code)
				}
			}
			return
		}
		if !json.Valid(trimMark(raw)) {
			t.Fatalf("%q was taken for valid", raw)
		}
		lines := strings.Split(string(trimMark(raw)), "\n")
		for _, m := range root.members {
			for _, at := range []Place{m.at(""), m.value.at("")} {
				rest := string([]rune(lines[at.Line-1])[at.Column-1:])
				if !strings.ContainsAny(rest[:1], `"{[tfn-0123456789`) {
					t.Fatalf("%q: no value begins at %v", raw, at)
				}
			}
		}
	})
}
