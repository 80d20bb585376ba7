package routes

import (
	"net/http"
	"strings"

	"chiave/internal/platform/errs"
)

// OAuth is how codes begin that end in the name of an answer of OAuth, which fixes the status (RFC 6749, section 5.2).
const OAuth = "accounts.oauth_"

// StatusOf returns the HTTP status that answers err. It is the one place where kinds of errors become statuses.
func StatusOf(err error) int {
	switch errs.CodeOf(err) { // refusals of the request as such, whatever it asks for
	case "idempotency.missing", "request.body":
		return http.StatusBadRequest
	case "request.too_large", "page.too_large":
		return http.StatusRequestEntityTooLarge
	}
	if strings.HasPrefix(errs.CodeOf(err), OAuth) {
		return http.StatusBadRequest
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
