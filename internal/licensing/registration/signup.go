package registration

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/notify"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/i18n"
	"chiave/internal/platform/ids"
)

const (
	codeLife     = 30 * time.Minute
	codeAttempts = 5
	codeDigits   = 8
)

// Signup is a sign-up that waits for its code.
type Signup struct {
	ID      ids.ID
	Address string
	User    ids.ID // who converts an account; "" for who registers
	Country string // proposed; "" when nothing suggests one
	lang    i18n.Lang
}

var errUnknown = errs.New(errs.NotFound, "registration.unknown")

// Start begins to register an address and has a code mailed to it (N03). The answer is the same whoever has the address. Errors: Invalid
// "registration.address" with its field; Limited "accounts.too_many_mails"; Conflict "registration.e02", "registration.e03", "registration.e05".
func (s *Service) Start(ctx context.Context, request, remote, address string, lang i18n.Lang) (Signup, error) {
	return s.begin(ctx, audit.Nobody(request), remote, address, lang, "registration.started", func(_ *db.Tx, g *access.Gate) error {
		g.Public()
		return nil
	})
}

// begin writes a sign-up of whom admit lets pass.
func (s *Service) begin(ctx context.Context, actor audit.Actor, remote, address string, lang i18n.Lang, event string, admit func(*db.Tx, *access.Gate) error) (up Signup, err error) {
	if err := s.Access.Read(ctx, actor, admit); err != nil { // others count towards no limit
		return up, err
	}
	work, err := s.work(address)
	if _, ok := i18n.ParseLang(string(lang)); err == nil && !ok {
		err = errUnnamed.With(errs.Field{Pointer: "language", Code: "accounts.language"})
	}
	if err != nil {
		return up, err
	}
	if err := s.Accounts.MayAsk(ctx, remote, "signup "+work); err != nil {
		return up, err
	}
	err = s.Access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := admit(tx, g); err != nil {
			return err
		}
		if _, err := s.allowedTx(tx, work, false); err != nil {
			return err
		}
		up = Signup{ID: tx.NewID(), Address: work, User: actor.ID, lang: lang}
		_, err := tx.Exec("INSERT INTO signups (id, address, user_id, language, started_at, attempts, expires_at) VALUES ($1, $2, $3, $4, $5, 0, $6)",
			up.ID, work, up.User, string(lang), tx.Now(), tx.Now().Add(codeLife))
		if err == nil {
			err = s.Queue.Enqueue(tx, CodeKind, Mail{up.ID}, time.Time{})
		}
		if err != nil {
			return err
		}
		return audit.Record(tx, actor, audit.Event{Action: event, Object: Wire.Wire(up.ID)})
	})
	return up, err
}

// Again has a new code mailed for a sign-up; the one before stops working. Errors: NotFound "registration.unknown"; Limited "accounts.too_many_mails".
func (s *Service) Again(ctx context.Context, actor audit.Actor, remote string, id ids.ID) error {
	up, err := s.Signup(ctx, actor, id)
	if err != nil {
		return err
	}
	if err := s.Accounts.MayAsk(ctx, remote, "signup "+up.Address); err != nil {
		return err
	}
	return s.Access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		g.Public()
		if err := s.Queue.Enqueue(tx, CodeKind, Mail{up.ID}, time.Time{}); err != nil {
			return err
		}
		return audit.Record(tx, actor, audit.Event{Action: "registration.code_asked", Object: Wire.Wire(up.ID)})
	})
}

// Signup returns a sign-up that is not over, with the country that its address suggests. Whoever began it alone knows its id; that of a
// conversion is its person's. Errors: NotFound "registration.unknown".
func (s *Service) Signup(ctx context.Context, actor audit.Actor, id ids.ID) (up Signup, err error) {
	err = s.Access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		g.Public()
		if up, err = signupTx(tx, id); err != nil {
			return err
		}
		if up.User != actor.ID && up.User != "" {
			return errUnknown
		}
		up.Country, err = s.propose(tx, up)
		return err
	})
	return up, err
}

func signupTx(tx *db.Tx, id ids.ID) (Signup, error) {
	up := Signup{ID: id}
	var lang string
	err := tx.Row("SELECT address, user_id, language FROM signups WHERE id = $1 AND used_at IS NULL", id).Scan(&up.Address, &up.User, &lang)
	if errors.Is(err, db.ErrNoRow) {
		return up, errUnknown
	}
	up.lang = i18n.Lang(lang)
	return up, err
}

// propose returns the country of the organization that has verified the domain, else the one that the domain ends in (ORG-04).
func (s *Service) propose(tx *db.Tx, up Signup) (string, error) {
	p, err := s.Tenants.PolicyTx(tx, up.Address)
	if err != nil || p.Country != "" {
		return p.Country, err
	}
	last := strings.ToUpper(up.Address[strings.LastIndexByte(up.Address, '.')+1:])
	if last == "UK" {
		last = "GB"
	}
	if i18n.IsCountry(last) {
		return last, nil
	}
	if up.lang == i18n.Italian {
		return "IT", nil
	}
	return "", nil
}

// MailCode mails the code of a sign-up, or to whoever has the address already the advice to sign in. A job calls it.
func (s *Service) MailCode(ctx context.Context, m Mail) error {
	return s.DB.Housekeep(ctx, "mailing a signup code", func(tx *db.Tx) error {
		up, err := signupTx(tx, m.ID)
		if errs.KindOf(err) == errs.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		owner, err := s.Accounts.OwnerTx(tx, up.Address)
		if err != nil {
			return err
		}
		if owner != "" {
			return s.mailOwner(tx, up.Address)
		}
		code, until := newCode(), tx.Now().Add(codeLife)
		if _, err := tx.Exec("UPDATE signups SET code_hash = $1, attempts = 0, expires_at = $2 WHERE id = $3 AND used_at IS NULL", hashOf(up.ID, code), until, up.ID); err != nil {
			return err
		}
		return s.Mail.EnqueueTx(tx, notify.Message{To: up.Address, Lang: string(up.lang), Event: notify.SignupCode,
			Params: notify.Params{"code": code[:4] + " " + code[4:], "until": notify.Instant(until), "link": s.BaseURL + accounts.SignInPath}})
	})
}

// mailOwner tells whoever has an address that somebody wanted to use it.
func (s *Service) mailOwner(tx *db.Tx, address string) error {
	people, err := s.Accounts.RecipientsTx(tx, []string{address})
	if err != nil {
		return err
	}
	for _, p := range people {
		err := s.Mail.EnqueueTx(tx, notify.Message{To: p.Address, Lang: string(p.Language), Zone: p.Zone, Event: notify.AlreadyRegistered,
			Params: notify.Params{"name": p.Name, "email": address, "link": s.BaseURL + accounts.SignInPath}})
		if err != nil {
			return err
		}
	}
	return nil
}

func newCode() string {
	n, err := rand.Int(rand.Reader, big.NewInt(100_000_000))
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return fmt.Sprintf("%0*d", codeDigits, n)
}

// hashOf binds a code to its sign-up.
func hashOf(id ids.ID, code string) []byte {
	sum := sha256.Sum256([]byte(string(id) + " " + code))
	return sum[:]
}

// enterCode counts an attempt and judges it (REG-12). Errors: Invalid "registration.completion" with the field code.
func (s *Service) enterCode(ctx context.Context, id ids.ID, code string) error {
	code = strings.Join(strings.FieldsFunc(code, func(r rune) bool { return r == ' ' || r == '-' }), "")
	fault := ""
	err := s.DB.Housekeep(ctx, "counting an attempt to enter a signup code", func(tx *db.Tx) error {
		fault = ""
		n, err := tx.Exec("UPDATE signups SET attempts = attempts + 1 WHERE id = $1 AND used_at IS NULL AND attempts < $2", id, codeAttempts)
		if err != nil {
			return err
		}
		var stored []byte
		var until time.Time
		if err := tx.Row("SELECT code_hash, expires_at FROM signups WHERE id = $1", id).Scan(&stored, &until); err != nil {
			return err
		}
		switch {
		case n == 0:
			fault = "registration.code_worn"
		case !tx.Now().Before(until):
			fault = "registration.code_expired"
		case subtle.ConstantTimeCompare(stored, hashOf(id, code)) == 0:
			fault = "registration.code_wrong"
		}
		return nil
	})
	if err == nil && fault != "" {
		err = errCompletion.With(errs.Field{Pointer: "code", Code: fault})
	}
	return err
}

var errCompletion = errs.New(errs.Invalid, "registration.completion")
