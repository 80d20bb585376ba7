package seal

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"

	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
)

// TestDumpHoldsNoSecrets searches everything the database stores for 10,000 known product keys and for every key of the
// installation, as they are, in hex and in base 64. A value kept in the clear on purpose shows that the search finds.
func TestDumpHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		file := rootFile(t)
		s := open(t, d, file)
		secrets := map[string][]byte{}
		const control = "CONTROL-KEPT-IN-THE-CLEAR"
		err := d.Housekeep(t.Context(), "a test", func(tx *db.Tx) error {
			for i := range 10_000 {
				plain := []byte(fmt.Sprintf("%05dABCDEFGHJKMNPQRST%05d", i*7%100_000, i))
				place := fmt.Sprintf("product_keys/%d", i)
				sealed, err := s.Seal(place, plain)
				if err != nil {
					return err
				}
				secrets[place] = plain
				_, err = tx.Exec("INSERT INTO sealed_keys (id, purpose, sealed, public, created_at, active_from) VALUES ($1, 'data', $2, $3, 0, 0)",
					place, sealed, s.Lookup("product_keys", plain))
				if err != nil {
					return err
				}
			}
			_, err := tx.Exec("INSERT INTO sealed_keys (id, purpose, sealed, created_at, active_from) VALUES ('control', 'data', $1, 0, 0)", []byte(control))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		read(t, d, func(tx *db.Tx) error {
			for _, k := range s.ring.Load().byID {
				var sealed []byte
				if err := tx.Row("SELECT sealed FROM sealed_keys WHERE id = $1", k.id).Scan(&sealed); err != nil {
					return err
				}
				secret, err := decrypt(s.root.aead, k.place(), sealed)
				if err != nil {
					return err
				}
				secrets[string(k.purpose)] = secret
			}
			return nil
		})
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		secrets["root"], _ = parseRoot(string(text))
		found := search(dump(t, d), append(spellings(secrets), control))
		if len(found) != 1 || found[0] != control {
			t.Errorf("found in the dump: %q", found)
		}
	})
}

func spellings(secrets map[string][]byte) []string {
	var all []string
	for _, b := range secrets {
		all = append(all, string(b), hex.EncodeToString(b), base64.RawStdEncoding.EncodeToString(b), base64.RawURLEncoding.EncodeToString(b))
	}
	return all
}

// search returns the words that occur in text. It looks each up by its first bytes, so that many words cost one pass.
func search(text []byte, words []string) []string {
	const head = 16
	byHead := map[string][]string{}
	for _, w := range words {
		byHead[w[:head]] = append(byHead[w[:head]], w)
	}
	var found []string
	for i := 0; i+head <= len(text); i++ {
		for _, w := range byHead[string(text[i:i+head])] {
			if bytes.HasPrefix(text[i:], []byte(w)) {
				found = append(found, w)
			}
		}
	}
	return found
}

// dump returns all that is stored: the files of SQLite, every row of PostgreSQL with its bytes as they are.
func dump(t *testing.T, d *db.DB) []byte {
	t.Helper()
	var all []byte
	if d.Engine() == db.SQLite {
		for _, file := range []string{d.Path(), d.Path() + "-wal"} {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, b...)
		}
		return all
	}
	read(t, d, func(tx *db.Tx) error {
		var tables []string
		err := tx.Each("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'", nil, func(scan func(...any) error) error {
			tables = append(tables, "")
			return scan(&tables[len(tables)-1])
		})
		if err != nil {
			return err
		}
		for _, table := range tables {
			err := tx.Each("SELECT CAST(r AS TEXT) FROM "+table+" r", nil, func(scan func(...any) error) error {
				var row string
				err := scan(&row)
				all = append(all, row...)
				all = append(all, unhex(row)...)
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return all
}

// unhex returns the byte columns of a row's text form.
func unhex(row string) []byte {
	var all []byte
	for _, part := range strings.Split(row, `\\x`)[1:] {
		if end := strings.IndexByte(part, '"'); end >= 0 {
			b, err := hex.DecodeString(part[:end])
			if err == nil {
				all = append(append(all, '\n'), b...)
			}
		}
	}
	return all
}
