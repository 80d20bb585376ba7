package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/routes"
	"chiave/internal/web/ui"
)

const (
	// onceField is the hidden field with the key of a form.
	onceField = "once"
	// maxForm is the largest form without files, in bytes, and maxUpload the largest with one.
	maxForm   = 256 << 10
	maxUpload = 1 << 30
	// formInMemory is how much of an upload is held in memory; the rest goes to a temporary file.
	formInMemory = 1 << 20
)

// once is the hidden field that makes it safe to send a form twice. A form that comes back to be corrected keeps its key.
func (c *call) once() ui.Hidden {
	if c.key == "" {
		c.key = rand.Text()
	}
	return ui.Hidden{Name: onceField, Value: c.key}
}

// readForm parses what a form sent. For a form of the class "form" it finds out whether it had its effect before, and sees to it that its
// effect is recorded. Errors: Invalid "page.body", "page.too_large", "page.form_key"; Conflict "page.form_used"; those of the database.
func (c *call) readForm(ctx context.Context, w http.ResponseWriter, r routes.Route) (context.Context, error) {
	kind, _, _ := mime.ParseMediaType(c.Header.Get("Content-Type"))
	c.Body = http.MaxBytesReader(w, c.Body, r.MaxBody)
	var err error
	if kind == "multipart/form-data" {
		err = c.ParseMultipartForm(formInMemory)
	} else {
		err = c.ParseForm()
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok || errors.Is(err, multipart.ErrMessageTooLarge) {
		return ctx, errs.New(errs.Invalid, "page.too_large")
	}
	if err != nil || !allReadable(c.PostForm) {
		return ctx, errs.New(errs.Invalid, "page.body").Wrap(err)
	}
	if r.Class != routes.Form {
		return ctx, nil
	}
	if c.key = c.PostForm.Get(onceField); !routes.ValidKey(c.key) {
		return ctx, errs.New(errs.Invalid, "page.form_key")
	}
	done := routes.Done{Principal: string(c.actor.ID), Key: c.key, Route: r.Pattern() + " " + c.URL.RequestURI(), Hash: c.hash()}
	c.made, err = done.Find(ctx, c.web.DB)
	if errs.CodeOf(err) == "idempotency.other_request" {
		err = errs.New(errs.Conflict, "page.form_used").Wrap(err)
	}
	if err != nil {
		return ctx, err
	}
	return db.BeforeCommit(ctx, done.Record), nil
}

// readable reports whether s is text that both databases can store and compare.
func readable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

func allReadable(values url.Values) bool {
	for name, list := range values {
		if !readable(name) || slices.ContainsFunc(list, func(s string) bool { return !readable(s) }) {
			return false
		}
	}
	return true
}

// hash is over the fields of the form, in an order that does not depend on the browser. A file is told apart by its name
// and size: what an import does with the same file twice is the import's own promise.
func (c *call) hash() string {
	sum := sha256.New()
	add := func(s string) {
		sum.Write([]byte(s))
		sum.Write([]byte{0})
	}
	for _, name := range slices.Sorted(maps.Keys(c.PostForm)) {
		add(name)
		for _, value := range c.PostForm[name] {
			add(value)
		}
	}
	if c.MultipartForm != nil {
		for _, name := range slices.Sorted(maps.Keys(c.MultipartForm.File)) {
			for _, f := range c.MultipartForm.File[name] {
				add(name)
				add(f.Filename)
				add(strconv.FormatInt(f.Size, 10))
			}
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// dropFiles removes what was uploaded.
func (c *call) dropFiles() {
	if c.MultipartForm != nil {
		if err := c.MultipartForm.RemoveAll(); err != nil {
			c.web.Log.WarnContext(c.Context(), "an uploaded file stays behind", "error", err)
		}
	}
}

// formErrors puts an error of a form into words: those of its fields, and the sentence of the whole when no field is named.
func (c *call) formErrors(head ui.FormHead, err error) ui.FormHead {
	if err == nil {
		return head
	}
	err = worded(c.view.Printer, err)
	head.Errors = ui.FieldErrors(c.view, err)
	if e, ok := errors.AsType[*errs.Error](err); ok && len(head.Errors) == 0 {
		head.Error = c.view.Error(e.Code, e.Params)
	}
	return head
}

// correctable reports whether the reader can mend what was refused in the form itself.
func correctable(err error) bool {
	switch errs.KindOf(err) {
	case errs.Invalid, errs.Conflict, errs.Precondition:
		return true
	}
	return false
}
