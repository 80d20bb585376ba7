package agreements

import (
	"context"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/entitlements"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// Details are what there is to know about one Licensing ID (REL-03), its parent (REL-04) and its master agreement (REL-05).
type Details struct {
	Row
	PredecessorNumber string // what this one renews, if the actor may see it
	SuccessorNumber   string // what renews this one, if the actor may see it
	Contacts          []Contact
	Parent, Master    *Agreement // nil when there is none
}

// Agreement is a parent or master agreement.
type Agreement struct {
	ID                  ids.ID
	Level               Level
	Number, Program     string
	AgreementNumber     string
	EnrollmentNumber    string
	AuthorizationNumber string
	OwnerID             string
	Start, End          entitlements.Date
	Contacts            []Contact
	Related             []string // numbers of the Licensing IDs below it that the actor may see
}

// Details returns the details of a Licensing ID. Errors: those of Gate.On for SeeLicensingID; NotFound
// "licensing_ids.unknown" also for one of a program that is managed elsewhere.
func (s *Service) Details(ctx context.Context, actor audit.Actor, licensing ids.ID) (Details, error) {
	var d Details
	err := s.access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		d = Details{}
		if err := g.On(access.SeeLicensingID, licensing); err != nil {
			return err
		}
		err := s.eachRow(tx, "l.id = $1", []any{licensing}, func(r Row) error {
			d.Row = r
			return nil
		})
		if err != nil {
			return err
		}
		if d.ID == "" {
			return access.ErrUnknownLicensingID
		}
		return s.complete(tx, g, &d)
	})
	return d, err
}

// complete adds what lies around a Licensing ID, as far as the actor may see it.
func (s *Service) complete(tx *db.Tx, g *access.Gate, d *Details) error {
	found, err := contactsOf(tx, []ids.ID{d.ID})
	if err != nil {
		return err
	}
	d.Contacts = d.withPartner(found[d.ID])
	renewed, err := renewals(tx, d.LicensingID)
	if err != nil || len(renewed) == 0 && d.LicensingID.Parent == "" && d.Above.Master == "" {
		return err
	}
	scope, err := g.Scope(access.SeeLicensingID)
	if err != nil {
		return err
	}
	err = s.eachRow(tx, scope.SQL(tx, "l.id", "$1")+" AND l.id IN "+tx.In("$2"), []any{scope.Arg(), db.List(renewed)}, func(r Row) error {
		if r.ID == d.Predecessor {
			d.PredecessorNumber = r.Number
		} else {
			d.SuccessorNumber = r.Number
		}
		return nil
	})
	if err != nil {
		return err
	}
	if d.Parent, err = s.agreement(tx, d.LicensingID.Parent, scope); err != nil {
		return err
	}
	d.Master, err = s.agreement(tx, d.Above.Master, scope)
	return err
}

// renewals returns the Licensing IDs that l renews or that renew it, whoever may see them.
func renewals(tx *db.Tx, l LicensingID) (all []ids.ID, err error) {
	err = tx.Each("SELECT l.id FROM licensing_ids l WHERE l.id = $1 OR l.predecessor_id = $2", []any{l.Predecessor, l.ID}, func(scan func(...any) error) error {
		var id ids.ID
		err := scan(&id)
		all = append(all, id)
		return err
	})
	return all, err
}

// withPartner returns the contacts in the order of their types, the partner as Channel Partner Contact with its name even
// where it names no person (CONT-01).
func (r Row) withPartner(found []Contact) []Contact {
	var all []Contact
	for _, t := range ContactTypes() {
		people := ofType(found, t)
		if t == ChannelPartner && len(people) == 0 && r.PartnerName != "" {
			people = []Contact{{Type: ChannelPartner}}
		}
		for _, c := range people {
			if t == ChannelPartner {
				c.Organization = r.PartnerName
			}
			all = append(all, c)
		}
	}
	return all
}

// agreement returns a parent or master agreement; nil when id is empty.
func (s *Service) agreement(tx *db.Tx, id ids.ID, scope access.Scope) (*Agreement, error) {
	if id == "" {
		return nil, nil
	}
	a := &Agreement{ID: id}
	var level, start, end string
	err := tx.Row("SELECT level, number, program, agreement_number, enrollment_number, authorization_number, owner_id, start_on, end_on "+
		"FROM agreements WHERE id = $1", id).Scan(&level, &a.Number, &a.Program, &a.AgreementNumber, &a.EnrollmentNumber, &a.AuthorizationNumber, &a.OwnerID, &start, &end)
	if err != nil {
		return nil, err
	}
	a.Level = Level(level)
	if err := a.Start.UnmarshalText([]byte(start)); err != nil {
		return nil, err
	}
	if err := a.End.UnmarshalText([]byte(end)); err != nil {
		return nil, err
	}
	found, err := contactsOf(tx, []ids.ID{id})
	if err != nil {
		return nil, err
	}
	a.Contacts = Row{}.withPartner(found[id])
	below := "l.parent_id = $2"
	if a.Level == LevelMaster {
		below = "coalesce(l.master_id, p.master_id) = $2"
	}
	err = s.eachRow(tx, scope.SQL(tx, "l.id", "$1")+" AND "+below, []any{scope.Arg(), id}, func(r Row) error {
		a.Related = append(a.Related, r.Number)
		return nil
	})
	return a, err
}
