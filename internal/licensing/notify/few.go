package notify

import (
	"encoding/json"
	"fmt"
	"strings"

	"chiave/internal/platform/i18n"
)

// Alternates recommends to the only Administrator of Licensing IDs to name somebody beside (N13). Params: name (may be empty), few
// (FewPeopleList), link.
const Alternates = "alternates"

// FewPeople is a Licensing ID that depends on its only Administrator.
type FewPeople struct {
	Number string `json:"number"`
	Keys   bool   `json:"keys,omitempty"` // nobody else reaches downloads and keys
}

// FewPeopleList writes a parameter that is printed as a list in the recipient's language.
func FewPeopleList(list []FewPeople) string {
	text, err := json.Marshal(list)
	if err != nil { // strings always have a JSON form
		panic(err)
	}
	return string(text)
}

func listFew(p i18n.Printer, value string) (string, error) {
	var list []FewPeople
	if err := json.Unmarshal([]byte(value), &list); err != nil {
		return "", fmt.Errorf("the Licensing IDs of a mail: %w", err)
	}
	var lines []string
	for _, f := range list[:min(len(list), mostChanges)] {
		line := f.Number + ": " + p.T("mail.few_administrators")
		if f.Keys {
			line += " " + p.T("mail.few_keys")
		}
		lines = append(lines, line)
	}
	if more := len(list) - mostChanges; more > 0 {
		lines = append(lines, p.N("mail.roles_more", int64(more)))
	}
	return strings.Join(lines, "\n\n"), nil
}
