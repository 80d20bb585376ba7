package accounts

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

var (
	errPasskeyWrong  = errs.New(errs.Unauthenticated, "accounts.passkey_wrong")
	errPasskeyCloned = errs.New(errs.Unauthenticated, "accounts.passkey_cloned")
)

// BeginPasskeySignIn challenges a browser to prove a passkey, whoever's. Errors: Limited "accounts.too_many_attempts"; Conflict "accounts.passkeys_off".
func (s *Service) BeginPasskeySignIn(ctx context.Context, request, remote string) (c Ceremony, err error) {
	if s.rp == nil {
		return c, errPasskeysOff
	}
	tooMany, err := s.countOnce(ctx, perNetwork, networkSubject(networkOf(remote)))
	if err == nil && tooMany != nil {
		err = tooMany
	}
	if err != nil {
		return c, err
	}
	return c, s.access.Write(ctx, audit.Nobody(request), func(tx *db.Tx, g *access.Gate) error {
		g.Public()
		options, session, err := s.rp.BeginDiscoverableLogin()
		if err != nil {
			return err
		}
		if c, err = challenge(tx, "", options.Response, session); err != nil {
			return err
		}
		return audit.Record(tx, g.Actor(), audit.Event{Action: "passkeys.asked"})
	})
}

// EnterByPasskey signs a person in by what a browser answered, which a verified person had to allow: no code is asked for besides. Errors:
// Unauthenticated "accounts.passkey_wrong", "accounts.passkey_cloned" when the authenticator counts as if there were two of it; Conflict
// "accounts.passkeys_off".
func (s *Service) EnterByPasskey(ctx context.Context, a Attempt, token, response string) (sessionToken string, session Session, err error) {
	if s.rp == nil {
		return "", Session{}, errPasskeysOff
	}
	var user ids.ID
	var proven *webauthn.Credential
	err = s.access.Read(ctx, audit.Nobody(a.Request), func(tx *db.Tx, g *access.Gate) error {
		g.Public()
		user, proven, err = s.proveKey(tx, token, response)
		if e, ok := errors.AsType[*errs.Error](err); ok && e.Kind == errs.Unauthenticated {
			return g.Refuse(access.SignIn, e)
		}
		return err
	})
	if err != nil {
		return "", Session{}, err
	}
	text, err := json.Marshal(proven)
	if err != nil {
		return "", Session{}, err
	}
	secret := newSecret("")
	session = Session{Actor: audit.Actor{Kind: audit.User, ID: user, Request: a.Request}}
	err = s.access.Write(ctx, session.Actor, func(tx *db.Tx, g *access.Gate) error {
		g.Public()
		if err := useUp(tx, token); err != nil {
			return g.Refuse(access.SignIn, errPasskeyWrong)
		}
		count := int64(proven.Authenticator.SignCount)
		n, err := tx.Exec(`UPDATE passkeys SET credential = $1, sign_count = $2, used_at = $3 WHERE credential_id = $4 AND user_id = $5
			AND (sign_count < $2 OR sign_count = 0 AND $2 = 0) AND EXISTS (SELECT 1 FROM users WHERE id = $5 AND disabled_at IS NULL)`,
			string(text), count, tx.Now(), proven.ID, user)
		if err != nil {
			return err
		}
		if n == 0 { // gone meanwhile, or another sign-in has counted as far
			return g.Refuse(access.SignIn, errPasskeyWrong)
		}
		return openSession(tx, a, secret, &session)
	})
	if err != nil {
		return "", Session{}, err
	}
	return secret, session, nil
}

// proveKey checks what a browser answered. Errors: Unauthenticated "accounts.passkey_wrong", "accounts.passkey_cloned".
func (s *Service) proveKey(tx *db.Tx, token, response string) (user ids.ID, proven *webauthn.Credential, err error) {
	challenged, err := challengeOf(tx, token, "")
	if errors.Is(err, errPasskeyRefused) {
		return "", nil, errPasskeyWrong
	}
	if err != nil {
		return "", nil, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(response))
	if err != nil {
		return "", nil, errPasskeyWrong.Wrap(err)
	}
	var failed error // of the database, which is nobody's wrong answer
	holder := func(credential, handle []byte) (webauthn.User, error) {
		failed = tx.Row("SELECT p.user_id FROM passkeys p JOIN users u ON u.id = p.user_id WHERE p.credential_id = $1 AND u.disabled_at IS NULL", credential).Scan(&user)
		if errors.Is(failed, db.ErrNoRow) {
			failed = nil
			return nil, errPasskeyWrong
		}
		if failed != nil {
			return nil, failed
		}
		var k keyHolder
		k, failed = keyHolderTx(tx, user)
		return k, failed
	}
	_, proven, err = s.rp.ValidatePasskeyLogin(holder, challenged, parsed)
	switch {
	case failed != nil:
		return "", nil, failed
	case err != nil:
		return "", nil, errPasskeyWrong.Wrap(err)
	case proven.Authenticator.CloneWarning:
		return "", nil, errPasskeyCloned
	}
	return user, proven, nil
}
