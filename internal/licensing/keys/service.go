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
func Lookup(h Hasher, c Code) []byte { return h.Lookup(lookupPurpose, []byte(c.folded())) }

// place is where a key's text is sealed for.
func place(id ids.ID) string { return "product_keys/" + string(id) }

// Licenses tells how many licenses a Licensing ID has.
type Licenses interface {
	// LicensesTx returns the effective quantities of the products in the License Summary of today, added up.
	LicensesTx(tx *db.Tx, licensing ids.ID, products []string) (int64, error)
}

// Service keeps keys.
type Service struct {
	db       *db.DB
	access   *access.Service
	sealer   Sealer
	licenses Licenses
}

// New returns the service.
func New(d *db.DB, a *access.Service, sealer Sealer, licenses Licenses) *Service {
	return &Service{db: d, access: a, sealer: sealer, licenses: licenses}
}

// OwnerTx decides whether the gate's actor may do action on the Licensing ID that a key belongs to, and returns that. A key that does
// not exist, or belongs to a program managed elsewhere, is decided like one of a Licensing ID that the actor does not know of, so that
// neither answer nor record tells them apart.
// Errors: NotFound "keys.unknown" for both; those of access.Gate.On.
func OwnerTx(tx *db.Tx, g *access.Gate, key ids.ID, action access.Action) (licensing ids.ID, err error) {
	err = tx.Row("SELECT k.licensing_id"+keyTables+" WHERE k.id = $1", key).Scan(&licensing)
	if err != nil && !errors.Is(err, db.ErrNoRow) {
		return "", err
	}
	if err := g.On(action, licensing); errs.KindOf(err) == errs.NotFound {
		return "", errUnknown.Wrap(err)
	} else if err != nil {
		return "", err
	}
	return licensing, nil
}

// Generate makes keys for a Licensing ID; their text is shown to nobody. Errors: those of access.Gate.Staff; Invalid "keys.generation"
// with its fields; NotFound "licensing_ids.unknown".
func (s *Service) Generate(ctx context.Context, actor audit.Actor, g Generation) (made []Key, err error) {
	err = s.access.Write(ctx, actor, func(tx *db.Tx, gate *access.Gate) error {
		if err := gate.Staff(access.MaintainKeys); err != nil {
			return err
		}
		asked, err := s.completeTx(tx, g)
		if err != nil {
			return err
		}
		batch := tx.NewID()
		acts := make([]audit.Act, asked.Count)
		for i := range acts {
			id, err := s.makeTx(tx, asked, batch)
			if err != nil {
				return err
			}
			acts[i] = audit.Act{Actor: gate.Actor(), Event: audit.Event{Action: "keys.generated", Object: Wire.Wire(id), LicensingID: asked.Licensing,
				After: map[string]any{"type": asked.Type, "products": asked.Products, "limit": asked.Limit, "batch": batch}}}
		}
		tx.SetResult(acts[0].Event.Object)
		if made, err = batchTx(tx, asked.Licensing, batch); err != nil {
			return err
		}
		return audit.RecordEach(tx, acts)
	})
	return made, err
}

// completeTx checks a request against what there is and works its limit out when it names none.
func (s *Service) completeTx(tx *db.Tx, g Generation) (Generation, error) {
	if err := g.check(); err != nil {
		return g, err
	}
	program, err := checkTargets(tx, g)
	if err != nil {
		return g, err
	}
	if g.Type == MAK && g.Limit == 0 {
		g.Limit, err = s.limitTx(tx, program, g)
	}
	return g, err
}

// checkTargets refuses a Licensing ID or products that do not exist, and returns the Licensing ID's program.
func checkTargets(tx *db.Tx, g Generation) (program string, err error) {
	err = tx.Row("SELECT l.program FROM licensing_ids l WHERE l.id = $1 AND "+access.Shown, g.Licensing).Scan(&program)
	if errors.Is(err, db.ErrNoRow) {
		return "", access.ErrUnknownLicensingID
	}
	if err != nil {
		return "", err
	}
	known := map[string]bool{}
	err = tx.Each("SELECT DISTINCT code FROM products WHERE code IN "+tx.In("$1"), []any{db.List(g.Products)}, func(scan func(...any) error) error {
		var code string
		err := scan(&code)
		known[code] = true
		return err
	})
	if err != nil {
		return "", err
	}
	for _, code := range g.Products {
		if !known[code] {
			return "", refuse("/products", "keys.product_unknown", errs.Params{"product": code})
		}
	}
	return program, nil
}

// makeTx draws a code and stores it. 120 random bits do not meet twice; the unique index would refuse it.
func (s *Service) makeTx(tx *db.Tx, g Generation, batch ids.ID) (ids.ID, error) {
	code, err := Generate(rand.Reader)
	if err != nil {
		return "", fmt.Errorf("drawing a product key: %w", err)
	}
	id := tx.NewID()
	sealed, err := s.sealer.Seal(place(id), []byte(code.Reveal()))
	if err != nil {
		return "", fmt.Errorf("sealing a product key: %w", err)
	}
	var limit any
	if g.Limit > 0 {
		limit = g.Limit
	}
	return id, insertOwn(tx, id, batch, g, sealed, Lookup(s.sealer, code), code.LastFive(), limit)
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
	if err != nil { // of the record, perhaps: then nothing of what was read may be shown
		return Key{}, "", err
	}
	return k, text, nil
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

// SetLimit changes how many computers a key may activate. version is the one of the key that the actor has seen. Errors: those of
// access.Gate.Staff; NotFound "keys.unknown"; Invalid "keys.limit_missing" above a billion; Precondition "keys.version"; Conflict
// "keys.limit_below_used", "keys.limit_unused" for a type without a count, "keys.foreign", "keys.superseded".
func (s *Service) SetLimit(ctx context.Context, actor audit.Actor, key ids.ID, limit, version int64) (k Key, err error) {
	err = s.maintain(ctx, actor, key, "keys.limit_changed", func(tx *db.Tx, before Key) error {
		switch {
		case before.Origin == Foreign:
			return errForeign
		case !before.Counted:
			return errUncounted
		case before.State != Assigned:
			return errSuperseded
		case limit < before.Used || limit < 1:
			return errTooSmall
		case limit > maxLimit:
			return errTooLarge
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
