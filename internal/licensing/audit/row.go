package audit

import (
	"encoding/json"

	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// row is a record with the columns that repeat parts of it.
type row struct {
	id               ids.ID
	at, refused, seq int64
	licensing, actor string // "" for NULL, else "=" and the value: NULL and empty text are not the same
	action, object   string
	body             []byte
}

const selectRows = "SELECT id, at, CASE WHEN licensing_id IS NULL THEN '' ELSE '=' || licensing_id END, " +
	"CASE WHEN actor_id IS NULL THEN '' ELSE '=' || actor_id END, action, object, "

func readRows(tx *db.Tx, where string, args ...any) ([]row, error) {
	var rows []row
	err := tx.Each(selectRows+tx.Pick("refused", "CAST(refused AS INT)")+", COALESCE(seq, -1), body FROM audit_records "+where, args,
		func(scan func(...any) error) error {
			var r row
			err := scan(&r.id, &r.at, &r.licensing, &r.actor, &r.action, &r.object, &r.refused, &r.seq, &r.body)
			rows = append(rows, r)
			return err
		})
	return rows, err
}

// columnsMatch reports whether the record can be read and says what its columns say.
func (r row) columnsMatch() bool {
	var b body
	if json.Unmarshal(r.body, &b) != nil {
		return false
	}
	column := func(id ids.ID) string {
		if id == "" {
			return ""
		}
		return "=" + string(id)
	}
	refused := int64(0)
	if b.Refused {
		refused = 1
	}
	return r.id == b.ID && r.at == b.At && r.licensing == column(b.LicensingID) && r.actor == column(b.ActorID) &&
		r.action == b.Action && r.object == b.Object && r.refused == refused
}
