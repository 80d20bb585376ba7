package e2e

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/net/html"
)

// cmdTable prints the tables of the page looked at last as they are seen on a wide screen with everything folded, a row to a line, with "|"
// between its cells: table.
func cmdTable(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: table")
	}
	doc, err := html.Parse(strings.NewReader(ts.ReadFile("page.html")))
	ts.Check(err)
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || n.Data != "tr" {
			continue
		}
		var cells []string
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if c.Type == html.ElementNode {
				cells = append(cells, strings.Join(strings.Fields(seen(c)), " "))
			}
		}
		if len(cells) > 0 && n.Parent.Data == "tbody" {
			fmt.Fprintln(ts.Stdout(), strings.TrimRight(strings.Join(cells, " | "), " "))
		}
	}
}

// unseen are the classes of what only some readers get: labels for narrow screens, and words for screen readers.
var unseen = []string{"cell-label", "visually-hidden"}

// seen returns the text of an element that is folded.
func seen(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	if n.Type != html.ElementNode || slices.Contains(unread, n.Data) || slices.ContainsFunc(strings.Fields(attribute(n, "class")), func(c string) bool { return slices.Contains(unseen, c) }) {
		return ""
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if n.Data != "details" || c.Data == "summary" {
			b.WriteString(" " + seen(c))
		}
	}
	return b.String()
}
