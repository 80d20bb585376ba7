package catalog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/entitlements"
	"chiave/internal/platform/db"
	"chiave/internal/platform/feed"
)

// Import takes a catalog file in, whole or not at all. Bad rows are in the report, which is not an error then. It is judged
// without keeping anybody from writing; only what it changes is written, in one short transaction. Errors: those of
// Gate.Staff for Import; Conflict "imports.running", "imports.lost"; Limited "feed.too_large"; those of r.
func (s *Service) Import(ctx context.Context, actor audit.Actor, file string, r io.Reader, dryRun bool) (feed.Report, error) {
	report := feed.Report{File: file, DryRun: dryRun}
	if err := s.access.Read(ctx, actor, func(_ *db.Tx, g *access.Gate) error { return g.Staff(access.Import) }); err != nil {
		return report, err
	}
	found := feed.NewProblems(file)
	root, sum, err := feed.ReadDocument(r, found)
	if err != nil {
		return report, err
	}
	d := readDocument(root)
	run, err := feed.Begin(ctx, s.db, room, file, dryRun)
	if err != nil {
		return report, err
	}
	report.ID, report.SHA256, report.Rows = feed.WireID.Wire(run.ID), sum, d.rows()
	var todo changes
	err = s.db.Read(ctx, func(tx *db.Tx) (err error) {
		todo, err = plan(tx, d, found.Clone(), &report)
		return err
	})
	if err == nil && !report.Failed() && !dryRun {
		if err = s.publish(ctx, actor, run, todo, report); err == nil {
			return report, nil
		}
	}
	return report, errors.Join(err, run.Abandon(ctx))
}

// plan judges the document and returns what it changes. The report's figures are made anew each time it runs. What it finds stored
// stays as it is for as long as the run holds the room.
func plan(tx *db.Tx, d document, problems *feed.Problems, report *feed.Report) (changes, error) {
	report.Created, report.Changed, report.Unchanged = 0, 0, 0
	stored, err := load(tx)
	if err != nil {
		return changes{}, err
	}
	d.judge(stored, problems)
	if problems.Fill(report); problems.Any() {
		return changes{}, nil
	}
	return compare(d, stored, report), nil
}

// publish writes the changes, on the record.
func (s *Service) publish(ctx context.Context, actor audit.Actor, run *feed.Run, todo changes, report feed.Report) error {
	return s.access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.Staff(access.Import); err != nil {
			return err
		}
		if err := run.Publish(tx, report); err != nil {
			return err
		}
		if err := todo.write(tx, run.ID); err != nil {
			return fmt.Errorf("writing the catalog: %w", err)
		}
		tx.SetResult(report.ID)
		return audit.Record(tx, g.Actor(), audit.Event{Action: "imports.published", Object: report.ID, After: run.Record(report)})
	})
}

// changes is what a file adds to the catalog: new revisions, each key once.
type changes struct {
	products []Product // without regard to their versions
	versions []versionOf
	stepUps  []entitlements.StepUp
	offers   []entitlements.Offer
}

type versionOf struct {
	product string
	Version
}

// compare returns the revisions that the document asks for and counts them. stored follows, so that a row that is there twice
// is written once.
func compare(d document, stored *contents, report *feed.Report) (todo changes) {
	for _, row := range d.products {
		created, changed := todo.product(row.Product, stored)
		count(report, created, changed)
	}
	for _, row := range d.stepUps {
		known := stored.stepUps[row.StepUp]
		stored.stepUps[row.StepUp] = true
		if !known {
			todo.stepUps = append(todo.stepUps, row.StepUp)
		}
		count(report, !known, false)
	}
	for _, row := range d.offers {
		before, known := stored.offers[row.Code]
		same := known && reflect.DeepEqual(before, row.Offer)
		stored.offers[row.Code] = row.Offer
		if !same {
			todo.offers = append(todo.offers, row.Offer)
		}
		count(report, !known, known && !same)
	}
	return todo
}

func count(report *feed.Report, created, changed bool) {
	switch {
	case created:
		report.Created++
	case changed:
		report.Changed++
	default:
		report.Unchanged++
	}
}

func (todo *changes) product(p Product, stored *contents) (created, changed bool) {
	before := stored.products[p.Code]
	if before == nil {
		created, before = true, &Product{}
		stored.products[p.Code] = before
	}
	if before.Code != p.Code || before.Name != p.Name || before.Family != p.Family || before.Pool != p.Pool || before.Class != p.Class {
		changed = true
		before.Code, before.Name, before.Family, before.Pool, before.Class = p.Code, p.Name, p.Family, p.Pool, p.Class
		todo.products = append(todo.products, p)
	}
	for _, v := range p.Versions {
		i := slices.IndexFunc(before.Versions, func(w Version) bool { return w.Name == v.Name })
		if i >= 0 && before.Versions[i] == v {
			continue
		}
		if changed = true; i >= 0 {
			before.Versions[i] = v
		} else {
			before.Versions = append(before.Versions, v)
		}
		todo.versions = append(todo.versions, versionOf{p.Code, v})
	}
	return created, changed
}
