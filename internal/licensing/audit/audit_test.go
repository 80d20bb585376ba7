package audit

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"testing"

	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/ids"
)

// signer is an Ed25519 key in memory.
type signer struct{ ed25519.PrivateKey }

func newSigner(seed byte) signer {
	return signer{ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(rune('a'+seed)), ed25519.SeedSize)))}
}

func (s signer) Public() ed25519.PublicKey           { return s.PrivateKey.Public().(ed25519.PublicKey) }
func (s signer) Sign(message []byte) ([]byte, error) { return ed25519.Sign(s.PrivateKey, message), nil }

var person = Actor{Kind: User, ID: "01arz3ndektsv4rrffq69g5fav", For: "01arz3ndektsv4rrffq69g5faw", Request: "req-1"}

// write records n events of several shapes, each in a transaction of its own.
func write(t testing.TB, d *db.DB, n int) {
	t.Helper()
	for i := range n {
		actor, e := person, Event{Action: "keys.revealed", Object: fmt.Sprintf("key_%d", i), LicensingID: "01arz3ndektsv4rrffq69g5fax",
			Before: map[string]int{"views": i}, After: map[string]int{"views": i + 1}}
		if i%3 == 1 {
			actor, e = Nobody("req-2"), Event{Action: "access.refused", Refused: true}
		}
		record(t, d, actor, e)
	}
}

func record(t testing.TB, d *db.DB, actor Actor, e Event) {
	t.Helper()
	if err := d.Write(context.Background(), func(tx *db.Tx) error { return Record(tx, actor, e) }); err != nil {
		t.Fatal(err)
	}
}

func sealAll(t testing.TB, l *Log, want int) {
	t.Helper()
	if n, err := l.Seal(context.Background()); err != nil || n != want {
		t.Fatalf("sealed %d records, %v; want %d", n, err, want)
	}
}

func kept(t *testing.T, l *Log) []byte {
	t.Helper()
	c, err := l.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func verify(t *testing.T, l *Log, against []byte) VerifyReport {
	t.Helper()
	report, err := l.Verify(t.Context(), against, nil)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// kinds lists the faults of a report.
func kinds(r VerifyReport) []FaultKind {
	var all []FaultKind
	for _, f := range r.Faults {
		all = append(all, f.Kind)
	}
	return all
}

// alter changes the database behind the program's back.
func alter(t *testing.T, d *db.DB, statements ...string) {
	t.Helper()
	err := d.Housekeep(t.Context(), "a test", func(tx *db.Tx) error {
		for _, s := range statements {
			if n, err := tx.Exec(s); err != nil || n == 0 && !strings.HasPrefix(s, "CREATE") {
				return fmt.Errorf("%s: %d rows, %w", s, n, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestNoRecordNoEffect: an effect whose record cannot be written is not there, even when the room drops the error.
func TestNoRecordNoEffect(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		effect := func(tx *db.Tx) error {
			_, err := tx.Exec("INSERT INTO idempotency (principal, key, route, body_hash, object, created_at) VALUES ('p', $1, '', '', '', 0)", tx.NewID())
			return err
		}
		effects := func() (n int) {
			err := d.Read(t.Context(), func(tx *db.Tx) error { return tx.Row("SELECT count(*) FROM idempotency").Scan(&n) })
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		good, unwritable := Event{Action: "a.b"}, Event{Action: "a.b", After: func() {}}
		reports := func(e Event) error {
			return d.Write(t.Context(), func(tx *db.Tx) error { return errors.Join(effect(tx), Record(tx, person, e)) })
		}
		drops := func(e Event) error {
			return d.Write(t.Context(), func(tx *db.Tx) error {
				err := effect(tx)
				if Record(tx, person, e) == nil {
					t.Error("the record was written")
				}
				return err
			})
		}
		if err := reports(unwritable); err == nil || effects() != 0 {
			t.Errorf("a value that cannot be written: %v, %d effects", err, effects())
		}
		if err := drops(unwritable); err == nil || effects() != 0 {
			t.Errorf("and the error dropped: %v, %d effects", err, effects())
		}
		ddl := func(statement string) {
			if err := d.Housekeep(t.Context(), "a test", func(tx *db.Tx) error { _, err := tx.Exec(statement); return err }); err != nil {
				t.Fatal(err)
			}
		}
		ddl("ALTER TABLE audit_records RENAME TO hidden")
		if err := reports(good); err == nil || effects() != 0 {
			t.Errorf("the table is gone: %v, %d effects", err, effects())
		}
		if err := drops(good); err == nil || effects() != 0 {
			t.Errorf("and the error dropped: %v, %d effects", err, effects())
		}
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return errors.Join(effect(tx), RecordEach(tx, nil)) }); err == nil || effects() != 0 {
			t.Errorf("no event at all: %v, %d effects", err, effects())
		}
		ddl("ALTER TABLE hidden RENAME TO audit_records")
		if err := reports(good); err != nil || effects() != 1 {
			t.Errorf("afterwards: %v, %d effects", err, effects())
		}
	})
}

func TestRecordsTakeWhateverStrangersSend(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		l := NewLog(d, newSigner(0))
		for _, s := range []string{"\x00", "\xff\xfe", "<a>&\u2028", "è 漢字 🔑", `"\`} {
			record(t, d, Nobody(s), Event{Action: "a.b", Object: s, After: map[string]string{"sent": s}})
		}
		if r := verify(t, l, nil); !r.OK() || r.Unsealed != 5 {
			t.Errorf("before sealing: %+v", r)
		}
		sealAll(t, l, 5)
		if r := verify(t, l, nil); !r.OK() || r.Sealed != 5 {
			t.Errorf("after sealing: %+v", r)
		}
	})
}

type anyScope struct{}

func (anyScope) SQL(_ *db.Tx, _, placeholder string) string {
	return "CAST(" + placeholder + " AS TEXT) IS NOT NULL"
}
func (anyScope) Arg() string { return "" }

type oneScope struct{ id ids.ID }

func (s oneScope) SQL(_ *db.Tx, column, placeholder string) string {
	return column + " = " + placeholder
}
func (s oneScope) Arg() string { return string(s.id) }
