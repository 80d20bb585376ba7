package orders_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/errs"
)

// ending calls atEnd once, when its text has been read to the end.
type ending struct {
	io.Reader
	atEnd func()
}

func (e *ending) Read(p []byte) (int, error) {
	n, err := e.Reader.Read(p)
	if errors.Is(err, io.EOF) && e.atEnd != nil {
		e.atEnd()
		e.atEnd = nil
	}
	return n, err
}

func licenses(n int) string {
	var rows strings.Builder
	rows.WriteString(header)
	for i := range n {
		fmt.Fprintf(&rows, "L-%05d,E-1,P,2020-01-01,,STD,1,L,1,,,,,\n", i)
	}
	return rows.String()
}

// An import that was silent for longer than its lease loses rows to the purge: it must not publish the others.
func TestAnImportBeingPurgedIsNotPublished(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		w := newWorld(t, d)
		file := &ending{strings.NewReader(licenses(3000)), func() {
			clk.Advance(3 * time.Minute)
			if err := w.PurgeOnce(t.Context()); err != nil {
				t.Error(err)
			}
			if n := w.number("SELECT count(*) FROM order_lines"); n == 0 || n == 3000 {
				t.Errorf("%d rows are left: the purge is not under way", n)
			}
		}}
		if _, err := w.Import(t.Context(), audit.Itself(), "f", file, false); errs.CodeOf(err) != "imports.lost" {
			t.Errorf("got %v, want imports.lost", err)
		}
		if got := w.ledger("E-1"); got != nil {
			t.Errorf("%d lines show", len(got))
		}
		if err := w.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := w.number("SELECT count(*) FROM order_lines"); n != 0 {
			t.Errorf("the purge left %d rows", n)
		}
	})
}

// slow lets time pass with every piece that is read.
type slow struct {
	io.Reader
	clk *clock.Manual
}

func (s slow) Read(p []byte) (int, error) {
	s.clk.Advance(30 * time.Second)
	return s.Reader.Read(p[:min(len(p), 16<<10)])
}

func TestALongFileWithoutChangesKeepsItsRoom(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		w := newWorld(t, d)
		for _, what := range []string{"new", "unchanged"} {
			began := clk.Now()
			r, err := w.Import(t.Context(), audit.Itself(), "f", slow{strings.NewReader(licenses(10_000)), clk}, false)
			if err != nil || r.Failed() || r.Created+r.Unchanged != 10_000 {
				t.Errorf("%s: %s %v", what, counts(r), err)
			}
			if took := clk.Now().Sub(began); took < 5*time.Minute {
				t.Errorf("%s: %s is no long time", what, took)
			}
		}
	})
}
