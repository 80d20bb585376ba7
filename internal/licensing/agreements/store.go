package agreements

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"chiave/internal/licensing/access"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// writeAgreements writes what the rows change, or would change, and counts them.
func (p *publication) writeAgreements(d *document) error {
	var subjects []ids.ID
	for _, s := range p.book.order {
		subjects = append(subjects, s.id)
	}
	stored, err := contactsOf(p.tx, subjects)
	if err != nil {
		return err
	}
	var w revisions
	for _, s := range p.book.order {
		changed := s.stored == nil || *s.stored != s.facts
		if changed {
			w.subjects = append(w.subjects, s)
		}
		renamed := p.addContacts(&w, s, stored[s.id])
		p.count(s.stored == nil, changed || renamed)
	}
	for range len(d.agreements) - len(p.book.order) { // rows that repeat another word by word
		p.count(false, false)
	}
	if !p.tx.Writes() {
		return p.foresee(p.waiting)
	}
	return p.write(w)
}

// revisions is what a file changes.
type revisions struct {
	subjects []*subject
	contacts [][]any // rows of the table
	named    []access.Named
}

// addContacts takes up the types of contacts that the row changes, and reports whether there is one.
func (p *publication) addContacts(w *revisions, s *subject, stored []Contact) (changed bool) {
	for _, t := range ContactTypes() {
		people, before := ofType(s.row.contacts, t), ofType(stored, t)
		if len(people) == 0 || slices.Equal(people, before) {
			continue
		}
		changed = true
		w.named = append(w.named, access.Named{Subject: s.id, Type: string(t), Addresses: addresses(people)})
		for place, c := range people {
			w.contacts = append(w.contacts, []any{s.id, string(t), c.Address, c.FirstName, c.LastName, place})
		}
		if s.level != LevelLicensingID {
			continue
		}
		for _, c := range newcomers(t, people, before) {
			p.waiting = append(p.waiting, greeting{c, s.id, p.organizations[s.Organization]})
		}
	}
	return changed
}

// write makes the rows say what the file says and keeps that as revisions, each table by one statement.
func (p *publication) write(w revisions) error {
	var licensing, above, said [][]any
	for _, s := range w.subjects {
		row := []any{s.id, s.number, s.Program, p.organizations[s.Organization], p.judge.partners[s.Partner], p.id(LevelMaster, s.Master),
			s.AgreementNumber, s.EnrollmentNumber, s.AuthorizationNumber, s.OwnerID, s.Start.String(), s.End.String()}
		if s.level == LevelLicensingID {
			licensing = append(licensing, append(row, strings.ToLower(s.number), p.id(LevelParent, s.Parent), p.id(LevelLicensingID, s.Predecessor)))
		} else {
			above = append(above, append(row, string(s.level)))
		}
		body, err := json.Marshal(s.facts)
		if err != nil {
			return err
		}
		said = append(said, []any{s.id, string(body)})
	}
	const facts = "id, number, program, organization_id, partner_id, master_id, agreement_number, enrollment_number, authorization_number, owner_id, start_on, end_on"
	const same = "partner_id = excluded.partner_id, master_id = excluded.master_id, agreement_number = excluded.agreement_number, " +
		"enrollment_number = excluded.enrollment_number, authorization_number = excluded.authorization_number, owner_id = excluded.owner_id, " +
		"start_on = excluded.start_on, end_on = excluded.end_on, changed_at = excluded.changed_at, "
	now, run := p.tx.Now(), p.run.ID
	return errors.Join(
		p.insert(licensing, "INSERT INTO licensing_ids (version, created_at, changed_at, "+facts+", number_folded, parent_id, predecessor_id) SELECT 1, $1, $2, "+texts(15),
			" WHERE TRUE ON CONFLICT (id) DO UPDATE SET "+same+"parent_id = excluded.parent_id, predecessor_id = excluded.predecessor_id, version = licensing_ids.version + 1",
			now, now),
		p.insert(above, "INSERT INTO agreements (version, created_at, changed_at, "+facts+", level) SELECT 1, $1, $2, "+texts(13),
			" WHERE TRUE ON CONFLICT (id) DO UPDATE SET "+same+"program = excluded.program, organization_id = excluded.organization_id, version = agreements.version + 1",
			now, now),
		p.insert(said, "INSERT INTO agreement_revisions (import_id, recorded_at, revision, subject_id, body) SELECT $1, $2, "+
			"coalesce((SELECT max(o.revision) FROM agreement_revisions o WHERE o.subject_id = r.value->>0), 0) + 1, "+texts(2), "", run, now),
		p.insert(w.contacts, "INSERT INTO contacts (import_id, recorded_at, revision, place, subject_id, type, address, first_name, last_name) SELECT $1, $2, "+
			"coalesce((SELECT max(o.revision) FROM contacts o WHERE o.subject_id = r.value->>0 AND o.type = r.value->>1), 0) + 1, CAST(r.value->>5 AS BIGINT), "+texts(5), "",
			run, now),
		p.access.NameContactsTx(p.tx, w.named))
}

func addresses(people []Contact) []string {
	var all []string
	for _, c := range people {
		all = append(all, c.Address)
	}
	return all
}

// insert writes rows by one statement, which has two arguments before the rows.
func (p *publication) insert(rows [][]any, statement, end string, args ...any) error {
	if len(rows) == 0 {
		return nil
	}
	_, err := p.tx.Exec(statement+" FROM "+p.tx.Rows("$3", "r")+end, append(args, db.Packed(rows))...)
	return err
}

// texts returns the first n values of a row, which are texts.
func texts(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("r.value->>%d", i)
	}
	return strings.Join(all, ", ")
}

// id returns the row id of a subject that is referred to by number.
func (p *publication) id(level Level, number string) ids.ID {
	if s := p.book.get(level, number); s != nil {
		return s.id
	}
	return ""
}
