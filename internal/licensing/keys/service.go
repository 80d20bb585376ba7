package keys

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// lookupPurpose separates the hashes of key texts from all others.
const lookupPurpose = "product_keys"

// Hasher finds keys by their text.
type Hasher interface {
	Lookup(purpose string, value []byte) []byte
}

// Sealer is what the room needs of the installation's secrets.
type Sealer interface {
	Hasher
	// Seal encrypts plaintext for the place it is stored in; Open refuses it anywhere else.
	Seal(place string, plaintext []byte) ([]byte, error)
	Open(place string, sealed []byte) ([]byte, error)
}

// Lookup returns the keyed hash by which a key is found.
func Lookup(h Hasher, c Code) []byte { return h.Lookup(lookupPurpose, []byte(c.Reveal())) }

// place is where a key's text is sealed for.
func place(id ids.ID) string { return "product_keys/" + string(id) }

// Service keeps keys.
type Service struct {
	access *access.Service
	sealer Sealer
}

// New returns the service.
func New(a *access.Service, sealer Sealer) *Service { return &Service{access: a, sealer: sealer} }

// OwnerTx decides whether the gate's actor may do action on the Licensing ID that a key belongs to, and returns that. Errors: NotFound
// "keys.unknown" for a key that does not exist and for one that the actor may not know of; those of access.Gate.On.
func OwnerTx(tx *db.Tx, g *access.Gate, key ids.ID, action access.Action) (licensing ids.ID, err error) {
	err = tx.Row("SELECT licensing_id FROM product_keys WHERE id = $1", key).Scan(&licensing)
	if errors.Is(err, db.ErrNoRow) {
		if err := g.SignedIn(); err != nil {
			return "", err
		}
		return "", errUnknown
	}
	if err != nil {
		return "", err
	}
	if err := g.On(action, licensing); errs.KindOf(err) == errs.NotFound {
		return "", errUnknown.Wrap(err)
	} else if err != nil {
		return "", err
	}
	return licensing, nil
}

// Generate makes keys for a Licensing ID; their text is shown to nobody. Errors: those of access.Gate.Staff; Invalid "keys.generation";
// NotFound "licensing_ids.unknown"; Invalid "keys.product_unknown".
func (s *Service) Generate(ctx context.Context, actor audit.Actor, g Generation) (made []Key, err error) {
	if err := g.check(); err != nil {
		return nil, err
	}
	err = s.access.Write(ctx, actor, func(tx *db.Tx, gate *access.Gate) error {
		if err := gate.Staff(access.MaintainKeys); err != nil {
			return err
		}
		if err := checkTargets(tx, g); err != nil {
			return err
		}
		batch := tx.NewID()
		made = nil
		for range g.Count {
			id, err := s.makeTx(tx, g)
			if err != nil {
				return err
			}
			k, err := getTx(tx, id)
			if err != nil {
				return err
			}
			made = append(made, k)
			if err := audit.Record(tx, gate.Actor(), audit.Event{Action: "keys.generated", Object: Wire.Wire(id), LicensingID: g.Licensing,
				After: map[string]any{"type": g.Type, "products": g.Products, "limit": g.Limit, "batch": batch}}); err != nil {
				return err
			}
		}
		tx.SetResult(Wire.Wire(made[0].ID))
		return nil
	})
	return made, err
}

// checkTargets refuses a Licensing ID or products that do not exist.
func checkTargets(tx *db.Tx, g Generation) error {
	var n int
	if err := tx.Row("SELECT count(*) FROM licensing_ids WHERE id = $1", g.Licensing).Scan(&n); err != nil {
		return err
	}
	if n == 0 {
		return access.ErrUnknownLicensingID
	}
	for _, code := range g.Products {
		if err := tx.Row("SELECT count(*) FROM products WHERE code = $1", code).Scan(&n); err != nil {
			return err
		}
		if n == 0 {
			return errs.New(errs.Invalid, "keys.product_unknown", errs.Params{"product": code})
		}
	}
	return nil
}

// makeTx draws a code and stores it. 120 random bits do not meet twice; the unique index would refuse it.
func (s *Service) makeTx(tx *db.Tx, g Generation) (ids.ID, error) {
	code, err := Generate(rand.Reader)
	if err != nil {
		return "", fmt.Errorf("drawing a product key: %w", err)
	}
	var limit *int64
	if g.Limit > 0 {
		limit = &g.Limit
	}
	return s.storeTx(tx, stored{licensing: g.Licensing, kind: g.Type, origin: Own, text: code.Reveal(), lastFive: code.LastFive(),
		lookup: Lookup(s.sealer, code), limit: limit, products: g.Products})
}

// Reveal returns a key with its text, on the record. Errors: NotFound "keys.unknown"; Denied "access.role_missing".
func (s *Service) Reveal(ctx context.Context, actor audit.Actor, key ids.ID) (k Key, text string, err error) {
	err = s.onKey(ctx, actor, key, "keys.revealed", func(tx *db.Tx) error {
		if k, err = getTx(tx, key); err != nil {
			return err
		}
		text, err = s.openTx(tx, key)
		return err
	})
	return k, text, err
}

// Copied puts on record that the actor copied a key that was revealed. Errors: as Reveal.
func (s *Service) Copied(ctx context.Context, actor audit.Actor, key ids.ID) error {
	return s.onKey(ctx, actor, key, "keys.copied", func(*db.Tx) error { return nil })
}

// onKey does something with a key's text that is recorded as event.
func (s *Service) onKey(ctx context.Context, actor audit.Actor, key ids.ID, event string, do func(tx *db.Tx) error) error {
	return s.access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		licensing, err := OwnerTx(tx, g, key, access.ViewKeys)
		if err != nil {
			return err
		}
		if err := do(tx); err != nil {
			return err
		}
		return audit.Record(tx, g.Actor(), audit.Event{Action: event, Object: Wire.Wire(key), LicensingID: licensing})
	})
}

func (s *Service) openTx(tx *db.Tx, key ids.ID) (string, error) {
	var sealed []byte
	if err := tx.Row("SELECT sealed FROM product_keys WHERE id = $1", key).Scan(&sealed); err != nil {
		return "", err
	}
	text, err := s.sealer.Open(place(key), sealed)
	return string(text), err
}

// SetLimit changes how many computers a key may activate. version is the row's ETag. Errors: those of access.Gate.Staff; NotFound
// "keys.unknown"; Precondition "keys.version"; Conflict "keys.limit_below_used".
func (s *Service) SetLimit(ctx context.Context, actor audit.Actor, key ids.ID, limit, version int64) (k Key, err error) {
	err = s.maintain(ctx, actor, key, "keys.limit_changed", func(tx *db.Tx, before Key) error {
		if !before.Counted || limit < before.Used {
			return errTooSmall
		}
		n, err := tx.Exec("UPDATE product_keys SET activation_limit = $1, version = version + 1 WHERE id = $2 AND version = $3 AND used <= $1", limit, key, version)
		if err == nil && n == 0 {
			return errStale
		}
		return err
	}, &k)
	return k, err
}

// Supersede takes a key out of use: it activates no further computer. Errors: those of access.Gate.Staff; NotFound "keys.unknown";
// Precondition "keys.version".
func (s *Service) Supersede(ctx context.Context, actor audit.Actor, key ids.ID, version int64) (k Key, err error) {
	err = s.maintain(ctx, actor, key, "keys.superseded", func(tx *db.Tx, _ Key) error {
		n, err := tx.Exec("UPDATE product_keys SET state = 'superseded', superseded_at = $1, version = version + 1 WHERE id = $2 AND version = $3 AND state = 'assigned'", tx.Now(), key, version)
		if err == nil && n == 0 {
			return errStale
		}
		return err
	}, &k)
	return k, err
}

// maintain is a change of a key by staff; after holds the key as it is then.
func (s *Service) maintain(ctx context.Context, actor audit.Actor, key ids.ID, event string, change func(tx *db.Tx, before Key) error, after *Key) error {
	return s.access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.Staff(access.MaintainKeys); err != nil {
			return err
		}
		before, err := getTx(tx, key)
		if err != nil {
			return err
		}
		if err := change(tx, before); err != nil {
			return err
		}
		if *after, err = getTx(tx, key); err != nil {
			return err
		}
		tx.SetResult(Wire.Wire(key))
		return audit.Record(tx, g.Actor(), audit.Event{Action: event, Object: Wire.Wire(key), LicensingID: before.Licensing,
			Before: limits(before), After: limits(*after)})
	})
}

func limits(k Key) map[string]any { return map[string]any{"limit": k.Limit, "state": k.State} }
