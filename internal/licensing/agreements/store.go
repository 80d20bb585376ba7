package agreements

import (
	"encoding/json"
	"slices"
	"strings"

	"chiave/internal/platform/ids"
)

// writeAgreements writes what the rows change, counts them and greets new contacts.
func (p *publication) writeAgreements(d *document) error {
	var subjects []ids.ID
	for _, s := range p.book.order {
		subjects = append(subjects, s.id)
	}
	stored, err := contactsOf(p.tx, subjects)
	if err != nil {
		return err
	}
	for _, s := range p.book.order {
		changed := s.stored == nil || *s.stored != s.facts
		if changed {
			if err := p.writeSubject(s); err != nil {
				return err
			}
		}
		renamed, err := p.writeContacts(s, stored[s.id])
		if err != nil {
			return err
		}
		p.count(s.stored == nil, changed || renamed)
	}
	for range len(d.agreements) - len(p.book.order) { // rows that repeat another word by word
		p.count(false, false)
	}
	return nil
}

// writeContacts records the types of contacts that the row changes.
func (p *publication) writeContacts(s *subject, stored []Contact) (changed bool, err error) {
	for _, t := range ContactTypes() {
		people := ofType(s.row.contacts, t)
		before := ofType(stored, t)
		if len(people) == 0 || slices.Equal(people, before) {
			continue
		}
		changed = true
		if err := reviseContacts(p.tx, s.id, t, people, p.run.ID); err != nil {
			return changed, err
		}
		if s.level != LevelLicensingID {
			continue
		}
		for _, c := range people {
			if len(t.Roles()) == 0 || slices.Contains(before, c) {
				continue
			}
			invited, err := p.greet(p.tx, p.actor, s.id, p.organizations[s.Organization], c)
			if err != nil {
				return changed, err
			}
			if invited {
				p.report.Invitations++
			}
		}
	}
	return changed, nil
}

// writeSubject makes the row say what the file says and keeps it as a revision.
func (p *publication) writeSubject(s *subject) error {
	write := p.writeAgreement
	if s.level == LevelLicensingID {
		write = p.writeLicensing
	}
	if err := write(s); err != nil {
		return err
	}
	body, err := json.Marshal(s.facts)
	if err != nil {
		return err
	}
	_, err = p.tx.Exec("INSERT INTO agreement_revisions (subject_id, revision, body, import_id, recorded_at) "+
		"SELECT $1, coalesce(max(revision), 0) + 1, $2, $3, $4 FROM agreement_revisions WHERE subject_id = $5", s.id, string(body), p.run.ID, p.tx.Now(), s.id)
	return err
}

// id returns the row id of a subject that is referred to by number.
func (p *publication) id(level Level, number string) ids.ID {
	if s := p.book.get(level, number); s != nil {
		return s.id
	}
	return ""
}

func (p *publication) writeLicensing(s *subject) error {
	_, err := p.tx.Exec("INSERT INTO licensing_ids (id, number, number_folded, program, organization_id, partner_id, parent_id, master_id, predecessor_id, "+
		"agreement_number, enrollment_number, authorization_number, owner_id, start_on, end_on, version, created_at, changed_at) "+
		"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 1, $16, $17) ON CONFLICT (id) DO UPDATE SET "+
		"partner_id = excluded.partner_id, parent_id = excluded.parent_id, master_id = excluded.master_id, predecessor_id = excluded.predecessor_id, "+
		"agreement_number = excluded.agreement_number, enrollment_number = excluded.enrollment_number, authorization_number = excluded.authorization_number, "+
		"owner_id = excluded.owner_id, start_on = excluded.start_on, end_on = excluded.end_on, version = licensing_ids.version + 1, changed_at = excluded.changed_at",
		s.id, s.number, strings.ToLower(s.number), s.Program, p.organizations[s.Organization], p.judge.partners[s.Partner],
		p.id(LevelParent, s.Parent), p.id(LevelMaster, s.Master), p.id(LevelLicensingID, s.Predecessor),
		s.AgreementNumber, s.EnrollmentNumber, s.AuthorizationNumber, s.OwnerID, s.Start.String(), s.End.String(), p.tx.Now(), p.tx.Now())
	return err
}

func (p *publication) writeAgreement(s *subject) error {
	_, err := p.tx.Exec("INSERT INTO agreements (id, level, number, program, organization_id, partner_id, master_id, "+
		"agreement_number, enrollment_number, authorization_number, owner_id, start_on, end_on, version, created_at, changed_at) "+
		"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1, $14, $15) ON CONFLICT (id) DO UPDATE SET "+
		"program = excluded.program, organization_id = excluded.organization_id, partner_id = excluded.partner_id, master_id = excluded.master_id, "+
		"agreement_number = excluded.agreement_number, enrollment_number = excluded.enrollment_number, authorization_number = excluded.authorization_number, "+
		"owner_id = excluded.owner_id, start_on = excluded.start_on, end_on = excluded.end_on, version = agreements.version + 1, changed_at = excluded.changed_at",
		s.id, string(s.level), s.number, s.Program, p.organizations[s.Organization], p.judge.partners[s.Partner], p.id(LevelMaster, s.Master),
		s.AgreementNumber, s.EnrollmentNumber, s.AuthorizationNumber, s.OwnerID, s.Start.String(), s.End.String(), p.tx.Now(), p.tx.Now())
	return err
}
