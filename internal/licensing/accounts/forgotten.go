package accounts

import (
	"context"
	"errors"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/notify"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

const (
	// ForgottenPath is the page for people who have forgotten their password; a link's token follows it in mails.
	ForgottenPath = "/password"
	// passwordLinkLife is how long the link in the mail works.
	passwordLinkLife = time.Hour
)

// AskForPassword mails a link that sets a new password to whoever owns the address. The answer, and the work until then, are the same for an
// address that nobody owns. Errors: Invalid "access.address"; Limited "accounts.too_many_mails".
func (s *Service) AskForPassword(ctx context.Context, request, remote, address string) error {
	return s.ask(ctx, request, remote, "passwords.asked_for", WantsPassword, address)
}

// mailPasswordLink makes the link and mails it; it does nothing for an address that nobody signs in with.
func (s *Service) mailPasswordLink(tx *db.Tx, actor audit.Actor, address string) error {
	user, err := userOf(tx, address)
	if err != nil || user == "" {
		return err
	}
	who, err := knownTx(tx, user)
	if err != nil {
		return err
	}
	secret, until := newSecret(""), tx.Now().Add(passwordLinkLife)
	_, err = tx.Exec("INSERT INTO password_links (id, token_hash, user_id, sent_at, expires_at) VALUES ($1, $2, $3, $4, $5)", tx.NewID(), digest(secret), user, tx.Now(), until)
	if err != nil {
		return err
	}
	err = s.mail.EnqueueTx(tx, notify.Message{To: address, Lang: string(who.Language), Zone: who.zone, Event: notify.PasswordLink,
		Params: notify.Params{"name": who.Name(), "link": s.baseURL + ForgottenPath + "/" + secret, "until": notify.Instant(until)}})
	if err != nil {
		return err
	}
	return audit.Record(tx, actor, audit.Event{Action: "passwords.link_sent", Object: users.Wire(user)})
}

// PasswordLink says until when a link works, without using it up. Errors: NotFound "accounts.password_link_unknown"; Conflict
// "accounts.password_link_used", "accounts.password_link_expired".
func (s *Service) PasswordLink(ctx context.Context, linkToken string) (until time.Time, err error) {
	err = s.access.Read(ctx, audit.Nobody(""), func(tx *db.Tx, g *access.Gate) error {
		g.Public()
		_, until, err = passwordLink(tx, linkToken)
		if errs.KindOf(err) == errs.NotFound {
			return g.Refuse(access.SignIn, errPasswordLinkUnknown)
		}
		return err
	})
	return until, err
}

var (
	errPasswordLinkUnknown = errs.New(errs.NotFound, "accounts.password_link_unknown")
	errPasswordLinkUsed    = errs.New(errs.Conflict, "accounts.password_link_used")
	errPasswordLinkExpired = errs.New(errs.Conflict, "accounts.password_link_expired")
)

func passwordLink(tx *db.Tx, linkToken string) (user ids.ID, until time.Time, err error) {
	var used time.Time
	err = tx.Row(`SELECT l.user_id, l.expires_at, l.used_at FROM password_links l JOIN users u ON u.id = l.user_id
		WHERE l.token_hash = $1 AND u.disabled_at IS NULL`, digest(linkToken)).Scan(&user, &until, &used)
	switch {
	case errors.Is(err, db.ErrNoRow):
		return "", time.Time{}, errPasswordLinkUnknown
	case err != nil:
		return "", time.Time{}, err
	case !used.IsZero():
		return "", time.Time{}, errPasswordLinkUsed
	case !tx.Now().Before(until):
		return "", time.Time{}, errPasswordLinkExpired
	}
	return user, until, nil
}

// ResetPassword uses a link up: its owner has a new password, and all sessions that the old one opened end. A second factor stays as it is.
// Errors: as PasswordLink; Invalid "accounts.password_change" with its field; Limited "accounts.too_many_attempts".
func (s *Service) ResetPassword(ctx context.Context, request, linkToken, password string) error {
	done, err := s.links.take(ctx, string(digest(linkToken)))
	if err != nil {
		return err
	}
	defer done()
	var who known
	err = s.access.Read(ctx, audit.Nobody(request), func(tx *db.Tx, g *access.Gate) error { // a stranger must not make the server hash
		g.Public()
		user, _, err := passwordLink(tx, linkToken)
		if err == nil {
			who, err = knownTx(tx, user)
		}
		if errs.KindOf(err) == errs.NotFound {
			return g.Refuse(access.SignIn, errPasswordLinkUnknown)
		}
		return err
	})
	if err != nil {
		return err
	}
	if fields := who.judge(password); len(fields) > 0 {
		return errPasswordChange.With(fields...)
	}
	leave, err := s.hashes.admit()
	if err != nil {
		return err
	}
	defer leave()
	stored, err := s.hashes.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.access.Write(ctx, audit.Actor{Kind: audit.User, ID: who.ID, Request: request}, func(tx *db.Tx, g *access.Gate) error {
		g.Public()
		return s.resetTx(tx, g.Actor(), linkToken, who, stored)
	})
}

// resetTx takes the row of the password first, as every change of it does.
func (s *Service) resetTx(tx *db.Tx, actor audit.Actor, linkToken string, who known, stored string) error {
	if _, err := tx.Exec("UPDATE credentials SET password = $1, changed_at = $2 WHERE user_id = $3", stored, tx.Now(), who.ID); err != nil {
		return err
	}
	n, err := tx.Exec("UPDATE password_links SET used_at = $1 WHERE token_hash = $2 AND used_at IS NULL AND expires_at > $1", tx.Now(), digest(linkToken))
	if err != nil {
		return err
	}
	if n == 0 { // another use of the link came first, or another link was used
		return errPasswordLinkUsed
	}
	for _, address := range who.Addresses { // whoever was kept out by a stranger's attempts is let in
		if _, err := tx.Exec("DELETE FROM signin_failures WHERE subject = $1", addressSubject(address)); err != nil {
			return err
		}
	}
	return s.passwordChanged(tx, actor, "passwords.reset", who, "")
}
