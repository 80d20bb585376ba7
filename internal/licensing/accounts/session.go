package accounts

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

const (
	sessionLife = 12 * time.Hour
	sessionIdle = 30 * time.Minute
)

// Session is who is signed in. Request is missing in Actor; the face adds it.
type Session struct {
	Actor  audit.Actor
	User   User
	Scopes []access.Action // of the API token; none for a session, which narrows nothing
	Viewed *User           // whose view of the portal User has asked for, nil for none
}

// Seen is the actor and the user as whom pages are shown: those of the view that was asked for, else the session's own.
func (s Session) Seen() (audit.Actor, User) {
	if s.Viewed == nil {
		return s.Actor, s.User
	}
	return audit.Actor{Kind: audit.User, ID: s.Viewed.ID, By: s.Actor.ID, For: s.Viewed.Organization, Session: s.Actor.Session}, *s.Viewed
}

var (
	errCredentials = errs.New(errs.Unauthenticated, "accounts.credentials")
	errSession     = errs.New(errs.Unauthenticated, "accounts.session")
	errNoSession   = errs.New(errs.Conflict, "accounts.no_session")
)

// Attempt is what somebody signs in with.
type Attempt struct {
	Request  string // id of the request
	Remote   string // the client's address as net/http gives it
	Agent    string // what the browser or program calls itself; may be empty
	Address  string
	Password string
	Code     string // of an authenticator app, or a recovery code; empty when it is not known yet that one is wanted
}

// SignIn is Enter for programs that say nothing about themselves.
func (s *Service) SignIn(ctx context.Context, request, remote, address, password string) (sessionToken string, session Session, err error) {
	return s.Enter(ctx, Attempt{Request: request, Remote: remote, Address: address, Password: password})
}

// Enter signs a person in by a verified address and the password and returns the session's secret token. Errors: Unauthenticated
// "accounts.credentials", whatever was wrong, "accounts.code_missing" when the password was right and a code is wanted, with the step from which
// Proceed goes on in place of the token, "accounts.code_wrong"; Conflict "accounts.e06" for an address that was converted; Limited "accounts.too_many_attempts" with retry_after in seconds, for too many attempts with
// the address, from the client's network, or at once.
func (s *Service) Enter(ctx context.Context, a Attempt) (sessionToken string, session Session, err error) {
	leave, err := s.hashes.admit()
	if err != nil {
		return "", Session{}, s.refuseSignIn(ctx, a.Request, errManyAttempts)
	}
	defer leave()
	known, err := access.NormalizeAddress(a.Address)
	counted, network := known, networkOf(a.Remote)
	if err != nil { // an address that cannot be is looked up as one that nobody has
		counted = strings.ToLower(strings.TrimSpace(a.Address))
	}
	tooMany, err := s.attempt(ctx, network, counted)
	if err != nil {
		return "", Session{}, err
	}
	if tooMany != nil {
		return "", Session{}, s.refuseSignIn(ctx, a.Request, tooMany)
	}
	user, stored, err := s.passwordOf(ctx, known)
	if err != nil {
		return "", Session{}, err
	}
	fits, outdated, err := s.hashes.check(ctx, stored, a.Password)
	if err != nil {
		return "", Session{}, err
	}
	if !fits {
		return "", Session{}, s.refuseSignIn(ctx, a.Request, errCredentials)
	}
	converted, err := s.convertedTo(ctx, known, user)
	if err != nil {
		return "", Session{}, err
	}
	if converted != nil {
		return "", Session{}, s.refuseSignIn(ctx, a.Request, converted)
	}
	renewed := stored
	if outdated {
		if renewed, err = s.hashes.hash(ctx, a.Password); err != nil {
			return "", Session{}, err
		}
	}
	p := proof{address: known, user: user, stored: stored, renewed: renewed}
	sessionToken, session, err = s.start(ctx, a, p)
	if errors.Is(err, errCodeMissing) {
		step, failed := s.waitForCode(ctx, p)
		return step, Session{}, cmp.Or(failed, err)
	}
	return sessionToken, session, err
}

// refuseSignIn has a refusal counted and returns it.
func (s *Service) refuseSignIn(ctx context.Context, request string, refusal *errs.Error) error {
	return s.access.Read(ctx, audit.Nobody(request), func(tx *db.Tx, g *access.Gate) error { return g.Refuse(access.SignIn, refusal) })
}

// passwordOf returns who owns a verified address and the stored password, both empty when nobody can sign in with it.
func (s *Service) passwordOf(ctx context.Context, address string) (user ids.ID, stored string, err error) {
	err = s.access.Read(ctx, audit.Nobody(""), func(tx *db.Tx, g *access.Gate) error {
		g.Public()
		err := tx.Row(`SELECT u.id, c.password FROM user_addresses a JOIN users u ON u.id = a.user_id JOIN credentials c ON c.user_id = u.id
			WHERE a.address = $1 AND a.verified_at IS NOT NULL AND u.disabled_at IS NULL`, address).Scan(&user, &stored)
		if errors.Is(err, db.ErrNoRow) {
			return nil
		}
		return err
	})
	return user, stored, err
}

// proof is an attempt to sign in whose password was just proven.
type proof struct {
	address string // normalised
	user    ids.ID
	stored  string // form of the password
	renewed string // form that it is to have
	step    string // that it waited at for its code; "" when it comes at once
}

// start opens a session. A code is counted before it is looked at.
func (s *Service) start(ctx context.Context, a Attempt, p proof) (token string, session Session, err error) {
	if a.Code == "" && p.step == "" {
		return s.open(ctx, a, p)
	}
	err = s.tryCode(ctx, p.user, func() error {
		token, session, err = s.open(ctx, a, p)
		return err
	})
	return token, session, err
}

// open opens a session. The password is renewed, or written as it is, only while it and the user are still what they were, which
// holds their row until the session is there.
func (s *Service) open(ctx context.Context, a Attempt, p proof) (string, Session, error) {
	secret := newSecret("")
	session := Session{Actor: audit.Actor{Kind: audit.User, ID: p.user, Request: a.Request}}
	err := s.access.Write(ctx, session.Actor, func(tx *db.Tx, g *access.Gate) error {
		g.Public()
		n, err := tx.Exec(`UPDATE credentials SET password = $1 WHERE user_id = $2 AND password = $3
			AND EXISTS (SELECT 1 FROM users WHERE id = $2 AND disabled_at IS NULL)`, p.renewed, p.user, p.stored)
		if err != nil {
			return err
		}
		if n == 0 {
			return g.Refuse(access.SignIn, errCredentials)
		}
		if err := s.secondStep(tx, g, a, p); err != nil {
			return err
		}
		if err := forgive(tx, networkOf(a.Remote), p.address); err != nil {
			return err
		}
		return openSession(tx, a, secret, &session)
	})
	if err != nil {
		return "", Session{}, err
	}
	return secret, session, nil
}

// secondStep decides on the code, where one is wanted, and uses the step up that waited for it.
func (s *Service) secondStep(tx *db.Tx, g *access.Gate, a Attempt, p proof) error {
	wanted, given, err := s.checkCode(tx, g.Actor(), a.Code)
	switch {
	case err != nil:
		return err
	case wanted && !given && a.Code == "" && p.step == "":
		return errCodeMissing
	case wanted && !given:
		return g.Refuse(access.SignIn, errCodeWrong)
	case p.step == "":
		return nil
	}
	n, err := tx.Exec("DELETE FROM signin_steps WHERE token_hash = $1", digest(p.step))
	if err == nil && n == 0 {
		err = g.Refuse(access.SignIn, errStep)
	}
	return err
}

// openSession writes the session of an actor who has proven to be there, and its audit record.
func openSession(tx *db.Tx, a Attempt, secret string, session *Session) (err error) {
	id := tx.NewID()
	_, err = tx.Exec("INSERT INTO sessions (id, token_hash, user_id, created_at, used_at, address, agent) VALUES ($1, $2, $3, $4, $4, $5, $6)",
		id, digest(secret), session.Actor.ID, tx.Now(), hostOf(a.Remote), agentOf(a.Agent))
	if err != nil {
		return err
	}
	session.Actor.Session = id
	if session.User, err = userTx(tx, session.Actor.ID); err != nil {
		return err
	}
	return audit.Record(tx, session.Actor, audit.Event{Action: "sessions.started", Object: sessions.Wire(id)})
}

// Session returns who a session token belongs to, by what the database says now, and notes that it was used. Errors:
// Unauthenticated "accounts.session".
func (s *Service) Session(ctx context.Context, token string) (Session, error) {
	var session Session
	var id ids.ID
	var due bool
	err := s.access.Read(ctx, audit.Nobody(""), func(tx *db.Tx, g *access.Gate) error {
		g.Public()
		var user ids.ID
		var used time.Time
		var viewed ids.ID
		err := tx.Row("SELECT id, user_id, used_at, CASE WHEN viewing_until > $4 THEN COALESCE(viewing_id, '') ELSE '' END FROM sessions WHERE token_hash = $1 AND ended_at IS NULL AND created_at > $2 AND used_at > $3",
			digest(token), tx.Now().Add(-sessionLife), tx.Now().Add(-sessionIdle), tx.Now()).Scan(&id, &user, &used, &viewed)
		if err == nil {
			session.Actor = audit.Actor{Kind: audit.User, ID: user, Session: id}
			session.User, err = userTx(tx, user)
		}
		if errors.Is(err, db.ErrNoRow) {
			return g.Refuse(access.SignIn, errSession)
		}
		if err == nil && viewed != "" && session.User.Staff.May(access.ViewAs) {
			session.Viewed, err = viewedTx(tx, viewed)
		}
		due = markDue(used, tx.Now())
		return err
	})
	if err != nil {
		return Session{}, err
	}
	if !due {
		return session, nil
	}
	err = s.db.Housekeep(ctx, "marking the last use of a session", func(tx *db.Tx) error {
		// The condition keeps a mark that comes late from waking a session that has ended meanwhile.
		_, err := tx.Exec("UPDATE sessions SET used_at = $1 WHERE id = $2 AND used_at <= $3 AND used_at > $4 AND ended_at IS NULL",
			tx.Now(), id, tx.Now().Add(-markEvery), tx.Now().Add(-sessionIdle))
		return err
	})
	return session, err
}

// SignOut ends the session of a token. Ending one that has ended already is no error. Errors: those of Gate.SignedIn;
// Conflict "accounts.no_session" for an API token, which is revoked instead, but for one that a program got for itself.
func (s *Service) SignOut(ctx context.Context, actor audit.Actor, token string) error {
	if strings.HasPrefix(token, deviceTokenPrefix) {
		return s.giveBack(ctx, actor, token)
	}
	actor.Session = "" // it may have ended
	return s.access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.SignedIn(); err != nil {
			return err
		}
		if strings.HasPrefix(token, apiTokenPrefix) {
			return errNoSession
		}
		var id ids.ID
		err := tx.Row("SELECT id FROM sessions WHERE token_hash = $1 AND user_id = $2", digest(token), actor.ID).Scan(&id)
		if errors.Is(err, db.ErrNoRow) {
			return nil
		}
		if err != nil {
			return err
		}
		n, err := tx.Exec("UPDATE sessions SET ended_at = $1 WHERE id = $2 AND ended_at IS NULL", tx.Now(), id)
		if err != nil || n == 0 {
			return err
		}
		return audit.Record(tx, actor, audit.Event{Action: "sessions.ended", Object: sessions.Wire(id)})
	})
}
