package notify

import (
	"time"

	"chiave/internal/platform/ids"
)

// Message is one mail that is wanted.
type Message struct {
	// To is the recipient's address.
	To string
	// Lang is the recipient's language ("en", "it"); empty or unknown is English.
	Lang string
	// Zone is the IANA time zone in which the recipient reads instants; empty is UTC.
	Zone string
	// Event says what happened; it names the texts. Invitation or PasswordSet.
	Event string
	// Params fill the texts; each event says which it needs. They are sealed until delivery and erased after it.
	Params Params
	// Licensing is the Licensing ID concerned, whose Administrators may see the result; empty when none is.
	Licensing ids.ID
}

// Params are the named values of a mail's texts. An instant is written by Instant.
type Params map[string]string

// The events that produce mails.
const (
	// Invitation asks somebody to register (N01). Params: name (may be empty), organization, link, until (Instant).
	Invitation = "invitation"
	// PasswordSet confirms that a password was set. Params: name (may be empty), at (Instant), link (to the sign-in page).
	PasswordSet = "password_set"
)

// Instant writes a parameter that is printed as a local time in the recipient's zone and language.
func Instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }
