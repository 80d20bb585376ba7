package access

import (
	"time"

	"chiave/internal/platform/ids"
)

// roles is the wire prefix of a role row.
const roles ids.Prefix = "rol"

// Source says how a role row came to be.
type Source string

// The sources.
const (
	Assigned  Source = "assigned" // by an Administrator
	Contact   Source = "contact"  // by being named as contact when the agreement was recorded
	Requested Source = "request"  // by a permission request that was accepted
	// OpenLicense is by the two numbers of an Open License (OPEN-01), Reseller by being named as its reseller (OPEN-15).
	OpenLicense Source = "open_license"
	Reseller    Source = "reseller"
	// Inherited is from a parent or master agreement that names the person (ADM-20). No row stands for it.
	Inherited Source = "inherited"
)

// Grant is one role row: it gives Role on a Licensing ID to whoever owns Address.
type Grant struct {
	ID        ids.ID
	Licensing ids.ID
	Address   string // normalised
	Role      Role
	Part      string // of a role group; "" is all of it
	Source    Source
	SourceRef string    // the user who assigned it, or the type of contact
	From      time.Time // first instant at which it counts
	Until     time.Time // first instant at which it no longer counts; zero is never
	GrantedAt time.Time
	Above     string // number of the agreement that an inherited role comes from
}

// Counts reports whether the grant gives its role at the instant now.
func (g Grant) Counts(now time.Time) bool {
	return !now.Before(g.From) && (g.Until.IsZero() || now.Before(g.Until))
}

// Assignment is a role that an Administrator gives.
type Assignment struct {
	Licensing ids.ID
	Address   string
	Role      Role
	Part      string    // of a role group; "" is all of it
	From      time.Time // zero is at once
	Until     time.Time // zero is for good
}

// ContactGrant is what being named as a contact gives on one Licensing ID (CONT-10).
type ContactGrant struct {
	Address   string
	Licensing ids.ID
	Roles     []Role
	Ref       string // type of contact
}

// Permission is what a user may do on one Licensing ID (PERM-15).
type Permission struct {
	Licensing    ids.ID
	Number       string
	Organization ids.ID
	Active       bool // today, in the organization's time zone
	Stays        bool // the user is named in the agreement or above it, and cannot drop it (PERM-19)
	Parent       Above
	Master       Above
	Grants       []Grant // those that count now
}

// Above is an agreement above a Licensing ID; empty when there is none.
type Above struct {
	Number  string
	Program string // of a parent
}
