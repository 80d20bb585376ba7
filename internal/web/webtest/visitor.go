package webtest

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// Visitor is a browser without script: it keeps cookies and follows no redirect by itself.
type Visitor struct {
	t      testing.TB
	base   string
	client *http.Client
	Header http.Header // sent with every request
}

// Page is an answer.
type Page struct {
	Status   int
	Body     string
	Header   http.Header
	Location string
}

// Visit returns a visitor that nobody knows.
func (w *World) Visit(t testing.TB) *Visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Visitor{t: t, base: w.URL, Header: http.Header{}, client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// As returns a visitor who has signed in.
func (w *World) As(t testing.TB, address string) *Visitor {
	t.Helper()
	v := w.Visit(t)
	w.restore(address)
	if p := v.Post("/sign-in", url.Values{"address": {address}, "password": {Password}}); p.Status != http.StatusSeeOther {
		t.Fatalf("signing %s in: %d\n%s", address, p.Status, p.Text())
	}
	return v
}

// Get opens a page.
func (v *Visitor) Get(path string) Page {
	v.t.Helper()
	return v.do(http.MethodGet, path, "", nil)
}

// Post sends a form as it is.
func (v *Visitor) Post(path string, form url.Values) Page {
	v.t.Helper()
	return v.do(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

// Upload sends a form with a file.
func (v *Visitor) Upload(path string, form url.Values, field, name, content string) Page {
	v.t.Helper()
	media, body := Multipart(v.t, form, field, name, content)
	return v.do(http.MethodPost, path, media, strings.NewReader(body))
}

// Multipart writes a form with a file as a browser does.
func Multipart(t testing.TB, form url.Values, field, name, content string) (media, body string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for key, values := range form {
		for _, value := range values {
			if err := m.WriteField(key, value); err != nil {
				t.Fatal(err)
			}
		}
	}
	file, err := m.CreateFormFile(field, name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(file, content); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return m.FormDataContentType(), b.String()
}

func (v *Visitor) do(method, path, contentType string, body io.Reader) Page {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), method, v.base+path, body)
	if err != nil {
		v.t.Fatal(err)
	}
	for name, values := range v.Header {
		req.Header[name] = values
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := v.client.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return Page{Status: res.StatusCode, Body: string(text), Header: res.Header, Location: res.Header.Get("Location")}
}

// Cookies returns the visitor's cookies by name.
func (v *Visitor) Cookies() map[string]string {
	u, err := url.Parse(v.base)
	if err != nil {
		v.t.Fatal(err)
	}
	all := map[string]string{}
	for _, c := range v.client.Jar.Cookies(u) {
		all[c.Name] = c.Value
	}
	return all
}

var (
	onceField = regexp.MustCompile(`name="once" value="([^"]+)"`)
	hidden    = regexp.MustCompile(`(?s)<(script|style)[^>]*>.*?</(script|style)>|<[^>]+>`)
	blanks    = regexp.MustCompile(`\s+`)
)

// Once returns the key of the page's form.
func (p Page) Once() string {
	m := onceField.FindStringSubmatch(p.Body)
	if m == nil {
		return ""
	}
	return m[1]
}

// Text returns the words of the page.
func (p Page) Text() string {
	text := hidden.ReplaceAllString(p.Body, " ")
	for entity, letter := range map[string]string{"&#39;": "'", "&#34;": `"`, "&lt;": "<", "&gt;": ">", "&amp;": "&"} {
		text = strings.ReplaceAll(text, entity, letter)
	}
	return strings.TrimSpace(blanks.ReplaceAllString(text, " "))
}
