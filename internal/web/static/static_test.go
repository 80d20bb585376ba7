package static_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"chiave/internal/web/static"
)

func get(t *testing.T, path, encoding string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Accept-Encoding", encoding)
	w := httptest.NewRecorder()
	static.Handler().ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) []byte {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestHandlerAnswersByEncodingAndHash(t *testing.T) {
	t.Parallel()
	present := static.URL("chiave.css")
	old := static.Prefix + "000000000000/chiave.css"
	font := static.URL("vendor/figtree/figtree-latin-wght-normal.woff2")
	tests := []struct {
		path, encoding                       string
		status                               int
		contentType, contentEncoding, caches string
	}{
		{present, "gzip, br", 200, "text/css; charset=utf-8", "gzip", "public, max-age=31536000, immutable"},
		{present, "", 200, "text/css; charset=utf-8", "", "public, max-age=31536000, immutable"},
		{present, "gzip;q=0", 200, "text/css; charset=utf-8", "", "public, max-age=31536000, immutable"},
		{old, "gzip", 200, "text/css; charset=utf-8", "gzip", "no-store"},
		{font, "gzip", 200, "font/woff2", "", "public, max-age=31536000, immutable"},
		{static.URL("chiave.js"), "gzip", 200, "text/javascript; charset=utf-8", "gzip", "public, max-age=31536000, immutable"},
		{static.URL("static.go"), "gzip", 404, "text/plain; charset=utf-8", "", ""},
		{static.Prefix, "gzip", 404, "text/plain; charset=utf-8", "", ""},
	}
	for _, test := range tests {
		got := get(t, test.path, test.encoding)
		if got.StatusCode != test.status || got.Header.Get("Content-Type") != test.contentType ||
			got.Header.Get("Content-Encoding") != test.contentEncoding || got.Header.Get("Cache-Control") != test.caches {
			t.Errorf("GET %s with %q = %d %v, want %+v", test.path, test.encoding, got.StatusCode, got.Header, test)
		}
	}
}

func TestCompressedFileIsThePlainFile(t *testing.T) {
	t.Parallel()
	plain := body(t, get(t, static.URL("chiave.css"), ""))
	unzip, err := gzip.NewReader(bytes.NewReader(body(t, get(t, static.URL("chiave.css"), "gzip"))))
	if err != nil {
		t.Fatal(err)
	}
	unzipped, err := io.ReadAll(unzip)
	if err != nil {
		t.Fatal(err)
	}
	if len(plain) == 0 || !bytes.Equal(plain, unzipped) {
		t.Errorf("plain file has %d bytes, unzipped file %d", len(plain), len(unzipped))
	}
}

// TestFirstPageWeight holds what every first page loads to 150 KB over the wire (goal S5), leaving 20 KB to the page.
func TestFirstPageWeight(t *testing.T) {
	t.Parallel()
	total := 0
	for _, name := range []string{
		"vendor/tabler/tabler.min.css", "chiave.css", "vendor/htmx/htmx.min.js", "chiave.js", "chiave.svg",
		"vendor/figtree/figtree-latin-wght-normal.woff2",
	} {
		n := len(body(t, get(t, static.URL(name), "gzip")))
		t.Logf("%s: %d bytes", name, n)
		total += n
	}
	if total > 130_000 {
		t.Errorf("a first page loads %d bytes of files, want at most 130000", total)
	}
}

func TestVendoredFilesHaveTheirLicence(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"tabler", "htmx", "figtree"} {
		text := string(body(t, get(t, static.URL("vendor/"+name+"/LICENSE"), "")))
		if !strings.Contains(strings.ToLower(text), "permission") {
			t.Errorf("vendor/%s/LICENSE is no licence: %q", name, text)
		}
	}
}
