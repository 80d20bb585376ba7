package partners

import (
	"context"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

const wire ids.Prefix = "par"

// Partner is a company that sells licenses.
type Partner struct {
	ID   ids.ID `json:"-"`
	Code string `json:"code"`
	Name string `json:"name"`
}

// Service keeps partners. It is safe for concurrent use.
type Service struct{ access *access.Service }

// New returns the service.
func New(who *access.Service) *Service { return &Service{access: who} }

// Saved says what saving a partner did.
type Saved uint8

// What saving does.
const (
	Unchanged Saved = iota
	Created
	Renamed
)

// SaveTx records a partner under its code, or renames it. The caller decides access.
func (s *Service) SaveTx(tx *db.Tx, actor audit.Actor, p Partner) (ids.ID, Saved, error) {
	known, err := s.ByCodesTx(tx, []string{p.Code})
	if err != nil {
		return "", Unchanged, err
	}
	before, exists := known[p.Code]
	event, did := audit.Event{Action: "partners.changed", After: p}, Renamed
	switch {
	case !exists:
		p.ID, did, event.Action = tx.NewID(), Created, "partners.recorded"
		_, err = tx.Exec("INSERT INTO partners (id, code, name, version, created_at, changed_at) VALUES ($1, $2, $3, 1, $4, $5)",
			p.ID, p.Code, p.Name, tx.Now(), tx.Now())
	case before.Name == p.Name:
		return before.ID, Unchanged, nil
	default:
		p.ID, event.Before = before.ID, before
		_, err = tx.Exec("UPDATE partners SET name = $1, version = version + 1, changed_at = $2 WHERE id = $3", p.Name, tx.Now(), p.ID)
	}
	if err != nil {
		return "", Unchanged, err
	}
	event.Object = wire.Wire(p.ID)
	return p.ID, did, audit.Record(tx, actor, event)
}

// ByCodesTx returns the partners that have one of the codes, by code. The caller decides access.
func (s *Service) ByCodesTx(tx *db.Tx, codes []string) (map[string]Partner, error) {
	known := map[string]Partner{}
	err := tx.Each("SELECT id, code, name FROM partners WHERE code IN "+tx.In("$1"), []any{db.List(codes)}, func(scan func(...any) error) error {
		var p Partner
		err := scan(&p.ID, &p.Code, &p.Name)
		known[p.Code] = p
		return err
	})
	return known, err
}

// List returns every partner by code, for staff who import. Errors: those of Gate.Staff.
func (s *Service) List(ctx context.Context, actor audit.Actor) ([]Partner, error) {
	var all []Partner
	err := s.access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.Staff(access.Import); err != nil {
			return err
		}
		all = nil
		return tx.Each("SELECT id, code, name FROM partners ORDER BY code", nil, func(scan func(...any) error) error {
			var p Partner
			err := scan(&p.ID, &p.Code, &p.Name)
			all = append(all, p)
			return err
		})
	})
	return all, err
}
