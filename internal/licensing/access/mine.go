package access

import (
	"context"
	"time"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// MyPermissions returns what the actor may do on which Licensing ID, by number, without those managed elsewhere. Errors: those of Gate.SignedIn.
func (s *Service) MyPermissions(ctx context.Context, actor audit.Actor) ([]Permission, error) {
	var all []Permission
	err := s.Read(ctx, actor, func(tx *db.Tx, g *Gate) error {
		all = nil
		if err := g.SignedIn(); err != nil {
			return err
		}
		days := days{now: tx.Now()}
		query := "SELECT g.*, l.number, l.organization_id, l.end_on, o.time_zone, pa.number, pa.program, ma.number, " +
			"EXISTS (SELECT 1 FROM named_contacts n JOIN user_addresses a ON a.address = n.address AND a.user_id = $1 AND a.verified_at IS NOT NULL " +
			"WHERE n.subject_id = l.id AND n.ended_at IS NULL) FROM (SELECT " + grantColumns + held + " UNION " +
			inherited(inheritedColumns, from+" "+owned, "TRUE") + ") g JOIN licensing_ids l ON l.id = g.licensing_id " +
			"JOIN organizations o ON o.id = l.organization_id LEFT JOIN agreements pa ON pa.id = l.parent_id " +
			"LEFT JOIN agreements ma ON ma.id = coalesce(l.master_id, pa.master_id) WHERE " + Shown + " ORDER BY l.number, g.role, g.part, g.address, g.id"
		return tx.Each(query, []any{actor.ID, tx.Now()}, func(scan func(...any) error) error {
			var p Permission
			var end, zone string
			grant, err := scanGrant(scan, &p.Number, &p.Organization, &end, &zone, &p.Parent.Number, &p.Parent.Program, &p.Master.Number, &p.Stays)
			if err != nil {
				return err
			}
			if n := len(all); n == 0 || all[n-1].Licensing != grant.Licensing {
				p.Licensing, p.Active = grant.Licensing, days.reach(end, zone)
				all = append(all, p)
			}
			last := &all[len(all)-1]
			last.Stays = last.Stays || grant.Source == Inherited
			last.Grants = append(last.Grants, grant)
			return nil
		})
	})
	return all, err
}

// days knows which day it is in each time zone.
type days struct {
	now   time.Time
	today map[string]string
}

// reach reports whether today has not passed the day end in a zone; an open end is never passed, the last day counts.
func (d *days) reach(end, zone string) bool {
	if d.today == nil {
		d.today = map[string]string{}
	}
	if d.today[zone] == "" {
		location, err := time.LoadLocation(zone)
		if err != nil {
			location = time.UTC
		}
		d.today[zone] = d.now.In(location).Format(time.DateOnly)
	}
	return end == "" || end >= d.today[zone]
}

// inactive returns the numbers of those Licensing IDs whose last day is past.
func inactive(tx *db.Tx, licensing []ids.ID) (map[ids.ID]string, error) {
	past, days := map[ids.ID]string{}, days{now: tx.Now()}
	err := tx.Each("SELECT l.id, l.number, l.end_on, o.time_zone FROM licensing_ids l JOIN organizations o ON o.id = l.organization_id WHERE l.id IN "+tx.In("$1"),
		[]any{db.List(licensing)}, func(scan func(...any) error) error {
			var id ids.ID
			var number, end, zone string
			err := scan(&id, &number, &end, &zone)
			if !days.reach(end, zone) {
				past[id] = number
			}
			return err
		})
	return past, err
}
