package api

import (
	"context"
	"encoding/base64"
	"net/http"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/seal"
)

// Paging is the query of every list.
type Paging struct {
	Cursor string `query:"cursor" maxLength:"1000" doc:"Next of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

// macSize is the length of a tag of seal.Sealer.MAC: the id of its key and 32 bytes.
const macSize = 26 + 32

type listKey struct{}

// withList notes which list a request reads: whose, at which address and with which filter. Cursors are bound to it.
func withList(ctx context.Context, actor audit.Actor, r *http.Request) context.Context {
	filter := r.URL.Query()
	filter.Del("cursor")
	filter.Del("limit")
	return context.WithValue(ctx, listKey{}, string(actor.ID)+"\n"+r.URL.Path+"?"+filter.Encode())
}

// bound is what a cursor's tag is made over.
func bound(ctx context.Context, place string) []byte {
	list, _ := ctx.Value(listKey{}).(string)
	return []byte(list + "\n" + place)
}

// next returns the cursor of the page that goes on at place; "" at the end.
func (a *API) next(ctx context.Context, place string) (string, error) {
	if place == "" {
		return "", nil
	}
	mac, err := a.Sealer.MAC(seal.Cursor, bound(ctx, place))
	return base64.RawURLEncoding.EncodeToString(append(mac, place...)), err
}

// resume returns the place where a cursor goes on. Errors: Invalid "request.cursor" for one that this list has not handed to this
// caller.
func (a *API) resume(ctx context.Context, cursor string) (place string, err error) {
	if cursor == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(raw) < macSize || !a.Sealer.CheckMAC(seal.Cursor, bound(ctx, string(raw[macSize:])), raw[:macSize]) {
		return "", errs.New(errs.Invalid, "request.cursor")
	}
	return string(raw[macSize:]), nil
}
