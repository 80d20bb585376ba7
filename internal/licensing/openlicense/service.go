package openlicense

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

// Paths of the portal.
const (
	AddPath = "/open-license/add"
	Path    = "/open-license" // who got what by it; one addition's id follows a slash
)

// Limits are how many wrong pairs in a row are taken (OPEN-12).
type Limits struct {
	Failures int           // that suspend the function
	Within   time.Duration // in which they count, and after which a person's suspension ends
}

// Needs are what the room works with.
type Needs struct {
	DB         *db.DB
	Access     *access.Service
	Accounts   *accounts.Service
	Agreements *agreements.Service
	Notify     *notify.Service
	Queue      *jobs.Runner
	BaseURL    string // public address of the portal
	Limits     Limits // five within a day when zero
}

// Service is the room's use cases. It is safe for concurrent use.
type Service struct{ Needs }

const (
	followKind    = "openlicense.follow"
	resellersKind = "openlicense.resellers"
)

// New returns the service and registers its work with the queue, which must not have been started yet.
func New(needs Needs) *Service {
	needs.BaseURL = strings.TrimRight(needs.BaseURL, "/")
	if needs.Limits == (Limits{}) {
		needs.Limits = Limits{Failures: 5, Within: 24 * time.Hour}
	}
	s := &Service{needs}
	needs.Queue.Handle(followKind, s.follow)
	needs.Queue.Handle(resellersKind, s.welcome)
	return s
}
