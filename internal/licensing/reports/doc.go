// Package reports answers read-only questions that go across rooms. It owns no table and changes nothing; every answer
// is read in the transaction in which access was decided, and holds only what the actor may see.
package reports

import (
	"chiave/internal/licensing/access"
	"chiave/internal/licensing/agreements"
	"chiave/internal/licensing/catalog"
	"chiave/internal/licensing/orders"
)

// Service answers. It is safe for concurrent use.
type Service struct {
	gates      *access.Service
	catalog    *catalog.Service
	agreements *agreements.Service
	orders     *orders.Service
}

// New returns the service.
func New(gates *access.Service, products *catalog.Service, contracts *agreements.Service, lines *orders.Service) *Service {
	return &Service{gates, products, contracts, lines}
}
