package feed

import (
	"slices"

	"chiave/internal/platform/errs"
)

// MaxProblems is how many problems of a file are told one by one; the others are counted.
const MaxProblems = 1000

// Place is where something stands in a file. Lines and columns count from 1; 0 means the file as a whole.
type Place struct {
	Line, Column int
	Field        string // a column's name, or a path such as agreements[2].contacts[0].email
}

// RowError is one reason to refuse a file. Its sentence is the translation key "error." + Code.
type RowError struct {
	File         string
	Line, Column int
	Field, Code  string
	Params       errs.Params
}

// Report is the answer to an import. All or nothing: with any error, and in a dry run, nothing was published.
type Report struct {
	ID          string // of the run, as on the wire
	DryRun      bool
	File        string
	SHA256      string // of the whole file, in hex
	Rows        int    // rows read
	Created     int
	Changed     int // rows that became a new revision
	Unchanged   int
	Invitations int // queued, or in a dry run: that would be
	Errors      []RowError
	More        int // errors beyond those listed
}

// Failed reports whether the file was refused.
func (r Report) Failed() bool { return len(r.Errors) > 0 }

// Problems gathers the errors of one file.
type Problems struct {
	file string
	list []RowError
	more int
}

// NewProblems returns an empty list for the file of that name.
func NewProblems(file string) *Problems { return &Problems{file: file} }

// Add names a problem.
func (p *Problems) Add(at Place, code string, params ...errs.Params) {
	if len(p.list) >= MaxProblems {
		p.more++
		return
	}
	e := errs.New(errs.Invalid, code, params...)
	p.list = append(p.list, RowError{File: p.file, Line: at.Line, Column: at.Column, Field: at.Field, Code: e.Code, Params: e.Params})
}

// Any reports whether there is a problem.
func (p *Problems) Any() bool { return len(p.list) > 0 }

// Count returns how many problems there are, listed or not.
func (p *Problems) Count() int { return len(p.list) + p.more }

// Clone returns a copy that grows by itself: a transaction that runs again starts from what was known before it.
func (p *Problems) Clone() *Problems {
	return &Problems{file: p.file, list: slices.Clone(p.list), more: p.more}
}

// Fill puts the problems into a report, in the order of the file.
func (p *Problems) Fill(r *Report) {
	slices.SortStableFunc(p.list, func(a, b RowError) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	r.Errors, r.More = p.list, p.more
}
