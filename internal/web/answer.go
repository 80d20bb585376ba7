package web

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/a-h/templ"
)

// answer is what a handler gives back: a page, a redirect or a file.
type answer struct {
	status   int // 200 when zero; of a page
	page     templ.Component
	location string // of a redirect
	file     *file
	cookies  []*http.Cookie
	retry    int64 // seconds after which to try again; 0 says nothing about it
}

// file is an answer that the browser saves.
type file struct {
	name  string
	mime  string
	write func(w io.Writer) error
}

// show answers with a page.
func show(page templ.Component) (answer, error) { return answer{page: page}, nil }

// goTo answers a form that had its effect: the browser goes on to another page by GET.
func goTo(location string) (answer, error) { return answer{location: location}, nil }

// invalid answers a form that has to be filled in again.
func invalid(page templ.Component) (answer, error) {
	return answer{status: http.StatusUnprocessableEntity, page: page}, nil
}

// write writes the answer. An error says that nothing was written yet.
func (a answer) write(w http.ResponseWriter, r *http.Request, c *call) error {
	if a.file != nil {
		return a.file.send(w, c)
	}
	for _, cookie := range a.cookies {
		http.SetCookie(w, cookie)
	}
	if a.location != "" {
		http.Redirect(w, r, a.location, http.StatusSeeOther)
		return nil
	}
	if a.retry > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(a.retry, 10))
	}
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return render(w, r, a.status, a.page)
}

// render writes a page once it is whole.
func render(w http.ResponseWriter, r *http.Request, status int, page templ.Component) error {
	var b bytes.Buffer
	if err := page.Render(r.Context(), &b); err != nil {
		return fmt.Errorf("rendering a page: %w", err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	// A failed write means that the reader is gone; nobody is left to tell.
	_, _ = w.Write(b.Bytes())
	return nil
}

// send streams the file. Its headers leave with the first byte, so that a refusal can still be a page; an error after it cuts the
// connection, so that no half file looks whole.
func (f *file) send(w http.ResponseWriter, c *call) error {
	out := &lateHeader{to: w, file: f}
	err := f.write(out)
	switch {
	case err == nil && !out.started:
		_, err = out.Write(nil)
		return err
	case err != nil && out.started:
		c.web.logFault(c.Context(), err)
		panic(http.ErrAbortHandler)
	}
	return err
}

type lateHeader struct {
	to      http.ResponseWriter
	file    *file
	started bool
}

func (l *lateHeader) Write(b []byte) (int, error) {
	if !l.started {
		l.started = true
		h := l.to.Header()
		h.Set("Content-Type", l.file.mime)
		h.Set("Content-Disposition", `attachment; filename="`+l.file.name+`"`)
		l.to.WriteHeader(http.StatusOK)
	}
	return l.to.Write(b)
}
