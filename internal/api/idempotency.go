package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"os"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/routes"
)

// spoolInMemory is how much of a body is held in memory while its hash is taken; the rest goes to a temporary file.
const spoolInMemory = 1 << 20

type (
	replayKey struct{}
	recordKey struct{}
)

// replayOf returns the object that this request made when it was sent before.
func replayOf(ctx context.Context) (object string, ok bool) {
	object, ok = ctx.Value(replayKey{}).(string)
	return object, ok
}

// once makes a route of the class "key" safe to repeat (architecture: idempotency by class). The record is written in the
// effect's own transaction, so that effect and record exist together or not at all; a request that had no effect leaves none.
func (a *API) once(r routes.Route, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		ctx := req.Context()
		key := req.Header.Get("Idempotency-Key")
		if !routes.ValidKey(key) {
			a.Fail(w, req, errs.New(errs.Invalid, "idempotency.missing"))
			return
		}
		body, hash, err := spool(req)
		if err != nil {
			a.Fail(w, req, err)
			return
		}
		defer body.Close()
		req.Body = body
		caller := callerOf(ctx)
		record := routes.Done{Principal: principal(caller), Key: key, Route: r.Pattern() + " " + req.URL.RequestURI(), Hash: hash}
		object, err := record.Find(ctx, a.DB)
		switch {
		case err != nil:
			a.Fail(w, req, err)
			return
		case object != "":
			w.Header().Set("Idempotency-Replayed", "true")
			ctx = context.WithValue(ctx, replayKey{}, object)
		default:
			ctx = context.WithValue(db.BeforeCommit(ctx, record.Record), recordKey{}, record)
		}
		next.ServeHTTP(w, req.WithContext(ctx))
	})
}

// overtaken explains the failure of a request of the class "key": when the same request had its effect meanwhile, that is why this one
// found the object changed, and the caller is to repeat it. Errors: err, or Conflict "idempotency.running".
func (a *API) overtaken(ctx context.Context, err error) error {
	record, ok := ctx.Value(recordKey{}).(routes.Done)
	if !ok || err == nil {
		return err
	}
	if object, failed := record.Find(ctx, a.DB); failed == nil && object != "" {
		return errs.New(errs.Conflict, "idempotency.running").Wrap(err)
	}
	return err
}

// principal names whose keys these are: two callers may use the same value. A token counts as its user.
func principal(c Caller) string {
	if c.Actor.Kind == audit.Anonymous {
		return "anonymous"
	}
	return string(c.Actor.ID)
}

// spool reads the body to its end, within the limit that the server set on it, and returns it to be read again, with its hash.
func spool(r *http.Request) (io.ReadCloser, string, error) {
	sum := sha256.New()
	var head bytes.Buffer
	in := io.TeeReader(r.Body, sum)
	if _, err := io.CopyN(&head, in, spoolInMemory); errors.Is(err, io.EOF) {
		return io.NopCloser(&head), hex.EncodeToString(sum.Sum(nil)), nil
	} else if err != nil {
		return nil, "", bodyError(err)
	}
	f, err := os.CreateTemp("", "chiave-body-")
	if err != nil {
		return nil, "", err
	}
	os.Remove(f.Name()) // the open file is enough, and nothing is left behind by a crash
	if _, err := f.Write(head.Bytes()); err != nil {
		return nil, "", errors.Join(err, f.Close())
	}
	if _, err := io.Copy(f, in); err != nil {
		return nil, "", errors.Join(bodyError(err), f.Close())
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, "", errors.Join(err, f.Close())
	}
	return f, hex.EncodeToString(sum.Sum(nil)), nil
}

var errTooLarge = errs.New(errs.Invalid, "request.too_large")

func bodyError(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return errTooLarge
	}
	return errs.New(errs.Invalid, "request.body").Wrap(err)
}
