package ui_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"golang.org/x/net/html"

	"chiave/internal/platform/i18n"
	"chiave/internal/web/ui"
)

// render returns the page's HTML.
func render(t testing.TB, c templ.Component) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPagesAreWellFormedAndStrict(t *testing.T) {
	t.Parallel()
	for _, lang := range i18n.Langs() {
		for _, theme := range []ui.Theme{ui.Light, ui.Dark, ui.Auto} {
			for _, p := range previews() {
				t.Run(fmt.Sprintf("%s-%s-%s", p.name, lang, theme), func(t *testing.T) {
					t.Parallel()
					page := render(t, p.content(view(t, lang, theme)))
					for _, fault := range faults(page) {
						t.Error(fault)
					}
					if want := fmt.Sprintf(`<html lang="%s" data-bs-theme="%s">`, lang, theme); !bytes.Contains(page, []byte(want)) {
						t.Errorf("the page lacks %s", want)
					}
				})
			}
		}
	}
}

// TestFaultsFindsFaults is the control of the test above.
func TestFaultsFindsFaults(t *testing.T) {
	t.Parallel()
	tests := []struct{ page, want string }{
		{`<p style="color:red">x</p>`, "style attribute"},
		{`<script>x()</script>`, "inline script"},
		{`<style>p{}</style>`, "inline style"},
		{`<button onclick="x()">x</button>`, "onclick attribute"},
		{`<a href="javascript:x()">x</a>`, "javascript"},
		{`<div><p>x</div>`, "closes div p"},
		{`<p>x`, "never closed"},
		{`<p id="a"></p><p id="a"></p>`, "id a is there twice"},
		{`<label for="b">x</label>`, "points to no id: b"},
		{`<p>⟦ui.gone⟧</p>`, "⟦"},
	}
	for _, test := range tests {
		if got := strings.Join(faults([]byte(test.page)), "\n"); !strings.Contains(got, test.want) {
			t.Errorf("faults(%s) = %q, want %q", test.page, got, test.want)
		}
	}
	if got := faults([]byte(`<!DOCTYPE html><p id="a">x<br/><input aria-describedby="a"></p>`)); len(got) > 0 {
		t.Errorf("faults finds %v in a good page", got)
	}
}

// faults reads a page tag by tag: every element closed in order, ids once, references answered, nothing inline, no
// missing sentence.
func faults(page []byte) []string {
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
