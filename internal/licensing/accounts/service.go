package accounts

import (
	"context"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/notify"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// Wire prefixes of the room's rows.
const (
	organizations ids.Prefix = "org"
	users         ids.Prefix = "usr"
	sessions      ids.Prefix = "ses"
	tokens        ids.Prefix = "tok"
	invitations   ids.Prefix = "inv"
	devices       ids.Prefix = "dev"
	passkeyIDs    ids.Prefix = "psk"
)

// Mailer takes a message in the transaction of the event that it tells of.
type Mailer interface {
	EnqueueTx(tx *db.Tx, m notify.Message) error
}

// Config are the settings of the room.
type Config struct {
	// BaseURL is the public address of the installation, without a slash at the end; links in mails start with it.
	BaseURL string
	// Queue takes the answers to what strangers ask for; where nobody asks it may be missing.
	Queue Queue
	// Sealer keeps what must be found or read again and must not lie open; where nobody signs in it may be missing.
	Sealer Sealer
	// Domains, if there is one, is asked before an account is made by the link of an invitation.
	Domains func(tx *db.Tx, address string) error
}

// Sealer seals secrets, and hashes what must be found.
type Sealer interface {
	Seal(place string, plaintext []byte) ([]byte, error)
	Open(place string, sealed []byte) ([]byte, error)
	Lookup(purpose string, value []byte) []byte
}

// Paths of the portal that links in mails lead to.
const (
	InvitationPath = "/invitations/" // the link's token follows
	SignInPath     = "/sign-in"
)

// Service is the room's use cases. It is safe for concurrent use.
type Service struct {
	db      *db.DB
	access  *access.Service
	mail    Mailer
	queue   Queue
	sealer  Sealer
	rp      *webauthn.WebAuthn // checks passkeys; nil where browsers give none
	baseURL string
	hashes  *hasher
	links   *turns
	domains func(tx *db.Tx, address string) error
}

// New returns the service.
func New(d *db.DB, a *access.Service, mail Mailer, cfg Config) *Service {
	return &Service{db: d, access: a, mail: mail, queue: cfg.Queue, sealer: cfg.Sealer, rp: relyingParty(cfg.BaseURL), baseURL: strings.TrimRight(cfg.BaseURL, "/"), hashes: newHasher(), links: newTurns(), domains: cfg.Domains}
}

// Purge deletes what has lost all use: sessions and links that ended a day ago by age, and counts of attempts whose time is over.
// A job calls it now and then.
func (s *Service) Purge(ctx context.Context) error {
	return s.db.Housekeep(ctx, "purging old sessions and counts of attempts", func(tx *db.Tx) error {
		if _, err := tx.Exec("DELETE FROM sessions WHERE created_at < $1", tx.Now().Add(-sessionLife-24*time.Hour)); err != nil {
			return err
		}
		if _, err := tx.Exec("DELETE FROM password_links WHERE expires_at < $1", tx.Now().Add(-24*time.Hour)); err != nil {
			return err
		}
		if _, err := tx.Exec("DELETE FROM device_requests WHERE expires_at < $1", tx.Now().Add(-24*time.Hour)); err != nil {
			return err
		}
		if _, err := tx.Exec("DELETE FROM passkey_challenges WHERE started_at <= $1", tx.Now().Add(-ceremonyLife)); err != nil {
			return err
		}
		if _, err := tx.Exec("DELETE FROM signin_steps WHERE started_at < $1", tx.Now().Add(-stepLife)); err != nil {
			return err
		}
		_, err := tx.Exec("DELETE FROM signin_failures WHERE window_start < $1", tx.Now().Add(-longestWindow))
		return err
	})
}
