// Package htmltest finds what is wrong with a page as it is sent, for tests of pages.
package htmltest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// Faults reads a page tag by tag: every element closed in order, ids once, references answered, nothing inline, no
// missing sentence.
func Faults(page []byte) []string {
	var found []string
	if bytes.Contains(page, []byte("⟦")) {
		_, rest, _ := strings.Cut(string(page), "⟦")
		missing, _, _ := strings.Cut(rest, "⟧")
		found = append(found, "a sentence is missing: ⟦"+missing)
	}
	var open, points []string
	ids := map[string]bool{}
	z := html.NewTokenizer(bytes.NewReader(page))
	for {
		kind := z.Next()
		token := z.Token()
		switch kind {
		case html.ErrorToken:
			if !errors.Is(z.Err(), io.EOF) {
				found = append(found, z.Err().Error())
			}
			if len(open) > 0 {
				found = append(found, fmt.Sprintf("never closed: %v", open))
			}
			for _, id := range points {
				if !ids[id] {
					found = append(found, "an attribute points to no id: "+id)
				}
			}
			return found
		case html.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != token.Data {
				return append(found, fmt.Sprintf("</%s> closes %v", token.Data, strings.Join(open, " ")))
			}
			open = open[:len(open)-1]
		case html.StartTagToken, html.SelfClosingTagToken:
			if kind == html.StartTagToken && !slices.Contains([]string{"meta", "link", "input", "br", "hr", "img"}, token.Data) {
				open = append(open, token.Data)
			}
			attributeFaults, refs := readAttributes(token, ids)
			found, points = append(found, attributeFaults...), append(points, refs...)
		}
	}
}

// readAttributes collects the ids of an element and what it points to.
func readAttributes(token html.Token, ids map[string]bool) (found, points []string) {
	source := false
	for _, a := range token.Attr {
		switch {
		case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
			found = append(found, a.Key+" attribute on "+token.Data)
		case a.Key == "href" && strings.HasPrefix(strings.ToLower(a.Val), "javascript:"):
			found = append(found, "javascript in "+a.Val)
		case a.Key == "href" && strings.HasPrefix(a.Val, "#"):
			points = append(points, a.Val[1:])
		case a.Key == "src":
			source = true
		case a.Key == "id" && ids[a.Val]:
			found = append(found, "id "+a.Val+" is there twice")
		case a.Key == "id":
			ids[a.Val] = true
		case a.Key == "for" || a.Key == "aria-describedby" || a.Key == "aria-labelledby":
			points = append(points, strings.Fields(a.Val)...)
		}
	}
	if token.Data == "style" || token.Data == "script" && !source {
		found = append(found, "inline "+token.Data)
	}
	return found, points
}
