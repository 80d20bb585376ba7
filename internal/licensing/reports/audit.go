package reports

import (
	"context"
	"strings"
	"unicode/utf8"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

const (
	trailPage = 50
	trailMost = 200
)

var errCursor = errs.New(errs.Invalid, "request.cursor")

// Record is an audit record with what people know its ids by. The log holds ids alone (AUD-07): these are looked up where they are stored
// when the record is shown.
type Record struct {
	audit.Entry
	ActorName       string       // "" for others than people, and for people who are gone or have no name
	ActorStaff      access.Staff // the person is of the publisher's staff
	LicensingNumber string       // of the Licensing ID; "" when none is concerned
}

// AuditTrail returns the audit records that f chooses among those the actor may read, newest first, and whether there
// are more after them: an Administrator's are those of its Licensing IDs, staff's are all, or those of the organization acted for.
// f.Scope is not looked at; f.Limit is 50 when zero and 200 at the most. Errors, when f names one Licensing ID: NotFound
// access.ErrUnknownLicensingID, Denied "access.role_missing"; always: Unauthenticated "access.sign_in", Denied
// "access.token_scope"; Invalid "request.cursor" for an f.After that is no id.
func (s *Service) AuditTrail(ctx context.Context, actor audit.Actor, f audit.Filter) (records []Record, more bool, err error) {
	limit := f.Limit
	if limit <= 0 {
		limit = trailPage
	}
	limit = min(limit, trailMost)
	f.Limit = limit + 1
	if f.After != "" && !ids.Valid(string(f.After)) {
		return nil, false, errCursor
	}
	err = s.gates.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		records, more = nil, false
		if f.Scope, err = auditScope(g, f.LicensingID); err != nil {
			return err
		}
		if !storable(f.Object) || !storable(f.Action) || !storable(string(f.Actor)) {
			return nil // no record has it
		}
		entries, err := audit.ListTx(tx, f)
		if err != nil {
			return err
		}
		more = len(entries) > limit
		records, err = named(tx, entries[:min(limit, len(entries))])
		return err
	})
	if err != nil {
		return nil, false, err
	}
	return records, more, nil
}

// storable reports whether the database could hold s: PostgreSQL takes neither NUL nor what is no UTF-8, and says so as an error.
func storable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// auditScope takes one decision: on the Licensing ID asked for, or on all that the actor may read.
func auditScope(g *access.Gate, licensing ids.ID) (access.Scope, error) {
	if licensing == "" {
		return g.Scope(access.ReadAudit)
	}
	return access.Scope{IDs: []ids.ID{licensing}}, g.On(access.ReadAudit, licensing)
}

// named adds the names and numbers of today to records.
func named(tx *db.Tx, entries []audit.Entry) ([]Record, error) {
	all := make([]Record, len(entries))
	people, licensings := map[ids.ID][]*Record{}, map[ids.ID][]*Record{}
	var peopleIDs, licensingIDs []ids.ID
	for i, e := range entries {
		r := &all[i]
		r.Entry = e
		if e.Actor.Kind == audit.User {
			peopleIDs, people[e.Actor.ID] = append(peopleIDs, e.Actor.ID), append(people[e.Actor.ID], r)
		}
		if e.LicensingID != "" {
			licensingIDs, licensings[e.LicensingID] = append(licensingIDs, e.LicensingID), append(licensings[e.LicensingID], r)
		}
	}
	err := tx.Each("SELECT id, first_name, last_name, staff FROM users WHERE id IN "+tx.In("$1"), []any{db.List(peopleIDs)}, func(scan func(...any) error) error {
		var id ids.ID
		var first, last, staff string
		err := scan(&id, &first, &last, &staff)
		for _, r := range people[id] {
			r.ActorName, r.ActorStaff = strings.TrimSpace(first+" "+last), access.Staff(staff)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return all, tx.Each("SELECT id, number FROM licensing_ids WHERE id IN "+tx.In("$1"), []any{db.List(licensingIDs)}, func(scan func(...any) error) error {
		var id ids.ID
		var number string
		err := scan(&id, &number)
		for _, r := range licensings[id] {
			r.LicensingNumber = number
		}
		return err
	})
}
