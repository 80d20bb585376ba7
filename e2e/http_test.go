package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/net/html"
)

// cmdHTTP sends one request and prints status line, headers and body:
//
//	http [-token FILE] [-lang CODE] [-header NAME:VALUE]… [-body FILE] METHOD PATH
//
// It fails on a status from 400, so that a refusal must be asked for by "! http".
func cmdHTTP(ts *testscript.TestScript, neg bool, args []string) {
	header := http.Header{}
	var body io.Reader
	for len(args) > 2 {
		switch args[0] {
		case "-token":
			header.Set("Authorization", "Bearer "+strings.TrimSpace(ts.ReadFile(args[1])))
		case "-lang":
			header.Set("Accept-Language", args[1])
		case "-header":
			name, value, _ := strings.Cut(args[1], ":")
			header.Set(name, value)
		case "-body":
			body = strings.NewReader(os.Expand(ts.ReadFile(args[1]), ts.Getenv))
			header.Set("Content-Type", "application/json")
		default:
			ts.Fatalf("unknown flag %s", args[0])
		}
		args = args[2:]
	}
	if len(args) != 2 {
		ts.Fatalf("usage: http [flags] METHOD PATH")
	}
	req, err := http.NewRequest(args[0], ts.Getenv("CHIAVE_SERVER")+args[1], body)
	ts.Check(err)
	for name, values := range header {
		req.Header[name] = values
	}
	answer, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(req)
	ts.Check(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "HTTP %d\n", answer.StatusCode)
	for _, name := range slices.Sorted(mapsKeys(answer.Header)) {
		fmt.Fprintf(ts.Stdout(), "%s: %s\n", name, strings.Join(answer.Header[name], ", "))
	}
	fmt.Fprintf(ts.Stdout(), "\n%s\n", text)
	expect(ts, neg, answer.StatusCode)
}

func mapsKeys(h http.Header) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range h {
			if !yield(k) {
				return
			}
		}
	}
}

func expect(ts *testscript.TestScript, neg bool, status int) {
	if refused := status >= 400; refused != neg {
		ts.Fatalf("the answer was %d", status)
	}
}

// visitor is a browser without script: it keeps cookies, follows redirects and fills in forms.
type visitor struct{ client *http.Client }

// cmdPage visits a page of the portal as somebody and prints its status and the text a person reads; the HTML is left in
// page.html:
//
//	page [-lang CODE] WHO GET PATH
//	page [-lang CODE] WHO POST PATH NAME=VALUE…
func cmdPage(ts *testscript.TestScript, neg bool, args []string) {
	lang := ""
	if len(args) > 2 && args[0] == "-lang" {
		lang, args = args[1], args[2:]
	}
	if len(args) < 3 {
		ts.Fatalf("usage: page [-lang CODE] WHO GET|POST PATH [NAME=VALUE…]")
	}
	w := worldOf(ts)
	who, method, target := args[0], args[1], args[2]
	if w.jars[who] == nil {
		jar, _ := cookiejar.New(nil)
		w.jars[who] = &visitor{&http.Client{Jar: jar}}
	}
	form := url.Values{}
	for _, field := range args[3:] {
		name, value, _ := strings.Cut(field, "=")
		form.Add(name, value)
	}
	if !strings.HasPrefix(target, "http") {
		target = ts.Getenv("CHIAVE_SERVER") + target
	}
	req, err := http.NewRequest(method, target, strings.NewReader(form.Encode()))
	ts.Check(err)
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if lang != "" {
		req.Header.Set("Accept-Language", lang)
	}
	answer, err := w.jars[who].client.Do(req)
	ts.Check(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("page.html"), text, 0o600))
	fmt.Fprintf(ts.Stdout(), "HTTP %d %s\n%s\n", answer.StatusCode, answer.Request.URL.Path, visibleText(string(text)))
	expect(ts, neg, answer.StatusCode)
}

// visibleText returns what a person reads of a page, a block to a line.
func visibleText(page string) string {
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return page
	}
	var b strings.Builder
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode && slices.Contains([]string{"script", "style", "svg", "head", "template"}, n.Data) {
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
		if n.Type == html.ElementNode && slices.Contains([]string{"p", "div", "li", "tr", "h1", "h2", "h3", "dt", "dd", "section", "label"}, n.Data) {
			b.WriteString("\n")
		}
	}
	walk(doc)
	return b.String()
}

// cmdLossy puts a proxy before the server that passes requests on and loses the first answers: lossy COUNT. CHIAVE_SERVER is then its
// address.
func cmdLossy(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: lossy COUNT")
	}
	var lose atomic.Int64
	var n int64
	if _, err := fmt.Sscan(args[0], &n); err != nil {
		ts.Fatalf("lossy: %v", err)
	}
	lose.Store(n)
	target, err := url.Parse(ts.Getenv("CHIAVE_SERVER"))
	ts.Check(err)
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ModifyResponse = func(answer *http.Response) error {
		if lose.Add(-1) >= 0 {
			io.Copy(io.Discard, answer.Body)
			return fmt.Errorf("lost on purpose")
		}
		return nil
	}
	proxy.ErrorHandler = func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }
	front := httptest.NewServer(proxy)
	w := worldOf(ts)
	w.closing = append(w.closing, front.Close)
	ts.Setenv("CHIAVE_SERVER", front.URL)
}

// cmdRace runs a program many times at once and prints how often it left with which code: race COUNT PROGRAM ARG…; "{}" in an argument
// is the number of the run, from 1.
func cmdRace(ts *testscript.TestScript, neg bool, args []string) {
	var n int
	if neg || len(args) < 2 {
		ts.Fatalf("usage: race COUNT PROGRAM ARG…")
	}
	if _, err := fmt.Sscan(args[0], &n); err != nil {
		ts.Fatalf("race: %v", err)
	}
	codes := map[int]int{}
	var mu sync.Mutex
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := 1; i <= n; i++ {
		run := program(ts, args[1:], fmt.Sprint(i))
		all.Go(func() {
			<-start
			out, err := run.CombinedOutput()
			mu.Lock()
			defer mu.Unlock()
			code := run.ProcessState.ExitCode()
			codes[code]++
			fmt.Fprintf(ts.Stderr(), "%s%v\n", out, err)
		})
	}
	close(start)
	all.Wait()
	for code, count := range codes {
		fmt.Fprintf(ts.Stdout(), "exit %d: %d\n", code, count)
	}
}
