package accesstest

import (
	"encoding/csv"
	"os"
	"slices"
	"testing"

	"chiave/internal/licensing/access"
	"chiave/internal/routes"
)

// File is where the expectations stand, from the folder of a face.
const File = "../../docs/access-matrix.csv"

// Matrix is what is expected: for each action who may do it.
type Matrix map[access.Action]line

// line is one action: by column, "yes", "no" or, where the column has no meaning for it, "-".
type line map[string]string

const (
	anonymous = "anonymous"
	signedIn  = "signed_in"
)

// Load reads the file.
func Load(t testing.TB) Matrix {
	t.Helper()
	f, err := os.Open(File)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	m := Matrix{}
	for _, row := range rows[1:] {
		l := line{}
		for i, value := range row[2:] {
			if !slices.Contains([]string{"yes", "no", "-"}, value) {
				t.Fatalf("%s: %s, %s: %q is no answer", File, row[0], rows[0][i+2], value)
			}
			l[rows[0][i+2]] = value
		}
		if m[access.Action(row[0])] != nil {
			t.Fatalf("%s: %s stands there twice", File, row[0])
		}
		m[access.Action(row[0])] = l
	}
	return m
}

// onLicensingID reports whether the action is one on a Licensing ID: roles decide on it.
func (l line) onLicensingID() bool { return l[string(access.Administrator)] != "-" }

// says reports whether the file answers yes for a column.
func (l line) says(column string) bool { return column != "" && l[column] == "yes" }

// may reports whether p may do action on a Licensing ID, or at all when the action is not one on a Licensing ID. Its token narrows that.
func (m Matrix) may(p Principal, action access.Action, o Object) bool {
	l := m[action]
	if p.nobody() {
		return l.says(anonymous)
	}
	if !p.covers(action) && !l.says(anonymous) {
		return false
	}
	if l.says(signedIn) || l.says(string(p.Staff)) {
		return true
	}
	return l.onLicensingID() && slices.ContainsFunc(p.roles(o), func(r access.Role) bool { return l.says(string(r)) })
}

// reachesNothing reports whether p may do action nowhere and is told so, having other roles or being staff.
func (m Matrix) reachesNothing(p Principal, action access.Action) bool {
	knows := p.Staff != ""
	for _, o := range Objects() {
		if m.may(p, action, o) {
			return false
		}
		knows = knows || len(p.roles(o)) > 0
	}
	return knows
}

// knows reports whether p may learn that the Licensing ID is there.
func (m Matrix) knows(p Principal, o Object) bool {
	return o != Unknown && !p.nobody() && (len(p.roles(o)) > 0 || m["customers.read"].says(string(p.Staff)))
}

// Covers fails for each route of the whole table whose action is not in the file, and names the actions of the file that no route uses.
func (m Matrix) Covers(t testing.TB, table []routes.Route) {
	t.Helper()
	used := map[access.Action]bool{}
	for _, r := range table {
		if used[r.Action] = true; m[r.Action] == nil {
			t.Errorf("%s: its action %s is not in %s, so nobody said who may do it", r.Pattern(), r.Action, File)
		}
	}
	for action := range m {
		if !used[action] {
			t.Logf("no route uses %s", action)
		}
	}
}
