package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/notify"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// PasskeysPath is the page on which somebody looks after their passkeys.
const PasskeysPath = "/account/passkeys"

// ceremonyLife is how long a challenge waits for its answer.
const ceremonyLife = 5 * time.Minute

// Passkey is one as its owner sees it.
type Passkey struct {
	ID      ids.ID
	Name    string
	Created time.Time
	Used    time.Time // zero is never
}

// Ceremony is a challenge to a browser.
type Ceremony struct {
	Token   string // by which the answer finds it; a secret
	Options string // JSON for the browser (Web Authentication, level 3, section 5.1)
}

var (
	errPasskeysOff    = errs.New(errs.Conflict, "accounts.passkeys_off")
	errPasskeyRefused = errs.New(errs.Invalid, "accounts.passkey_refused")
	errPasskeyKnown   = errs.New(errs.Conflict, "accounts.passkey_known")
	errPasskeyUnknown = errs.New(errs.NotFound, "accounts.passkey_unknown")
	errPasskeyForm    = errs.New(errs.Invalid, "accounts.passkey_form")
)

// relyingParty returns what checks passkeys for the public address; nil where browsers give none: without https, or at an address that is no name.
func relyingParty(baseURL string) *webauthn.WebAuthn {
	u, err := url.Parse(baseURL)
	if err != nil || u.Scheme != "https" && u.Hostname() != "localhost" {
		return nil
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return nil
	}
	rp, err := webauthn.New(&webauthn.Config{RPID: u.Hostname(), RPDisplayName: u.Hostname(), RPOrigins: []string{u.Scheme + "://" + u.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: new(true), UserVerification: protocol.VerificationRequired}})
	if err != nil {
		return nil
	}
	return rp
}

// PasskeysWork reports whether browsers give passkeys at the public address.
func (s *Service) PasskeysWork() bool { return s.rp != nil }

// keyHolder is a user as the checks of passkeys want one.
type keyHolder struct {
	User
	credentials []webauthn.Credential
}

func (k keyHolder) WebAuthnID() []byte                         { return []byte(k.ID) }
func (k keyHolder) WebAuthnDisplayName() string                { return k.Name() }
func (k keyHolder) WebAuthnCredentials() []webauthn.Credential { return k.credentials }
func (k keyHolder) WebAuthnName() string {
	if len(k.Addresses) > 0 {
		return k.Addresses[0]
	}
	return k.Name()
}

func keyHolderTx(tx *db.Tx, user ids.ID) (k keyHolder, err error) {
	if k.User, err = userTx(tx, user); err != nil {
		return k, err
	}
	err = tx.Each("SELECT credential FROM passkeys WHERE user_id = $1 ORDER BY id", []any{user}, func(scan func(...any) error) error {
		var text string
		if err := scan(&text); err != nil {
			return err
		}
		var c webauthn.Credential
		err := json.Unmarshal([]byte(text), &c)
		k.credentials = append(k.credentials, c)
		return err
	})
	return k, err
}

// Passkeys returns the actor's, the oldest first. Errors: those of Gate.InPerson.
func (s *Service) Passkeys(ctx context.Context, actor audit.Actor) (all []Passkey, err error) {
	err = s.access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		all = nil
		if err := g.InPerson(); err != nil {
			return err
		}
		return tx.Each("SELECT id, name, created_at, used_at FROM passkeys WHERE user_id = $1 ORDER BY id", []any{actor.ID}, func(scan func(...any) error) error {
			var p Passkey
			err := scan(&p.ID, &p.Name, &p.Created, &p.Used)
			all = append(all, p)
			return err
		})
	})
	return all, err
}

// BeginPasskey challenges a browser to make a passkey. The actor proves to be the owner by the present password, and by a code where two-step
// sign-in is on, since a passkey opens the account without either. Errors: as ChangePassword for the password; Invalid "accounts.passkey_form",
// "accounts.two_step" with their fields; Limited "accounts.too_many_attempts"; Conflict "accounts.passkeys_off".
func (s *Service) BeginPasskey(ctx context.Context, actor audit.Actor, name, password, code string) (c Ceremony, err error) {
	if s.rp == nil {
		return c, errPasskeysOff
	}
	if err := checkPasskeyName(&name); err != nil {
		return c, err
	}
	if _, err := s.provenBy(ctx, actor, password); err != nil {
		return c, err
	}
	return c, s.tryCode(ctx, actor.ID, func() error {
		return s.access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
			if err := g.InPerson(); err != nil {
				return err
			}
			if wanted, given, err := s.checkCode(tx, actor, code); err != nil || wanted && !given {
				return orElse(err, errCodeField)
			}
			holder, err := keyHolderTx(tx, actor.ID)
			if err != nil {
				return err
			}
			options, session, err := s.rp.BeginRegistration(holder, webauthn.WithExclusions(webauthn.Credentials(holder.credentials).CredentialDescriptors()))
			if err != nil {
				return err
			}
			if c, err = challenge(tx, actor.ID, options.Response, session); err != nil {
				return err
			}
			return audit.Record(tx, actor, audit.Event{Action: "passkeys.begun", Object: users.Wire(actor.ID)})
		})
	})
}

func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// checkPasskeyName trims a name. Errors: Invalid "accounts.passkey_form".
func checkPasskeyName(name *string) error {
	if *name = strings.TrimSpace(*name); *name == "" || !plainText(*name, longestName) {
		return errPasskeyForm.With(errs.Field{Pointer: "name", Code: "accounts.name", Params: errs.Params{"max": longestName}})
	}
	return nil
}

// challenge keeps a challenge until its answer comes, whichever server that reaches.
func challenge(tx *db.Tx, user ids.ID, options any, session *webauthn.SessionData) (c Ceremony, err error) {
	shown, err := json.Marshal(options)
	if err != nil {
		return c, err
	}
	kept, err := json.Marshal(session)
	if err != nil {
		return c, err
	}
	c = Ceremony{Token: newSecret(""), Options: string(shown)}
	_, err = tx.Exec("INSERT INTO passkey_challenges (token_hash, user_id, challenge, started_at) VALUES ($1, $2, $3, $4)", digest(c.Token), user, string(kept), tx.Now())
	return c, err
}

// challengeOf returns what an answer is checked by. User is who adds a passkey, "" where somebody signs in. Errors: Invalid "accounts.passkey_refused".
func challengeOf(tx *db.Tx, token string, user ids.ID) (session webauthn.SessionData, err error) {
	var kept string
	err = tx.Row("SELECT challenge FROM passkey_challenges WHERE token_hash = $1 AND COALESCE(user_id, '') = $2 AND started_at > $3",
		digest(token), string(user), tx.Now().Add(-ceremonyLife)).Scan(&kept)
	if errors.Is(err, db.ErrNoRow) {
		return session, errPasskeyRefused
	}
	if err == nil {
		err = json.Unmarshal([]byte(kept), &session)
	}
	return session, err
}

// useUp takes a challenge, once. Errors: Invalid "accounts.passkey_refused".
func useUp(tx *db.Tx, token string) error {
	n, err := tx.Exec("DELETE FROM passkey_challenges WHERE token_hash = $1", digest(token))
	if err == nil && n == 0 {
		err = errPasskeyRefused
	}
	return err
}

// AddPasskey keeps the passkey that a browser has made. Errors: those of Gate.InPerson; Invalid "accounts.passkey_form" with its field,
// "accounts.passkey_refused"; Conflict "accounts.passkeys_off", "accounts.passkey_known".
func (s *Service) AddPasskey(ctx context.Context, actor audit.Actor, token, name, response string) error {
	if s.rp == nil {
		return errPasskeysOff
	}
	if err := checkPasskeyName(&name); err != nil {
		return err
	}
	parsed, unreadable := protocol.ParseCredentialCreationResponseBytes([]byte(response))
	return s.access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.InPerson(); err != nil {
			return err
		}
		session, err := challengeOf(tx, token, actor.ID)
		if err != nil {
			return err
		}
		holder, err := keyHolderTx(tx, actor.ID)
		if err != nil {
			return err
		}
		if unreadable != nil {
			return errPasskeyRefused.Wrap(unreadable)
		}
		made, err := s.rp.CreateCredential(holder, session, parsed)
		if err != nil {
			return errPasskeyRefused.Wrap(err)
		}
		if err := useUp(tx, token); err != nil {
			return err
		}
		text, err := json.Marshal(made)
		if err != nil {
			return err
		}
		id := tx.NewID()
		_, err = tx.Exec("INSERT INTO passkeys (id, user_id, credential_id, name, credential, sign_count, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
			id, actor.ID, made.ID, name, string(text), int64(made.Authenticator.SignCount), tx.Now())
		if errors.Is(err, db.ErrDuplicate) {
			return errPasskeyKnown
		}
		if err != nil {
			return err
		}
		return s.ownerTold(tx, actor, audit.Event{Action: "passkeys.added", Object: passkeyIDs.Wire(id)}, notify.PasskeyAdded, PasskeysPath)
	})
}

// RenamePasskey gives one of the actor's passkeys another name. Errors: those of Gate.InPerson; Invalid "accounts.passkey_form" with its field;
// NotFound "accounts.passkey_unknown" also for another user's.
func (s *Service) RenamePasskey(ctx context.Context, actor audit.Actor, passkey ids.ID, name string) error {
	if err := checkPasskeyName(&name); err != nil {
		return err
	}
	return s.access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.InPerson(); err != nil {
			return err
		}
		n, err := tx.Exec("UPDATE passkeys SET name = $1 WHERE id = $2 AND user_id = $3", name, passkey, actor.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return errPasskeyUnknown
		}
		return audit.Record(tx, actor, audit.Event{Action: "passkeys.renamed", Object: passkeyIDs.Wire(passkey)})
	})
}

// RemovePasskey takes one of the actor's passkeys away. Errors: those of Gate.InPerson; NotFound "accounts.passkey_unknown" also for another user's.
func (s *Service) RemovePasskey(ctx context.Context, actor audit.Actor, passkey ids.ID) error {
	return s.access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.InPerson(); err != nil {
			return err
		}
		n, err := tx.Exec("DELETE FROM passkeys WHERE id = $1 AND user_id = $2", passkey, actor.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return errPasskeyUnknown
		}
		return s.ownerTold(tx, actor, audit.Event{Action: "passkeys.removed", Object: passkeyIDs.Wire(passkey)}, notify.PasskeyRemoved, PasskeysPath)
	})
}
