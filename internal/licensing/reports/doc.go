// Package reports answers read-only questions that go across rooms. It owns no table and changes nothing; every answer
// is read in the transaction in which access was decided, and holds only what the actor may see.
package reports

import "chiave/internal/licensing/access"

// Service answers. It is safe for concurrent use.
type Service struct{ gates *access.Service }

// New returns the service.
func New(gates *access.Service) *Service { return &Service{gates} }
