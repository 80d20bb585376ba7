package accounts

import (
	"context"
	"crypto/rand"
	"errors"
	"math/big"
	"strings"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/notify"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

const (
	// AccountPath is the page on which people look after their own account.
	AccountPath = "/account"
	// DevicePath is the page on which somebody lets a program in.
	DevicePath = "/device"
	// UserCodeField is the query parameter that fills the code in there.
	UserCodeField = "user_code"

	// deviceTokenPrefix is how an API token begins that a program got by itself, and gives back when somebody signs out there.
	deviceTokenPrefix = apiTokenPrefix + "device_"

	deviceLife  = 10 * time.Minute
	devicePause = 3 * time.Second
	slowDown    = 5 * time.Second // what a program's pause grows by that does not keep to it (RFC 8628, section 3.5)
)

// The limits: how many programs of one network may ask to come in, and how many codes a person may mistype.
var (
	perDevices = limit{60, 15 * time.Minute}
	perGuesses = limit{10, 15 * time.Minute}
)

// DeviceRequest is a program on another computer that wants to act for somebody.
type DeviceRequest struct {
	Name    string          // of the computer, as the program says it
	Address string          // IP address that it asked from; "" when that is not known
	Scopes  []access.Action // access.Everything narrows nothing
	Until   time.Time       // end of the API token that it gets
	Expires time.Time       // end of the code
}

// DeviceCodes are what a program gets that asks to be let in.
type DeviceCodes struct {
	Device  string // secret of the program
	User    string // what a person types: "BCDF-GHJK"
	Page    string // address where it is typed
	Expires time.Duration
	Pause   time.Duration // between two questions
}

var (
	errDeviceRequest = errs.New(errs.Invalid, "accounts.device_request")
	errUserCode      = errs.New(errs.Invalid, "accounts.user_code").With(errs.Field{Pointer: UserCodeField, Code: "accounts.user_code"})
	errDeviceDecided = errs.New(errs.Conflict, "accounts.device_decided")

	// The answers of RFC 8628, section 3.5, and RFC 6749, section 5.2, under the names that these give them.
	errDevicePending = errs.New(errs.Invalid, "accounts.oauth_authorization_pending")
	errDeviceSlow    = errs.New(errs.Invalid, "accounts.oauth_slow_down")
	errDeviceDenied  = errs.New(errs.Invalid, "accounts.oauth_access_denied")
	errDeviceExpired = errs.New(errs.Invalid, "accounts.oauth_expired_token")
	errDeviceUnknown = errs.New(errs.Invalid, "accounts.oauth_invalid_grant")
)

// StartDevice takes the request of a program that nobody has signed in to. Days is how long its API token is to live. Errors: Invalid
// "accounts.device_request" with its fields, "access.scope"; Limited "accounts.too_many_attempts".
func (s *Service) StartDevice(ctx context.Context, request, remote, name string, scopes []access.Action, days int) (DeviceCodes, error) {
	invalid := errDeviceRequest
	if name = strings.TrimSpace(name); name == "" || !plainText(name, longestName) {
		invalid = invalid.With(errs.Field{Pointer: "name", Code: "accounts.name", Params: errs.Params{"max": longestName}})
	}
	if most := int(tokenLife.Hours() / 24); days < 1 || days > most {
		invalid = invalid.With(errs.Field{Pointer: "days", Code: "accounts.token_until", Params: errs.Params{"days": most}})
	}
	if len(invalid.Fields) > 0 {
		return DeviceCodes{}, invalid
	}
	if err := access.CheckScopes(scopes); err != nil {
		return DeviceCodes{}, err
	}
	tooMany, err := s.countOnce(ctx, perDevices, "devices "+networkSubject(networkOf(remote)))
	if err == nil && tooMany != nil {
		err = tooMany
	}
	if err != nil {
		return DeviceCodes{}, err
	}
	codes := DeviceCodes{Device: newSecret(""), User: newUserCode(), Page: s.baseURL + DevicePath, Expires: deviceLife, Pause: devicePause}
	return codes, s.access.Write(ctx, audit.Nobody(request), func(tx *db.Tx, g *access.Gate) error {
		g.Public()
		id := tx.NewID()
		_, err := tx.Exec(`INSERT INTO device_requests (id, device_hash, user_hash, name, address, scopes, created_at, expires_at, token_until, state, pause)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'pending', $10)`, id, digest(codes.Device), s.userCodeHash(codes.User), name, hostOf(remote),
			joinScopes(scopes), tx.Now(), tx.Now().Add(deviceLife), tx.Now().AddDate(0, 0, days), devicePause.Microseconds())
		if err != nil {
			return err
		}
		return audit.Record(tx, g.Actor(), audit.Event{Action: "devices.asked", Object: devices.Wire(id)})
	})
}

// userCodeLetters are consonants that are not mistaken for each other and make no words (RFC 8628, section 6.1).
const userCodeLetters = "BCDFGHJKLMNPQRSTVWXZ"

// newUserCode returns one of 20^8 codes. They live for minutes, and guesses are limited.
func newUserCode() string {
	var code []byte
	for range 8 {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(userCodeLetters))))
		if err != nil { // crypto/rand does not fail
			panic(err)
		}
		code = append(code, userCodeLetters[n.Int64()])
	}
	return string(code[:4]) + "-" + string(code[4:])
}

// userCodeHash forgives what people do to a code that they type. The hash is keyed, since a code can be found by trying all.
func (s *Service) userCodeHash(typed string) []byte {
	letters := strings.Map(func(r rune) rune {
		if strings.ContainsRune(userCodeLetters, r) {
			return r
		}
		return -1
	}, strings.ToUpper(typed))
	return s.sealer.Lookup("device codes", []byte(letters))
}

// Device returns the program that waits with a code. Looking decides nothing. Errors: those of Gate.InPerson; Invalid "accounts.user_code"
// for a code that no program waits with; Limited "accounts.too_many_attempts" after too many of them.
func (s *Service) Device(ctx context.Context, actor audit.Actor, userCode string) (d DeviceRequest, err error) {
	return d, s.guess(ctx, actor, func() error {
		return s.access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
			if err := g.InPerson(); err != nil {
				return err
			}
			_, d, err = s.waiting(tx, userCode)
			return err
		})
	})
}

// DecideDevice lets the program in that waits with a code, or sends it away, for good. Errors: as Device; Conflict
// "accounts.device_decided" when somebody else was first.
func (s *Service) DecideDevice(ctx context.Context, actor audit.Actor, userCode string, allow bool) error {
	state := map[bool]string{true: "allowed", false: "denied"}[allow]
	return s.guess(ctx, actor, func() error {
		return s.access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
			if err := g.InPerson(); err != nil {
				return err
			}
			id, _, err := s.waiting(tx, userCode)
			if err != nil {
				return err
			}
			n, err := tx.Exec("UPDATE device_requests SET state = $1, user_id = $2 WHERE id = $3 AND state = 'pending' AND expires_at > $4", state, actor.ID, id, tx.Now())
			if err != nil {
				return err
			}
			if n == 0 {
				return errDeviceDecided
			}
			after := struct {
				State string `json:"state"`
			}{state}
			event := audit.Event{Action: "devices.decided", Object: devices.Wire(id), After: after}
			if allow {
				return s.ownerTold(tx, actor, event, notify.DeviceAllowed, AccountPath)
			}
			return audit.Record(tx, actor, event)
		})
	})
}

// waiting returns the program that waits with a code. Errors: Invalid "accounts.user_code".
func (s *Service) waiting(tx *db.Tx, userCode string) (id ids.ID, d DeviceRequest, err error) {
	var scopes string
	err = tx.Row("SELECT id, name, address, scopes, token_until, expires_at FROM device_requests WHERE user_hash = $1 AND state = 'pending' AND expires_at > $2",
		s.userCodeHash(userCode), tx.Now()).Scan(&id, &d.Name, &d.Address, &scopes, &d.Until, &d.Expires)
	d.Scopes = readScopes(scopes)
	if errors.Is(err, db.ErrNoRow) {
		err = errUserCode
	}
	return id, d, err
}

// guess counts a try at a code before it is made, and gives this one back when it was right: a program of one's own must not give back what was
// tried at those of others. Errors: Limited "accounts.too_many_attempts".
func (s *Service) guess(ctx context.Context, actor audit.Actor, try func() error) error {
	if err := s.mustBeInPerson(ctx, actor); err != nil {
		return err
	}
	subject := "device " + string(actor.ID)
	tooMany, err := s.countOnce(ctx, perGuesses, subject)
	if err != nil {
		return err
	}
	if tooMany != nil {
		return tooMany
	}
	if err := try(); err != nil {
		return err
	}
	return s.db.Housekeep(ctx, "giving back a guess that was right", func(tx *db.Tx) error {
		_, err := tx.Exec("UPDATE signin_failures SET attempts = attempts - 1 WHERE subject = $1 AND attempts > 0", subject)
		return err
	})
}

// forget gives the attempts under a subject back.
func (s *Service) forget(ctx context.Context, subject string) error {
	return s.db.Housekeep(ctx, "giving attempts back that were right", func(tx *db.Tx) error {
		_, err := tx.Exec("DELETE FROM signin_failures WHERE subject = $1", subject)
		return err
	})
}

// device is a request as the program that waits finds it.
type device struct {
	id      ids.ID
	name    string
	scopes  string
	until   time.Time
	expires time.Time
	state   string
	user    ids.ID
}

// RedeemDevice gives a program its API token, once, after somebody has let it in. Errors: Invalid "accounts.oauth_" and the name that RFC 8628
// gives the answer: authorization_pending, slow_down, access_denied, expired_token, invalid_grant.
func (s *Service) RedeemDevice(ctx context.Context, request, deviceCode string) (secret string, token APIToken, err error) {
	var d device
	now := time.Time{}
	err = s.access.Read(ctx, audit.Nobody(request), func(tx *db.Tx, g *access.Gate) error {
		g.Public()
		now = tx.Now()
		err := tx.Row("SELECT id, name, scopes, token_until, expires_at, state, COALESCE(user_id, '') FROM device_requests WHERE device_hash = $1", digest(deviceCode)).
			Scan(&d.id, &d.name, &d.scopes, &d.until, &d.expires, &d.state, &d.user)
		if errors.Is(err, db.ErrNoRow) {
			return g.Refuse(access.SignIn, errDeviceUnknown)
		}
		return err
	})
	switch {
	case err != nil:
		return "", APIToken{}, err
	case d.state == "used":
		return "", APIToken{}, errDeviceUnknown
	case !now.Before(d.expires):
		return "", APIToken{}, errDeviceExpired
	case d.state == "denied":
		return "", APIToken{}, errDeviceDenied
	case d.state == "pending":
		return "", APIToken{}, s.keepWaiting(ctx, d.id)
	}
	actor := audit.Actor{Kind: audit.User, ID: d.user, Request: request}
	err = s.access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		g.Public()
		n, err := tx.Exec(`UPDATE device_requests SET state = 'used' WHERE id = $1 AND state = 'allowed' AND expires_at > $2
			AND EXISTS (SELECT 1 FROM users WHERE id = $3 AND disabled_at IS NULL)`, d.id, tx.Now(), d.user)
		if err != nil {
			return err
		}
		if n == 0 {
			return g.Refuse(access.SignIn, errDeviceUnknown)
		}
		token = APIToken{Name: d.name, Scopes: readScopes(d.scopes), CreatedAt: tx.Now(), ExpiresAt: d.until}
		secret, token.ID, err = addToken(tx, actor, deviceTokenPrefix, d.user, d.name, token.Scopes, d.until)
		return err
	})
	return secret, token, err
}

// keepWaiting notes that a program has asked, and answers it, by whether it kept to the pause.
func (s *Service) keepWaiting(ctx context.Context, id ids.ID) error {
	refusal := errDevicePending
	err := s.db.Housekeep(ctx, "noting that a program asks whether it may come in", func(tx *db.Tx) error {
		refusal = errDevicePending
		n, err := tx.Exec("UPDATE device_requests SET asked_at = $2 WHERE id = $1 AND (asked_at IS NULL OR asked_at + pause <= $2)", id, tx.Now())
		if err != nil || n == 1 {
			return err
		}
		var pause int64
		err = tx.Returning("UPDATE device_requests SET asked_at = $2, pause = pause + $3 WHERE id = $1 RETURNING pause", id, tx.Now(), slowDown.Microseconds()).Scan(&pause)
		refusal = errs.New(errs.Invalid, errDeviceSlow.Code, errs.Params{"retry_after": pause / time.Second.Microseconds()})
		return err
	})
	if err != nil {
		return err
	}
	return refusal
}

// giveBack revokes the token of a program. Whoever holds it may, whatever its scopes.
func (s *Service) giveBack(ctx context.Context, actor audit.Actor, token string) error {
	return s.access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		g.Public()
		n, err := tx.Exec("UPDATE api_tokens SET revoked_at = $1 WHERE id = $2 AND token_hash = $3 AND revoked_at IS NULL", tx.Now(), actor.Token, digest(token))
		if err != nil || n == 0 {
			return err
		}
		return audit.Record(tx, actor, audit.Event{Action: "tokens.revoked", Object: tokens.Wire(actor.Token)})
	})
}
