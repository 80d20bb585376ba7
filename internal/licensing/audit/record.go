package audit

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// Event is what happened, told by the room that did it.
type Event struct {
	// Action is a stable dotted name: "keys.revealed". The face's sentence is the translation key "audit." + Action.
	Action string
	// Object is the wire id of the thing acted on ("key_…"), or a business number when it has no id.
	Object string
	// LicensingID is the row id of the Licensing ID concerned: its Administrators may read the record. Empty when none is.
	LicensingID ids.ID
	// Before and After are the old and the new value, without secrets and with people by id only. nil when there is none.
	Before, After any
	// Refused marks an attempt that was not allowed.
	Refused bool
}

// body is the record as it is stored and sealed: its bytes are never made again.
type body struct {
	ID          ids.ID          `json:"id"`
	At          int64           `json:"at"` // microseconds since 1970, UTC
	ActorKind   ActorKind       `json:"actor_kind"`
	ActorID     ids.ID          `json:"actor_id,omitempty"`
	For         ids.ID          `json:"for,omitempty"`
	Token       ids.ID          `json:"token,omitempty"`
	Action      string          `json:"action"`
	Object      string          `json:"object,omitempty"`
	LicensingID ids.ID          `json:"licensing_id,omitempty"`
	Refused     bool            `json:"refused,omitempty"`
	Before      json.RawMessage `json:"before,omitempty"`
	After       json.RawMessage `json:"after,omitempty"`
	Request     string          `json:"request,omitempty"`
}

// Act is one event with its actor.
type Act struct {
	Actor Actor
	Event Event
}

// Record writes what actor did into the transaction that does it. The record is not numbered here: sealing does that,
// so that writers do not wait for each other.
func Record(tx *db.Tx, actor Actor, events ...Event) error {
	acts := make([]Act, len(events))
	for i, e := range events {
		acts[i] = Act{actor, e}
	}
	return RecordEach(tx, acts)
}

// RecordEach is Record for work of several actors that shares one transaction. Without events it records nothing, and the
// transaction may change nothing.
func RecordEach(tx *db.Tx, acts []Act) error {
	if len(acts) == 0 {
		return nil
	}
	const columns = 8
	args := make([]any, 0, len(acts)*columns)
	for _, e := range acts {
		b, err := newBody(tx.NewID(), tx.Now(), e.Actor, e.Event)
		if err != nil {
			return err
		}
		stored, err := json.Marshal(b)
		if err != nil {
			return fmt.Errorf("writing the audit record of %s: %w", b.Action, err)
		}
		args = append(args, b.ID, tx.Now(), b.LicensingID, b.ActorID, b.Action, b.Object, b.Refused, stored)
	}
	_, err := tx.Exec("INSERT INTO audit_records (id, at, licensing_id, actor_id, action, object, refused, body) VALUES "+
		db.Values(1, columns, len(acts)), args...)
	if err != nil {
		return fmt.Errorf("writing the audit record: %w", err)
	}
	tx.Audited()
	return nil
}

func newBody(id ids.ID, at time.Time, actor Actor, e Event) (body, error) {
	b := body{ID: id, At: at.UnixMicro(), ActorKind: actor.Kind, ActorID: actor.ID, For: actor.For, Token: actor.Token, Request: storable(actor.Request),
		Action: e.Action, Object: storable(e.Object), LicensingID: e.LicensingID, Refused: e.Refused}
	var err error
	if b.Before, err = optional(e.Before); err != nil {
		return body{}, fmt.Errorf("old value of %s: %w", e.Action, err)
	}
	if b.After, err = optional(e.After); err != nil {
		return body{}, fmt.Errorf("new value of %s: %w", e.Action, err)
	}
	return b, nil
}

// storable returns s as text that JSON and both engines keep as it is: what a stranger has sent must neither prevent a record nor make
// its column differ from it.
func storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

func optional(v any) (json.RawMessage, error) {
	if v == nil {
		return nil, nil
	}
	return json.Marshal(v)
}
