package audit

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/errs"
)

var errUndo = errors.New("undo")

// found verifies inside tx and reports whether anything was found.
func found(tx *db.Tx, n *notary, against []byte) (bool, error) {
	v := verification{tx: tx, notary: n, progress: func(int64, int64) {}}
	err := v.run(against)
	return !v.report.OK(), err
}

// TestEveryFlippedByteIsFound flips each byte of each column of each row of the log's tables in turn. Of a record that is
// not sealed yet, the columns beside its body.
func TestEveryFlippedByteIsFound(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		l := NewLog(d, newSigner(0))
		records := 5
		if d.Engine() == db.Postgres {
			records = 2
		}
		write(t, d, records)
		sealAll(t, l, records)
		write(t, d, 1)
		n, err := l.notary(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		flips := 0
		err = d.Housekeep(context.Background(), "a test", func(tx *db.Tx) error {
			if bad, err := found(tx, n, nil); bad || err != nil {
				return fmt.Errorf("before: found %v, %w", bad, err)
			}
			for _, table := range []string{"audit_records", "audit_hashes", "audit_checkpoints"} {
				cells, err := readCells(tx, table)
				if err != nil {
					return err
				}
				for _, c := range cells {
					for _, flipped := range c.flips() {
						flips++
						if err := c.try(t, tx, n, flipped); err != nil {
							return err
						}
					}
				}
			}
			return errUndo
		})
		if !errors.Is(err, errUndo) {
			t.Fatal(err)
		}
		if least := records * 300; flips < least {
			t.Errorf("only %d bytes flipped, want at least %d", flips, least)
		}
	})
}

// cell is one column of one row.
type cell struct {
	table, column, kind string
	row                 string // its place in the table
	value               []byte // eight bytes for a number, one for a boolean
}

// readCells reads every cell of a table that is not NULL.
func readCells(tx *db.Tx, table string) ([]cell, error) {
	var columns [][2]string
	err := tx.Each(tx.Pick("SELECT name, lower(type) FROM pragma_table_info('"+table+"')",
		"SELECT column_name, data_type FROM information_schema.columns WHERE table_name = '"+table+"'"), nil, func(scan func(...any) error) error {
		var name, kind string
		err := scan(&name, &kind)
		columns = append(columns, [2]string{name, strings.NewReplacer("bigint", "integer", "bytea", "blob").Replace(kind)})
		return err
	})
	if err != nil || len(columns) == 0 {
		return nil, fmt.Errorf("columns of %s: %v, %w", table, columns, err)
	}
	var cells []cell
	for _, c := range columns {
		only := ""
		if table == "audit_records" && c[0] == "body" {
			only = " AND seq IS NOT NULL"
		}
		err := tx.Each(fmt.Sprintf("SELECT CAST(%s AS TEXT), %s FROM %s WHERE %s IS NOT NULL%s", tx.Pick("rowid", "ctid"), c[0], table, c[0], only), nil,
			func(scan func(...any) error) error {
				one := cell{table: table, column: c[0], kind: c[1]}
				var err error
				switch one.kind {
				case "integer":
					var v int64
					err = scan(&one.row, &v)
					one.value = binary.BigEndian.AppendUint64(nil, uint64(v))
				case "boolean":
					var v bool
					err = scan(&one.row, &v)
					one.value = []byte{0}
					if v {
						one.value[0] = 1
					}
				default:
					err = scan(&one.row, &one.value)
				}
				cells = append(cells, one)
				return err
			})
		if err != nil {
			return nil, err
		}
	}
	return cells, nil
}

// flips returns the cell's value with each of its bytes altered in turn.
func (c cell) flips() []any {
	var all []any
	for i := range c.value {
		b := slices.Clone(c.value)
		b[i] ^= 1
		switch c.kind {
		case "integer":
			all = append(all, int64(binary.BigEndian.Uint64(b)))
		case "boolean":
			all = append(all, b[0] == 1)
		case "text":
			all = append(all, string(b))
		default:
			all = append(all, b)
		}
	}
	return all
}

// try writes value into the cell, verifies, and undoes it.
func (c cell) try(t *testing.T, tx *db.Tx, n *notary, value any) error {
	err := tx.Try(func() error {
		place := tx.Pick("rowid = CAST($2 AS INTEGER)", "ctid = CAST($2 AS tid)")
		changed, err := tx.Exec(fmt.Sprintf("UPDATE %s SET %s = $1 WHERE %s", c.table, c.column, place), value, c.row)
		if errors.Is(err, db.ErrDuplicate) { // the engine itself refuses two records with one number
			return errUndo
		}
		if err != nil || changed != 1 {
			return fmt.Errorf("altering %s.%s: %d rows, %w", c.table, c.column, changed, err)
		}
		bad, err := found(tx, n, nil)
		if err != nil {
			return fmt.Errorf("verifying with %s.%s altered: %w", c.table, c.column, err)
		}
		if !bad {
			t.Errorf("not found: %s.%s of row %s altered to %q", c.table, c.column, c.row, value)
		}
		return errUndo
	})
	if errors.Is(err, errUndo) {
		return nil
	}
	return err
}

func TestAlteredLogIsFound(t *testing.T) {
	t.Parallel()
	const forged = "INSERT INTO audit_records (id, at, licensing_id, actor_id, action, object, refused, body, seq) " +
		"SELECT '01forged', at, licensing_id, actor_id, action, object, refused, body, "
	tests := []struct {
		name   string
		change []string
		want   FaultKind
	}{
		{"first record deleted", []string{"DELETE FROM audit_records WHERE seq = 0"}, RecordMissing},
		{"last record deleted", []string{"DELETE FROM audit_records WHERE seq = 5"}, RecordMissing},
		{"record deleted and the rest renumbered", []string{"DELETE FROM audit_records WHERE seq = 4", "UPDATE audit_records SET seq = 4 WHERE seq = 5"}, RecordMissing},
		{"all records deleted", []string{"DELETE FROM audit_records"}, RecordMissing},
		{"numbers exchanged", []string{"UPDATE audit_records SET seq = -1 WHERE seq = 0", "UPDATE audit_records SET seq = 0 WHERE seq = 5", "UPDATE audit_records SET seq = 5 WHERE seq = -1"}, RecordAltered},
		{"bodies exchanged", []string{"UPDATE audit_records SET body = (SELECT o.body FROM audit_records o WHERE o.seq = 3) WHERE seq = 2"}, RecordAltered},
		{"record inserted", []string{"UPDATE audit_records SET seq = 6 WHERE seq = 5", forged + "5 FROM audit_records WHERE seq = 0"}, RecordAltered},
		{"record appended", []string{forged + "6 FROM audit_records WHERE seq = 0"}, RecordBeyond},
		{"record before the first", []string{forged + "-1 FROM audit_records WHERE seq = 0"}, RecordBeyond},
		{"number taken away", []string{"UPDATE audit_records SET seq = NULL WHERE seq = 5"}, RecordMissing},
		{"NULL made empty text", []string{"UPDATE audit_records SET licensing_id = '' WHERE licensing_id IS NULL AND seq IS NOT NULL"}, ColumnsDiffer},
		{"column made NULL", []string{"UPDATE audit_records SET actor_id = NULL WHERE actor_id IS NOT NULL AND seq IS NOT NULL"}, ColumnsDiffer},
		{"id emptied", []string{"UPDATE audit_records SET id = '' WHERE seq IS NULL"}, ColumnsDiffer},
		{"unsealed column altered", []string{"UPDATE audit_records SET action = 'a.b' WHERE seq IS NULL"}, ColumnsDiffer},
		{"unsealed body made another's", []string{"UPDATE audit_records SET body = (SELECT o.body FROM audit_records o WHERE o.seq = 0) WHERE seq IS NULL"}, ColumnsDiffer},
		{"checkpoint deleted", []string{"DELETE FROM audit_checkpoints"}, CheckpointMissing},
		{"hashes deleted", []string{"DELETE FROM audit_hashes"}, HashesAltered},
		{"hashes added", []string{"INSERT INTO audit_hashes (level, n, hashes) SELECT 1, 0, hashes FROM audit_hashes"}, HashesAltered},
		{"a second checkpoint", []string{"INSERT INTO audit_checkpoints (size, checkpoint) SELECT size + 1, checkpoint FROM audit_checkpoints"}, CheckpointAltered},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		l := NewLog(d, newSigner(0))
		write(t, d, 6)
		sealAll(t, l, 6)
		write(t, d, 1)
		for _, test := range tests {
			if report := foundAfter(t, l, test.change...); !slices.Contains(kinds(report), test.want) {
				t.Errorf("%s: found %v, want %s", test.name, report.Faults, test.want)
			}
		}
		if r := verify(t, l, nil); !r.OK() || r.Sealed != 6 || r.Unsealed != 1 {
			t.Errorf("unaltered: %+v", r)
		}
	})
}

// foundAfter verifies after the statements and undoes them.
func foundAfter(t *testing.T, l *Log, statements ...string) (report VerifyReport) {
	t.Helper()
	n, err := l.notary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = l.db.Housekeep(t.Context(), "a test", func(tx *db.Tx) error {
		for _, s := range statements {
			if n, err := tx.Exec(s); err != nil || n == 0 {
				return fmt.Errorf("%s: %d rows, %w", s, n, err)
			}
		}
		v := verification{tx: tx, notary: n, progress: func(int64, int64) {}}
		if err := v.run(nil); err != nil {
			return err
		}
		report = v.report
		return errUndo
	})
	if !errors.Is(err, errUndo) {
		t.Fatal(err)
	}
	return report
}

// TestForgedHashesDoNotHideAnAlteration alters a record and makes every stored hash fit it: without the signing key, the
// checkpoint still contradicts.
func TestForgedHashesDoNotHideAnAlteration(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		l := NewLog(d, newSigner(0))
		fill(t, d, 300)
		sealAll(t, l, 300)
		alter(t, d, "UPDATE audit_records SET object = 'act_forged', body = CAST(replace("+asText(d)+", object, 'act_forged') AS "+bytesType(d)+") WHERE seq = 7")
		err := d.Housekeep(t.Context(), "a test", func(tx *db.Tx) error {
			rows, err := readRows(tx, "WHERE seq IS NOT NULL ORDER BY seq")
			if err != nil {
				return err
			}
			var forged tree
			for _, r := range rows {
				forged.push(tlog.RecordHash(r.body))
			}
			for _, tile := range append(forged.takeFull(), forged.partial()...) {
				n, err := tx.Exec("UPDATE audit_hashes SET hashes = $1 WHERE level = $2 AND n = $3", tile.hashes, tile.level, tile.n)
				if err != nil || n != 1 {
					return fmt.Errorf("%d rows, %w", n, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := kinds(verify(t, l, nil)); !slices.Equal(got, []FaultKind{RootDiffers}) {
			t.Errorf("found %v", got)
		}
		write(t, d, 1)
		if _, err := l.Seal(t.Context()); errs.CodeOf(err) != "audit.log_broken" {
			t.Errorf("sealing on: %v", err)
		}
	})
}

func bytesType(d *db.DB) string {
	if d.Engine() == db.Postgres {
		return "BYTEA"
	}
	return "BLOB"
}

func asText(d *db.DB) string {
	if d.Engine() == db.Postgres {
		return "convert_from(body, 'UTF8')"
	}
	return "CAST(body AS TEXT)"
}

// TestRollbackIsFoundAgainstAKeptCheckpoint puts an older state of the whole log back: it agrees with itself, and not with what was kept.
func TestRollbackIsFoundAgainstAKeptCheckpoint(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		l := NewLog(d, newSigner(0))
		write(t, d, 3)
		sealAll(t, l, 3)
		early := kept(t, l)
		for _, table := range []string{"audit_records", "audit_hashes", "audit_checkpoints"} {
			alter(t, d, "CREATE TABLE old_"+table+" AS SELECT * FROM "+table)
		}
		write(t, d, 4)
		sealAll(t, l, 4)
		file := append(slices.Clone(early), kept(t, l)...)
		if r := verify(t, l, file); !r.OK() || r.Kept != 2 || r.Sealed != 7 {
			t.Fatalf("before: %+v", r)
		}
		for _, table := range []string{"audit_records", "audit_hashes", "audit_checkpoints"} {
			alter(t, d, "DELETE FROM "+table, "INSERT INTO "+table+" SELECT * FROM old_"+table)
		}
		if r := verify(t, l, early); !r.OK() {
			t.Errorf("the older state does not agree with itself: %+v", r)
		}
		if r := verify(t, l, file); !slices.Equal(kinds(r), []FaultKind{RolledBack}) {
			t.Errorf("rolled back: %+v", r.Faults)
		}
		write(t, d, 5)
		sealAll(t, l, 5)
		if r := verify(t, l, nil); !r.OK() {
			t.Errorf("the new history does not agree with itself: %+v", r)
		}
		if r := verify(t, l, file); !slices.Equal(kinds(r), []FaultKind{HistoryRewritten}) {
			t.Errorf("rolled back and written on: %+v", r.Faults)
		}
		if r := verify(t, NewLog(d, newSigner(1)), file); !slices.Equal(kinds(r), []FaultKind{KeptUnknown, KeptUnknown, CheckpointAltered, CheckpointMissing}) {
			t.Errorf("under another key: %+v", r.Faults)
		}
	})
}
