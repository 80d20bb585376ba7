package agreements

import (
	"reflect"

	"chiave/internal/platform/errs"
	"chiave/internal/platform/feed"
	"chiave/internal/platform/ids"
)

// judge holds what the rows of a file are judged by.
type judge struct {
	book          *book
	programs      map[string]Program
	organizations map[string]ids.ID // by code; empty for one whose row is refused
	partners      map[string]ids.ID
	problems      *feed.Problems
}

// all judges every row, and the stored Licensing IDs below parents of the file.
func (j *judge) all(d *document) {
	j.repeated(d)
	for _, s := range j.book.order {
		j.references(s)
		j.fixed(s)
		j.predecessors(s)
		if s.Start != 0 && s.End != 0 && s.End < s.Start {
			j.problems.Add(s.row.at["end"], "agreements.dates_reversed")
		}
		j.hierarchy(s, s.row.at["master"])
	}
	for _, s := range j.book.subjects {
		if p := j.book.get(LevelParent, s.Parent); s.row == nil && p != nil && p.row != nil && p.Master != "" {
			j.hierarchy(s, p.row.at["master"])
		}
	}
}

// repeated names rows that are there twice and do not say the same.
func (j *judge) repeated(d *document) {
	seen := map[key]*agreementRow{}
	for i := range d.agreements {
		row := &d.agreements[i]
		k := key{row.level, row.number}
		first := seen[k]
		if first == nil {
			seen[k] = row
		} else if row.number != "" && (first.facts != row.facts || !reflect.DeepEqual(first.contacts, row.contacts)) {
			j.problems.Add(row.at["number"], "feed.row_twice", errs.Params{"key": row.number})
		}
	}
}

// references names what a row refers to and is neither in the file nor stored.
func (j *judge) references(s *subject) {
	unknown := func(known bool, name, value, code string) {
		if value != "" && !known {
			j.problems.Add(s.row.at[name], code, errs.Params{"value": value})
		}
	}
	_, program := j.programs[s.Program]
	_, organization := j.organizations[s.Organization]
	_, partner := j.partners[s.Partner]
	unknown(program, "program", s.Program, "agreements.program_unknown")
	unknown(organization, "organization", s.Organization, "agreements.organization_unknown")
	unknown(partner, "partner", s.Partner, "agreements.partner_unknown")
	unknown(j.book.get(LevelLicensingID, s.Predecessor) != nil, "predecessor", s.Predecessor, "agreements.predecessor_unknown")
	unknown(j.book.get(LevelParent, s.Parent) != nil, "parent", s.Parent, "agreements.parent_unknown")
	unknown(j.book.get(LevelMaster, s.Master) != nil, "master", s.Master, "agreements.master_unknown")
}

// fixed refuses to change what a Licensing ID keeps for ever, or hands over in other ways.
func (j *judge) fixed(s *subject) {
	if s.stored == nil || s.level != LevelLicensingID {
		return
	}
	if s.Program != s.stored.Program {
		j.problems.Add(s.row.at["program"], "agreements.program_fixed", errs.Params{"value": s.stored.Program})
	}
	if owner, known := j.organizations[s.Organization]; known && owner != "" && owner != s.owner {
		j.problems.Add(s.row.at["organization"], "agreements.organization_fixed")
	}
}

// hierarchy judges the master agreement above a Licensing ID or parent.
func (j *judge) hierarchy(s *subject, at feed.Place) {
	master := j.book.master(s)
	if master == "" {
		return
	}
	if program, known := j.programs[s.Program]; known && !program.MasterAbove && !program.ManagedElsewhere {
		if s.row != nil && s.Master == "" { // it came with the parent
			at = s.row.at["parent"]
		}
		j.problems.Add(at, "agreements.master_not_allowed", errs.Params{"program": s.Program, "number": s.number})
	}
	if p := j.book.get(LevelParent, s.Parent); p != nil && p.Master != "" && p.Master != master {
		j.problems.Add(at, "agreements.master_differs", errs.Params{"parent": s.Parent, "value": p.Master})
	}
}

// predecessors refuses a Licensing ID that would renew itself.
func (j *judge) predecessors(s *subject) {
	seen := map[*subject]bool{}
	for at := j.book.get(LevelLicensingID, s.Predecessor); at != nil && !seen[at]; at = j.book.get(LevelLicensingID, at.Predecessor) {
		if at == s {
			j.problems.Add(s.row.at["predecessor"], "agreements.predecessor_loop", errs.Params{"value": s.number})
			return
		}
		seen[at] = true
	}
}
