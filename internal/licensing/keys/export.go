package keys

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// exportHeader is the first line of the key file, the same in every language so that tools can read it (KEY-15, L10N-07).
var exportHeader = []string{"Licensing ID", "Parent Program", "Organization", "Product", "Product Key", "Type", "MAK Activations-Used/Available"}

// typeNames are the types as the key file writes them.
var typeNames = map[Type]string{MAK: "MAK", KMSHost: "KMS host key", Volume: "Volume License Key", Setup: "Setup key", Redemption: "Online service activation key"}

const (
	exportPage    = 500  // keys opened at a time, so that memory does not grow with the file
	recordsAtOnce = 1000 // a statement has an end to its parameters
)

// Export asks for the key file.
type Export struct {
	Licensing   ids.ID                   // one Licensing ID, or all that the actor may see keys of when empty
	Format      string                   // "tsv" or "csv"
	ProgramName func(code string) string // the codes themselves when nil
}

// Export writes the keys with their texts to w, on the record: the record is durable before the first byte goes out. Errors: those of
// access.Gate.On and Scope; Invalid "keys.export_format".
func (s *Service) Export(ctx context.Context, actor audit.Actor, e Export, w io.Writer) error {
	var recorded access.Scope
	err := s.access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		scope, err := scopeOf(g, e.Licensing)
		if err != nil {
			return err
		}
		if e.Format != "tsv" && e.Format != "csv" {
			return errs.New(errs.Invalid, "keys.export_format")
		}
		recorded, err = recordExport(tx, g.Actor(), scope, e)
		return err
	})
	if err != nil {
		return err
	}
	return s.writeFile(ctx, actor, recorded, e, w)
}

// recordExport writes one record for each Licensing ID whose keys go out, so that each Administrator reads of it, and returns these
// Licensing IDs: no key of another, made while the file goes out, gets into it.
func recordExport(tx *db.Tx, actor audit.Actor, scope access.Scope, e Export) (recorded access.Scope, err error) {
	var acts []audit.Act
	err = tx.Each("SELECT k.licensing_id, count(*)"+keyTables+" WHERE "+scope.SQL(tx, "k.licensing_id", "$1")+" GROUP BY k.licensing_id ORDER BY k.licensing_id",
		[]any{scope.Arg()}, func(scan func(...any) error) error {
			var licensing ids.ID
			var count int64
			if err := scan(&licensing, &count); err != nil {
				return err
			}
			recorded.IDs = append(recorded.IDs, licensing)
			acts = append(acts, audit.Act{Actor: actor, Event: audit.Event{Action: "keys.exported", Object: "lid_" + string(licensing), LicensingID: licensing,
				After: map[string]any{"keys": count, "format": e.Format}}})
			return nil
		})
	if err != nil {
		return access.Scope{}, err
	}
	if len(acts) == 0 {
		acts = []audit.Act{{Actor: actor, Event: audit.Event{Action: "keys.exported", After: map[string]any{"keys": 0, "format": e.Format}}}}
	}
	for some := range slices.Chunk(acts, recordsAtOnce) {
		if err := audit.RecordEach(tx, some); err != nil {
			return access.Scope{}, err
		}
	}
	return recorded, nil
}

func (s *Service) writeFile(ctx context.Context, actor audit.Actor, scope access.Scope, e Export, w io.Writer) error {
	out := csv.NewWriter(w)
	if e.Format == "tsv" {
		out.Comma = '\t'
	}
	if err := out.Write(exportHeader); err != nil {
		return err
	}
	for after := ids.ID(""); ; {
		rows, last, err := s.exportRows(ctx, actor, scope, e, after)
		if err != nil {
			return err
		}
		if err := out.WriteAll(rows); err != nil { // WriteAll flushes
			return err
		}
		if last == "" {
			out.Flush()
			return out.Error()
		}
		after = last
	}
}

// exportRows opens the next page of keys. It asks for the right again: who loses it while the file goes out gets no more of it.
func (s *Service) exportRows(ctx context.Context, actor audit.Actor, recorded access.Scope, e Export, after ids.ID) (rows [][]string, last ids.ID, err error) {
	err = s.access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		rows, last = nil, ""
		now, err := scopeOf(g, e.Licensing)
		if err != nil {
			return err
		}
		list, err := listTx(tx, recorded, after, exportPage)
		if err != nil {
			return err
		}
		for _, k := range list {
			if !now.Has(k.Licensing) {
				continue
			}
			text, err := s.openTx(tx, k.ID)
			if err != nil {
				return fmt.Errorf("opening key %s: %w", Wire.Wire(k.ID), err)
			}
			rows = append(rows, exportRow(k, text, e.ProgramName))
		}
		if len(list) == exportPage {
			last = list[len(list)-1].ID
		}
		return nil
	})
	return rows, last, err
}

func exportRow(k Key, text string, programName func(string) string) []string {
	count := ""
	if k.Counted && k.Type == MAK {
		count = fmt.Sprintf("%d/%d", k.Used, k.Available())
	}
	program := k.Program
	if programName != nil {
		program = programName(k.Program)
	}
	row := []string{k.Number, program, k.Organization, k.ProductLabel(), text, typeNames[k.Type], count}
	for i := range row {
		row[i] = inert(row[i])
	}
	return row
}

// inert keeps a spreadsheet from reading a cell, or a part of it, as a formula; active takes that away again. Where lists are separated by
// semicolons, as in Italy, spreadsheets cut the lines of the file at those: quotes in the middle of a line do not hold such a cell together.
func inert(cell string) string {
	return eachPart(cell, func(part string) string { return "'" + part })
}

func active(cell string) string {
	return eachPart(cell, func(part string) string { return strings.TrimPrefix(part, "'") })
}

// eachPart changes the parts of a cell that begin as formulas do.
func eachPart(cell string, change func(string) string) string {
	var b strings.Builder
	for part := range strings.SplitAfterSeq(cell, ";") {
		if formula(part) {
			part = change(part)
		}
		b.WriteString(part)
	}
	return b.String()
}

// formula reports whether a part of a cell begins as formulas do, behind any number of apostrophes.
func formula(part string) bool {
	part = strings.TrimLeft(part, "'")
	return part != "" && strings.IndexByte("=+-@\t\r", part[0]) >= 0
}
