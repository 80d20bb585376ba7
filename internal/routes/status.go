package routes

import (
	"net/http"

	"chiave/internal/platform/errs"
)

// StatusOf returns the HTTP status that answers err. It is the one place where kinds of errors become statuses.
func StatusOf(err error) int {
	switch errs.CodeOf(err) { // refusals of the request as such, whatever it asks for
	case "idempotency.missing", "request.body":
		return http.StatusBadRequest
	case "request.too_large", "page.too_large":
		return http.StatusRequestEntityTooLarge
	}
	switch errs.KindOf(err) {
	case errs.Invalid:
		return http.StatusUnprocessableEntity
	case errs.Unauthenticated:
		return http.StatusUnauthorized
	case errs.Denied:
		return http.StatusForbidden
	case errs.NotFound:
		return http.StatusNotFound
	case errs.Conflict:
		return http.StatusConflict
	case errs.Precondition:
		return http.StatusPreconditionFailed
	case errs.Limited:
		return http.StatusTooManyRequests
	case errs.Unavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}
