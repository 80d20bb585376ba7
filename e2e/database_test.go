package e2e

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"chiave/internal/platform/config"
	"chiave/internal/platform/db"
)

// sqlWithin bounds how long "sql -until" waits.
const sqlWithin = 60 * time.Second

// cmdSQL goes to the database past the program, as whoever owns it could:
//
//	sql STATEMENT           changes rows
//	sql -rows QUERY         prints the first column of what it finds, as text
//	sql -until QUERY WANT   asks again until the first row's first column is WANT
func cmdSQL(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: sql STATEMENT | sql -rows QUERY | sql -until QUERY WANT")
	}
	cfg, err := config.Load(config.Sources{Env: map[string]string{
		"CHIAVE_DATABASE": ts.Getenv("CHIAVE_DATABASE"), "CHIAVE_DATABASE_PASSWORD_FILE": ts.Getenv("CHIAVE_DATABASE_PASSWORD_FILE"), "CHIAVE_DATA_DIR": ts.Getenv("CHIAVE_DATA_DIR")}})
	ts.Check(err)
	address, err := cfg.DatabaseURL()
	ts.Check(err)
	ctx, cancel := context.WithTimeout(context.Background(), sqlWithin)
	defer cancel()
	d, err := db.Open(ctx, db.Config{URL: address, MaxConns: 2})
	ts.Check(err)
	defer d.Close()
	switch {
	case args[0] == "-rows" && len(args) == 2:
		found, err := firstColumn(ctx, d, args[1])
		ts.Check(err)
		fmt.Fprintln(ts.Stdout(), strings.Join(found, "\n"))
	case args[0] == "-until" && len(args) == 3:
		ts.Check(until(ctx, d, args[1], args[2]))
	case len(args) == 1:
		ts.Check(d.Housekeep(ctx, "somebody at the database", func(tx *db.Tx) error {
			n, err := tx.Exec(args[0])
			fmt.Fprintf(ts.Stdout(), "%d rows\n", n)
			return err
		}))
	default:
		ts.Fatalf("usage: sql STATEMENT | sql -rows QUERY | sql -until QUERY WANT")
	}
}

func firstColumn(ctx context.Context, d *db.DB, query string) (found []string, err error) {
	err = d.Read(ctx, func(tx *db.Tx) error {
		found = nil
		return tx.Each(query, nil, func(scan func(...any) error) error {
			var first anything
			err := scan(&first)
			found = append(found, first.text)
			return err
		})
	})
	return found, err
}

// anything is a value of whatever type as text.
type anything struct{ text string }

// Scan takes the value.
func (a *anything) Scan(v any) error {
	if b, ok := v.([]byte); ok {
		v = string(b)
	}
	a.text = fmt.Sprint(v)
	return nil
}

func until(ctx context.Context, d *db.DB, query, want string) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		found, err := firstColumn(ctx, d, query)
		if err != nil || len(found) > 0 && found[0] == want {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%s: found %q until the end, want %q", query, found, want)
		}
	}
}

// cmdElsewhere goes on with another data directory and another empty database: elsewhere DIRECTORY. Servers that run go on with theirs.
func cmdElsewhere(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: elsewhere DIRECTORY")
	}
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o700))
	ts.Setenv("CHIAVE_DATA_DIR", dir)
	if ts.Getenv("ENGINE") == db.SQLite.String() {
		ts.Setenv("CHIAVE_DATABASE", "sqlite:"+dir+"/chiave.db")
		return
	}
	address, err := worldOf(ts).database()
	ts.Check(err)
	ts.Setenv("CHIAVE_DATABASE", address)
}

// cmdOrders writes an orders feed of many lines: orders FILE COUNT LICENSING-ID PRODUCT.
func cmdOrders(ts *testscript.TestScript, neg bool, args []string) {
	var count int
	if neg || len(args) != 4 {
		ts.Fatalf("usage: orders FILE COUNT LICENSING-ID PRODUCT")
	}
	_, err := fmt.Sscan(args[1], &count)
	ts.Check(err)
	var b strings.Builder
	b.WriteString("line_id,licensing_id,order_number,order_date,product,kind,quantity\n")
	for i := range count {
		fmt.Fprintf(&b, "BIG-%d,%s,ORDER-%d,2024-01-15,%s,L,1\n", i+1, args[2], i/100+1, args[3])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o600))
}
