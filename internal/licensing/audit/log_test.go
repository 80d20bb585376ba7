package audit

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// fill records n events, many to a transaction.
func fill(t testing.TB, d *db.DB, n int) {
	t.Helper()
	for n > 0 {
		acts := make([]Act, min(n, 1000))
		for i := range acts {
			acts[i] = Act{person, Event{Action: "activations.made", Object: fmt.Sprintf("act_%d_%d", n, i), LicensingID: "01arz3ndektsv4rrffq69g5fax"}}
		}
		if err := d.Write(context.Background(), func(tx *db.Tx) error { return RecordEach(tx, acts) }); err != nil {
			t.Fatal(err)
		}
		n -= len(acts)
	}
}

func TestSealingManyRecordsInSteps(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		l := NewLog(d, newSigner(0))
		if _, err := l.Checkpoint(t.Context()); errs.CodeOf(err) != "audit.no_checkpoint" {
			t.Errorf("checkpoint of nothing: %v", err)
		}
		sealAll(t, l, 0)
		if r := verify(t, l, nil); r.FaultCount != 1 || r.Faults[0].Kind != LogEmpty || r.Checkpoint != nil {
			t.Errorf("nothing, though every installation has a first record: %+v", r)
		}
		var file []byte
		for _, n := range []int{1, 255, 1, sealBatch, pageOfRecords} {
			fill(t, d, n)
			sealAll(t, l, n)
			file = append(file, kept(t, l)...)
		}
		const all = 257 + sealBatch + pageOfRecords
		var done, total []int64
		r, err := l.Verify(t.Context(), file, func(d, t int64) { done, total = append(done, d), append(total, t) })
		if err != nil || !r.OK() || r.Sealed != all || r.Kept != 5 {
			t.Errorf("%+v, %v", r, err)
		}
		if last := len(done) - 1; last < 1 || done[last] != all || total[last] != all {
			t.Errorf("progress %v of %v", done, total)
		}
		for _, alteration := range []string{
			"UPDATE audit_hashes SET n = n + 1 WHERE level = 1",
			"UPDATE audit_hashes SET hashes = " + turned(d) + " WHERE level = 1",
			"UPDATE audit_hashes SET hashes = (SELECT o.hashes FROM audit_hashes o WHERE o.level = 0 AND o.n = 1) WHERE level = 0 AND n = 0",
		} {
			if faults := kinds(foundAfter(t, l, alteration)); len(faults) == 0 {
				t.Errorf("not found: %s", alteration)
			}
		}
	})
}

// turned is SQL for the hashes of a tile, the first put last.
func turned(d *db.DB) string {
	return "CAST(substr(hashes, 33) || substr(hashes, 1, 32) AS " + bytesType(d) + ")"
}

func TestSealingGoesOnNothingThatWasAltered(t *testing.T) {
	t.Parallel()
	for name, alteration := range map[string]string{
		"hashes": "UPDATE audit_hashes SET hashes = TURNED", "length": "UPDATE audit_hashes SET hashes = substr(hashes, 33)",
		"no hashes": "DELETE FROM audit_hashes", "checkpoint": "UPDATE audit_checkpoints SET checkpoint = replace(checkpoint, '4', '5')",
		"size": "UPDATE audit_checkpoints SET size = 3", "no checkpoint": "DELETE FROM audit_checkpoints", "numbers": "UPDATE audit_records SET seq = 4 WHERE seq = 3",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
				l := NewLog(d, newSigner(0))
				write(t, d, 4)
				sealAll(t, l, 4)
				alter(t, d, strings.ReplaceAll(alteration, "TURNED", turned(d)))
				write(t, d, 1)
				if n, err := l.Seal(t.Context()); errs.CodeOf(err) != "audit.log_broken" || n != 0 {
					t.Errorf("sealed %d, %v", n, err)
				}
			})
		})
	}
}

func TestSealersAndWritersTogether(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		var all sync.WaitGroup
		sealed := make([]int, 2)
		for i := range sealed {
			all.Go(func() {
				for range 20 {
					n, err := NewLog(d, newSigner(0)).Seal(t.Context())
					if err != nil {
						t.Error(err)
						return
					}
					sealed[i] += n
				}
			})
		}
		for range 2 {
			all.Go(func() { write(t, d, 40) })
		}
		all.Wait()
		l := NewLog(d, newSigner(0))
		rest, err := l.Seal(t.Context())
		if err != nil || sealed[0]+sealed[1]+rest != 80 {
			t.Errorf("sealed %v and %d of 80, %v", sealed, rest, err)
		}
		if r := verify(t, l, nil); !r.OK() || r.Sealed != 80 {
			t.Errorf("%+v", r)
		}
	})
}

func TestCheckpointCanBeCheckedByPublicKeyAlone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		l := NewLog(d, newSigner(0))
		write(t, d, 2)
		sealAll(t, l, 2)
		key, err := l.VerifierKey(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		verifier, err := note.NewVerifier(key)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := note.Open(kept(t, l), note.VerifierList(verifier)); err != nil || !strings.HasPrefix(n.Text, "urn:chiave:") {
			t.Errorf("%+v, %v", n, err)
		}
	})
}

func TestListChoosesAndPages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		const ours, theirs = ids.ID("01arz3ndektsv4rrffq69g5fa1"), ids.ID("01arz3ndektsv4rrffq69g5fa2")
		yes := true
		for i, e := range []Event{
			{Action: "keys.revealed", Object: "key_1", LicensingID: ours, After: 1},
			{Action: "keys.exported", Object: "key_2", LicensingID: ours},
			{Action: "keys.revealed", Object: "key_3", LicensingID: theirs},
			{Action: "access.refused", Object: "key_1", LicensingID: ours, Refused: true},
			{Action: "imports.published"},
		} {
			actor := person
			if i == 1 {
				actor = Nobody("")
			}
			record(t, d, actor, e)
			clk.Advance(time.Minute)
		}
		sealAll(t, NewLog(d, newSigner(0)), 5)
		list := func(f Filter) (got string) {
			t.Helper()
			err := d.Read(t.Context(), func(tx *db.Tx) error {
				entries, err := ListTx(tx, f)
				for _, e := range entries {
					got += fmt.Sprint(e.At.Sub(dbtest.Start).Minutes(), " ")
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return strings.TrimSpace(got)
		}
		at := func(minutes int) time.Time { return dbtest.Start.Add(time.Duration(minutes) * time.Minute) }
		for name, test := range map[string]struct {
			filter Filter
			want   string
		}{
			"all":       {Filter{Scope: anyScope{}}, "4 3 2 1 0"},
			"ours":      {Filter{Scope: oneScope{ours}}, "3 1 0"},
			"not ours":  {Filter{Scope: oneScope{ours}, LicensingID: theirs}, ""},
			"theirs":    {Filter{Scope: anyScope{}, LicensingID: theirs}, "2"},
			"object":    {Filter{Scope: anyScope{}, Object: "key_1"}, "3 0"},
			"actor":     {Filter{Scope: oneScope{ours}, Actor: person.ID}, "3 0"},
			"action":    {Filter{Scope: anyScope{}, Action: "keys."}, "2 1 0"},
			"wildcards": {Filter{Scope: anyScope{}, Action: "keys_%"}, ""},
			"refused":   {Filter{Scope: anyScope{}, Refused: &yes}, "3"},
			"time":      {Filter{Scope: anyScope{}, From: at(1), Until: at(3)}, "2 1"},
			"limit":     {Filter{Scope: anyScope{}, Limit: 2}, "4 3"},
		} {
			if got := list(test.filter); got != test.want {
				t.Errorf("%s: got %q, want %q", name, got, test.want)
			}
		}
		pages(t, d)
	})
}

// pages reads the whole list one record at a time and looks at the oldest.
func pages(t *testing.T, d *db.DB) {
	t.Helper()
	var seen []Entry
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		f := Filter{Scope: anyScope{}, Limit: 1}
		for {
			page, err := ListTx(tx, f)
			if err != nil || len(page) == 0 {
				return err
			}
			seen = append(seen, page...)
			f.After = page[0].ID
		}
	})
	if err != nil || len(seen) != 5 {
		t.Fatalf("%d records by pages, %v", len(seen), err)
	}
	if e := seen[4]; e.Actor != person || e.Action != "keys.revealed" || string(e.After) != "1" || e.Before != nil || !e.Sealed || !e.At.Equal(dbtest.Start) {
		t.Errorf("oldest: %+v", e)
	}
	if err := d.Read(t.Context(), func(tx *db.Tx) error { _, err := ListTx(tx, Filter{}); return err }); err == nil {
		t.Error("listed without a scope")
	}
}

// BenchmarkSeal measures how many records are sealed in a second.
func BenchmarkSeal(b *testing.B) {
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		b.Run(engine.String(), func(b *testing.B) {
			d := dbtest.Open(b, dbtest.URL(b, engine), clock.NewManual(dbtest.Start))
			l := NewLog(d, newSigner(0))
			const records = 20_000
			for b.Loop() {
				b.StopTimer()
				fill(b, d, records)
				b.StartTimer()
				sealAll(b, l, records)
			}
			b.ReportMetric(float64(records*b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}
