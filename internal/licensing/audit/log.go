package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// sealBatch is how many records one transaction seals: on SQLite other writers wait for it.
const sealBatch = 2048

// sealLock is the key of PostgreSQL's advisory lock under which records are sealed. SQLite's one writer is the lock there.
const sealLock = 0x6368_6961_7667

var (
	errBroken       = errs.New(errs.Conflict, "audit.log_broken")
	errNoCheckpoint = errs.New(errs.NotFound, "audit.no_checkpoint")
)

// Log seals records and verifies them. It is safe for concurrent use, by any number of replicas.
type Log struct {
	db     *db.DB
	signer CheckpointSigner
}

// NewLog returns the log of d, whose checkpoints signer signs.
func NewLog(d *db.DB, signer CheckpointSigner) *Log { return &Log{d, signer} }

// notary returns the log's notary; the log is named after the installation.
func (l *Log) notary(ctx context.Context) (*notary, error) {
	in, err := l.db.Installation(ctx)
	if err != nil {
		return nil, err
	}
	return newNotary("urn:chiave:"+in.UUID+"/audit", l.signer)
}

// VerifierKey returns the log's name and public key as golang.org/x/mod/sumdb/note spells them: what somebody who keeps
// checkpoints needs to check their signatures.
func (l *Log) VerifierKey(ctx context.Context) (string, error) {
	n, err := l.notary(ctx)
	if err != nil {
		return "", err
	}
	return n.key, nil
}

// Checkpoint returns the latest signed checkpoint: five lines of text that can be appended to a file. Errors: NotFound
// "audit.no_checkpoint" when nothing is sealed yet.
func (l *Log) Checkpoint(ctx context.Context) ([]byte, error) {
	var text string
	err := l.db.Read(ctx, func(tx *db.Tx) error {
		return tx.Row("SELECT checkpoint FROM audit_checkpoints ORDER BY size DESC LIMIT 1").Scan(&text)
	})
	if errors.Is(err, db.ErrNoRow) {
		return nil, errNoCheckpoint
	}
	return []byte(text), err
}

// Seal numbers the records that have no number, appends them to the log and signs a checkpoint, in batches. It
// returns how many records it sealed. Errors: Conflict "audit.log_broken" when the stored tree and checkpoint do not
// agree: sealing on would sign what somebody altered; Verify says more.
func (l *Log) Seal(ctx context.Context) (n int, err error) {
	notary, err := l.notary(ctx)
	if err != nil {
		return 0, err
	}
	for {
		sealed := 0
		err := l.db.Housekeep(ctx, "sealing the audit log", func(tx *db.Tx) (err error) {
			sealed, err = sealOnce(tx, notary, sealBatch)
			return err
		})
		if err != nil {
			return n, err
		}
		n += sealed
		if sealed < sealBatch {
			return n, nil
		}
	}
}

// sealOnce seals at most limit records.
func sealOnce(tx *db.Tx, notary *notary, limit int) (int, error) {
	if lock := tx.Pick("", "SELECT pg_advisory_xact_lock($1)"); lock != "" {
		if _, err := tx.Exec(lock, int64(sealLock)); err != nil {
			return 0, err
		}
	}
	var records []ids.ID
	var leaves []tlog.Hash
	err := tx.Each("SELECT id, body FROM audit_records WHERE seq IS NULL ORDER BY id LIMIT $1", []any{limit}, func(scan func(...any) error) error {
		var id ids.ID
		var stored []byte
		err := scan(&id, &stored)
		records, leaves = append(records, id), append(leaves, tlog.RecordHash(stored))
		return err
	})
	if err != nil || len(records) == 0 {
		return 0, err
	}
	t, err := sealedTree(tx, notary)
	if err != nil {
		return 0, err
	}
	if err := number(tx, records, t.size); err != nil {
		return 0, err
	}
	for _, leaf := range leaves {
		t.push(leaf)
	}
	return len(records), store(tx, notary, t)
}

// sealedTree returns the stored tree, once it agrees with the stored checkpoint.
func sealedTree(tx *db.Tx, notary *notary) (*tree, error) {
	var size int64
	var signed string
	err := tx.Row("SELECT size, checkpoint FROM audit_checkpoints ORDER BY size DESC LIMIT 1").Scan(&size, &signed)
	if errors.Is(err, db.ErrNoRow) {
		return &tree{}, nil
	}
	if err != nil {
		return nil, err
	}
	c, err := notary.open([]byte(signed))
	if err != nil || c.size != size {
		return nil, errBroken.Wrap(err)
	}
	t, err := restore(size, func(level int, n int64) (hashes []byte, err error) {
		err = tx.Row("SELECT hashes FROM audit_hashes WHERE level = $1 AND n = $2", level, n).Scan(&hashes)
		return hashes, err
	})
	if errors.Is(err, errTile) || errors.Is(err, db.ErrNoRow) || err == nil && t.root() != c.root {
		return nil, errBroken.Wrap(err)
	}
	return t, err
}

// number gives the records consecutive numbers from first on.
func number(tx *db.Tx, records []ids.ID, first int64) error {
	n, err := tx.Exec("UPDATE audit_records SET seq = j.seq FROM (SELECT "+
		tx.Pick("value AS id, key + $2 AS seq FROM json_each($1)",
			"id, n - 1 + CAST($2 AS BIGINT) AS seq FROM json_array_elements_text(CAST($1 AS json)) WITH ORDINALITY AS e(id, n)")+
		") j WHERE audit_records.id = j.id", db.List(records), first)
	if errors.Is(err, db.ErrDuplicate) {
		return errBroken.Wrap(err) // somebody numbered records past the checkpoint
	}
	if err == nil && n != int64(len(records)) {
		err = fmt.Errorf("numbered %d of %d audit records", n, len(records))
	}
	return err
}

// store writes the tiles that have changed and a checkpoint in place of the last one.
func store(tx *db.Tx, notary *notary, t *tree) error {
	for _, changed := range append(t.takeFull(), t.partial()...) {
		_, err := tx.Exec("INSERT INTO audit_hashes (level, n, hashes) VALUES ($1, $2, $3) ON CONFLICT (level, n) DO UPDATE SET hashes = excluded.hashes",
			changed.level, changed.n, bytes.Clone(changed.hashes))
		if err != nil {
			return fmt.Errorf("storing the audit log's hashes: %w", err)
		}
	}
	signed, err := notary.sign(checkpoint{t.size, t.root()})
	if err != nil {
		return fmt.Errorf("signing a checkpoint of the audit log: %w", err)
	}
	if _, err := tx.Exec("DELETE FROM audit_checkpoints"); err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO audit_checkpoints (size, checkpoint) VALUES ($1, $2)", t.size, string(signed))
	return err
}
