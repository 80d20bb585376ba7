package accounts

import (
	"context"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/notify"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/i18n"
	"chiave/internal/platform/ids"
)

const (
	// linkLife is how long the link of an invitation works.
	linkLife = 7 * 24 * time.Hour
	// releaseBatch is how many invitations one transaction releases, so that other work goes on in between.
	releaseBatch = 200
	mostListed   = 200
)

// Invitation asks a person to register.
type Invitation struct {
	Address      string
	FirstName    string
	LastName     string
	Language     i18n.Lang // that of the organization's country when empty
	Organization ids.ID
	Reason       string // a stable word: "contact", "role"
}

// InviteTx queues an invitation and reports whether it did: none is needed when a user owns the address, or an invitation
// is open. Nothing is sent until it is released. One whose link is too old is queued anew, and so is one that an Administrator of another
// organization had sent to somebody whom an agreement names now. The caller decides access.
// Errors: Invalid "access.address", "accounts.name"; NotFound "accounts.organization_unknown".
func (s *Service) InviteTx(tx *db.Tx, actor audit.Actor, i Invitation) (queued bool, err error) {
	address, err := i.check()
	if err != nil {
		return false, err
	}
	if owner, err := ownerTx(tx, address); err != nil || owner != "" {
		return false, err
	}
	organization, err := s.OrganizationTx(tx, i.Organization)
	if err != nil {
		return false, err
	}
	lang := i.Language
	if _, ok := i18n.ParseLang(string(lang)); !ok {
		lang = organization.language()
	}
	n, err := tx.Exec(`INSERT INTO invitations (id, address, first_name, last_name, language, organization_id, reason, queued_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (address) WHERE accepted_at IS NULL
		DO UPDATE SET first_name = excluded.first_name, last_name = excluded.last_name, organization_id = excluded.organization_id,
			reason = excluded.reason, queued_at = excluded.queued_at, released_at = NULL, token_hash = NULL, expires_at = NULL
		WHERE invitations.expires_at <= excluded.queued_at AND invitations.user_id IS NULL`,
		tx.NewID(), address, i.FirstName, i.LastName, string(lang), i.Organization, i.Reason, tx.Now())
	if err == nil && n == 0 {
		n, err = claim(tx, i, address)
	}
	if err != nil || n == 0 {
		return false, err
	}
	var id ids.ID
	if err := tx.Row("SELECT id FROM invitations WHERE address = $1 AND accepted_at IS NULL", address).Scan(&id); err != nil {
		return false, err
	}
	after := struct {
		Organization ids.ID `json:"organization"`
		Reason       string `json:"reason"`
	}{i.Organization, i.Reason}
	return true, audit.Record(tx, actor, audit.Event{Action: "invitations.queued", Object: invitations.Wire(id), After: after})
}

// claim queues the open invitation of an address anew for the organization whose agreement names the person, when an Administrator of
// another was first. The link that was sent works until the new one is.
func claim(tx *db.Tx, i Invitation, address string) (int64, error) {
	return tx.Exec(`UPDATE invitations SET first_name = $1, last_name = $2, organization_id = $3, reason = $4, queued_at = $5, released_at = NULL
		WHERE address = $6 AND accepted_at IS NULL AND user_id IS NULL AND reason = 'role' AND CAST($4 AS TEXT) = 'contact' AND organization_id <> $3`,
		i.FirstName, i.LastName, i.Organization, i.Reason, tx.Now(), address)
}

// check returns the address in its normal form. Errors: Invalid "access.address", "accounts.name".
func (i Invitation) check() (string, error) {
	address, err := access.NormalizeAddress(i.Address)
	for _, name := range []string{i.FirstName, i.LastName} {
		if fault := CheckName(name); err == nil && fault != nil {
			err = fault
		}
	}
	return address, err
}

// InvitationFilter chooses invitations; its zero value chooses all.
type InvitationFilter struct {
	IDs          []ids.ID
	Organization ids.ID
	After        ids.ID // the last one of the page before
}

// where returns the condition for the arguments $1 to $3 of args.
func (f InvitationFilter) where(tx *db.Tx) string {
	return `(CAST($1 AS TEXT) = '[]' OR i.id IN ` + tx.In("$1") + `) AND (CAST($2 AS TEXT) IS NULL OR i.organization_id = $2) AND i.id > $3`
}

func (f InvitationFilter) args() []any { return []any{db.List(f.IDs), f.Organization, string(f.After)} }

// InvitationRow is an invitation as staff see it.
type InvitationRow struct {
	ID               ids.ID
	Address          string
	Names            Names
	Organization     ids.ID
	OrganizationName string
	Reason           string
	State            string // queued, sent, expired, accepted
	QueuedAt         time.Time
	ReleasedAt       time.Time
	ExpiresAt        time.Time
}

// Invitations returns at most 200 invitations in the order of their ids. Errors: those of Gate.Staff for
// ReleaseInvitations; Invalid "request.cursor" for an After that is no id.
func (s *Service) Invitations(ctx context.Context, actor audit.Actor, f InvitationFilter) ([]InvitationRow, error) {
	if f.After != "" && !ids.Valid(string(f.After)) {
		return nil, errs.New(errs.Invalid, "request.cursor")
	}
	var all []InvitationRow
	err := s.access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		all = nil
		if err := g.Staff(access.ReleaseInvitations); err != nil {
			return err
		}
		query := `SELECT i.id, i.address, i.first_name, i.last_name, i.organization_id, o.legal_name, i.reason, i.queued_at, i.released_at, i.expires_at, i.accepted_at
			FROM invitations i LEFT JOIN organizations o ON o.id = i.organization_id WHERE ` + f.where(tx) + " ORDER BY i.id LIMIT $4"
		return tx.Each(query, append(f.args(), mostListed), func(scan func(...any) error) error {
			var r InvitationRow
			var accepted time.Time
			err := scan(&r.ID, &r.Address, &r.Names.First, &r.Names.Last, &r.Organization, &r.OrganizationName, &r.Reason, &r.QueuedAt, &r.ReleasedAt, &r.ExpiresAt, &accepted)
			switch {
			case !accepted.IsZero():
				r.State = "accepted"
			case r.ReleasedAt.IsZero():
				r.State = "queued"
			case !tx.Now().Before(r.ExpiresAt):
				r.State = "expired"
			default:
				r.State = "sent"
			}
			all = append(all, r)
			return err
		})
	})
	return all, err
}

// ReleaseInvitations mails a link to everybody whose queued invitation the filter chooses, and returns how many that were.
// An invitation that the filter names by id is released anew when its link is too old.
// It works in batches: when it fails, those released before stay so, and calling it again goes on. Errors: those of
// Gate.Staff for ReleaseInvitations.
func (s *Service) ReleaseInvitations(ctx context.Context, actor audit.Actor, f InvitationFilter) (int, error) {
	total := 0
	for {
		released := 0
		err := s.access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
			if err := g.Staff(access.ReleaseInvitations); err != nil {
				return err
			}
			var err error
			released, err = s.releaseBatch(tx, actor, f)
			return err
		})
		if err != nil || released == 0 {
			return total, err
		}
		total += released
	}
}

// queuedInvitation is one to be released.
type queuedInvitation struct {
	id                                        ids.ID
	address, first, last, language, org, zone string
}

// eachInvitation goes through the invitations i that a condition chooses.
func eachInvitation(tx *db.Tx, where string, args []any, do func(queuedInvitation)) error {
	return tx.Each("SELECT i.id, i.address, i.first_name, i.last_name, i.language, o.legal_name, o.time_zone "+
		"FROM invitations i LEFT JOIN organizations o ON o.id = i.organization_id WHERE "+where, args, func(scan func(...any) error) error {
		var q queuedInvitation
		err := scan(&q.id, &q.address, &q.first, &q.last, &q.language, &q.org, &q.zone)
		do(q)
		return err
	})
}

func (s *Service) releaseBatch(tx *db.Tx, actor audit.Actor, f InvitationFilter) (int, error) {
	var batch []queuedInvitation
	err := eachInvitation(tx, "(i.released_at IS NULL OR CAST($1 AS TEXT) <> '[]' AND i.expires_at <= $5) AND i.accepted_at IS NULL AND i.user_id IS NULL AND "+f.where(tx)+
		" ORDER BY i.id LIMIT $4", append(f.args(), releaseBatch, tx.Now()), func(q queuedInvitation) { batch = append(batch, q) })
	if err != nil {
		return 0, err
	}
	released := 0
	for _, q := range batch {
		ok, err := s.release(tx, actor, q)
		if err != nil {
			return 0, err
		}
		if ok {
			released++
		}
	}
	return released, nil
}

// release mails an invitation with the roles that its address holds already (N01); false when somebody else has just released it.
func (s *Service) release(tx *db.Tx, actor audit.Actor, q queuedInvitation) (bool, error) {
	held, err := s.access.RolesOfAddressTx(tx, q.address)
	if err != nil {
		return false, err
	}
	event, params := notify.Invitation, notify.Params{"organization": q.org}
	if len(held) > 0 {
		roles := make([]notify.RoleChange, len(held))
		for i, c := range held {
			roles[i] = notify.RoleChange{Number: c.Number, Added: heldRoles(c.Given)}
		}
		event, params["granted"] = notify.WelcomeContact, notify.RoleChanges(roles)
	}
	return s.send(tx, actor, q, event, params, false)
}

// send makes the link of one invitation and mails it; false when one that works has been sent, unless anew, or it was used.
func (s *Service) send(tx *db.Tx, actor audit.Actor, q queuedInvitation, event string, params notify.Params, anew bool) (bool, error) {
	secret, until := newSecret(""), tx.Now().Add(linkLife)
	n, err := tx.Exec("UPDATE invitations SET released_at = $1, token_hash = $2, expires_at = $3 WHERE id = $4 AND ($5 OR released_at IS NULL OR expires_at <= $1) AND accepted_at IS NULL",
		tx.Now(), digest(secret), until, q.id, anew)
	if err != nil || n == 0 {
		return false, err
	}
	params["name"] = User{FirstName: q.first, LastName: q.last}.Name()
	params["link"], params["until"] = s.baseURL+InvitationPath+secret, notify.Instant(until)
	if err := s.mail.EnqueueTx(tx, notify.Message{To: q.address, Lang: q.language, Zone: q.zone, Event: event, Params: params}); err != nil {
		return false, err
	}
	return true, audit.Record(tx, actor, audit.Event{Action: "invitations.released", Object: invitations.Wire(q.id)})
}

var (
	errLinkUnknown = errs.New(errs.NotFound, "accounts.link_unknown")
	errLinkUsed    = errs.New(errs.Conflict, "accounts.link_used")
	errLinkExpired = errs.New(errs.Conflict, "accounts.link_expired")
)
