package requests

import (
	"strings"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/agreements"
	"chiave/internal/licensing/notify"
	"chiave/internal/platform/db"
	"chiave/internal/platform/jobs"
)

// Paths of the portal that links in mails lead to.
const (
	AskPath = "/permissions/request" // where people ask, and see what became of it
	Path    = "/requests"            // the requests that wait; one request's id follows a slash
)

// Needs are what the room works with.
type Needs struct {
	DB         *db.DB
	Access     *access.Service
	Accounts   *accounts.Service
	Agreements *agreements.Service
	Notify     *notify.Service
	Queue      *jobs.Runner
	BaseURL    string // public address of the portal
}

// Service is the room's use cases. It is safe for concurrent use.
type Service struct{ Needs }

const announceKind = "requests.announce"

// New returns the service and registers its work with the queue, which must not have been started yet.
func New(needs Needs) *Service {
	needs.BaseURL = strings.TrimRight(needs.BaseURL, "/")
	s := &Service{needs}
	needs.Queue.Handle(announceKind, s.announce)
	return s
}

// RemindEvery is how often Remind is to be called.
const RemindEvery = 10 * time.Minute
