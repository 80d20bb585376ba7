package tenants

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"chiave/internal/licensing/access"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// Wire prefixes of the room's rows.
const (
	Wire     ids.Prefix = "tnt"
	RoleWire ids.Prefix = "tro"
)

// Tenant is a tenant with what its administrators decide (ORG-03).
type Tenant struct {
	ID               ids.ID // of its row
	GUID             string // the Tenant ID that people quote
	Name             string
	Organization     ids.ID
	OrganizationCode string // the publisher's number of it, which people quote as organization ID
	OrganizationName string
	Country          string // of the organization, ISO 3166-1 alpha-2
	Region           string // sales region; may be empty
	PrimaryDomain    string
	SelfService      bool                // people of its domains may register by themselves
	Mine             []access.TenantRole // of whoever asks
	Domains          []Domain
	Administrators   []Holder
}

// Has reports whether whoever asked may do action in the tenant by right of a role in it.
func (t Tenant) Has(action access.Action) bool {
	return slices.ContainsFunc(access.TenantRolesFor(action), func(r access.TenantRole) bool { return slices.Contains(t.Mine, r) })
}

// Domain is a domain that a tenant says is its own.
type Domain struct {
	Name       string
	Record     string // name of the TXT record that proves it
	Value      string // what the record has to say
	Verified   time.Time
	Restricted bool // for automatic sign-up
	Managed    bool // by the organization's directory, which alone makes accounts
}

// Holder is an address with a role in a tenant.
type Holder struct {
	ID      ids.ID
	Address string
	Name    string // of the user who owns the address; empty before registering
	Role    access.TenantRole
	Since   time.Time
}

// Creation sets a tenant up.
type Creation struct {
	Organization  string // code
	Name          string
	GUID          string // Tenant ID; made when empty
	Region        string
	PrimaryDomain string
	Administrator string // address of the first Global Administrator
}

// Controls are what is decided about a domain.
type Controls struct{ Restricted, Managed bool }

// recordPrefix is where in a domain the TXT record is looked for, and valuePrefix how its text begins.
const (
	recordPrefix  = "_chiave."
	valuePrefix   = "chiave-verification="
	longestRegion = 60
)

var (
	errDomainUnknown   = errs.New(errs.NotFound, "tenants.domain_unknown")
	errDomainElsewhere = errs.New(errs.Conflict, "tenants.domain_elsewhere")
)

// checkRegion returns the region trimmed. Errors: Invalid "tenants.creation" with its field.
func checkRegion(s string) (string, error) {
	s = strings.TrimSpace(s)
	if !utf8.ValidString(s) || utf8.RuneCountInString(s) > longestRegion || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return "", errs.New(errs.Invalid, "tenants.creation").With(errs.Field{Pointer: "region", Code: "tenants.region", Params: errs.Params{"max": longestRegion}})
	}
	return s, nil
}
