package notify

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"chiave/internal/platform/ids"
)

// Prefix is the wire prefix of messages.
const Prefix ids.Prefix = "msg"

// Message is one mail that is wanted.
type Message struct {
	// To is the recipient's address.
	To string
	// Lang is the recipient's language ("en", "it"); empty or unknown is English.
	Lang string
	// Zone is the IANA time zone in which the recipient reads instants; empty is UTC.
	Zone string
	// Event says what happened; it names the texts. One of Events.
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
	// Welcome invites somebody to whom an Administrator gave roles (N01). Params: name (may be empty), by, granted (RoleChanges), link, until (Instant).
	Welcome = "welcome"
	// WelcomeContact invites somebody whom an agreement names (N01). Params: name (may be empty), organization, granted (RoleChanges), link, until (Instant).
	WelcomeContact = "welcome_contact"
	// PasswordSet confirms that a password was set. Params: name (may be empty), at (Instant), link (to the sign-in page).
	PasswordSet = "password_set"
	// PasswordChanged says that the password was replaced. Params: name (may be empty), at (Instant), link (to the page for people without one).
	PasswordChanged = "password_changed"
	// PasswordLink brings the link that sets a new password. Params: name (may be empty), link, until (Instant).
	PasswordLink = "password_link"
	// RolesChanged tells which roles were added and removed (N08). Params: name (may be empty), changes (RoleChanges), link (to the own permissions).
	RolesChanged = "roles_changed"
)

// Instant writes a parameter that is printed as a local time in the recipient's zone and language.
func Instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// form is what a parameter holds.
type form uint8

const (
	text       form = iota
	name            // text that may be empty: the address stands in for it
	instant         // RFC 3339, as Instant writes it
	changes         // JSON, as RoleChanges writes it
	given           // as changes, of roles that are only given: no word says so of each
	few             // JSON, as FewPeopleList writes it
	link            // absolute http or https address, which the button opens
	roles           // codes of roles, separated by spaces, which the recipient reads as their names
	optional        // text that may be empty: a dash stands in for it
	tenantRole      // code of a role in a tenant, which the recipient reads as its name
)

// Events returns every event in order of name.
func Events() []string {
	all := slices.Concat([]string{Alternates, Invitation, PasswordChanged, PasswordLink, PasswordSet, RolesChanged, Welcome, WelcomeContact},
		wayInEvents(), requestEvents(), openLicenseEvents(), tenantEvents(), registrationEvents())
	slices.Sort(all)
	return all
}

// paramsOf returns the parameters of an event; ok is false for an unknown one.
func paramsOf(event string) (forms map[string]form, ok bool) {
	switch event {
	case Invitation:
		return map[string]form{"name": name, "organization": text, "link": link, "until": instant}, true
	case Alternates:
		return map[string]form{"name": name, "few": few, "link": link}, true
	case Welcome:
		return map[string]form{"name": name, "by": text, "granted": given, "link": link, "until": instant}, true
	case WelcomeContact:
		return map[string]form{"name": name, "organization": text, "granted": given, "link": link, "until": instant}, true
	case PasswordLink:
		return map[string]form{"name": name, "link": link, "until": instant}, true
	case PasswordSet, PasswordChanged, TwoStepOn, TwoStepOff, RecoveryUsed, RecoveryNew, PasskeyAdded, PasskeyRemoved, DeviceAllowed:
		return map[string]form{"name": name, "at": instant, "link": link}, true
	case RolesChanged:
		return map[string]form{"name": name, "changes": changes, "link": link}, true
	}
	if forms = requestForms(event); forms == nil {
		forms = openLicenseForms(event)
	}
	if forms == nil {
		forms = tenantForms(event)
	}
	if forms == nil {
		forms = registrationForms(event)
	}
	return forms, forms != nil
}

// check says what is wrong with the message; it names parameters, never their values.
func (m Message) check() error {
	forms, ok := paramsOf(m.Event)
	if !ok {
		return fmt.Errorf("there is no event %q", m.Event)
	}
	if m.To == "" {
		return fmt.Errorf("%s: nobody to send it to", m.Event)
	}
	if _, err := time.LoadLocation(m.Zone); err != nil {
		return fmt.Errorf("%s: the time zone %q: %w", m.Event, m.Zone, err)
	}
	for _, p := range slices.Sorted(maps.Keys(m.Params)) {
		if _, known := forms[p]; !known {
			return fmt.Errorf("%s has no parameter %q", m.Event, p)
		}
	}
	for _, p := range slices.Sorted(maps.Keys(forms)) {
		if !forms[p].accepts(m.Params[p]) {
			return fmt.Errorf("%s: the parameter %q is missing or has the wrong form", m.Event, p)
		}
	}
	return nil
}

func (f form) accepts(value string) bool {
	switch f {
	case name, optional:
		return true
	case instant:
		_, err := time.Parse(time.RFC3339, value)
		return err == nil
	case link:
		return (strings.HasPrefix(value, "https://") || strings.HasPrefix(value, "http://")) && !strings.ContainsAny(value, " \t\r\n<>\"")
	default:
		return value != ""
	}
}

// contents is what is sealed of a message.
type contents struct {
	Zone   string `json:"zone,omitempty"`
	Params Params `json:"params"`
}

func place(id ids.ID) string { return "messages/" + string(id) }

func (m Message) seal(s Sealer, id ids.ID) ([]byte, error) {
	plain, err := json.Marshal(contents{m.Zone, m.Params})
	if err != nil {
		return nil, fmt.Errorf("writing the contents of a mail: %w", err)
	}
	sealed, err := s.Seal(place(id), plain)
	if err != nil {
		return nil, fmt.Errorf("sealing the contents of a mail: %w", err)
	}
	return sealed, nil
}

func (m *Message) open(s Sealer, id ids.ID, sealed []byte) error {
	plain, err := s.Open(place(id), sealed)
	if err != nil {
		return fmt.Errorf("opening the contents of a mail: %w", err)
	}
	var c contents
	if err := json.Unmarshal(plain, &c); err != nil {
		return fmt.Errorf("reading the contents of a mail: %w", err)
	}
	m.Zone, m.Params = c.Zone, c.Params
	return nil
}
