package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// Scope says which Licensing IDs' records may be read. SQL is a condition on a column that holds Licensing IDs' row ids, in
// which placeholder stands for Arg. A scope over all covers records of no Licensing ID too.
type Scope interface {
	SQL(tx *db.Tx, column, placeholder string) string
	Arg() string
}

// Filter chooses records; fields that are empty choose nothing. Scope must be given.
type Filter struct {
	Scope       Scope
	LicensingID ids.ID
	Object      string
	Actor       ids.ID
	Action      string // the start of the action: "keys." chooses all that happened to keys
	Refused     *bool
	From, Until time.Time // From is included, Until is not
	After       ids.ID    // the last record of the page before
	Limit       int       // 50 when zero, 500 at the most
}

// Entry is a record as it is shown.
type Entry struct {
	ID            ids.ID
	At            time.Time
	Actor         Actor
	Action        string
	Object        string
	LicensingID   ids.ID
	Refused       bool
	Before, After json.RawMessage // nil when there is none
	Sealed        bool            // the record has its place in the log
}

const (
	defaultLimit = 50
	maxLimit     = 500
)

// ListTx returns the records that f chooses, newest first.
func ListTx(tx *db.Tx, f Filter) ([]Entry, error) {
	if f.Scope == nil {
		return nil, errors.New("listing audit records: no scope was given")
	}
	where, args := f.conditions(tx)
	limit := f.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	args = append(args, min(limit, maxLimit))
	var entries []Entry
	err := tx.Each(fmt.Sprintf("SELECT body, COALESCE(seq, -1) FROM audit_records WHERE %s ORDER BY id DESC LIMIT $%d", where, len(args)), args,
		func(scan func(...any) error) error {
			var stored []byte
			var seq int64
			if err := scan(&stored, &seq); err != nil {
				return err
			}
			e, err := newEntry(stored)
			e.Sealed = seq >= 0
			entries = append(entries, e)
			return err
		})
	return entries, err
}

func (f Filter) conditions(tx *db.Tx) (string, []any) {
	args := []any{f.Scope.Arg()}
	all := []string{f.Scope.SQL(tx, "licensing_id", "$1")}
	where := func(condition string, arg any) {
		args = append(args, arg)
		all = append(all, fmt.Sprintf("%s $%d", condition, len(args)))
	}
	if f.LicensingID != "" {
		where("licensing_id =", f.LicensingID)
	}
	if f.Object != "" {
		where("object =", f.Object)
	}
	if f.Actor != "" {
		where("actor_id =", f.Actor)
	}
	if f.Action != "" {
		where(fmt.Sprintf("substr(action, 1, %d) =", utf8.RuneCountInString(f.Action)), f.Action)
	}
	if f.Refused != nil {
		where("refused =", *f.Refused)
	}
	if !f.From.IsZero() {
		where("at >=", f.From)
	}
	if !f.Until.IsZero() {
		where("at <", f.Until)
	}
	if f.After != "" {
		where("id <", f.After)
	}
	return strings.Join(all, " AND "), args
}

func newEntry(stored []byte) (Entry, error) {
	var b body
	if err := json.Unmarshal(stored, &b); err != nil {
		return Entry{}, fmt.Errorf("reading an audit record: %w", err)
	}
	return Entry{
		ID: b.ID, At: time.UnixMicro(b.At).UTC(), Action: b.Action, Object: b.Object, LicensingID: b.LicensingID, Refused: b.Refused,
		Actor:  Actor{Kind: b.ActorKind, ID: b.ActorID, For: b.For, Token: b.Token, Request: b.Request},
		Before: b.Before, After: b.After,
	}, nil
}
