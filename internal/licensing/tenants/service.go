package tenants

import (
	"context"
	"strings"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/notify"
	"chiave/internal/platform/db"
)

// Path is where the pages of a tenant are; its id follows a slash.
const Path = "/tenant"

// lookUpFor is how long the DNS may take to answer.
const lookUpFor = 10 * time.Second

// Resolver answers which TXT records a name has; net.Resolver does.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// Mailer takes a message in the transaction of the event that it tells of.
type Mailer interface {
	EnqueueTx(tx *db.Tx, m notify.Message) error
}

// Needs are what the room works with.
type Needs struct {
	Access   *access.Service
	Accounts *accounts.Service
	Mail     Mailer
	DNS      Resolver
	BaseURL  string // public address of the portal
}

// Service is the room's use cases. It is safe for concurrent use.
type Service struct{ Needs }

// New returns the service.
func New(needs Needs) *Service {
	needs.BaseURL = strings.TrimRight(needs.BaseURL, "/")
	return &Service{needs}
}
