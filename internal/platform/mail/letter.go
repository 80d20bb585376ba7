package mail

import (
	"html"
	"strings"
	"unicode/utf8"
)

// Letter is what a mail says. Every text is in the reader's language already. A blank line ("\n\n") in Body begins a paragraph.
type Letter struct {
	Lang     string // for the HTML lang attribute
	Portal   string // the portal's name, shown as the sender at the top
	Subject  string
	Greeting string
	Body     string
	Action   string // what the button says; empty when there is nothing to do
	Link     string // where the button leads
	LinkHint string // the sentence above the link in full
	Footer   string
}

// width is how many columns a line of the plain text has at most; a link is never broken.
const width = 72

// Text lays the letter out for a terminal.
func (l Letter) Text() string {
	parts := []string{wrap(l.Greeting)}
	for _, p := range paragraphs(l.Body) {
		parts = append(parts, wrap(p))
	}
	if l.Link != "" {
		parts = append(parts, wrap(l.Action+":")+"\n"+l.Link)
	}
	return strings.Join(parts, "\n\n") + "\n\n-- \n" + wrap(l.Portal) + "\n" + wrap(l.Footer) + "\n"
}

func paragraphs(s string) []string {
	return strings.Split(strings.TrimSpace(s), "\n\n")
}

// wrap breaks s between words so that no line is wider than width, unless a single word is.
func wrap(s string) string {
	var b strings.Builder
	column := 0
	for _, word := range strings.Fields(s) {
		n := utf8.RuneCountInString(word)
		switch {
		case column == 0:
		case column+1+n > width:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	return b.String()
}

// style holds what inline attributes cannot say: the dark colours and the narrow screen. Programs that drop it show the
// light letter, whose colours are on the elements.
const style = `
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (max-width: 480px) { .sheet { padding: 24px 20px !important; } }
@media (prefers-color-scheme: dark) {
  body, .page { background: #14181f !important; }
  .sheet { background: #1e242d !important; border-color: #333c48 !important; }
  .sheet, .sheet p, .sheet h1 { color: #e6e9ee !important; }
  .sheet .small { color: #a9b2bf !important; border-color: #333c48 !important; }
  .sheet .link { color: #8db8ff !important; }
  .sheet .button { background: #2f6fde !important; color: #ffffff !important; }
}
`

// HTML lays the letter out for a mail program: one column, no images, nothing loaded from elsewhere.
func (l Letter) HTML() string {
	esc := html.EscapeString
	var b strings.Builder
	b.WriteString(`<!DOCTYPE html>
<html lang="` + esc(l.Lang) + `">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>` + esc(l.Subject) + `</title>
<style>` + style + `</style>
</head>
<body style="margin:0;padding:0;background:#f3f5f8">
<div class="page" role="article" lang="` + esc(l.Lang) + `" style="padding:32px 12px;background:#f3f5f8">
<div class="sheet" style="max-width:560px;margin:0 auto;padding:32px 40px;background:#ffffff;border:1px solid #d9dee6;border-radius:8px;font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:16px;line-height:1.55;color:#1d2733;overflow-wrap:break-word">
<p class="small" style="margin:0 0 16px;font-size:14px;color:#56616f">` + esc(l.Portal) + `</p>
<h1 style="margin:0 0 20px;font-size:21px;line-height:1.3;color:#1d2733">` + esc(l.Subject) + `</h1>
<p style="margin:0 0 16px">` + esc(l.Greeting) + "</p>\n")
	for _, p := range paragraphs(l.Body) {
		b.WriteString(`<p style="margin:0 0 16px">` + esc(p) + "</p>\n")
	}
	if l.Link != "" {
		link := esc(l.Link)
		b.WriteString(`<p style="margin:24px 0"><a class="button" href="` + link + `" style="display:inline-block;padding:12px 22px;background:#1b57c4;color:#ffffff;border-radius:6px;text-decoration:none;font-weight:600">` + esc(l.Action) + `</a></p>
<p class="small" style="margin:0 0 16px;font-size:14px;color:#56616f">` + esc(l.LinkHint) + `<br><a class="link" href="` + link + `" style="color:#1b57c4;word-break:break-all">` + link + "</a></p>\n")
	}
	b.WriteString(`<p class="small" style="margin:28px 0 0;padding-top:16px;border-top:1px solid #d9dee6;font-size:14px;color:#56616f">` + esc(l.Footer) + `</p>
</div>
</div>
</body>
</html>
`)
	return b.String()
}
