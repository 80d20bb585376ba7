package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"chiave/internal/licensing/access"
	"chiave/internal/routes"
)

// spec declares one operation: its row of the table and its words in the OpenAPI document.
type spec struct {
	id      string // operation id: "revealProductKey"
	route   routes.Route
	summary string
	status  int      // of success; 200 when zero
	takes   []string // media types of a body that is not JSON
	gives   []string // media types of an answer that is not JSON
}

// get declares a read.
func get(path, id string, action access.Action, names, summary string) spec {
	return spec{id: id, summary: summary, route: routes.Route{Method: http.MethodGet, Path: path, Action: action, Names: names, Class: routes.Read}}
}

// change declares something that changes: its audit event and how repeating it is made safe.
func change(method, path, id string, action access.Action, names, event string, class routes.Class, summary string) spec {
	return spec{id: id, summary: summary, route: routes.Route{Method: method, Path: path, Action: action, Names: names, Event: event, Class: class}}
}

// add registers an operation. do is called with the proven caller.
func add[I, O any](a *API, s spec, do func(ctx context.Context, c Caller, in *I) (*O, error)) {
	op := a.operation(s)
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := do(ctx, callerOf(ctx), in)
		if err != nil {
			a.logFault(ctx, err)
			return nil, newProblem(ctx, printerOf(ctx), err)
		}
		return out, nil
	})
}

// addOnce registers an operation of the class "key". do names the object it made through db.Tx.SetResult; show renders that
// object for a repeated request, and authorizes it anew.
func addOnce[I, O any](a *API, s spec, do func(ctx context.Context, c Caller, in *I) (*O, error), show func(ctx context.Context, c Caller, object string) (*O, error)) {
	add(a, s, func(ctx context.Context, c Caller, in *I) (*O, error) {
		if object, ok := replayOf(ctx); ok {
			return show(ctx, c, object)
		}
		out, err := do(ctx, c, in)
		return out, a.overtaken(ctx, err)
	})
}

func (a *API) operation(s spec) huma.Operation {
	s.route.Face = routes.API
	if strings.HasPrefix(s.route.Path, "/activation/") || strings.HasPrefix(s.route.Path, "/.well-known/") {
		s.route.Face = routes.Activation
	}
	if s.route.Class != routes.Read && s.takes == nil { // a feed is as large as the server allows
		s.route.MaxBody = maxBody
	}
	op := huma.Operation{
		OperationID: s.id, Method: s.route.Method, Path: s.route.Path, Summary: s.summary, DefaultStatus: s.status, MaxBodyBytes: s.route.MaxBody,
		Metadata: map[string]any{"route": s.route, "takes": s.takes}, RejectUnknownQueryParameters: true,
		Tags: []string{strings.Split(strings.TrimPrefix(s.route.Path, "/api/v1/"), "/")[0]},
	}
	if s.route.Action != access.Public {
		op.Security = []map[string][]string{{"bearer": {}}}
	}
	if s.route.Class == routes.Key {
		op.Parameters = append(op.Parameters, &huma.Param{Name: "Idempotency-Key", In: "header", Required: true,
			Description: "A value of your choice, 8 to 128 visible characters. The same request with the same key has its effect once.",
			Schema:      &huma.Schema{Type: "string", MinLength: new(8), MaxLength: new(128)}, Example: "7c0d6a3f41b94e2f"})
	}
	problem := &huma.Response{Description: "A problem (RFC 9457)", Content: map[string]*huma.MediaType{
		"application/problem+json": {Schema: &huma.Schema{Ref: "#/components/schemas/Problem"}}}}
	op.Responses = map[string]*huma.Response{"default": problem}
	if s.gives != nil {
		op.Responses["200"] = &huma.Response{Description: http.StatusText(http.StatusOK), Content: files(s.gives)}
	}
	return op
}

// files describes bodies of these media types.
func files(mediaTypes []string) map[string]*huma.MediaType {
	all := map[string]*huma.MediaType{}
	for _, m := range mediaTypes {
		all[m] = &huma.MediaType{Schema: &huma.Schema{Type: "string", Format: "binary"}}
	}
	return all
}
