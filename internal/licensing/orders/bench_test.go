package orders_test

import (
	"bufio"
	"fmt"
	"io"
	"testing"
	"time"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/ids"
)

// ordersFile writes a file of n lines as it is read.
func ordersFile(n int) io.Reader {
	r, w := io.Pipe()
	go func() {
		out := bufio.NewWriter(w)
		out.WriteString(header)
		for i := range n {
			if i%50 == 49 {
				fmt.Fprintf(out, "L-%d,E-%d,PO-%d,2021-02-01,PAR-1,,,RET,1,,,,,L-%d\n", i, i%2+1, i/10, i-2)
				continue
			}
			fmt.Fprintf(out, "L-%d,E-%d,PO-%d,2020-%02d-%02d,PAR-1,STD,1,LSA,%d,2020-01-01,2022-12-31,,,\n", i, i%2+1, i/10, i%12+1, i%28+1, i%90+1)
		}
		w.CloseWithError(out.Flush())
	}()
	return r
}

// BenchmarkImport tells how many lines of a large file are imported in a second, and how many are read back for a summary.
func BenchmarkImport(b *testing.B) {
	const lines = 100_000
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		b.Run(engine.String(), func(b *testing.B) {
			w := newWorld(b, dbtest.Open(b, dbtest.URL(b, engine), clock.System{}))
			var importing, reading time.Duration
			for b.Loop() {
				start := time.Now()
				if _, err := w.Import(b.Context(), audit.Itself(), "f", ordersFile(lines), false); err != nil {
					b.Fatal(err)
				}
				importing += time.Since(start)
				start = time.Now()
				err := w.db.Read(b.Context(), func(tx *db.Tx) error {
					_, err := w.LinesTx(tx, map[ids.ID]bool{w.licensing("E-1").ID: false, w.licensing("E-2").ID: false})
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
				reading += time.Since(start)
			}
			b.ReportMetric(float64(lines*b.N)/importing.Seconds(), "imported/s")
			b.ReportMetric(float64(lines*b.N)/reading.Seconds(), "read/s")
		})
	}
}
