package e2e

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdHTTP sends one request and prints status line, headers and body; the body is left in body.txt:
//
//	http [-as WHO] [-token FILE] [-lang CODE] [-header NAME:VALUE]… [-body FILE | -file FILE] [-same FILE] METHOD PATH
//
// -body sends JSON in which $VARIABLES are filled in, -file a file as it is. -same keeps status and body in a file, without what tells one
// request from another, so that two answers can be compared. It fails on a status from 400: a refusal must be asked for by "! http".
func cmdHTTP(ts *testscript.TestScript, neg bool, args []string) {
	header, same := http.Header{}, ""
	var body io.Reader
	for len(args) > 2 {
		value := args[1]
		switch args[0] {
		case "-as":
			header.Set("Authorization", "Bearer "+strings.TrimSpace(ts.ReadFile(value+".token")))
		case "-token":
			header.Set("Authorization", "Bearer "+strings.TrimSpace(ts.ReadFile(value)))
		case "-lang":
			header.Set("Accept-Language", value)
		case "-header":
			name, text, _ := strings.Cut(value, ":")
			header.Set(name, strings.TrimSpace(text))
		case "-body":
			body = strings.NewReader(os.Expand(ts.ReadFile(value), ts.Getenv))
			header.Set("Content-Type", "application/json")
		case "-file":
			body = strings.NewReader(ts.ReadFile(value))
			header.Set("Content-Type", "application/octet-stream")
		case "-same":
			same = value
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
	req.Header = header
	answer, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(req)
	ts.Check(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "HTTP %d\n", answer.StatusCode)
	for _, name := range slices.Sorted(maps.Keys(answer.Header)) {
		fmt.Fprintf(ts.Stdout(), "%s: %s\n", name, strings.Join(answer.Header[name], ", "))
	}
	fmt.Fprintf(ts.Stdout(), "\n%s\n", text)
	ts.Check(os.WriteFile(ts.MkAbs("body.txt"), text, 0o600))
	keepSame(ts, same, answer, text)
	expect(ts, neg, answer.StatusCode)
}

// keepSame writes what of an answer is alike for two requests that are answered alike.
func keepSame(ts *testscript.TestScript, file string, answer *http.Response, text []byte) {
	if file == "" {
		return
	}
	if id := answer.Header.Get("Request-Id"); id != "" {
		text = bytes.ReplaceAll(text, []byte(id), []byte("REQUEST"))
	}
	ts.Check(os.WriteFile(ts.MkAbs(file), fmt.Appendf(nil, "HTTP %d\n%s\n", answer.StatusCode, text), 0o600))
}

func expect(ts *testscript.TestScript, neg bool, status int) {
	if refused := status >= 400; refused != neg {
		ts.Fatalf("the answer was %d", status)
	}
}
