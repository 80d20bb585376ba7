package keys

import (
	"context"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// Filter says which keys to list: of one Licensing ID, or of all that the actor may see keys of when it is empty.
type Filter struct {
	Licensing ids.ID
	After     ids.ID // last key of the page before
	Limit     int    // 100 when zero, 1000 at most
}

// List returns keys, masked, in order of their ids, and the cursor of the next page ("" at the end). Errors: those of
// access.Gate.On for a named Licensing ID; Unauthenticated; Invalid "request.cursor" for an After that is no id.
func (s *Service) List(ctx context.Context, actor audit.Actor, f Filter) (list []Key, next ids.ID, err error) {
	return s.page(ctx, actor, f, scopeOf)
}

// Stock lists keys for staff who maintain them: masked, with use and limit. That they looked is on record. Errors: those of
// access.Gate.Staff; those of access.Gate.On for a named Licensing ID.
func (s *Service) Stock(ctx context.Context, actor audit.Actor, f Filter) (list []Key, next ids.ID, err error) {
	return s.page(ctx, actor, f, stockOf)
}

// page reads one page of the keys that allowed lets the actor see.
func (s *Service) page(ctx context.Context, actor audit.Actor, f Filter,
	allowed func(g *access.Gate, licensing ids.ID) (access.Scope, error)) (list []Key, next ids.ID, err error) {
	if f.Limit <= 0 || f.Limit > 1000 {
		f.Limit = 100
	}
	if f.After != "" && !ids.Valid(string(f.After)) {
		return nil, "", errCursor
	}
	err = s.access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		scope, err := allowed(g, f.Licensing)
		if err != nil {
			return err
		}
		list, err = listTx(tx, scope, f.After, f.Limit+1)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	if len(list) > f.Limit {
		list = list[:f.Limit]
		next = list[f.Limit-1].ID
	}
	return list, next, nil
}

// scopeOf returns where the actor may view keys: on the one Licensing ID asked for, or wherever it may.
func scopeOf(g *access.Gate, licensing ids.ID) (access.Scope, error) {
	if licensing == "" {
		return g.Scope(access.ViewKeys)
	}
	return access.Scope{IDs: []ids.ID{licensing}}, g.On(access.ViewKeys, licensing)
}

// stockOf is scopeOf for staff who maintain keys.
func stockOf(g *access.Gate, licensing ids.ID) (access.Scope, error) {
	if err := g.Staff(access.MaintainKeys); err != nil {
		return access.Scope{}, err
	}
	if licensing == "" {
		return g.Scope(access.SeeLicensingID)
	}
	return access.Scope{IDs: []ids.ID{licensing}}, g.On(access.SeeLicensingID, licensing)
}

// Get returns one key, masked. Errors: NotFound "keys.unknown"; Denied "access.role_missing".
func (s *Service) Get(ctx context.Context, actor audit.Actor, key ids.ID) (k Key, err error) {
	err = s.access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if _, err := OwnerTx(tx, g, key, access.ViewKeys); err != nil {
			return err
		}
		k, err = getTx(tx, key)
		return err
	})
	return k, err
}

// Stocked returns one key, masked, to staff who maintain it. Errors: those of access.Gate.Staff; NotFound "keys.unknown".
func (s *Service) Stocked(ctx context.Context, actor audit.Actor, key ids.ID) (k Key, err error) {
	err = s.access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.Staff(access.MaintainKeys); err != nil {
			return err
		}
		if _, err := OwnerTx(tx, g, key, access.SeeLicensingID); err != nil {
			return err
		}
		k, err = getTx(tx, key)
		return err
	})
	return k, err
}

// Batch returns the keys that were made together with the given one, masked, to staff who maintain them. Errors: as Stocked.
func (s *Service) Batch(ctx context.Context, actor audit.Actor, key ids.ID) (list []Key, err error) {
	err = s.access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.Staff(access.MaintainKeys); err != nil {
			return err
		}
		licensing, err := OwnerTx(tx, g, key, access.SeeLicensingID)
		if err != nil {
			return err
		}
		var batch ids.ID
		if err := tx.Row("SELECT batch_id FROM product_keys WHERE id = $1", key).Scan(&batch); err != nil {
			return err
		}
		list, err = batchTx(tx, licensing, batch)
		return err
	})
	return list, err
}
