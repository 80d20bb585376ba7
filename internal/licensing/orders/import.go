package orders

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"maps"
	"slices"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/agreements"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/catalog"
	"chiave/internal/licensing/entitlements"
	"chiave/internal/licensing/partners"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/feed"
	"chiave/internal/platform/ids"
)

const (
	room = "orders"

	batchRows = 1000 // rows of a file that are judged and staged at once
	purgeRows = 2000 // rows that one transaction deletes
)

// Service is the room's use cases. It is safe for concurrent use.
type Service struct {
	db         *db.DB
	access     *access.Service
	catalog    *catalog.Service
	agreements *agreements.Service
	partners   *partners.Service
	herald     Herald // nil: nobody is told
}

// New returns the service.
func New(d *db.DB, who *access.Service, products *catalog.Service, contracts *agreements.Service) *Service {
	return &Service{db: d, access: who, catalog: products, agreements: contracts, partners: partners.New(who)}
}

// Import takes an orders file in, whole or not at all. Bad rows are in the report, which is not an error then. Errors: those
// of Gate.Staff for Import; Conflict "imports.running", "imports.lost"; Limited "feed.too_large"; those of r.
func (s *Service) Import(ctx context.Context, actor audit.Actor, file string, r io.Reader, dryRun bool) (feed.Report, error) {
	report := feed.Report{File: file, DryRun: dryRun}
	if err := s.access.Read(ctx, actor, func(_ *db.Tx, g *access.Gate) error { return g.Staff(access.Import) }); err != nil {
		return report, err
	}
	run, err := feed.Begin(ctx, s.db, room, file, dryRun)
	if err != nil {
		return report, err
	}
	report.ID = feed.WireID.Wire(run.ID)
	problems := feed.NewProblems(file)
	im := &importing{Service: s, run: run, report: &report, problems: problems, seed: maphash.MakeSeed(), seen: map[uint64]seenRow{},
		licensing: map[string]ids.ID{}, sellers: map[string]ids.ID{}, returns: map[int64]returnPlace{}}
	err = im.stageAll(ctx, r)
	if problems.Fill(&report); problems.Any() {
		report.Created, report.Changed, report.Unchanged = 0, 0, 0
	}
	if err == nil && !problems.Any() && !dryRun {
		return report, s.publish(ctx, actor, run, report)
	}
	return report, errors.Join(err, run.Abandon(ctx))
}

// publish makes the staged rows visible, all at once.
func (s *Service) publish(ctx context.Context, actor audit.Actor, run *feed.Run, report feed.Report) error {
	err := s.access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.Staff(access.Import); err != nil {
			return err
		}
		if err := run.Publish(tx, report); err != nil {
			return err
		}
		if err := s.tell(tx, run.Seq); err != nil {
			return err
		}
		tx.SetResult(report.ID)
		return audit.Record(tx, g.Actor(), audit.Event{Action: "imports.published", Object: report.ID, After: run.Record(report)})
	})
	if err != nil {
		return errors.Join(err, run.Abandon(ctx))
	}
	return nil
}

// Purge deletes the rows of imports that were given up, a few at a time. A job calls it every minute or so.
func (s *Service) Purge(ctx context.Context) error {
	for more := true; more; {
		err := s.db.Housekeep(ctx, "deleting rows of an import that was given up", func(tx *db.Tx) (err error) {
			more, err = s.purge(tx)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// importing is one import on its way. It holds a few bytes for each row of the file, never the rows.
type importing struct {
	*Service
	run       *feed.Run
	report    *feed.Report
	problems  *feed.Problems
	goods     *entitlements.Catalog
	seed      maphash.Seed
	seen      map[uint64]seenRow // by the hash of the line id
	licensing map[string]ids.ID  // by number; empty for one that does not exist
	sellers   map[string]ids.ID  // by code; empty for one that does not exist
	returns   map[int64]returnPlace
	changed   bool // something was staged
}

type seenRow struct {
	says uint64 // hash of the whole row
	line int32
}

// returnPlace is where in its line of the file a return names what it returns, and how much.
type returnPlace struct{ target, quantity int32 }

// stageAll reads the file to its end and stages what it changes.
func (im *importing) stageAll(ctx context.Context, r io.Reader) error {
	err := im.db.Read(ctx, func(tx *db.Tx) (err error) {
		im.goods, err = im.catalog.Current(tx)
		return err
	})
	if err != nil {
		return err
	}
	table, err := feed.ReadTable(r, columns(), im.problems)
	if err != nil {
		return err
	}
	batch := make([]candidate, 0, batchRows)
	for {
		row, ok := table.Next()
		if ok {
			batch = append(batch, candidate{})
			batch[len(batch)-1].read(row, im.problems)
			im.report.Rows++
		}
		if len(batch) == batchRows || !ok && len(batch) > 0 {
			if err := im.take(ctx, batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
		if !ok {
			break
		}
	}
	if im.report.SHA256, err = table.Sum(); err != nil {
		return err
	}
	return im.judgeReturns(ctx)
}

// take judges a batch of rows and stages what they change.
func (im *importing) take(ctx context.Context, batch []candidate) error {
	var before map[string]stored
	var now time.Time
	err := im.db.Read(ctx, func(tx *db.Tx) (err error) {
		now = tx.Now()
		if err := im.lookUp(tx, batch); err != nil {
			return err
		}
		names := make([]string, len(batch))
		for i := range batch {
			names[i] = batch[i].id()
		}
		before, err = linesByID(tx, names, 0)
		return err
	})
	if err != nil {
		return err
	}
	var rows []staged
	for i := range batch {
		if c := &batch[i]; im.first(c) && im.accept(c) {
			rows = im.revise(rows, c, before)
		}
	}
	if len(rows) == 0 {
		return im.run.Keep(ctx, now)
	}
	im.changed = true
	return im.db.Housekeep(ctx, "staging an import", func(tx *db.Tx) error {
		if err := im.run.Renew(tx); err != nil {
			return err
		}
		return stage(tx, im.run, rows)
	})
}

// lookUp finds the Licensing IDs and partners that the batch names for the first time.
func (im *importing) lookUp(tx *db.Tx, batch []candidate) error {
	numbers, codes := map[string]ids.ID{}, map[string]ids.ID{}
	for i := range batch {
		number, code := batch[i].cells[colLicensingID].Value, batch[i].cells[colPartner].Value
		if _, known := im.licensing[number]; !known {
			numbers[number] = ""
		}
		if _, known := im.sellers[code]; !known {
			codes[code] = ""
		}
	}
	found, err := im.agreements.ByNumbersTx(tx, slices.Collect(maps.Keys(numbers)))
	if err != nil {
		return err
	}
	for number, l := range found {
		numbers[number] = l.ID
	}
	sellers, err := im.partners.ByCodesTx(tx, slices.Collect(maps.Keys(codes)))
	if err != nil {
		return fmt.Errorf("reading partners: %w", err)
	}
	for code, p := range sellers {
		codes[code] = p.ID
	}
	maps.Copy(im.licensing, numbers)
	maps.Copy(im.sellers, codes)
	return nil
}

// first reports whether the line was not in the file before. A row that repeats another word by word changes nothing; one
// that says something else is refused.
func (im *importing) first(c *candidate) bool {
	if c.id() == "" {
		return true // refused already
	}
	var h maphash.Hash
	h.SetSeed(im.seed)
	for _, cell := range c.cells {
		h.WriteString(cell.Value)
		h.WriteByte(0)
	}
	k := maphash.String(im.seed, c.id())
	before, twice := im.seen[k]
	if !twice {
		im.seen[k] = seenRow{h.Sum64(), int32(c.cells[colLineID].Place.Line)}
		return true
	}
	if before.says != h.Sum64() {
		im.problems.Add(c.cells[colLineID].Place, "orders.row_twice", errs.Params{"key": c.id(), "line": before.line})
	}
	im.report.Unchanged++
	return false
}

// accept judges a row by the catalog, the agreements and the partners.
func (im *importing) accept(c *candidate) bool {
	c.licensing, c.partner = im.licensing[c.cells[colLicensingID].Value], im.sellers[c.cells[colPartner].Value]
	unknown := func(id ids.ID, column int, code string) {
		if cell := c.cells[column]; cell.Value != "" && id == "" {
			c.bad = true
			im.problems.Add(cell.Place, code, errs.Params{"value": cell.Value})
		}
	}
	unknown(c.licensing, colLicensingID, "orders.licensing_id_unknown")
	unknown(c.partner, colPartner, "orders.partner_unknown")
	c.judge(im.goods, im.problems)
	return !c.bad
}

// revise adds the revisions that a good row asks for.
func (im *importing) revise(rows []staged, c *candidate, before map[string]stored) []staged {
	old, known := before[c.id()]
	if known && old.facts == c.facts {
		im.report.Unchanged++
		return rows
	}
	line := int64(c.cells[colLineID].Place.Line)
	if c.kind == entitlements.RET {
		im.returns[line] = returnPlace{int32(c.cells[colReturnsLine].Place.Column), int32(c.cells[colQuantity].Place.Column)}
	}
	rows = append(rows, staged{stored: stored{facts: c.facts, id: c.id(), fileLine: line}})
	if !known {
		im.report.Created++
		return rows
	}
	im.report.Changed++
	if old.licensing != c.licensing {
		old.fileLine, old.returns = line, ""
		rows = append(rows, staged{stored: old, withdrawn: true})
	}
	return rows
}
