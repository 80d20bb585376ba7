package access

import (
	"slices"

	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// Scope is the set of Licensing IDs on which an actor may do something.
type Scope struct {
	// All says that the actor may do it on every Licensing ID; IDs is empty then.
	All bool
	IDs []ids.ID
}

// Shown is a condition on l, a row of licensing_ids: its program is not managed elsewhere. Nothing of one that is shows anywhere
// (PROG-08).
const Shown = `NOT EXISTS (SELECT 1 FROM programs pe WHERE pe.code = l.program AND pe.managed_elsewhere
	AND pe.revision = (SELECT max(pr.revision) FROM programs pr WHERE pr.code = pe.code))`

// Has reports whether the Licensing ID is in the scope.
func (s Scope) Has(licensing ids.ID) bool { return s.All || slices.Contains(s.IDs, licensing) }

// SQL returns a condition that holds for rows whose column, a Licensing ID's row id, is in the scope. placeholder ("$1")
// must be bound to Arg.
func (s Scope) SQL(tx *db.Tx, column, placeholder string) string {
	if s.All {
		return "CAST(" + placeholder + " AS TEXT) IS NOT NULL" // always true, and the argument keeps its type on PostgreSQL
	}
	return column + " IN " + tx.In(placeholder)
}

// Arg returns the argument of the condition that SQL returns.
func (s Scope) Arg() string { return db.List(s.IDs) }
