package access

import (
	"context"
	"slices"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// Agreements is the wire prefix of parent and master agreements.
const Agreements ids.Prefix = "agr"

// Inheriting is a parent or master agreement that names a person, and whether the person is Administrator of what is below (ADM-20).
type Inheriting struct {
	Agreement   ids.ID
	Number      string
	Level       string // parent, master
	Program     string // of a parent
	Types       []string
	Administers bool
	Below       int // Licensing IDs
}

var errUnknownAgreement = errs.New(errs.NotFound, "access.agreement_unknown")

// MyInheritance returns the agreements above Licensing IDs that name the actor, by number. Errors: those of Gate.SignedIn.
func (s *Service) MyInheritance(ctx context.Context, actor audit.Actor) ([]Inheriting, error) {
	var all []Inheriting
	err := s.Read(ctx, actor, func(tx *db.Tx, g *Gate) (err error) {
		if err := g.SignedIn(); err != nil {
			return err
		}
		if all, err = inheritances(tx, actor.ID, ""); err != nil {
			return err
		}
		for i := range all {
			below, err := below(tx, all[i].Agreement)
			if err != nil {
				return err
			}
			all[i].Below = len(below)
		}
		return nil
	})
	return all, err
}

// inheritances returns the agreements that name a user, or the one given.
func inheritances(tx *db.Tx, user, agreement ids.ID) ([]Inheriting, error) {
	var all []Inheriting
	err := tx.Each("SELECT b.id, b.number, b.level, b.program, n.type, n.declined_at IS NULL FROM named_contacts n "+from+" "+owned+
		" WHERE n.ended_at IS NULL AND (CAST($2 AS TEXT) IS NULL OR b.id = $2) ORDER BY b.number, b.level, n.type", []any{user, agreement}, func(scan func(...any) error) error {
		var i Inheriting
		var kind string
		if err := scan(&i.Agreement, &i.Number, &i.Level, &i.Program, &kind, &i.Administers); err != nil {
			return err
		}
		if n := len(all); n == 0 || all[n-1].Agreement != i.Agreement {
			all = append(all, i)
		}
		last := &all[len(all)-1]
		if last.Administers = last.Administers || i.Administers; !slices.Contains(last.Types, kind) {
			last.Types = append(last.Types, kind)
		}
		return nil
	})
	return all, err
}

// below returns the Licensing IDs below an agreement, in the order of their ids.
func below(tx *db.Tx, agreement ids.ID) ([]ids.ID, error) {
	found, err := texts(tx, "SELECT l.id FROM licensing_ids l WHERE l.parent_id = $1 UNION SELECT l.id FROM licensing_ids l WHERE l.master_id = $1 UNION "+
		"SELECT l.id FROM agreements p JOIN licensing_ids l ON l.parent_id = p.id AND l.master_id IS NULL WHERE p.master_id = $1 ORDER BY 1", agreement)
	all := make([]ids.ID, len(found))
	for i, id := range found {
		all[i] = ids.ID(id)
	}
	return all, err
}

// ChooseInheritance makes the actor, as contact of a parent or master agreement, Administrator of all Licensing IDs below, present and
// future, or of none; Licensing Info Viewer stays. Errors: those of Gate.SignedIn; NotFound "access.agreement_unknown" for one that does not
// name the actor; Conflict "access.last_administrator".
func (s *Service) ChooseInheritance(ctx context.Context, actor audit.Actor, agreement ids.ID, administers bool) error {
	return s.Write(ctx, actor, func(tx *db.Tx, g *Gate) error {
		if err := g.SignedIn(); err != nil {
			return err
		}
		named, err := inheritances(tx, actor.ID, agreement)
		if err != nil {
			return err
		}
		if agreement == "" || len(named) == 0 {
			return g.refuse(SelfService, "", errUnknownAgreement)
		}
		if named[0].Administers == administers {
			return nil
		}
		children, err := below(tx, agreement)
		if err != nil {
			return err
		}
		for _, id := range children { // in one order, so that two changes do not wait for each other
			if err := bumpRoles(tx, id); err != nil {
				return err
			}
		}
		if err := decline(tx, actor.ID, agreement, administers); err != nil {
			return err
		}
		if !administers {
			if err := requireAdministrators(tx, children); err != nil {
				return err
			}
		}
		return recordChoice(tx, g, agreement, children, administers)
	})
}

func decline(tx *db.Tx, user, agreement ids.ID, administers bool) error {
	var declined any
	if !administers {
		declined = tx.Now()
	}
	_, err := tx.Exec("UPDATE named_contacts SET declined_at = $1 WHERE subject_id = $2 AND ended_at IS NULL AND address IN (SELECT a.address FROM user_addresses a "+
		"WHERE a.user_id = $3 AND a.verified_at IS NOT NULL)", declined, agreement, user)
	return err
}

// recordChoice puts the choice on record for the Administrators of each Licensing ID below.
func recordChoice(tx *db.Tx, g *Gate, agreement ids.ID, children []ids.ID, administers bool) error {
	after := struct {
		Administers bool `json:"administers"`
	}{administers}
	event := audit.Event{Action: "inheritance.chosen", Object: Agreements.Wire(agreement), After: after}
	events := []audit.Event{event}
	if len(children) > 0 {
		events = nil
	}
	for _, id := range children {
		event.LicensingID = id
		events = append(events, event)
	}
	for some := range slices.Chunk(events, recordAtOnce) {
		if err := audit.Record(tx, g.Actor(), some...); err != nil {
			return err
		}
	}
	return nil
}
