package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"chiave/client"
	"chiave/internal/licensing/access"
	"chiave/internal/licensing/activation"
	"chiave/internal/licensing/keys"
	"chiave/internal/platform/ids"
	"chiave/internal/routes"
)

type body[T any] struct{ Body T }

func ok[T any](v T) *body[T] { return &body[T]{v} }

type KeyPath struct {
	Key string `path:"key" maxLength:"64"`
}

func (a *API) registerKeys() {
	add(a, get("/api/v1/product-keys", "listProductKeys", access.ViewKeys, "", "List product keys, masked"), a.listKeys)
	add(a, get("/api/v1/product-keys/{key}", "getProductKey", access.ViewKeys, "key", "One product key, masked"), a.getKey)
	addOnce(a, change(http.MethodPost, "/api/v1/product-keys", "generateProductKeys", access.MaintainKeys, "", "keys.generated", routes.Key, "Make product keys for a Licensing ID"),
		a.generateKeys, a.showGenerated)
	add(a, change(http.MethodPost, "/api/v1/product-keys/{key}/reveal", "revealProductKey", access.ViewKeys, "key", "keys.revealed", routes.Natural, "The text of a product key, on the record"), a.revealKey)
	addOnce(a, change(http.MethodPut, "/api/v1/product-keys/{key}/limit", "setProductKeyLimit", access.MaintainKeys, "key", "keys.limit_changed", routes.Key, "Change how many computers a key may activate"),
		a.setLimit, a.showMaintained)
	addOnce(a, change(http.MethodPost, "/api/v1/product-keys/{key}/supersede", "supersedeProductKey", access.MaintainKeys, "key", "keys.superseded", routes.Key, "Take a product key out of use"),
		a.supersede, a.showMaintained)
	add(a, get("/api/v1/product-keys/{key}/activations", "listActivations", access.SeeMachines, "key", "Computers that a key has activated, newest first"), a.listActivations)
	s := change(http.MethodPost, "/api/v1/product-keys/export", "exportProductKeys", access.ViewKeys, "", "keys.exported", routes.Natural, "The key file, on the record")
	s.gives = []string{"text/tab-separated-values", "text/csv"}
	add(a, s, a.exportKeys)
	add(a, change(http.MethodPost, "/activation/v1/activations", "activate", access.Public, "", "activation.activated", routes.Natural, "Activate a computer with a product key"), a.activate)
}

func (a *API) listKeys(ctx context.Context, c Caller, in *struct {
	Paging
	LicensingID string `query:"licensing_id" maxLength:"200" doc:"Number of a Licensing ID; all that you may see when absent"`
}) (*body[client.Page[client.ProductKey]], error) {
	after, err := a.resume(ctx, in.Cursor)
	if err != nil {
		return nil, err
	}
	f := keys.Filter{After: ids.ID(after), Limit: in.Limit}
	read, action := a.Rooms.Keys.List, access.ViewKeys
	if c.User.Staff.May(access.MaintainKeys) {
		read, action = a.Rooms.Keys.Stock, access.SeeLicensingID
	}
	if in.LicensingID != "" {
		lid, err := a.Rooms.Agreements.FindFor(ctx, c.Actor, action, in.LicensingID)
		if err != nil {
			return nil, err
		}
		f.Licensing = lid
	}
	list, next, err := read(ctx, c.Actor, f)
	if err != nil {
		return nil, err
	}
	page := client.Page[client.ProductKey]{Items: wireKeys(list)}
	page.Next, err = a.next(ctx, string(next))
	return ok(page), err
}

func wireKey(k keys.Key) client.ProductKey {
	codes := make([]string, len(k.Products))
	for i, p := range k.Products {
		codes[i] = p.Code
	}
	return client.ProductKey{ID: keys.Wire.Wire(k.ID), LicensingID: k.Number, Program: k.Program, Organization: k.Organization, Products: codes,
		ProductName: k.ProductLabel(), Type: string(k.Type), Masked: k.Masked(), Foreign: k.Origin == keys.Foreign, Counted: k.Counted,
		Limit: k.Limit, Used: k.Used, Available: k.Available(), State: k.State, CreatedAt: instant(k.CreatedAt), Version: k.Version}
}

// instant writes a point in time as RFC 3339 in UTC; "" for none.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func (a *API) getKey(ctx context.Context, c Caller, in *KeyPath) (*body[client.ProductKey], error) {
	id, err := keys.Wire.Parse(in.Key)
	if err != nil {
		return nil, err
	}
	k, err := a.Rooms.Keys.Get(ctx, c.Actor, id)
	return ok(wireKey(k)), err
}

type madeKeys struct {
	Items []client.ProductKey `json:"items"`
}

func (a *API) generateKeys(ctx context.Context, c Caller, in *struct{ Body client.Generation }) (*body[madeKeys], error) {
	lid, err := a.Rooms.Agreements.Find(ctx, c.Actor, in.Body.LicensingID)
	if err != nil {
		return nil, err
	}
	made, err := a.Rooms.Keys.Generate(ctx, c.Actor, keys.Generation{Licensing: lid, Type: keys.Type(in.Body.Type), Products: in.Body.Products,
		Limit: in.Body.Limit, Count: in.Body.Count})
	if err != nil {
		return nil, err
	}
	return ok(madeKeys{wireKeys(made)}), nil
}

func wireKeys(list []keys.Key) []client.ProductKey {
	out := make([]client.ProductKey, len(list))
	for i, k := range list {
		out[i] = wireKey(k)
	}
	return out
}

// showGenerated shows again what a generation made: the batch of the key it named.
func (a *API) showGenerated(ctx context.Context, c Caller, object string) (*body[madeKeys], error) {
	id, err := keys.Wire.Parse(object)
	if err != nil {
		return nil, err
	}
	made, err := a.Rooms.Keys.Batch(ctx, c.Actor, id)
	return ok(madeKeys{wireKeys(made)}), err
}

func (a *API) revealKey(ctx context.Context, c Caller, in *KeyPath) (*body[client.RevealedKey], error) {
	id, err := keys.Wire.Parse(in.Key)
	if err != nil {
		return nil, err
	}
	k, text, err := a.Rooms.Keys.Reveal(ctx, c.Actor, id)
	if err != nil {
		return nil, err
	}
	return ok(client.RevealedKey{ProductKey: wireKey(k), Key: text}), nil
}

func (a *API) setLimit(ctx context.Context, c Caller, in *struct {
	KeyPath
	Body struct {
		Limit   int64 `json:"limit" minimum:"0"`
		Version int64 `json:"version" doc:"Of the key as you saw it"`
	}
}) (*body[client.ProductKey], error) {
	id, err := keys.Wire.Parse(in.Key)
	if err != nil {
		return nil, err
	}
	k, err := a.Rooms.Keys.SetLimit(ctx, c.Actor, id, in.Body.Limit, in.Body.Version)
	return ok(wireKey(k)), err
}

func (a *API) supersede(ctx context.Context, c Caller, in *struct {
	KeyPath
	Body struct {
		Version int64 `json:"version" doc:"Of the key as you saw it"`
	}
}) (*body[client.ProductKey], error) {
	id, err := keys.Wire.Parse(in.Key)
	if err != nil {
		return nil, err
	}
	k, err := a.Rooms.Keys.Supersede(ctx, c.Actor, id, in.Body.Version)
	return ok(wireKey(k)), err
}

// showMaintained shows a key to the staff who changed it.
func (a *API) showMaintained(ctx context.Context, c Caller, object string) (*body[client.ProductKey], error) {
	id, err := keys.Wire.Parse(object)
	if err != nil {
		return nil, err
	}
	k, err := a.Rooms.Keys.Stocked(ctx, c.Actor, id)
	return ok(wireKey(k)), err
}

func (a *API) listActivations(ctx context.Context, c Caller, in *struct {
	KeyPath
	Paging
}) (*body[client.Page[client.Activation]], error) {
	id, err := keys.Wire.Parse(in.Key)
	if err != nil {
		return nil, err
	}
	before, err := a.resume(ctx, in.Cursor)
	if err != nil {
		return nil, err
	}
	list, next, err := a.Rooms.Activation.OfKey(ctx, c.Actor, id, activation.Page{Before: before, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	page := client.Page[client.Activation]{Items: make([]client.Activation, 0, len(list))}
	for _, x := range list {
		page.Items = append(page.Items, wireActivation(x))
	}
	page.Next, err = a.next(ctx, next)
	return ok(page), err
}

func wireActivation(x activation.Activation) client.Activation {
	return client.Activation{ID: activation.Wire.Wire(x.ID), InstallationID: x.InstallationID, Product: x.Product, Machine: x.Machine, ActivatedAt: instant(x.At)}
}

// exportKeys streams the key file. An error after its first bytes cuts the connection, so that no half file looks whole.
func (a *API) exportKeys(ctx context.Context, c Caller, in *struct {
	LicensingID string `query:"licensing_id" maxLength:"200" doc:"Number of a Licensing ID; all that you may see when absent"`
	Format      string `query:"format" enum:"tsv,csv" default:"tsv"`
}) (*huma.StreamResponse, error) {
	e := keys.Export{Format: in.Format, ProgramName: a.programName}
	if in.LicensingID != "" {
		lid, err := a.Rooms.Agreements.FindFor(ctx, c.Actor, access.ViewKeys, in.LicensingID)
		if err != nil {
			return nil, err
		}
		e.Licensing = lid
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		out := &lateHeader{hc: hc, mime: map[string]string{"tsv": "text/tab-separated-values; charset=utf-8", "csv": "text/csv; charset=utf-8"}[in.Format], file: "product-keys." + in.Format}
		if err := a.Rooms.Keys.Export(ctx, c.Actor, e, out); err != nil {
			a.logFault(ctx, err)
			if out.started {
				panic(http.ErrAbortHandler)
			}
			_, w := humago.Unwrap(hc)
			newProblem(ctx, printerOf(ctx), err).write(w)
		}
	}}, nil
}

// lateHeader sends the headers of a file with its first byte, so that a refusal can still be a problem document.
type lateHeader struct {
	hc         huma.Context
	mime, file string
	started    bool
}

func (l *lateHeader) Write(b []byte) (int, error) {
	if !l.started {
		l.started = true
		l.hc.SetHeader("Content-Type", l.mime)
		l.hc.SetHeader("Content-Disposition", `attachment; filename="`+l.file+`"`)
		l.hc.SetStatus(http.StatusOK)
	}
	return l.hc.BodyWriter().Write(b)
}

func (a *API) activate(ctx context.Context, c Caller, in *struct{ Body client.ActivationRequest }) (*body[client.ActivationResult], error) {
	code, err := keys.ParseTyped(in.Body.ProductKey)
	if err != nil {
		return nil, err
	}
	r, err := a.Rooms.Activation.Activate(ctx, c.Actor.Request, activation.Request{Code: code, InstallationID: in.Body.InstallationID, Product: in.Body.Product, Machine: in.Body.Machine})
	if err != nil {
		return nil, err
	}
	return ok(client.ActivationResult{Activation: wireActivation(r.Activation), Token: r.Token, Again: r.Again}), nil
}
