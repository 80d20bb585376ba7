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
	"chiave/internal/platform/db"
	"chiave/internal/platform/feed"
	"chiave/internal/platform/ids"
)

// Import takes a catalog file in, whole or not at all. Bad rows are in the report, which is not an error then. Errors:
// those of Gate.Staff for Import; Conflict "imports.running"; Limited "feed.too_large"; those of r.
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
	err = s.access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.Staff(access.Import); err != nil {
			return err
		}
		return publish(tx, g.Actor(), run, d, found.Clone(), &report)
	})
	if err != nil {
		if errors.Is(err, feed.ErrNotPublished) {
			err = nil
		}
		err = errors.Join(err, run.Abandon(ctx))
	}
	return report, err
}

// publish judges the document and writes what it changes. The report's figures are made anew each time it runs.
func publish(tx *db.Tx, actor audit.Actor, run *feed.Run, d document, problems *feed.Problems, report *feed.Report) error {
	report.Created, report.Changed, report.Unchanged = 0, 0, 0
	stored, err := load(tx)
	if err != nil {
		return err
	}
	d.judge(stored, problems)
	if problems.Fill(report); problems.Any() {
		return feed.ErrNotPublished
	}
	if err := write(tx, run.ID, d, stored, report); err != nil {
		return fmt.Errorf("writing the catalog: %w", err)
	}
	if report.DryRun {
		return feed.ErrNotPublished
	}
	if err := run.Publish(tx, *report); err != nil {
		return err
	}
	tx.SetResult(report.ID)
	return audit.Record(tx, actor, audit.Event{Action: "imports.published", Object: report.ID, After: run.Record(*report)})
}

// write adds the revisions that the document asks for and counts them. stored follows, so that a row that is there twice
// is written once.
func write(tx *db.Tx, run ids.ID, d document, stored *contents, report *feed.Report) error {
	for _, row := range d.products {
		created, changed, err := writeProduct(tx, run, row.Product, stored)
		if err != nil {
			return err
		}
		count(report, created, changed)
	}
	for _, row := range d.stepUps {
		known := stored.stepUps[row.StepUp]
		stored.stepUps[row.StepUp] = true
		if !known {
			if err := addStepUp(tx, row.StepUp, run); err != nil {
				return err
			}
		}
		count(report, !known, false)
	}
	for _, row := range d.offers {
		before, known := stored.offers[row.Code]
		same := known && reflect.DeepEqual(before, row.Offer)
		stored.offers[row.Code] = row.Offer
		if !same {
			if err := reviseOffer(tx, row.Offer, run); err != nil {
				return err
			}
		}
		count(report, !known, known && !same)
	}
	return nil
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

func writeProduct(tx *db.Tx, run ids.ID, p Product, stored *contents) (created, changed bool, err error) {
	before := stored.products[p.Code]
	if before == nil {
		created, before = true, &Product{}
		stored.products[p.Code] = before
	}
	if before.Code != p.Code || before.Name != p.Name || before.Family != p.Family || before.Pool != p.Pool || before.Class != p.Class {
		changed = true
		before.Code, before.Name, before.Family, before.Pool, before.Class = p.Code, p.Name, p.Family, p.Pool, p.Class
		if err := reviseProduct(tx, p, run); err != nil {
			return created, changed, err
		}
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
		if err := reviseVersion(tx, p.Code, v, run); err != nil {
			return created, changed, err
		}
	}
	return created, changed, nil
}
