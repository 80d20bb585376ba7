package notify

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"chiave/internal/platform/i18n"
)

// RoleChange is what changed for the recipient on one Licensing ID.
type RoleChange struct {
	Number  string     `json:"number"`
	Added   []HeldRole `json:"added,omitempty"`
	Removed []HeldRole `json:"removed,omitempty"`
}

// HeldRole is a role, or a part of a role group; Until is zero when it has no end.
type HeldRole struct {
	Role  string    `json:"role"`
	Part  string    `json:"part,omitempty"`
	Until time.Time `json:"until,omitzero"`
}

// mostChanges is how many Licensing IDs a mail names.
const mostChanges = 40

// RoleChanges writes a parameter that is printed as a list in the recipient's language.
func RoleChanges(changes []RoleChange) string {
	text, err := json.Marshal(changes)
	if err != nil { // strings and instants always have a JSON form
		panic(err)
	}
	return string(text)
}

// listChanges puts a parameter of RoleChanges into words, a paragraph for each Licensing ID; roles that are only given are just named.
func listChanges(p i18n.Printer, value string, zone *time.Location, onlyGiven bool) (string, error) {
	var changes []RoleChange
	if err := json.Unmarshal([]byte(value), &changes); err != nil {
		return "", fmt.Errorf("the changed roles of a mail: %w", err)
	}
	var lines []string
	for _, c := range changes[:min(len(changes), mostChanges)] {
		line := c.Number + ":"
		switch {
		case onlyGiven:
			line += " " + listRoles(p, c.Added, zone)
		case len(c.Added) > 0:
			line += " " + p.T("mail.roles_added", "roles", listRoles(p, c.Added, zone))
		}
		if len(c.Removed) > 0 {
			line += " " + p.T("mail.roles_removed", "roles", listRoles(p, c.Removed, nil))
		}
		lines = append(lines, line)
	}
	if more := len(changes) - mostChanges; more > 0 {
		lines = append(lines, p.N("mail.roles_more", int64(more)))
	}
	return strings.Join(lines, "\n\n"), nil
}

// listRoles names roles; in a zone, also until when they hold.
func listRoles(p i18n.Printer, list []HeldRole, zone *time.Location) string {
	names := make([]string, len(list))
	for i, r := range list {
		names[i] = p.T("roles." + r.Role)
		if r.Part != "" {
			names[i] += " – " + p.T("roles.part_"+r.Part)
		}
		if zone != nil && !r.Until.IsZero() {
			names[i] += " " + p.T("mail.roles_until", "until", p.Time(r.Until, zone))
		}
	}
	return strings.Join(names, ", ")
}
