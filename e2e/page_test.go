package e2e

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/net/html"
)

// visitor is a browser without script: it keeps cookies, follows redirects, and sends a form with the hidden fields that the page it
// looked at last has for it.
type visitor struct {
	client *http.Client
	hidden map[string]url.Values // by the form's action
}

// cmdPage visits a page of the portal as somebody and prints its status and the text a person reads; the HTML is left in page.html:
//
//	page [FLAG…] WHO GET PATH
//	page [FLAG…] WHO POST PATH NAME=VALUE… NAME=@FILE…
//
// Flags: -lang CODE is the browser's language; -header NAME:VALUE; -same FILE keeps status and text for a comparison. A refusal must be
// asked for by "! page".
func cmdPage(ts *testscript.TestScript, neg bool, args []string) {
	header, same := http.Header{"Sec-Fetch-Site": {"same-origin"}}, ""
	for len(args) > 2 && strings.HasPrefix(args[0], "-") {
		switch name, text, _ := strings.Cut(args[1], ":"); args[0] {
		case "-lang":
			header.Set("Accept-Language", args[1])
		case "-header":
			header.Set(name, strings.TrimSpace(text))
		case "-same":
			same = args[1]
		default:
			ts.Fatalf("unknown flag %s", args[0])
		}
		args = args[2:]
	}
	if len(args) < 3 {
		ts.Fatalf("usage: page [flags] WHO GET|POST PATH [NAME=VALUE…]")
	}
	v := visitorOf(ts, args[0])
	target := args[2]
	if !strings.HasPrefix(target, "http") {
		target = ts.Getenv("CHIAVE_SERVER") + target
	}
	body, kind := v.fill(ts, target, args[3:])
	req, err := http.NewRequest(args[1], target, body)
	ts.Check(err)
	req.Header = header
	if args[1] == http.MethodPost {
		req.Header.Set("Content-Type", kind)
	}
	answer, err := v.client.Do(req)
	ts.Check(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("page.html"), text, 0o600))
	seen := string(text)
	if strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") {
		var doc *html.Node
		doc, err = html.Parse(strings.NewReader(seen))
		ts.Check(err)
		v.hidden = hiddenFields(doc)
		seen = visibleText(doc)
	}
	fmt.Fprintf(ts.Stdout(), "HTTP %d %s\n%s\n", answer.StatusCode, answer.Request.URL.RequestURI(), seen)
	keepSame(ts, same, answer, []byte(seen))
	expect(ts, neg, answer.StatusCode)
}

func visitorOf(ts *testscript.TestScript, who string) *visitor {
	w := worldOf(ts)
	if w.visitors[who] == nil {
		jar, _ := cookiejar.New(nil)
		w.visitors[who] = &visitor{client: &http.Client{Jar: jar}}
	}
	return w.visitors[who]
}

// fill fills the form in that leads to target.
func (v *visitor) fill(ts *testscript.TestScript, target string, fields []string) (body io.Reader, kind string) {
	form, files := url.Values{}, map[string]string{}
	u, err := url.Parse(target)
	ts.Check(err)
	for name, values := range v.hidden[u.RequestURI()] {
		form[name] = slices.Clone(values)
	}
	for _, field := range fields {
		name, value, _ := strings.Cut(field, "=")
		if file, ok := strings.CutPrefix(value, "@"); ok {
			files[name] = file
		} else if _, hidden := v.hidden[u.RequestURI()][name]; hidden {
			form.Set(name, value)
		} else {
			form.Add(name, value)
		}
	}
	if len(files) == 0 {
		return strings.NewReader(form.Encode()), "application/x-www-form-urlencoded"
	}
	var b bytes.Buffer
	parts := multipart.NewWriter(&b)
	for name, values := range form {
		for _, value := range values {
			ts.Check(parts.WriteField(name, value))
		}
	}
	for name, file := range files {
		part, err := parts.CreateFormFile(name, filepath.Base(file))
		ts.Check(err)
		_, err = io.WriteString(part, ts.ReadFile(file))
		ts.Check(err)
	}
	ts.Check(parts.Close())
	return &b, parts.FormDataContentType()
}

// hiddenFields returns the hidden fields of every form by its action.
func hiddenFields(doc *html.Node) map[string]url.Values {
	found := map[string]url.Values{}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || n.Data != "form" {
			continue
		}
		fields := url.Values{}
		for in := range n.Descendants() {
			if in.Type == html.ElementNode && in.Data == "input" && attribute(in, "type") == "hidden" {
				fields.Add(attribute(in, "name"), attribute(in, "value"))
			}
		}
		if action := attribute(n, "action"); found[action] == nil || len(fields) > len(found[action]) {
			found[action] = fields
		}
	}
	return found
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// unread are elements whose text nobody reads, and blocks those that end a line.
var (
	unread = []string{"script", "style", "svg", "head", "template"}
	blocks = []string{"p", "div", "li", "tr", "h1", "h2", "h3", "dt", "dd", "section", "label", "option", "button"}
)

// visibleText returns what a person reads of a page, a block to a line.
func visibleText(doc *html.Node) string {
	var b strings.Builder
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode && slices.Contains(unread, n.Data) {
			return
		}
		if n.Type == html.TextNode {
			if s := strings.Join(strings.Fields(n.Data), " "); s != "" {
				b.WriteString(s + " ")
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
		if n.Type == html.ElementNode && slices.Contains(blocks, n.Data) && b.Len() > 0 && !strings.HasSuffix(b.String(), "\n") {
			b.WriteString("\n")
		}
	}
	walk(doc)
	return b.String()
}
