package keys

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
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

// exportPage is how many keys are opened at a time, so that memory does not grow with the file.
const exportPage = 500

// Export asks for the key file.
type Export struct {
	Licensing   ids.ID // one Licensing ID, or all that the actor may see keys of when empty
	Format      string // "tsv" or "csv"
	ProgramName func(code string) string
}

// Export writes the keys with their texts to w, on the record: the record is durable before the first byte goes out. Errors: those of
// access.Gate.On and Scope; Invalid "keys.export_format".
func (s *Service) Export(ctx context.Context, actor audit.Actor, e Export, w io.Writer) error {
	if e.Format != "tsv" && e.Format != "csv" {
		return errs.New(errs.Invalid, "keys.export_format")
	}
	var scope access.Scope
	err := s.access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		var err error
		if scope, err = scopeOf(g, e.Licensing); err != nil {
			return err
		}
		return recordExport(tx, g.Actor(), scope, e)
	})
	if err != nil {
		return err
	}
	return s.writeFile(ctx, actor, scope, e, w)
}

// recordExport writes one record for each Licensing ID whose keys go out, so that each Administrator reads of it.
func recordExport(tx *db.Tx, actor audit.Actor, scope access.Scope, e Export) error {
	var acts []audit.Act
	err := tx.Each("SELECT k.licensing_id, count(*) FROM product_keys k WHERE "+scope.SQL(tx, "k.licensing_id", "$1")+" GROUP BY k.licensing_id ORDER BY k.licensing_id",
		[]any{scope.Arg()}, func(scan func(...any) error) error {
			var licensing ids.ID
			var count int64
			if err := scan(&licensing, &count); err != nil {
				return err
			}
			acts = append(acts, audit.Act{Actor: actor, Event: audit.Event{Action: "keys.exported", Object: "lid_" + string(licensing), LicensingID: licensing,
				After: map[string]any{"keys": count, "format": e.Format}}})
			return nil
		})
	if err != nil {
		return err
	}
	if len(acts) == 0 {
		acts = []audit.Act{{Actor: actor, Event: audit.Event{Action: "keys.exported", After: map[string]any{"keys": 0, "format": e.Format}}}}
	}
	return audit.RecordEach(tx, acts)
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
func (s *Service) exportRows(ctx context.Context, actor audit.Actor, scope access.Scope, e Export, after ids.ID) (rows [][]string, last ids.ID, err error) {
	err = s.access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		rows, last = nil, ""
		now, err := scopeOf(g, e.Licensing)
		if err != nil {
			return err
		}
		list, err := listTx(tx, scope, after, exportPage)
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
	row := []string{k.Number, programName(k.Program), k.Organization, k.ProductLabel(), text, typeNames[k.Type], count}
	for i := range row {
		row[i] = inert(row[i])
	}
	return row
}

// inert keeps a spreadsheet from reading a cell as a formula.
func inert(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
