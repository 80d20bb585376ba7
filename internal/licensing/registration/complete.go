package registration

import (
	"context"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/i18n"
	"chiave/internal/platform/ids"
)

// Completion is what somebody says of themselves, with the code that was mailed.
type Completion struct {
	Code     string
	Names    accounts.Names
	Country  string // confirmed; it does not change any more (ORG-04)
	Language i18n.Lang
	Password string // of who registers
}

// check trims the completion and returns what is wrong with it, the code apart.
func (c *Completion) check() []errs.Field {
	fields := accounts.CheckNames(&c.Names)
	if !i18n.IsCountry(c.Country) {
		fields = append(fields, errs.Field{Pointer: "country", Code: "accounts.country"})
	}
	return fields
}

// confirmed is how a sign-up appears in the record that ends it.
type confirmed struct {
	Signup       string `json:"signup"`
	Country      string `json:"country"`
	Organization ids.ID `json:"organization,omitempty"`
}

// Complete makes the account of whoever enters the code that was mailed; the permissions of the address count at once. Errors: NotFound
// "registration.unknown"; Invalid "registration.completion" with its fields; Conflict "registration.e03", "registration.e04",
// "registration.e05", "accounts.address_taken"; Limited "accounts.too_many_attempts".
func (s *Service) Complete(ctx context.Context, request string, id ids.ID, c Completion) error {
	up, err := s.Signup(ctx, audit.Nobody(request), id)
	if err != nil {
		return err
	}
	fields := append(c.check(), accounts.CheckNewPassword(c.Password, up.Address, c.Names.First, c.Names.Last)...)
	if _, ok := i18n.ParseLang(string(c.Language)); !ok {
		fields = append(fields, errs.Field{Pointer: "language", Code: "accounts.language"})
	}
	if len(fields) > 0 {
		return errCompletion.With(fields...)
	}
	if err := s.proven(ctx, audit.Nobody(request), up, c.Code); err != nil {
		return err
	}
	stored, err := s.Accounts.Password(ctx, c.Password)
	if err != nil {
		return err
	}
	return s.Access.Write(ctx, audit.Nobody(request), func(tx *db.Tx, g *access.Gate) error {
		g.Public()
		p, err := s.useUp(tx, up)
		if err != nil {
			return err
		}
		user, err := s.Accounts.RegisterTx(tx, accounts.NewUser{Country: c.Country, Address: up.Address, Stored: stored,
			User: accounts.User{FirstName: c.Names.First, LastName: c.Names.Last, Language: c.Language, Organization: p}})
		if err != nil {
			return err
		}
		return audit.Record(tx, accounts.RegisteredActor(user, request), audit.Event{Action: "registration.completed", Object: accounts.UserWire(user), After: confirmed{Wire.Wire(up.ID), c.Country, p}})
	})
}

// proven judges the code and then asks the owner of the domain, before anything dear is done.
func (s *Service) proven(ctx context.Context, actor audit.Actor, up Signup, code string) error {
	if err := s.enterCode(ctx, up.ID, code); err != nil {
		return err
	}
	return s.Access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		g.Public()
		_, err := s.allowedTx(tx, up.Address, true)
		return err
	})
}

// useUp ends a sign-up whose code was entered and returns the organization that has verified the domain, if one has.
func (s *Service) useUp(tx *db.Tx, up Signup) (ids.ID, error) {
	p, err := s.allowedTx(tx, up.Address, true)
	if err != nil {
		return "", err
	}
	n, err := tx.Exec("UPDATE signups SET used_at = $1 WHERE id = $2 AND used_at IS NULL AND code_hash IS NOT NULL AND expires_at > $1", tx.Now(), up.ID)
	if err == nil && n == 0 { // another use came first
		err = errUnknown
	}
	return p.Organization, err
}
