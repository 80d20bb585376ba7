package agreements

import (
	"encoding/json"
	"fmt"
	"slices"

	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// key names an agreement or a Licensing ID.
type key struct {
	level  Level
	number string
}

// subject is an agreement or a Licensing ID, as stored, as the file has it, or both.
type subject struct {
	key
	id     ids.ID
	facts         // as they will be
	stored *facts // nil when it is new
	owner  ids.ID // organization stored
	row    *agreementRow
}

// book holds every subject that an import touches or refers to.
type book struct {
	subjects map[key]*subject
	order    []*subject // those of the file, in its order
}

// newBook puts the rows of the file over what is stored of them and of what they refer to.
func newBook(tx *db.Tx, d *document) (*book, error) {
	b := &book{subjects: map[key]*subject{}}
	wanted := map[key]bool{}
	for i := range d.agreements {
		row := &d.agreements[i]
		for _, k := range append(references(row.facts), key{row.level, row.number}) {
			wanted[k] = true
		}
	}
	children, err := childrenOf(tx, wanted)
	if err != nil {
		return nil, err
	}
	for len(wanted)+len(children) > 0 {
		loaded, err := b.load(tx, wanted, children)
		if err != nil {
			return nil, err
		}
		wanted, children = map[key]bool{}, nil
		for _, s := range loaded { // what stored rows refer to, until nothing is new
			for _, k := range references(s.facts) {
				wanted[k] = b.subjects[k] == nil
			}
		}
		for k, missing := range wanted {
			if !missing {
				delete(wanted, k)
			}
		}
	}
	b.lay(tx, d)
	return b, nil
}

// references returns what an agreement refers to.
func references(f facts) []key {
	var all []key
	for k, number := range map[Level]string{LevelParent: f.Parent, LevelMaster: f.Master, LevelLicensingID: f.Predecessor} {
		if number != "" {
			all = append(all, key{k, number})
		}
	}
	return all
}

// numbers returns the numbers of one level.
func numbers(wanted map[key]bool, level Level) []string {
	var all []string
	for k := range wanted {
		if k.level == level && k.number != "" {
			all = append(all, k.number)
		}
	}
	slices.Sort(all)
	return all
}

// childrenOf returns the numbers of the stored Licensing IDs below the parents wanted: what changes above them has to suit
// them too.
func childrenOf(tx *db.Tx, wanted map[key]bool) ([]string, error) {
	var all []string
	err := tx.Each("SELECT l.number FROM licensing_ids l JOIN agreements a ON a.id = l.parent_id WHERE a.level = 'parent' AND a.number IN "+tx.In("$1"),
		[]any{db.List(numbers(wanted, LevelParent))}, func(scan func(...any) error) error {
			var number string
			err := scan(&number)
			all = append(all, number)
			return err
		})
	return all, err
}

// load reads the stored subjects among those wanted.
func (b *book) load(tx *db.Tx, wanted map[key]bool, children []string) ([]*subject, error) {
	var loaded []*subject
	each := func(scan func(...any) error) error {
		var level, body string
		s := &subject{stored: &facts{}}
		if err := scan(&s.id, &level, &s.number, &s.owner, &body); err != nil {
			return err
		}
		s.level = Level(level)
		if err := json.Unmarshal([]byte(body), s.stored); err != nil {
			return fmt.Errorf("the revision of %s: %w", s.number, err)
		}
		s.facts = *s.stored
		b.subjects[s.key] = s
		loaded = append(loaded, s)
		return nil
	}
	const latest = " JOIN agreement_revisions r ON r.subject_id = s.id AND r.revision = (SELECT max(m.revision) FROM agreement_revisions m WHERE m.subject_id = s.id) "
	err := tx.Each("SELECT s.id, 'licensing_id', s.number, s.organization_id, r.body FROM licensing_ids s"+latest+"WHERE s.number IN "+tx.In("$1"),
		[]any{db.List(append(numbers(wanted, LevelLicensingID), children...))}, each)
	for _, level := range []Level{LevelParent, LevelMaster} {
		if err == nil {
			err = tx.Each("SELECT s.id, s.level, s.number, s.organization_id, r.body FROM agreements s"+latest+"WHERE s.level = $1 AND s.number IN "+tx.In("$2"),
				[]any{string(level), db.List(numbers(wanted, level))}, each)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("reading agreements: %w", err)
	}
	return loaded, nil
}

// lay puts the rows of the file over the stored subjects. Of a number that is there twice the first row holds.
func (b *book) lay(tx *db.Tx, d *document) {
	for i := range d.agreements {
		row := &d.agreements[i]
		k := key{row.level, row.number}
		if row.number == "" || b.subjects[k] != nil && b.subjects[k].row != nil {
			continue
		}
		s := b.subjects[k]
		if s == nil {
			s = &subject{key: k, id: tx.NewID()}
			b.subjects[k] = s
		}
		s.row, s.facts = row, row.facts
		b.order = append(b.order, s)
	}
}

// get returns a subject, or nil when there is none.
func (b *book) get(level Level, number string) *subject {
	if number == "" {
		return nil
	}
	return b.subjects[key{level, number}]
}

// master returns the number of the master agreement above a subject: its own, or its parent's.
func (b *book) master(s *subject) string {
	if p := b.get(LevelParent, s.Parent); s.Master == "" && p != nil {
		return p.Master
	}
	return s.Master
}
