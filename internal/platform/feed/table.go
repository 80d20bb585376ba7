package feed

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
	"unicode/utf8"

	"chiave/internal/platform/errs"
)

const (
	// MaxTable is the size of the largest table that is read, in bytes.
	MaxTable = 4 << 30
	// MaxLine is the length of the longest row of a table, in bytes.
	MaxLine = 64 << 10
)

// Column is a column that a table may have.
type Column struct {
	Name     string
	Required bool // the header must have it; its values may still be empty
}

// Table reads a table row by row, in constant memory. Columns may stand in any order.
type Table struct {
	in        *bufio.Reader
	sum       hash.Hash
	size      int64
	line      int // number of the last line read
	separator byte
	columns   []Column
	order     []int // place in columns of each column of the file
	problems  *Problems
	row       Row
	record    []byte
	cells     []cell
	done      bool
	err       error
}

// cell is a value of a record: its text lies in Table.record from..to.
type cell struct {
	from, to     int
	line, column int
}

// Row is one row of a table, valid until the next is read.
type Row struct {
	Line   int // where it begins
	values []Text
	table  *Table
}

// errTooLarge ends the reading of a table that is larger than MaxTable.
var errTooLarge = errs.New(errs.Limited, "feed.too_large", errs.Params{"bytes": int64(MaxTable)})

// ReadTable reads the header. What is wrong with it is in problems, and the table then has no rows. Errors: those of r.
func ReadTable(r io.Reader, columns []Column, problems *Problems) (*Table, error) {
	t := &Table{sum: sha256.New(), columns: columns, problems: problems, row: Row{values: make([]Text, len(columns))}}
	t.row.table = t
	t.in = bufio.NewReaderSize(io.TeeReader(r, t.sum), 256<<10)
	if mark, err := t.in.Peek(len(byteOrderMark)); err == nil && bytes.Equal(mark, byteOrderMark) {
		t.in.Discard(len(mark))
	}
	before := problems.Count()
	t.header()
	if problems.Count() > before {
		t.stop()
	}
	return t, t.err
}

// Next reads the next row, leaving out those without any value. Rows whose form is wrong are named and left out too.
func (t *Table) Next() (*Row, bool) {
	for !t.done {
		line, ok := t.readLine()
		if !ok {
			break
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		t.row.Line = t.line
		if t.split(line, t.separator) && t.fill() {
			return &t.row, true
		}
	}
	return nil, false
}

// Sum returns the SHA-256 of the file in hex, once Next has returned false. Errors: Limited "feed.too_large"; those of
// the reader.
func (t *Table) Sum() (string, error) {
	if t.err != nil {
		return "", t.err
	}
	return hex.EncodeToString(t.sum.Sum(nil)), nil
}

// Text returns the row's value in the column of that name, which must be one of the table's.
func (r *Row) Text(name string) Text {
	for i, c := range r.table.columns {
		if c.Name == name {
			return r.values[i]
		}
	}
	panic("feed: no column " + name)
}

// At returns the value in a column by its place in the list given to ReadTable.
func (r *Row) At(column int) Text { return r.values[column] }

// stop reads the rest of the file for its sum alone.
func (t *Table) stop() {
	t.done = true
	n, err := io.Copy(io.Discard, io.LimitReader(t.in, MaxTable))
	if t.size += n; t.err == nil && err != nil {
		t.err = fmt.Errorf("reading the table: %w", err)
	}
}

// readLine returns the next line without its end; false at the end of the file, or when it cannot be read on.
func (t *Table) readLine() ([]byte, bool) {
	var long []byte
	for {
		part, err := t.in.ReadSlice('\n')
		if t.size += int64(len(part)); t.size > MaxTable {
			t.err, t.done = errTooLarge, true
			return nil, false
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			if long == nil {
				long = append(long, part[:MaxLine+1]...) // enough to be refused
			}
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			t.err, t.done = fmt.Errorf("reading the table: %w", err), true
			return nil, false
		}
		if len(part) == 0 && long == nil {
			t.done = true
			return nil, false
		}
		t.line++
		if long != nil {
			part = long
		}
		return bytes.TrimSuffix(bytes.TrimSuffix(part, []byte("\n")), []byte("\r")), true
	}
}

// split cuts a record into cells. A value in quotes may go on over several lines. false when the row is refused.
func (t *Table) split(line []byte, separator byte) bool {
	t.record, t.cells = t.record[:0], t.cells[:0]
	if !t.acceptable(line) {
		return false
	}
	i, column := 0, 1
	for {
		c := cell{from: len(t.record), line: t.line, column: column}
		if i < len(line) && line[i] == '"' {
			rest, at, ok := t.quoted(line, i+1, column+1, c)
			if !ok {
				return false
			}
			line, i, column = rest, at.offset, at.column
			if i < len(line) && line[i] != separator {
				t.problems.Add(Place{Line: t.line, Column: column}, "feed.quote_stray")
				return false
			}
		} else {
			end := bytes.IndexByte(line[i:], separator)
			if end < 0 {
				end = len(line) - i
			}
			t.record = append(t.record, line[i:i+end]...)
			column += utf8.RuneCount(line[i : i+end])
			i += end
		}
		c.to = len(t.record)
		t.cells = append(t.cells, c)
		if i >= len(line) {
			return true
		}
		i, column = i+1, column+1
	}
}

// spot is a place within a line.
type spot struct{ offset, column int }

// quoted reads a value in quotes from offset i, after its opening quote, and returns the line on which it ends and the
// place after its closing quote.
func (t *Table) quoted(line []byte, i, column int, c cell) ([]byte, spot, bool) {
	for {
		for i < len(line) {
			if line[i] != '"' {
				_, size := utf8.DecodeRune(line[i:])
				t.record = append(t.record, line[i:i+size]...)
				i, column = i+size, column+1
				continue
			}
			if i+1 < len(line) && line[i+1] == '"' {
				t.record = append(t.record, '"')
				i, column = i+2, column+2
				continue
			}
			return line, spot{i + 1, column + 1}, true
		}
		more, ok := t.readLine()
		if !ok {
			t.problems.Add(Place{Line: c.line, Column: c.column}, "feed.quote_open")
			return nil, spot{}, false
		}
		t.record = append(t.record, '\n')
		if !t.acceptable(more) {
			return nil, spot{}, false
		}
		line, i, column = more, 0, 1
	}
}

// acceptable refuses a line that is not UTF-8, and a record that grows too long.
func (t *Table) acceptable(line []byte) bool {
	if len(t.record)+len(line) > MaxLine {
		t.problems.Add(Place{Line: t.line, Column: 1}, "feed.line_too_long", errs.Params{"bytes": MaxLine})
		return false
	}
	if at := invalidUTF8(line); at >= 0 {
		t.problems.Add(Place{Line: t.line, Column: utf8.RuneCount(line[:at]) + 1}, "feed.not_utf8")
		return false
	}
	return true
}

// fill hands the cells of the record to their columns. false when the row is empty or refused.
func (t *Table) fill() bool {
	if len(t.cells) != len(t.order) {
		if len(bytes.Trim(t.record, " \t")) > 0 {
			t.problems.Add(Place{Line: t.row.Line, Column: 1}, "feed.cells", errs.Params{"want": len(t.order), "got": len(t.cells)})
		}
		return false
	}
	for i := range t.row.values {
		t.row.values[i] = Text{Place: Place{t.row.Line, 1, t.columns[i].Name}}
	}
	good, given := true, false
	record := string(t.record)
	for i, c := range t.cells {
		to := t.order[i]
		place := Place{c.line, c.column, t.columns[to].Name}
		clean, code := cleanText(record[c.from:c.to])
		if code != "" {
			t.problems.Add(place, code, errs.Params{"name": place.Field, "max": MaxText})
			good = false
		}
		given = given || clean != ""
		t.row.values[to] = Text{clean, place}
	}
	return good && given
}

// header reads the first line that is not empty and finds the separator in it.
func (t *Table) header() {
	var line []byte
	for ok := true; ok && len(bytes.TrimSpace(line)) == 0; {
		if line, ok = t.readLine(); !ok {
			if t.err == nil {
				t.problems.Add(Place{Line: 1, Column: 1}, "feed.empty")
			}
			return
		}
	}
	line = bytes.Clone(line)
	if t.separator = t.detect(line); !t.split(line, t.separator) {
		return
	}
	t.match()
}

// detect returns the separator by which the header has the most names that are known, or else the most names.
func (t *Table) detect(header []byte) byte {
	best, score := byte(';'), -1
	for _, separator := range []byte{';', ',', '\t'} {
		parts := strings.Split(string(header), string(rune(separator)))
		n := len(parts)
		for _, part := range parts {
			if t.column(strings.Trim(strings.TrimSpace(part), `"`)) >= 0 {
				n += 1000
			}
		}
		if n > score {
			best, score = separator, n
		}
	}
	return best
}

// column returns the place of a name among the known columns, or -1.
func (t *Table) column(name string) int {
	for i, c := range t.columns {
		if strings.EqualFold(c.Name, strings.TrimSpace(name)) {
			return i
		}
	}
	return -1
}

// match gives every column of the file its place and names those unknown, repeated and missing.
func (t *Table) match() {
	seen := make([]bool, len(t.columns))
	for _, c := range t.cells {
		name := strings.TrimSpace(string(t.record[c.from:c.to]))
		place := Place{c.line, c.column, name}
		to := t.column(name)
		switch {
		case to < 0:
			t.problems.Add(place, "feed.column_unknown", errs.Params{"name": name})
			continue
		case seen[to]:
			t.problems.Add(place, "feed.column_twice", errs.Params{"name": name})
		}
		seen[to] = true
		t.order = append(t.order, to)
	}
	for i, c := range t.columns {
		if c.Required && !seen[i] {
			t.problems.Add(Place{t.line, 1, c.Name}, "feed.column_missing", errs.Params{"name": c.Name})
		}
	}
}
