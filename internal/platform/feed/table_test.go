package feed

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

var columns = []Column{{"id", true}, {"name", true}, {"note", false}}

// read returns the rows as "line:id|name|note".
func read(t *testing.T, in io.Reader) (rows, problems []string) {
	t.Helper()
	p := NewProblems("file")
	table, err := ReadTable(in, columns, p)
	if err != nil {
		t.Fatal(err)
	}
	for row, ok := table.Next(); ok; row, ok = table.Next() {
		rows = append(rows, strings.Join([]string{row.Text("id").Value, row.At(1).Value, row.Text("note").Value}, "|"))
	}
	if _, err := table.Sum(); err != nil {
		t.Fatal(err)
	}
	return rows, told(p)
}

func TestTable(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, in       string
		rows, problems []string
	}{
		{"semicolons", "id;name;note\n1;a,b;c\n", []string{"1|a,b|c"}, nil},
		{"commas", "id,name,note\n1,a;b,c", []string{"1|a;b|c"}, nil},
		{"tabs, mark, CRLF, spaces", "\xef\xbb\xbfid\tname\tnote\r\n 1 \t\"a;b\"\t\r\n", []string{"1|a;b|"}, nil},
		{"a separator of another kind in a value", "id\tname\n1\t\"a\tb\"\n", nil, []string{"2:3 name feed.control_character"}},
		{"any order and case", "Note;NAME;id\nn;m;1\n", []string{"1|m|n"}, nil},
		{"optional column left out", "name;id\nm;1\n", []string{"1|m|"}, nil},
		{"quotes", "id;name\n1;\"a \"\"b\"\" ; c\"\n", []string{"1|a \"b\" ; c|"}, nil},
		{"a quote inside is itself", "id;name\n1;5\" disk\n", []string{"1|5\" disk|"}, nil},
		{"rows without values", "id;name\n\n;\n1;a\n   \n", []string{"1|a|"}, nil},
		{"header in quotes", "\"id\",\"name\"\n1,a\n", []string{"1|a|"}, nil},
		{"nothing", "", nil, []string{"1:1  feed.empty"}},
		{"header alone", "id;name\n", nil, nil},
		{"unknown column", "id;nme;name\n1;2;3\n", nil, []string{"1:4 nme feed.column_unknown"}},
		{"missing column", "id;note\n1;2\n", nil, []string{"1:1 name feed.column_missing"}},
		{"column twice", "id;name;id\n", nil, []string{"1:9 id feed.column_twice"}},
		{"cells", "id;name\n1\n2;b\n3;c;d\n", []string{"2|b|"}, []string{"2:1  feed.cells", "4:1  feed.cells"}},
		{"not UTF-8", "id;name\n1;\xe0\n2;è\n", []string{"2|è|"}, []string{"2:3  feed.not_utf8"}},
		{"quote left open", "id;name\n1;a\n2;\"b\nc\n", []string{"1|a|"}, []string{"3:3  feed.quote_open"}},
		{"text after a quote", "id;name\n1;\"à\"x\n2;b\n", []string{"2|b|"}, []string{"2:6  feed.quote_stray"}},
		{"too long a line", "id;name\n1;" + strings.Repeat("x", 3*MaxLine) + "\n2;b\n", []string{"2|b|"}, []string{"2:1  feed.line_too_long"}},
		{"far too long a line", "id;name\n1;" + strings.Repeat("x", 1<<20) + "\n2;b\n", []string{"2|b|"}, []string{"2:1  feed.line_too_long"}},
		{"too long a text", "id;name\n1;" + strings.Repeat("è", MaxText+1) + "\n", nil, []string{"2:3 name feed.text_too_long"}},
		{"what cannot be seen", "id;name\n\ufeff1;2\n3;4\u200b\n5;6\n", []string{"5|6|"}, []string{"2:1 id feed.invisible_character", "3:3 name feed.invisible_character"}},
		{"place after other letters", "id;name\nèè;a\x01\n", nil, []string{"2:4 name feed.control_character"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rows, problems := read(t, strings.NewReader(c.in))
			if !slices.Equal(rows, c.rows) || !slices.Equal(problems, c.problems) {
				t.Errorf("rows %q, want %q\nproblems %q, want %q", rows, c.rows, problems, c.problems)
			}
		})
	}
}

func TestTableSum(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"\xef\xbb\xbfid;name\n1;a\n", "id;wrong\n1;a\n2;b", ""} {
		table, err := ReadTable(iotest.OneByteReader(strings.NewReader(in)), columns, NewProblems("file"))
		if err != nil {
			t.Fatal(err)
		}
		for _, ok := table.Next(); ok; _, ok = table.Next() {
		}
		want := sha256.Sum256([]byte(in))
		if got, err := table.Sum(); err != nil || got != hex.EncodeToString(want[:]) {
			t.Errorf("sum of %q is %s (%v), want %x", in, got, err, want)
		}
	}
}

func TestTableTellsThatReadingFailed(t *testing.T) {
	t.Parallel()
	broken := errors.New("the line went dead")
	table, err := ReadTable(io.MultiReader(strings.NewReader("id;name\n1;a\n"), iotest.ErrReader(broken)), columns, NewProblems("file"))
	if err != nil {
		t.Fatal(err)
	}
	for _, ok := table.Next(); ok; _, ok = table.Next() {
	}
	if _, err := table.Sum(); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}

// Whatever is written with quotes is read back, and nothing panics or goes missing without being told.
func FuzzTable(f *testing.F) {
	f.Add([]byte("id;name\n1;\"a\"\n"), "x", "y")
	f.Add([]byte("\xef\xbb\xbfname,id\r\n\"\"\"\",2\r\n\r\n"), "a;b", "\"")
	f.Fuzz(func(t *testing.T, raw []byte, id, name string) {
		_, problems := read(t, bytes.NewReader(raw))
		for _, p := range problems {
			if strings.HasPrefix(p, "0:") || strings.Contains(p, ":0 ") {
				t.Fatalf("%q has no place", p)
			}
		}
		quote := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
		cleanID, badID := cleanText(id)
		cleanName, badName := cleanText(name)
		file := "id;name\n" + quote(id) + ";" + quote(name) + "\n"
		rows, problems := read(t, strings.NewReader(file))
		wrong := badID != "" || badName != "" || invalidUTF8([]byte(file)) >= 0
		switch {
		case wrong && len(problems) == 0:
			t.Fatalf("%q was accepted", file)
		case wrong || len(file) > MaxLine || strings.Contains(id+name, "\r\n"):
		case cleanID+cleanName == "" && len(rows)+len(problems) > 0:
			t.Fatalf("%q is an empty row, read as %q %q", file, rows, problems)
		case cleanID+cleanName != "" && (len(problems) > 0 || !slices.Equal(rows, []string{cleanID + "|" + cleanName + "|"})):
			t.Fatalf("%q was read as %q %q", file, rows, problems)
		}
	})
}
