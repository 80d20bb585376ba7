// Package api is the REST face of Chiave: JSON over /api/v1 and /activation/v1, described by an OpenAPI 3.1 document that is
// made from the same declarations as the routes.
//
// Promises:
//   - A handler parses, calls one use case of a room and shows its answer; it holds no rule and no SQL.
//   - Callers prove who they are with "Authorization: Bearer …" and nothing else, so no browser can be made to call it.
//   - Every error is a problem document (RFC 9457) with a stable code; what it says comes from the catalogs, in the language
//     that Accept-Language asks for. Texts of internal errors and values that a caller sent are never repeated.
//   - Routes of the class "key" need an Idempotency-Key; the same request with the same key has its effect once and is
//     authorized and shown anew each time. /api/v1 only ever grows; /activation/v1 is frozen.
package api
