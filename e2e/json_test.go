package e2e

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdJSON looks at a value of a JSON document: json FILE PATH WANT compares it, json -set VARIABLE FILE PATH keeps it. FILE may be stdout
// or stderr. A path is made of names, indexes, "len" for the length of a list, and NAME=VALUE for the first element of a list that says so:
// rows/0/effective, items/machine=PC-1/id, errors/len. "! json" wants the value to be another, or not there.
func cmdJSON(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 4 && args[0] == "-set" && !neg {
		got, err := valueAt(ts.ReadFile(args[2]), args[3])
		ts.Check(err)
		ts.Setenv(args[1], got)
		return
	}
	if len(args) != 3 {
		ts.Fatalf("usage: json FILE PATH WANT, or json -set VARIABLE FILE PATH")
	}
	got, err := valueAt(ts.ReadFile(args[0]), args[1])
	if neg {
		if err == nil && got == args[2] {
			ts.Fatalf("%s is %q", args[1], got)
		}
		return
	}
	ts.Check(err)
	if got != args[2] {
		ts.Fatalf("%s is %q, want %q", args[1], got, args[2])
	}
}

// valueAt returns a value of a document as text.
func valueAt(document, path string) (string, error) {
	v, err := nodeAt(document, path)
	if err != nil {
		return "", err
	}
	return asText(v), nil
}

func asText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number, bool:
		return fmt.Sprint(v)
	}
	text, _ := json.Marshal(v)
	return string(text)
}

func nodeAt(document, path string) (any, error) {
	d := json.NewDecoder(strings.NewReader(document))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("this is no JSON: %w", err)
	}
	if path == "." {
		return v, nil
	}
	for step := range strings.SplitSeq(path, "/") {
		next, ok := stepInto(v, step)
		if !ok {
			return nil, fmt.Errorf("there is no %s (at %s)", path, step)
		}
		v = next
	}
	return v, nil
}

func stepInto(v any, step string) (any, bool) {
	switch v := v.(type) {
	case map[string]any:
		member, ok := v[step]
		return member, ok
	case []any:
		if step == "len" {
			return json.Number(strconv.Itoa(len(v))), true
		}
		if name, want, ok := strings.Cut(step, "="); ok {
			for _, item := range v {
				if member, ok := stepInto(item, name); ok && asText(member) == want {
					return item, true
				}
			}
			return nil, false
		}
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(v) {
			return v[i], true
		}
	}
	return nil, false
}

// cmdList prints some members of each element of a list, an element to a line, so that a whole list can be compared with a file:
// list FILE PATH NAME…. The path "." is the document itself.
func cmdList(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: list FILE PATH NAME…")
	}
	v, err := nodeAt(ts.ReadFile(args[0]), args[1])
	ts.Check(err)
	items, ok := v.([]any)
	if !ok {
		ts.Fatalf("%s is no list", args[1])
	}
	for _, item := range items {
		cells := make([]string, len(args)-2)
		for i, name := range args[2:] {
			var member any = item
			for step := range strings.SplitSeq(name, "/") {
				member, _ = stepInto(member, step)
			}
			cells[i] = asText(member)
		}
		fmt.Fprintln(ts.Stdout(), strings.TrimSpace(strings.Join(cells, " ")))
	}
}

// cmdSet keeps the first line of a file in a variable: set VARIABLE FILE.
func cmdSet(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: set VARIABLE FILE")
	}
	line, _, _ := strings.Cut(ts.ReadFile(args[1]), "\n")
	ts.Setenv(args[0], strings.TrimSpace(line))
}
