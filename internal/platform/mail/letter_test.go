package mail_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"chiave/internal/platform/mail"
)

func invitation() mail.Letter {
	return mail.Letter{Lang: "it", Portal: "Centro <Licenze>", Subject: "Invito", Greeting: "Buongiorno Ada & Bruno,",
		Body:   "Prima frase.\n\nSeconda frase con parecchie parole in più, così che la riga debba essere spezzata almeno una volta.",
		Action: "Registrati", Link: "https://center.example/invitations/" + strings.Repeat("x", 80) + "?a=1&b=2", LinkHint: "Oppure:", Footer: "Fine."}
}

func TestTextFitsATerminal(t *testing.T) {
	t.Parallel()
	l := invitation()
	text := l.Text()
	for _, line := range strings.Split(text, "\n") {
		if utf8.RuneCountInString(line) > 72 && line != l.Link {
			t.Errorf("line of %d columns: %q", utf8.RuneCountInString(line), line)
		}
	}
	if !strings.Contains(text, "Registrati:\n"+l.Link+"\n") || !strings.Contains(text, "Prima frase.\n\nSeconda") {
		t.Errorf("text:\n%s", text)
	}
}

// The HTML is read back by a parser: what went in comes out as text, and only the one link leads anywhere.
func TestHTMLShowsExactlyTheTexts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := invitation()
		l.Subject = rapid.StringMatching(`[ -~à-ü]{1,40}`).Draw(t, "subject")
		l.Greeting = rapid.StringMatching(`[ -~]{1,40}`).Draw(t, "greeting")
		links, text := read(t, l.HTML())
		for _, want := range []string{l.Portal, l.Subject, l.Greeting, "Prima frase.", l.Action, l.LinkHint, l.Link, l.Footer} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not shown in %q", want, text)
			}
		}
		if len(links) != 2 || links[0] != l.Link || links[1] != l.Link {
			t.Errorf("links %q", links)
		}
	})
}

func TestALetterWithoutLinkHasNoButton(t *testing.T) {
	t.Parallel()
	l := invitation()
	l.Link, l.Action = "", ""
	if strings.Contains(l.HTML(), "<a ") || strings.Contains(l.Text(), "http") {
		t.Error("a link from nowhere")
	}
}

func read(t *rapid.T, page string) (links []string, text string) {
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range doc.Descendants() {
		switch {
		case n.Type == html.TextNode && n.Parent.Data != "style":
			b.WriteString(n.Data)
		case n.Type == html.ElementNode:
			if n.Data == "script" || n.Data == "img" {
				t.Errorf("element %s", n.Data)
			}
			for _, a := range n.Attr {
				if a.Key == "href" || a.Key == "src" {
					links = append(links, a.Val)
				}
			}
		}
	}
	return links, b.String()
}
