package seal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/errs"
)

// rootFile makes a root key and returns its file.
func rootFile(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "root.key")
	if err := CreateRootKey(file); err != nil {
		t.Fatal(err)
	}
	return file
}

func open(t *testing.T, d *db.DB, file string) *Sealer {
	t.Helper()
	s, err := Open(t.Context(), d, file, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRootKeyIsMadeOnlyBesideANewSQLiteDatabase(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		file := filepath.Join(t.TempDir(), "root.key")
		_, err := Open(t.Context(), d, file, Options{})
		if errs.CodeOf(err) != "seal.root_key_missing" || !strings.Contains(err.Error(), file) {
			t.Fatalf("without a root key: %v", err)
		}
		_, err = Open(t.Context(), d, file, Options{NewDatabase: true})
		if d.Engine() == db.Postgres {
			if errs.CodeOf(err) != "seal.root_key_missing" {
				t.Fatalf("a replica on PostgreSQL without a root key: %v", err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("root key file: %v, %v", info.Mode(), err)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		if _, err = Open(t.Context(), d, file, Options{NewDatabase: true}); errs.CodeOf(err) != "seal.root_key_missing" {
			t.Errorf("a lost root key was made anew: %v", err)
		}
	})
}

func TestCreateRootKeyReplacesNothing(t *testing.T) {
	t.Parallel()
	file := rootFile(t)
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := CreateRootKey(file); errs.CodeOf(err) != "seal.root_key_exists" {
		t.Errorf("second key: %v", err)
	}
	after, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the key was replaced (%v)", err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(file), ".root-key-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}

func TestMalformedRootKeyIsRefusedUnread(t *testing.T) {
	t.Parallel()
	good, err := os.ReadFile(rootFile(t))
	if err != nil {
		t.Fatal(err)
	}
	line := strings.TrimPrefix(string(good), rootHeader)
	secret := strings.TrimSpace(strings.TrimPrefix(line, rootLabel))
	for name, text := range map[string]string{
		"empty": "", "comments": rootHeader, "twice": string(good) + line, "short": rootHeader + line[:len(line)-5] + "\n",
		"no label": secret, "another version": strings.Replace(string(good), "-1:", "-2:", 1), "trailing": string(good) + "x",
	} {
		file := filepath.Join(t.TempDir(), "root.key")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := readRoot(file)
		if errs.CodeOf(err) != "seal.root_key_malformed" {
			t.Errorf("%s: %v", name, err)
		} else if strings.Contains(err.Error(), secret[:8]) {
			t.Errorf("%s: the error shows the key", name)
		}
	}
}

func TestWrongRootKeyStopsAReplica(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		file := rootFile(t)
		open(t, d, file)
		if _, err := Open(t.Context(), d, rootFile(t), Options{}); errs.CodeOf(err) != "seal.wrong_root_key" || errs.KindOf(err) != errs.Conflict {
			t.Errorf("another root key: %v", err)
		}
		open(t, d, file)
	})
}

func TestReplicasThatStartTogetherMakeOneSetOfKeys(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		file := rootFile(t)
		for range 8 {
			startTogether(t, d, file)
			err := d.Housekeep(t.Context(), "a test", func(tx *db.Tx) error { _, err := tx.Exec("DELETE FROM sealed_keys"); return err })
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}

// startTogether opens the database of an installation without keys from several replicas at once.
func startTogether(t *testing.T, d *db.DB, file string) {
	t.Helper()
	const replicas = 6
	sealers, failures := make([]*Sealer, replicas), make([]error, replicas)
	var all sync.WaitGroup
	for i := range replicas {
		all.Go(func() { sealers[i], failures[i] = Open(t.Context(), d, file, Options{}) })
	}
	all.Wait()
	if err := errors.Join(failures...); err != nil {
		t.Fatal(err)
	}
	var rows int
	read(t, d, func(tx *db.Tx) error { return tx.Row("SELECT count(*) FROM sealed_keys").Scan(&rows) })
	if want := len(purposes) + 1; rows != want {
		t.Errorf("%d rows of keys, want %d", rows, want)
	}
	sealed, err := sealers[0].Seal("a/1", []byte("plain"))
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range sealers {
		if got, err := s.Open("a/1", sealed); err != nil || string(got) != "plain" {
			t.Errorf("replica %d opened %q, %v", i, got, err)
		}
		if !bytes.Equal(s.Lookup("p", []byte("v")), sealers[0].Lookup("p", []byte("v"))) {
			t.Errorf("replica %d looks values up by another key", i)
		}
	}
}

func TestAlteredOrMovedCiphertextIsRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		s := open(t, d, rootFile(t))
		const place, plain = "product_keys/01", "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE"
		sealed, err := s.Seal(place, []byte(plain))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Open(place, sealed); err != nil || string(got) != plain {
			t.Fatalf("opened %q, %v", got, err)
		}
		if again, err := s.Seal(place, []byte(plain)); err != nil || bytes.Equal(again, sealed) {
			t.Errorf("sealing twice gives the same bytes (%v)", err)
		}
		refused := func(what, place string, sealed []byte) {
			t.Helper()
			got, err := s.Open(place, sealed)
			if err == nil || got != nil || strings.Contains(err.Error(), plain) {
				t.Errorf("%s: opened %q, %v", what, got, err)
			}
		}
		refused("moved to another row", "product_keys/02", sealed)
		refused("moved to another column", "product_keys_old/01", sealed)
		for i := range sealed {
			for bit := range 8 {
				flipped := bytes.Clone(sealed)
				flipped[i] ^= 1 << bit
				refused(fmt.Sprintf("byte %d bit %d flipped", i, bit), place, flipped)
			}
			refused(fmt.Sprintf("cut to %d bytes", i), place, sealed[:i])
		}
		refused("longer", place, append(bytes.Clone(sealed), 0))
	})
}

func TestAlteredStoredKeysAreRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		s := open(t, d, rootFile(t))
		for name, change := range map[string]string{
			"used earlier":        "UPDATE sealed_keys SET active_from = active_from - 1 WHERE purpose = 'signing'",
			"for another":         "UPDATE sealed_keys SET purpose = 'cursor' WHERE purpose = 'lookup'",
			"renamed":             "UPDATE sealed_keys SET id = '01arz3ndektsv4rrffq69g5fav' WHERE purpose = 'wrap'",
			"exchanged":           "UPDATE sealed_keys SET sealed = (SELECT o.sealed FROM sealed_keys o WHERE o.purpose = 'link') WHERE purpose = 'cursor'",
			"public half":         "UPDATE sealed_keys SET public = (SELECT o.public FROM sealed_keys o WHERE o.purpose = 'audit') WHERE purpose = 'signing'",
			"public half gone":    "UPDATE sealed_keys SET public = NULL WHERE purpose = 'signing'",
			"public half of HMAC": "UPDATE sealed_keys SET public = sealed WHERE purpose = 'lookup'",
		} {
			undo := errors.New("undo")
			err := d.Housekeep(t.Context(), "a test", func(tx *db.Tx) error {
				if n, err := tx.Exec(change); err != nil || n != 1 {
					t.Errorf("%s: changed %d rows, %v", name, n, err)
				}
				if _, err := loadKeyring(tx, s.root); !errors.Is(err, ErrDamaged) {
					t.Errorf("%s: %v", name, err)
				}
				return undo
			})
			if !errors.Is(err, undo) {
				t.Error(err)
			}
		}
	})
}

func TestTagsAreBoundToPurposeAndMessage(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		s := open(t, d, rootFile(t))
		mac, err := s.MAC(Cursor, []byte("page 2"))
		if err != nil {
			t.Fatal(err)
		}
		if !s.CheckMAC(Cursor, []byte("page 2"), mac) {
			t.Error("a good tag was refused")
		}
		if s.CheckMAC(Link, []byte("page 2"), mac) || s.CheckMAC(Cursor, []byte("page 3"), mac) || s.CheckMAC(Cursor, nil, nil) {
			t.Error("a tag was taken for another purpose or message")
		}
		for i := range mac {
			flipped := bytes.Clone(mac)
			flipped[i] ^= 1
			if s.CheckMAC(Cursor, []byte("page 2"), flipped) || s.CheckMAC(Cursor, []byte("page 2"), mac[:i]) {
				t.Errorf("a tag altered at byte %d was taken", i)
			}
		}
		for _, p := range []Purpose{Wrap, Lookup, Signing, Audit} {
			if _, err := s.MAC(p, nil); err == nil {
				t.Errorf("%s key made a tag", p)
			}
		}
		if bytes.Equal(s.Lookup("ab", []byte("c")), s.Lookup("a", []byte("bc"))) {
			t.Error("a label runs into its value")
		}
	})
}

func read(t *testing.T, d *db.DB, use func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Read(context.WithoutCancel(t.Context()), use); err != nil {
		t.Fatal(err)
	}
}
