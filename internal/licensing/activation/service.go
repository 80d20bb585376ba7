package activation

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/keys"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
	"chiave/verify"
)

// Wire is the prefix of activation ids.
const Wire = ids.Prefix("act")

// unknownKey names activations with keys that nobody keeps, in the record of refusals.
const unknownKey access.Action = "activation.unknown_key"

// machineNameMost is how many bytes of a computer's name are kept.
const machineNameMost = 200

// The refusals.
var (
	errNoKey        = errs.New(errs.NotFound, "activation.key_unknown")
	errForeign      = errs.New(errs.Conflict, "activation.key_foreign")
	errSuperseded   = errs.New(errs.Conflict, "activation.key_superseded")
	errType         = errs.New(errs.Conflict, "activation.key_type")
	errNoneLeft     = errs.New(errs.Limited, "activation.none_left")
	errInstallation = errs.New(errs.Invalid, "activation.installation_id")
	errCursor       = errs.New(errs.Invalid, "request.cursor")
	errStopped      = errs.New(errs.Unavailable, "activation.stopped")
)

// Sealer is what the room needs of the installation's secrets.
type Sealer interface {
	// Lookup returns the keyed hash by which the text of a product key is found.
	Lookup(purpose string, value []byte) []byte
}

// Service activates. Start must be called before Activate.
type Service struct {
	access    *access.Service
	sealer    Sealer
	signer    func(tx *db.Tx) (Signer, error)
	issuer    string
	refusals  refusals
	queue     chan *pending
	workers   sync.WaitGroup
	stop, end sync.Once
	done      chan struct{} // workers take nothing more
	ended     chan struct{} // workers are gone: nobody is answered any more
}

// New returns the service of the installation with the given issuer ("urn:chiave:<uuid>"). signer gives the signing key in use.
func New(a *access.Service, sealer Sealer, signer func(tx *db.Tx) (Signer, error), issuer string) *Service {
	return &Service{access: a, sealer: sealer, signer: signer, issuer: issuer,
		queue: make(chan *pending, 4*batchMost), done: make(chan struct{}), ended: make(chan struct{})}
}

// Request asks to activate one computer.
type Request struct {
	Code           keys.Code // as keys.ParseTyped reads it, so that a foreign key is refused for what it is
	InstallationID string    // made by the product: 32 lower-case hexadecimal digits
	Product        string    // code of the product that asks
	Machine        string    // the computer's name, for the list that its owner sees; may be empty
}

// Activation is one computer activated by one key.
type Activation struct {
	ID             ids.ID
	KeyID          ids.ID
	LicensingID    ids.ID
	InstallationID string
	Product        string
	Machine        string
	At             time.Time
}

// Result is the answer to a Request.
type Result struct {
	Activation
	Token string // JWS that verify.Token accepts
	Again bool   // this key had activated this computer before: nothing was counted
}

// Activate activates the computer, or confirms again that it is. request is the id of the request, for the record.
//
// Errors: Invalid "activation.installation_id", "activation.product" for codes that no token may carry, the former also for an installation
// ID that the key has activated for another of its products, and keys.ErrCodeCheck for an unknown key that cannot be one of ours; NotFound "activation.key_unknown"; Conflict "activation.key_foreign", "activation.key_superseded",
// "activation.key_type", "activation.other_product"; Limited "activation.none_left"; Unavailable "activation.stopped".
func (s *Service) Activate(ctx context.Context, request string, r Request) (Result, error) {
	if err := s.check(r); err != nil {
		return Result{}, err
	}
	r.Machine = clip(r.Machine)
	p := &pending{Request: r, lookup: keys.Lookup(s.sealer, r.Code), answer: make(chan outcome, 1),
		actor: audit.Actor{Kind: audit.Machine, Request: request}}
	o, err := s.wait(ctx, p)
	switch {
	case err != nil:
		return Result{}, err
	case errors.Is(o.err, errNoKey):
		return Result{}, s.unknown(ctx, p)
	case o.err != nil:
		return Result{}, o.err
	}
	return s.confirm(o)
}

// check refuses what could not be confirmed after it was counted.
func (s *Service) check(r Request) error {
	_, err := verify.ConfirmationMessage(verify.Expect{Issuer: s.issuer, InstallationID: r.InstallationID, Product: r.Product})
	switch {
	case errors.Is(err, verify.ErrInstallation):
		return errInstallation
	case errors.Is(err, verify.ErrProduct):
		return errs.New(errs.Invalid, "activation.product")
	case err != nil:
		return err
	case r.Code.IsZero():
		return errNoKey
	}
	return nil
}

// wait hands p to the workers and waits for its outcome. When ctx ends first, the batch goes on: the machine asks again and is told
// the same.
func (s *Service) wait(ctx context.Context, p *pending) (outcome, error) {
	select {
	case s.queue <- p:
	case <-s.done:
		return outcome{}, errStopped
	case <-ctx.Done():
		return outcome{}, ctx.Err()
	}
	select {
	case o := <-p.answer:
		return o, nil
	case <-ctx.Done():
		return outcome{}, ctx.Err()
	case <-s.ended:
	}
	select {
	case o := <-p.answer: // the last commit was its own
		return o, nil
	default:
		return outcome{}, errStopped
	}
}

// unknown refuses a key that nobody keeps. Such attempts are counted and recorded together, so that a stranger cannot fill the log.
func (s *Service) unknown(ctx context.Context, p *pending) error {
	refusal := errNoKey
	if _, err := keys.ParseCode(p.Code.Reveal()); err != nil {
		refusal = keys.ErrCodeCheck // nor could it be one of ours: mistyped
	}
	return s.access.Read(ctx, p.actor, func(_ *db.Tx, g *access.Gate) error { return g.Refuse(unknownKey, refusal) })
}

// confirm writes the proof of an activation that is durable.
func (s *Service) confirm(o outcome) (Result, error) {
	token, err := Issue(o.signer, verify.Claims{
		Issuer: s.issuer, InstallationID: o.InstallationID, Products: []string{o.Product},
		KeyReference: keys.Wire.Wire(o.KeyID), ActivationID: Wire.Wire(o.ID), IssuedAt: o.At.Truncate(time.Second),
	})
	if err != nil {
		return Result{}, err
	}
	return Result{Activation: o.Activation, Token: token, Again: o.again}, nil
}

// Page bounds a list: at most Limit entries after the cursor Before ("" is the newest).
type Page struct {
	Before string
	Limit  int
}

// OfKey lists what a key has activated, newest first, and the cursor of the next page ("" at the end). Errors: NotFound
// "keys.unknown"; Denied "access.role_missing"; Invalid "request.cursor" for a cursor that is none.
func (s *Service) OfKey(ctx context.Context, actor audit.Actor, key ids.ID, page Page) (list []Activation, next string, err error) {
	if page.Limit <= 0 || page.Limit > 1000 {
		page.Limit = 100
	}
	if page.Before != "" && !ids.Valid(page.Before) {
		return nil, "", errCursor
	}
	err = s.access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		owner, err := keys.OwnerTx(tx, g, key, access.SeeMachines)
		if err != nil {
			return err
		}
		list, err = listTx(tx, owner, key, page)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	if len(list) > page.Limit {
		list = list[:page.Limit]
		next = string(list[page.Limit-1].ID)
	}
	return list, next, nil
}

// clip keeps what fits of a name that a computer gave itself, without control characters.
func clip(name string) string {
	var b strings.Builder
	for _, r := range name {
		if b.Len()+utf8.RuneLen(r) > machineNameMost {
			break
		}
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}
