package db

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"chiave/internal/platform/ids"
)

// bind turns arguments into what both drivers store alike.
func bind(args []any) []any {
	out := make([]any, len(args))
	for i, a := range args {
		out[i] = a
		switch v := a.(type) {
		case time.Time:
			out[i] = nil
			if !v.IsZero() {
				out[i] = v.UnixMicro()
			}
		case ids.ID:
			out[i] = nil
			if v != "" {
				out[i] = string(v)
			}
		case int:
			out[i] = int64(v)
		}
	}
	return out
}

// receive wraps destinations so that instants, ids and text read NULL as their zero value.
func receive(dest []any) []any {
	for i, d := range dest {
		switch v := d.(type) {
		case *time.Time:
			dest[i] = (*instant)(v)
		case *ids.ID:
			dest[i] = text[ids.ID]{v}
		case *string:
			dest[i] = text[string]{v}
		}
	}
	return dest
}

type instant time.Time

// Scan reads microseconds since 1970.
func (t *instant) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*t = instant{}
	case int64:
		*t = instant(time.UnixMicro(v).UTC())
	default:
		return fmt.Errorf("an instant is stored as a whole number, found %T", src)
	}
	return nil
}

type text[S ~string] struct{ to *S }

// Scan reads text.
func (t text[S]) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*t.to = ""
	case string:
		*t.to = S(v)
	case []byte:
		*t.to = S(v)
	default:
		return fmt.Errorf("text expected, found %T", src)
	}
	return nil
}

// List is an argument that holds many ids or strings; In is the text that goes with it.
func List[S ~string](values []S) string {
	if values == nil {
		values = []S{}
	}
	b, err := json.Marshal(values)
	if err != nil { // strings always have a JSON form
		panic(err)
	}
	return string(b)
}

// In returns a parenthesised subquery over the values of the List bound to placeholder, to stand after IN:
//
//	tx.Each("SELECT … WHERE licensing_id IN "+tx.In("$1"), []any{db.List(ids)}, …)
func (tx *Tx) In(placeholder string) string {
	return tx.Pick("(SELECT value FROM json_each("+placeholder+"))",
		"(SELECT value FROM json_array_elements_text(CAST("+placeholder+" AS json)))")
}

// Packed is an argument that holds many rows, for statements that write more of them than placeholders are good for: both engines
// spend more time on thousands of placeholders than on the rows. Rows is the text that goes with it. A time.Time is not taken;
// an empty ids.ID is NULL.
func Packed(rows [][]any) string {
	for _, row := range rows {
		for i, v := range row {
			if id, ok := v.(ids.ID); ok && id == "" {
				row[i] = nil
			}
		}
	}
	b, err := json.Marshal(rows)
	if err != nil { // a programming fault: something that has no JSON form
		panic(err)
	}
	return string(b)
}

// Rows returns a table, to stand after FROM under the name given, over the rows of the Packed bound to placeholder. name.value->>0 is
// the text of a row's first value; what is no text needs a CAST.
func (tx *Tx) Rows(placeholder, name string) string {
	return tx.Pick("jsonb_each("+placeholder+") "+name, "json_array_elements(CAST("+placeholder+" AS json)) "+name+" (value)")
}

// Values returns "($1,$2),($3,$4)": placeholders for rows of columns values each, counting from first.
func Values(first, columns, rows int) string {
	var b strings.Builder
	for r := range rows {
		if r > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('(')
		for c := range columns {
			if c > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "$%d", first+r*columns+c)
		}
		b.WriteByte(')')
	}
	return b.String()
}
