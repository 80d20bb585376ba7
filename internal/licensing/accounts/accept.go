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
	"chiave/internal/platform/i18n"
	"chiave/internal/platform/ids"
)

// InvitationView is what the link of an invitation shows before it is used.
type InvitationView struct {
	Address      string
	Names        Names
	Language     i18n.Lang
	Organization string // legal name; "" for staff
	Until        time.Time
}

// Invitation returns what a link leads to, without using it up: mail scanners open links. Errors: NotFound
// "accounts.link_unknown"; Conflict "accounts.link_used", "accounts.link_expired".
func (s *Service) Invitation(ctx context.Context, linkToken string) (InvitationView, error) {
	var v InvitationView
	err := s.access.Read(ctx, audit.Nobody(""), func(tx *db.Tx, g *access.Gate) error {
		g.Public()
		i, err := openInvitation(tx, linkToken)
		if errs.KindOf(err) == errs.NotFound {
			return g.Refuse(access.SignIn, errLinkUnknown)
		}
		v = i.view
		return err
	})
	return v, err
}

// opened is an invitation whose link still works.
type opened struct {
	id           ids.ID
	user         ids.ID // who is to be, when that is known
	organization ids.ID
	zone         string
	view         InvitationView
}

func openInvitation(tx *db.Tx, linkToken string) (opened, error) {
	var i opened
	var language string
	var accepted time.Time
	err := tx.Row(`SELECT i.id, i.user_id, i.organization_id, o.time_zone, i.address, i.first_name, i.last_name, i.language, o.legal_name, i.expires_at, i.accepted_at
		FROM invitations i LEFT JOIN organizations o ON o.id = i.organization_id WHERE i.token_hash = $1`, digest(linkToken)).
		Scan(&i.id, &i.user, &i.organization, &i.zone, &i.view.Address, &i.view.Names.First, &i.view.Names.Last, &language, &i.view.Organization, &i.view.Until, &accepted)
	i.view.Language = i18n.Lang(language)
	switch {
	case errors.Is(err, db.ErrNoRow):
		return opened{}, errLinkUnknown
	case err != nil:
		return opened{}, err
	case !accepted.IsZero():
		return opened{}, errLinkUsed
	case !tx.Now().Before(i.view.Until):
		return opened{}, errLinkExpired
	}
	return i, nil
}

// AcceptInvitation uses a link up: the person the link was mailed to becomes a user who owns the address and signs in
// with the password. Uses of one link come one after the other, so that it makes the server hash one password at a time. Errors: as
// Invitation; Invalid "accounts.registration" with its fields; Conflict "accounts.address_taken"; Limited
// "accounts.too_many_attempts".
func (s *Service) AcceptInvitation(ctx context.Context, request, linkToken string, names Names, lang i18n.Lang, password string) error {
	done, err := s.links.take(ctx, string(digest(linkToken)))
	if err != nil {
		return err
	}
	defer done()
	view, err := s.Invitation(ctx, linkToken) // a stranger must not make the server hash
	if err != nil {
		return err
	}
	fields := names.faults()
	if _, ok := i18n.ParseLang(string(lang)); !ok {
		fields = append(fields, errs.Field{Pointer: "language", Code: "accounts.language"})
	}
	if code, params := checkPassword(password, view.Address, view.Organization, names.First, names.Last); code != "" {
		fields = append(fields, errs.Field{Pointer: "password", Code: code, Params: params})
	}
	if len(fields) > 0 {
		return errs.New(errs.Invalid, "accounts.registration").With(fields...)
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
	return s.access.Write(ctx, audit.Nobody(request), func(tx *db.Tx, g *access.Gate) error {
		g.Public()
		i, err := openInvitation(tx, linkToken)
		if err == nil {
			err = s.managed(tx, i)
		}
		if err != nil {
			return err
		}
		return s.register(tx, request, i, User{FirstName: names.First, LastName: names.Last, Language: lang, Organization: i.organization}, stored)
	})
}

// register makes the user of an invitation, or completes the one it was made for.
func (s *Service) register(tx *db.Tx, request string, i opened, u User, password string) error {
	known := i.user != ""
	if u.ID = i.user; !known {
		u.ID = tx.NewID()
		if err := addUser(tx, u, i.view.Address); err != nil {
			return err
		}
	} else if _, err := tx.Exec("UPDATE users SET first_name = $1, last_name = $2, language = $3 WHERE id = $4", u.FirstName, u.LastName, string(u.Language), u.ID); err != nil {
		return err
	}
	n, err := tx.Exec("UPDATE invitations SET accepted_at = $1, user_id = $2 WHERE id = $3 AND accepted_at IS NULL AND expires_at > $1", tx.Now(), u.ID, i.id)
	if err != nil {
		return err
	}
	if n == 0 { // another use of the link came first
		return errLinkUsed
	}
	_, err = tx.Exec("INSERT INTO credentials (user_id, password, changed_at) VALUES ($1, $2, $3) ON CONFLICT (user_id) DO UPDATE SET password = excluded.password, changed_at = excluded.changed_at",
		u.ID, password, tx.Now())
	if err != nil {
		return err
	}
	err = s.mail.EnqueueTx(tx, notify.Message{To: i.view.Address, Lang: string(u.Language), Zone: i.zone, Event: notify.PasswordSet,
		Params: notify.Params{"name": u.Name(), "at": notify.Instant(tx.Now()), "link": s.baseURL + SignInPath}})
	if err != nil {
		return err
	}
	after := struct {
		userChange
		Invitation string `json:"invitation"`
	}{u.change(), invitations.Wire(i.id)}
	actor := audit.Actor{Kind: audit.User, ID: u.ID, Request: request}
	return audit.Record(tx, actor, audit.Event{Action: "users.registered", Object: users.Wire(u.ID), After: after})
}

// managed refuses to make an account under a domain whose accounts another makes. Staff's invitations are of the publisher's own.
func (s *Service) managed(tx *db.Tx, i opened) error {
	if s.domains == nil || i.organization == "" {
		return nil
	}
	return s.domains(tx, i.view.Address)
}
