package registration

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"strings"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/notify"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// linkLife is how long a claim waits; after it another can be made in any case (REG-08).
const linkLife = 48 * time.Hour

// Claim is an address that somebody says is theirs too.
type Claim struct {
	Address string
	Made    time.Time
	Until   time.Time
}

var (
	errLinkUnknown = errs.New(errs.NotFound, "registration.link_unknown")
	errLinkExpired = errs.New(errs.Conflict, "registration.link_expired")
)

// Claim has a link mailed to an address whose permissions the actor wants to have (REG-05, REG-06, N02). The answer is the same whoever has the
// address. A claim of the same address sends the mail again; its link before stops working. Errors: those of Gate.InPerson; Invalid
// "registration.address" with its field; Limited "accounts.too_many_mails"; Conflict "registration.e02", "registration.e03", "registration.e05".
func (s *Service) Claim(ctx context.Context, actor audit.Actor, remote, address string) error {
	err := s.Access.Read(ctx, actor, func(_ *db.Tx, g *access.Gate) error { return g.InPerson() }) // others count towards no limit
	if err != nil {
		return err
	}
	work, err := s.work(address)
	if err != nil {
		return err
	}
	if err := s.Accounts.MayAsk(ctx, remote, "join "+work); err != nil {
		return err
	}
	return s.Access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.InPerson(); err != nil {
			return err
		}
		if _, err := s.allowedTx(tx, work, false); err != nil {
			return err
		}
		if _, err := tx.Exec("DELETE FROM address_claims WHERE user_id = $1 AND used_at IS NULL", actor.ID); err != nil {
			return err
		}
		id := tx.NewID()
		_, err := tx.Exec("INSERT INTO address_claims (id, user_id, address, claimed_at, expires_at) VALUES ($1, $2, $3, $4, $5)", id, actor.ID, work, tx.Now(), tx.Now().Add(linkLife))
		if err == nil {
			err = s.Queue.Enqueue(tx, LinkKind, Mail{id}, time.Time{})
		}
		if err != nil {
			return err
		}
		return audit.Record(tx, actor, audit.Event{Action: "registration.claimed", Object: claimWire.Wire(id)})
	})
}

// Pending returns the claim of the actor that waits; its zero value when none does. Errors: those of Gate.SignedIn.
func (s *Service) Pending(ctx context.Context, actor audit.Actor) (c Claim, err error) {
	err = s.Access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.SignedIn(); err != nil {
			return err
		}
		err := tx.Row("SELECT address, claimed_at, expires_at FROM address_claims WHERE user_id = $1 AND used_at IS NULL AND expires_at > $2 ORDER BY id DESC LIMIT 1",
			actor.ID, tx.Now()).Scan(&c.Address, &c.Made, &c.Until)
		if errors.Is(err, db.ErrNoRow) {
			c, err = Claim{}, nil
		}
		return err
	})
	return c, err
}

// MailLink mails the link of a claim, or to whoever has the address already the advice to sign in with it. A job calls it.
func (s *Service) MailLink(ctx context.Context, m Mail) error {
	return s.DB.Housekeep(ctx, "mailing the link of a claim", func(tx *db.Tx) error {
		var user ids.ID
		var address string
		err := tx.Row("SELECT user_id, address FROM address_claims WHERE id = $1 AND used_at IS NULL AND token_hash IS NULL", m.ID).Scan(&user, &address)
		if errors.Is(err, db.ErrNoRow) { // another claim took its place, or it was done before
			return nil
		}
		if err != nil {
			return err
		}
		owner, err := s.Accounts.OwnerTx(tx, address)
		if err == nil && owner != "" {
			return s.mailOwner(tx, address)
		}
		if err != nil {
			return err
		}
		u, err := s.Accounts.UserTx(tx, user)
		if err != nil {
			return err
		}
		token, until := string(claimWire)+"_"+strings.ToLower(rand.Text()), tx.Now().Add(linkLife)
		if _, err := tx.Exec("UPDATE address_claims SET token_hash = $1, expires_at = $2 WHERE id = $3", tokenHash(token), until, m.ID); err != nil {
			return err
		}
		return s.Mail.EnqueueTx(tx, notify.Message{To: address, Lang: string(u.Language), Zone: u.TimeZone, Event: notify.AddressClaimed,
			Params: notify.Params{"name": u.Name(), "email": address, "link": s.BaseURL + JoinPath + "/" + token, "until": notify.Instant(until)}})
	})
}

func tokenHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// Link returns what a link would join, without using it up. To others than whoever asked for it the link leads nowhere. Errors: those of
// Gate.InPerson; NotFound "registration.link_unknown"; Conflict "registration.link_expired".
func (s *Service) Link(ctx context.Context, actor audit.Actor, token string) (c Claim, err error) {
	err = s.Access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.InPerson(); err != nil {
			return err
		}
		c, _, err = claimTx(tx, actor.ID, token)
		return err
	})
	return c, err
}

func claimTx(tx *db.Tx, user ids.ID, token string) (c Claim, id ids.ID, err error) {
	err = tx.Row("SELECT id, address, claimed_at, expires_at FROM address_claims WHERE token_hash = $1 AND user_id = $2 AND used_at IS NULL", tokenHash(token), user).
		Scan(&id, &c.Address, &c.Made, &c.Until)
	switch {
	case errors.Is(err, db.ErrNoRow):
		return c, "", errLinkUnknown
	case err == nil && !tx.Now().Before(c.Until):
		return c, "", errLinkExpired
	}
	return c, id, err
}

// Join uses a link up: the address is the actor's from now on, with its permissions (REG-06, REG-07). Errors: as Link; Conflict
// "accounts.address_taken" when somebody has registered with it meanwhile, "registration.e03", "registration.e04", "registration.e05".
func (s *Service) Join(ctx context.Context, actor audit.Actor, token string) error {
	return s.Access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.InPerson(); err != nil {
			return err
		}
		c, id, err := claimTx(tx, actor.ID, token)
		if err != nil {
			return err
		}
		if _, err := s.allowedTx(tx, c.Address, true); err != nil {
			return err
		}
		n, err := tx.Exec("UPDATE address_claims SET used_at = $1 WHERE id = $2 AND used_at IS NULL AND expires_at > $1", tx.Now(), id)
		if err == nil && n == 0 {
			err = errLinkUnknown
		}
		if err == nil {
			err = s.Accounts.AddAddressTx(tx, actor.ID, c.Address)
		}
		if err != nil {
			return err
		}
		return audit.Record(tx, actor, audit.Event{Action: "registration.joined", Object: claimWire.Wire(id)})
	})
}
