package api

import (
	"context"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/activation"
	"chiave/internal/licensing/agreements"
	"chiave/internal/licensing/catalog"
	"chiave/internal/licensing/keys"
	"chiave/internal/licensing/openlicense"
	"chiave/internal/licensing/orders"
	"chiave/internal/licensing/partners"
	"chiave/internal/licensing/registration"
	"chiave/internal/licensing/reports"
	"chiave/internal/licensing/requests"
	"chiave/internal/licensing/tenants"
)

// Rooms is the business that the face shows.
type Rooms struct {
	Access       *access.Service
	Accounts     *accounts.Service
	Partners     *partners.Service
	Catalog      *catalog.Service
	Agreements   *agreements.Service
	Orders       *orders.Service
	Reports      *reports.Service
	Requests     *requests.Service
	Open         *openlicense.Service
	Tenants      *tenants.Service
	Registration *registration.Service
	Keys         *keys.Service
	Activation   *activation.Service
}

// register puts every route of the face into the table.
func (a *API) register() {
	a.registerSession()
	a.registerAccount()
	a.registerDevice()
	a.registerRoles()
	a.registerUsers()
	a.registerInheritance()
	a.registerRequests()
	a.registerOpenLicense()
	a.registerTenants()
	a.registerRegistration()
	a.registerLicenses()
	a.registerKeys()
	a.registerOffice()
	a.registerDocuments()
}

// document is an answer that is not JSON of ours.
type document struct {
	ContentType  string `header:"Content-Type"`
	CacheControl string `header:"Cache-Control"`
	Body         []byte
}

func (a *API) registerDocuments() {
	s := get("/.well-known/jwks.json", "publicKeys", access.Public, "", "Public keys that activations are verified with (RFC 7517)")
	s.gives = []string{"application/jwk-set+json"}
	add(a, s,
		func(ctx context.Context, _ Caller, _ *struct{}) (*document, error) {
			keys, err := a.PublicKeys(ctx)
			return &document{"application/jwk-set+json", "public, max-age=300", keys}, err
		})
	s = get("/api/v1/openapi.json", "openapi", access.Public, "", "This document")
	s.gives = []string{"application/openapi+json"}
	add(a, s,
		func(context.Context, Caller, *struct{}) (*document, error) {
			text, err := a.document()
			return &document{"application/openapi+json", "public, max-age=300", text}, err
		})
}
