package dbtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"chiave/internal/platform/db"
)

// Rows returns the rows of every table that holds facts, as text. What only tells of work under way or of last use is left out, so that two
// equal answers mean that nothing happened between them.
func Rows(t testing.TB, d *db.DB) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	err := d.Read(context.Background(), func(tx *db.Tx) error {
		clear(all)
		columns, err := columns(tx)
		if err != nil {
			return err
		}
		for table, names := range columns {
			if slices.Contains([]string{"audit_records", "idempotency", "imports", "jobs", "sealed_keys", "signin_failures", "migrations", "schema_migrations"}, table) {
				continue
			}
			parts := make([]string, 0, len(names))
			for _, name := range names {
				if name != "used_at" {
					parts = append(parts, "COALESCE(CAST("+name+" AS TEXT), '-')")
				}
			}
			err := tx.Each("SELECT "+strings.Join(parts, " || ' ' || ")+" FROM "+table, nil, func(scan func(...any) error) error {
				var row string
				err := scan(&row)
				all[table] = append(all[table], row)
				return err
			})
			if err != nil {
				return fmt.Errorf("reading %s: %w", table, err)
			}
			slices.Sort(all[table])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// columns returns the names of the columns by table.
func columns(tx *db.Tx) (map[string][]string, error) {
	all := map[string][]string{}
	query := tx.Pick("SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'",
		"SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT) FROM information_schema.columns WHERE table_schema = 'public'")
	err := tx.Each(query, nil, func(scan func(...any) error) error {
		var table, column string
		err := scan(&table, &column)
		all[table] = append(all[table], column)
		return err
	})
	return all, err
}

// RefuseAudit makes the database refuse every further audit record.
func RefuseAudit(t testing.TB, d *db.DB) {
	t.Helper()
	statement := "CREATE TRIGGER no_more_records BEFORE INSERT ON audit_records BEGIN SELECT RAISE(ABORT, 'no more records'); END"
	if d.Engine() == db.Postgres {
		statement = "ALTER TABLE audit_records ADD CONSTRAINT no_more_records CHECK (false) NOT VALID"
	}
	err := d.Housekeep(context.Background(), "a test", func(tx *db.Tx) error {
		_, err := tx.Exec(statement)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
