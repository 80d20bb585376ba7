package registration

import (
	"context"
	"slices"
	"strings"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/notify"
	"chiave/internal/licensing/tenants"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// Wire prefixes of the room's rows.
const (
	Wire      ids.Prefix = "sgn"
	claimWire ids.Prefix = "clm"
)

// Paths of the portal; a sign-up's id or a link's token follows a slash.
const (
	Path        = "/register"
	JoinPath    = "/join"
	ConvertPath = "/convert"
)

// Kinds of the jobs that mail what proves an address.
const (
	CodeKind = "registration.code"
	LinkKind = "registration.link"
)

// Mail is the payload of these jobs: the sign-up or the claim.
type Mail struct {
	ID ids.ID `json:"id"`
}

// Mailer takes a message in the transaction of the event that it tells of.
type Mailer interface {
	EnqueueTx(tx *db.Tx, m notify.Message) error
}

// Needs are what the room works with.
type Needs struct {
	DB       *db.DB
	Access   *access.Service
	Accounts *accounts.Service
	Tenants  *tenants.Service
	Mail     Mailer
	Queue    accounts.Queue
	BaseURL  string   // public address of the portal
	Personal []string // mail domains of persons
}

// Service is the room's use cases. It is safe for concurrent use.
type Service struct{ Needs }

// New returns the service.
func New(needs Needs) *Service {
	needs.BaseURL = strings.TrimRight(needs.BaseURL, "/")
	return &Service{needs}
}

// IsPersonal reports whether an address is one of a mail service for everybody.
func (s *Service) IsPersonal(address string) bool {
	return slices.Contains(s.Personal, strings.ToLower(address[strings.LastIndexByte(address, '@')+1:]))
}

var errUnnamed = errs.New(errs.Invalid, "registration.address")

// work returns a business address in its normal form. Errors: Invalid "registration.address" with its field.
func (s *Service) work(address string) (string, error) {
	normal, err := access.NormalizeAddress(address)
	switch {
	case err != nil:
		return "", errUnnamed.With(errs.Field{Pointer: "address", Code: "access.address"})
	case s.IsPersonal(normal):
		return "", errUnnamed.With(errs.Field{Pointer: "address", Code: "registration.personal"})
	}
	return normal, nil
}

// Refusals by the owner of a domain (ERR-01). They name the domain, never the address.
var (
	errRestricted      = errs.New(errs.Conflict, "registration.e02")
	errTurnedOff       = errs.New(errs.Conflict, "registration.e03")
	errRestrictedAtEnd = errs.New(errs.Conflict, "registration.e04")
	errManaged         = errs.New(errs.Conflict, "registration.e05")
)

// allowedTx asks the owner of an address's domain, when the address is named or, at the end, when it is proven (ERR-03 to ERR-06).
func (s *Service) allowedTx(tx *db.Tx, address string, end bool) (tenants.Policy, error) {
	p, err := s.Tenants.PolicyTx(tx, address)
	switch {
	case err != nil || p.Tenant == "":
		return p, err
	case p.Managed:
		return p, errManaged
	case !p.SelfService:
		return p, errTurnedOff
	case p.Restricted && end:
		return p, errRestrictedAtEnd
	case p.Restricted:
		return p, errRestricted
	}
	return p, nil
}

// MakesAccounts refuses an account under a domain that an organization's directory manages (ERR-05). Errors: Conflict "registration.e05".
func (s *Service) MakesAccounts(tx *db.Tx, address string) error {
	p, err := s.Tenants.PolicyTx(tx, address)
	if err == nil && p.Managed {
		err = errManaged
	}
	return err
}

// purgeAfter is how long sign-ups and claims are kept.
const purgeAfter = 7 * 24 * time.Hour

// Purge forgets sign-ups and claims that are long over. A job calls it now and then.
func (s *Service) Purge(ctx context.Context) error {
	return s.DB.Housekeep(ctx, "forgetting old sign-ups", func(tx *db.Tx) error {
		if _, err := tx.Exec("DELETE FROM signups WHERE started_at < $1", tx.Now().Add(-purgeAfter)); err != nil {
			return err
		}
		_, err := tx.Exec("DELETE FROM address_claims WHERE claimed_at < $1", tx.Now().Add(-purgeAfter))
		return err
	})
}
