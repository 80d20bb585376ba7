package keys

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/feed"
	"chiave/internal/platform/ids"
)

// intake is a file of foreign keys on its way in.
type intake struct {
	service  *Service
	run      *feed.Run
	problems *feed.Problems
	report   feed.Report
	waiting  []foreign
	seen     map[string]foreign // rows read so far, by Licensing ID, key and product
}

// foreign is one row of the file.
type foreign struct {
	line      int
	number    feed.Text
	key       feed.Place
	code      Code
	lookup    string
	product   string
	kind      Type
	counted   bool
	used      int64
	available int64
}

// same reports whether two rows say the same of a key.
func (f foreign) same(g foreign) bool {
	return f.kind == g.kind && f.counted == g.counted && f.used == g.used && f.available == g.available
}

// read goes through the file, settling its rows by the batch.
func (in *intake) read(ctx context.Context, r io.Reader) error {
	columns := make([]feed.Column, len(exportHeader))
	for i, name := range exportHeader {
		columns[i] = feed.Column{Name: name, Required: true}
	}
	table, err := feed.ReadTable(r, columns, in.problems)
	if err != nil {
		return err
	}
	for row, ok := table.Next(); ok; row, ok = table.Next() {
		in.report.Rows++
		in.row(row)
		if len(in.waiting) == rowsAtOnce {
			if err := in.settle(ctx); err != nil {
				return err
			}
		}
	}
	if err := in.settle(ctx); err != nil {
		return err
	}
	in.report.SHA256, err = table.Sum()
	return err
}

// row takes one row in, or names what is wrong with it.
func (in *intake) row(row *feed.Row) {
	number, key, kind, count := row.At(0), row.At(4), row.At(5), row.At(6)
	f := foreign{line: row.Line, number: number, key: key.Place, product: active(row.At(3).Value)}
	f.number.Value = active(number.Value)
	before := in.problems.Count()
	for _, t := range []feed.Text{number, row.At(3), key, kind} {
		if t.Value == "" {
			in.problems.Add(t.Place, "feed.missing", errs.Params{"name": t.Place.Field})
		}
	}
	var ok bool
	if f.code, ok = parseForeign(active(key.Value)); !ok && key.Value != "" {
		in.problems.Add(key.Place, "keys.import_key")
	}
	if f.kind, ok = typeNamed(kind.Value); !ok && kind.Value != "" {
		in.problems.Add(kind.Place, "keys.import_type")
	}
	if !f.count(count.Value) {
		in.problems.Add(count.Place, "keys.import_count")
	}
	if in.problems.Count() > before {
		return
	}
	f.lookup = string(Lookup(in.service.sealer, f.code))
	name := f.number.Value + "\x00" + f.lookup + "\x00" + f.product
	if had, twice := in.seen[name]; twice {
		if !had.same(f) {
			in.problems.Add(key.Place, "keys.import_twice", errs.Params{"line": had.line})
		}
		in.report.Unchanged++
		return
	}
	in.seen[name] = foreign{line: f.line, kind: f.kind, counted: f.counted, used: f.used, available: f.available}
	in.waiting = append(in.waiting, f)
}

// typeNamed reads a type as the key file writes it, or as it is called elsewhere.
func typeNamed(name string) (Type, bool) {
	switch strings.ToLower(strings.Join(strings.Fields(name), " ")) {
	case "mak", "multiple activation key", "mak key":
		return MAK, true
	case "kms host key", "kms", "kms host", "kms key":
		return KMSHost, true
	case "volume license key", "volume license", "volume licence key", "vlk":
		return Volume, true
	case "setup key", "setup":
		return Setup, true
	case "online service activation key", "online service activation", "redemption key":
		return Redemption, true
	}
	return "", false
}

// usedAvailable is the count of a MAK.
var usedAvailable = regexp.MustCompile(`^(\d{1,9})\s*/\s*(\d{1,9})$`)

// count reads "used/available", which only a MAK has and none must have. Of a type that is not known it says nothing.
func (f *foreign) count(text string) bool {
	switch strings.ToLower(text) {
	case "", "-", "n/a":
		return true
	}
	parts := usedAvailable.FindStringSubmatch(text)
	if parts == nil {
		return false
	}
	f.used, _ = strconv.ParseInt(parts[1], 10, 64) // nine digits are a number
	f.available, _ = strconv.ParseInt(parts[2], 10, 64)
	f.counted = f.kind == MAK
	return f.counted || f.kind == "" || f.used == 0 && f.available == 0
}

// custody is what the database knows of a key in the file.
type custody struct {
	id, licensing ids.ID
	origin        string
	product       string
	sealed        []byte
	row           foreign // type and counts
}

// settle compares the waiting rows with what is in custody and stages what is new or different. While the import holds its room,
// nobody else changes foreign keys, so that what is decided here still holds when it is published.
func (in *intake) settle(ctx context.Context) error {
	rows := in.waiting
	in.waiting = nil
	if len(rows) == 0 {
		return nil
	}
	var numbers map[string]ids.ID
	var kept map[string][]custody
	err := in.service.db.Read(ctx, func(tx *db.Tx) (err error) {
		if numbers, err = licensingIDs(tx, rows); err == nil {
			kept, err = inCustody(tx, rows)
		}
		return err
	})
	if err != nil {
		return err
	}
	var stage []staged
	for _, f := range rows {
		st, err := in.decide(f, numbers[f.number.Value], kept[f.lookup])
		if err != nil {
			return err
		}
		if st != nil {
			stage = append(stage, *st)
		}
	}
	if in.problems.Any() {
		stage = nil // checked on, for its other rows' sake
	}
	return in.service.db.Housekeep(ctx, "staging foreign keys", func(tx *db.Tx) error {
		if err := in.run.Renew(tx); err != nil || len(stage) == 0 || in.report.DryRun {
			return err
		}
		return in.service.stageTx(tx, in.run.Seq, stage)
	})
}

// decide says what a row means for a Licensing ID, given the keys in custody that are found by its text; nil is nothing.
func (in *intake) decide(f foreign, licensing ids.ID, kept []custody) (*staged, error) {
	if licensing == "" {
		in.problems.Add(f.number.Place, "keys.import_licensing_id", errs.Params{"number": f.number.Value})
		return nil, nil
	}
	for _, c := range kept {
		switch {
		case c.origin == Own && c.licensing != licensing:
			in.problems.Add(f.key, "keys.import_own_elsewhere")
			return nil, nil
		case c.origin == Own:
			in.report.Unchanged++
			return nil, nil
		case c.licensing != licensing || c.product != f.product:
			continue
		}
		text, err := in.service.sealer.Open(place(c.id), c.sealed)
		if err != nil {
			return nil, fmt.Errorf("opening key %s: %w", Wire.Wire(c.id), err)
		}
		if string(text) != f.code.Reveal() { // an O here, a 0 there: found by the same hash
			in.problems.Add(f.key, "keys.import_alike")
			return nil, nil
		}
		if c.row.same(f) {
			in.report.Unchanged++
			return nil, nil
		}
		in.report.Changed++
		return &staged{foreign: f, licensing: licensing, changes: c.id}, nil
	}
	in.report.Created++
	return &staged{foreign: f, licensing: licensing}, nil
}
