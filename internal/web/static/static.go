package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed chiave.css chiave.js passkey.js chiave.svg vendor
var embedded embed.FS

// Prefix is the path below which the files are served.
const Prefix = "/static/"

// ContentSecurityPolicy is the policy under which the portal's pages run: nothing inline, nothing from elsewhere. The
// stylesheets draw small marks from data: addresses.
const ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// file is a served file with its answer ready.
type file struct {
	contentType string
	plain       []byte
	zipped      []byte // nil where compression does not pay
}

// bundle is all files and the hash of them.
type bundle struct {
	hash  string
	files map[string]file
}

// loaded reads and compresses the files on first use. They are part of the program, so it cannot fail on a machine
// where it did not fail in the tests.
var loaded = sync.OnceValue(func() *bundle {
	b, err := load(embedded)
	if err != nil {
		panic(fmt.Sprintf("static: %v", err))
	}
	return b
})

func load(source fs.FS) (*bundle, error) {
	b := &bundle{files: map[string]file{}}
	sum := sha256.New()
	err := fs.WalkDir(source, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(source, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%s %d\n", name, len(content))
		sum.Write(content)
		f, err := newFile(name, content)
		b.files[name] = f
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the files: %w", err)
	}
	b.hash = hex.EncodeToString(sum.Sum(nil))[:12]
	return b, nil
}

func newFile(name string, content []byte) (file, error) {
	f := file{contentType: contentType(name), plain: content}
	if path.Ext(name) == ".woff2" {
		return f, nil
	}
	var zipped bytes.Buffer
	w, err := gzip.NewWriterLevel(&zipped, gzip.DefaultCompression)
	if err != nil {
		return file{}, err
	}
	if _, err := w.Write(content); err != nil {
		return file{}, err
	}
	if err := w.Close(); err != nil {
		return file{}, err
	}
	f.zipped = zipped.Bytes()
	return f, nil
}

// contentType does not ask the machine's own table first, which differs from one system to the next.
func contentType(name string) string {
	switch ext := path.Ext(name); ext {
	case ".woff2":
		return "font/woff2"
	case ".js":
		return "text/javascript; charset=utf-8"
	case "":
		return "text/plain; charset=utf-8"
	default:
		return mime.TypeByExtension(ext)
	}
}

// URL returns the address of a file, such as "chiave.css". An unknown name returns an address that is not found; a
// test of the pages that use it would see that.
func URL(name string) string { return Prefix + loaded().hash + "/" + name }

// Handler serves the files below Prefix. An address with the present hash may be kept for a year. One with another hash
// comes from a page of another version of the program, during an upgrade: it gets the present file, not to be kept.
func Handler() http.Handler {
	b := loaded()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hash, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, Prefix), "/")
		f, ok := b.files[name]
		if !ok {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", f.contentType)
		h.Set("X-Content-Type-Options", "nosniff")
		if hash == b.hash {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		} else {
			h.Set("Cache-Control", "no-store")
		}
		body := f.plain
		if f.zipped != nil {
			h.Set("Vary", "Accept-Encoding")
			if acceptsGzip(r.Header.Get("Accept-Encoding")) {
				h.Set("Content-Encoding", "gzip")
				body = f.zipped
			}
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method != http.MethodHead {
			// A failed write means that the reader is gone; nobody is left to tell.
			_, _ = w.Write(body)
		}
	})
}

// acceptsGzip reads an Accept-Encoding header (RFC 9110, section 12.5.3): gzip is named and not refused by q=0.
func acceptsGzip(header string) bool {
	for entry := range strings.SplitSeq(header, ",") {
		coding, param, _ := strings.Cut(entry, ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		value, found := strings.CutPrefix(strings.ToLower(strings.TrimSpace(param)), "q=")
		q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		return !found || err == nil && q > 0
	}
	return false
}
