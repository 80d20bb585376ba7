package audit

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// FaultKind says what sort of alteration was found. The face's sentence is the translation key "audit.fault." + kind.
type FaultKind string

// The faults.
const (
	RecordAltered     FaultKind = "record_altered"     // a sealed record's bytes are not those that were sealed
	LogEmpty          FaultKind = "log_empty"          // there is no record at all, though the first is written when an installation is made
	RecordMissing     FaultKind = "record_missing"     // no record has this number
	RecordBeyond      FaultKind = "record_beyond"      // a record has a number that the checkpoint does not cover
	ColumnsDiffer     FaultKind = "columns_differ"     // a column says something else than the record, or the record cannot be read
	HashesAltered     FaultKind = "hashes_altered"     // stored hashes are missing, too many, or not those of the records
	CheckpointMissing FaultKind = "checkpoint_missing" // records are numbered, and there is no checkpoint
	CheckpointAltered FaultKind = "checkpoint_altered" // the stored checkpoint is not one that was signed
	RootDiffers       FaultKind = "root_differs"       // the records are not those that the checkpoint covers
	KeptUnknown       FaultKind = "kept_unknown"       // a kept checkpoint is not signed by this log
	RolledBack        FaultKind = "rolled_back"        // a kept checkpoint covers more records than there are
	HistoryRewritten  FaultKind = "history_rewritten"  // the records that a kept checkpoint covers are not those it was signed for
)

// Fault is one alteration found.
type Fault struct {
	Kind   FaultKind
	Record ids.ID // the record concerned, if one is
	Seq    int64  // its number, or the size that a checkpoint states; -1 when neither applies
}

// VerifyReport is what verifying the log has found.
type VerifyReport struct {
	Sealed     int64 // numbered records that were computed again
	Unsealed   int64 // records that wait for their number
	Kept       int   // kept checkpoints that the log was compared with
	Checkpoint []byte
	Faults     []Fault // the first hundred
	FaultCount int64   // all of them
}

// OK reports that nothing was found.
func (r *VerifyReport) OK() bool { return r.FaultCount == 0 }

const maxFaults = 100

func (r *VerifyReport) fault(kind FaultKind, record ids.ID, seq int64) {
	r.FaultCount++
	if len(r.Faults) < maxFaults {
		r.Faults = append(r.Faults, Fault{kind, record, seq})
	}
}

// Verify computes the whole log again from the records' bytes and compares it with what is stored and, when against is
// given, with the checkpoints kept in it: one, or a file to which many were appended. progress, which may be nil, is told
// from time to time how many records are done. What is wrong with the log is in the report; an error means that verifying
// itself failed.
func (l *Log) Verify(ctx context.Context, against []byte, progress func(done, total int64)) (VerifyReport, error) {
	notary, err := l.notary(ctx)
	if err != nil {
		return VerifyReport{}, err
	}
	if progress == nil {
		progress = func(int64, int64) {}
	}
	var report VerifyReport
	err = l.db.Read(ctx, func(tx *db.Tx) error {
		v := verification{tx: tx, notary: notary, progress: progress}
		err := v.run(against)
		report = v.report
		return err
	})
	return report, err
}

// verification is one run of Verify in its snapshot.
type verification struct {
	tx       *db.Tx
	notary   *notary
	progress func(done, total int64)
	report   VerifyReport

	latest  *checkpoint  // nil when there is no good one
	kept    []checkpoint // by size, rising
	tree    tree
	tiles   int64
	records []row // those of the level-0 tile being filled; an empty id stands for a record that is missing

	done, total, numbered int64
}

func (v *verification) run(against []byte) error {
	v.readKept(against)
	if err := v.readLatest(); err != nil {
		return err
	}
	size, err := v.measure()
	if err != nil {
		return err
	}
	if err := v.sealed(size); err != nil {
		return err
	}
	if v.latest != nil && v.tree.root() != v.latest.root {
		v.report.fault(RootDiffers, "", v.latest.size)
	}
	for _, c := range v.kept {
		if c.size > size {
			v.report.fault(RolledBack, "", c.size)
		}
	}
	if err := v.beyond(size); err != nil {
		return err
	}
	return v.unsealed()
}

func (v *verification) readKept(against []byte) {
	for _, signed := range splitCheckpoints(against) {
		c, err := v.notary.open(signed)
		if err != nil {
			v.report.fault(KeptUnknown, "", -1)
			continue
		}
		v.kept = append(v.kept, c)
	}
	v.report.Kept = len(v.kept)
	slices.SortFunc(v.kept, func(a, b checkpoint) int { return cmp.Compare(a.size, b.size) })
}

func (v *verification) readLatest() error {
	return v.tx.Each("SELECT size, checkpoint FROM audit_checkpoints ORDER BY size", nil, func(scan func(...any) error) error {
		var size int64
		var signed string
		if err := scan(&size, &signed); err != nil {
			return err
		}
		c, err := v.notary.open([]byte(signed))
		if err != nil || c.size != size || v.latest != nil {
			v.report.fault(CheckpointAltered, "", size)
			return nil
		}
		v.latest, v.report.Checkpoint = &c, []byte(signed)
		return nil
	})
}

// measure counts the records and returns how many should be sealed.
func (v *verification) measure() (size int64, err error) {
	err = v.tx.Row("SELECT count(*), count(seq) FROM audit_records").Scan(&v.total, &v.numbered)
	if err != nil {
		return 0, err
	}
	if v.latest != nil {
		return v.latest.size, nil
	}
	switch {
	case v.total == 0:
		v.report.fault(LogEmpty, "", -1)
	case v.numbered > 0:
		v.report.fault(CheckpointMissing, "", -1)
	}
	return v.numbered, nil
}

// pageOfRecords is how many records are read at a time.
const pageOfRecords = 16 * tileWidth

// sealed computes the log's first size records again.
func (v *verification) sealed(size int64) error {
	for from := int64(0); from < size; from += pageOfRecords {
		until := min(size, from+pageOfRecords)
		page, err := readRows(v.tx, "WHERE seq >= $1 AND seq < $2 ORDER BY seq", from, until)
		if err != nil {
			return err
		}
		for seq := from; seq < until; seq++ {
			var r row
			if len(page) > 0 && page[0].seq == seq {
				r, page = page[0], page[1:]
			}
			if err := v.leaf(seq, r); err != nil {
				return err
			}
		}
		v.progress(v.done, v.total)
	}
	for _, t := range v.tree.partial() {
		if err := v.compareTile(t); err != nil {
			return err
		}
	}
	var stored int64
	if err := v.tx.Row("SELECT count(*) FROM audit_hashes").Scan(&stored); err != nil {
		return err
	}
	if stored > v.tiles {
		v.report.fault(HashesAltered, "", -1)
	}
	return nil
}

// leaf appends the record with number seq to the tree that is computed.
func (v *verification) leaf(seq int64, r row) error {
	if r.id == "" {
		v.report.fault(RecordMissing, "", seq)
	} else {
		v.done++
		v.report.Sealed++
		if !r.columnsMatch() {
			v.report.fault(ColumnsDiffer, r.id, seq)
		}
	}
	v.records = append(v.records, row{id: r.id, seq: seq})
	v.tree.push(tlog.RecordHash(r.body))
	for _, t := range v.tree.takeFull() {
		if err := v.compareTile(t); err != nil {
			return err
		}
	}
	for len(v.kept) > 0 && v.kept[0].size == v.tree.size {
		if v.kept[0].root != v.tree.root() {
			v.report.fault(HistoryRewritten, "", v.kept[0].size)
		}
		v.kept = v.kept[1:]
	}
	return nil
}

// compareTile compares a computed tile with the stored one.
func (v *verification) compareTile(t *tile) error {
	v.tiles++
	var records []row
	if t.level == 0 {
		records, v.records = v.records, nil
	}
	var stored []byte
	err := v.tx.Row("SELECT hashes FROM audit_hashes WHERE level = $1 AND n = $2", t.level, t.n).Scan(&stored)
	if err != nil && !errors.Is(err, db.ErrNoRow) {
		return err
	}
	if len(stored) != len(t.hashes) {
		v.report.fault(HashesAltered, "", -1)
		return nil
	}
	for i, r := range records {
		if r.id != "" && hashAt(stored, i) != hashAt(t.hashes, i) {
			v.report.fault(RecordAltered, r.id, r.seq)
		}
	}
	if t.level > 0 && v.report.OK() && !slices.Equal(stored, t.hashes) { // below a record that was altered they differ anyway
		v.report.fault(HashesAltered, "", -1)
	}
	return nil
}

// beyond looks for numbers that the log has not given.
func (v *verification) beyond(size int64) error {
	return v.tx.Each("SELECT id, seq FROM audit_records WHERE seq < 0 OR seq >= $1", []any{size}, func(scan func(...any) error) error {
		var id ids.ID
		var seq int64
		if err := scan(&id, &seq); err != nil {
			return err
		}
		v.report.fault(RecordBeyond, id, seq)
		return nil
	})
}

// unsealed compares the columns of records that wait for their number.
func (v *verification) unsealed() error {
	last := ""
	for {
		page, err := readRows(v.tx, "WHERE seq IS NULL AND id > $1 ORDER BY id LIMIT $2", last, pageOfRecords)
		if err != nil {
			return err
		}
		for _, r := range page {
			last = string(r.id)
			v.done++
			v.report.Unsealed++
			if !r.columnsMatch() {
				v.report.fault(ColumnsDiffer, r.id, -1)
			}
		}
		v.progress(v.done, v.total)
		if len(page) < pageOfRecords {
			break
		}
	}
	if v.report.Unsealed != v.total-v.numbered { // a record whose id is empty
		v.report.fault(ColumnsDiffer, "", -1)
	}
	return nil
}
