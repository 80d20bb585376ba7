package db_test

import (
	"io"
	"net"
	"net/url"
	"sync"
	"testing"

	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/errs"
)

// cable is a line to the test server that can be pulled out.
type cable struct {
	net.Listener
	server string
	mu     sync.Mutex
	ends   []*net.TCPConn
	copies sync.WaitGroup
}

// throughCable returns a URL of the same database by way of a cable.
func throughCable(t *testing.T, dsn string) (string, *cable) {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{server: u.Host}
	if c.Listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	u.Host = c.Addr().String()
	c.copies.Go(c.accept)
	t.Cleanup(func() { c.Close(); c.pull(); c.copies.Wait() })
	return u.String(), c
}

func (c *cable) accept() {
	for {
		client, err := c.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", c.server)
		if err != nil {
			client.Close()
			continue
		}
		c.mu.Lock()
		c.ends = append(c.ends, client.(*net.TCPConn))
		c.mu.Unlock()
		c.copies.Go(func() { defer server.Close(); io.Copy(server, client) })
		c.copies.Go(func() { defer client.Close(); io.Copy(client, server) })
	}
}

// pull ends every connection towards the client without a word of the server.
func (c *cable) pull() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, end := range c.ends {
		end.CloseWrite()
	}
	c.ends = nil
}

func TestALineThatGoesDeadInMidStatementIsUnavailable(t *testing.T) {
	t.Parallel()
	statements := map[string]func(tx *db.Tx) error{
		"exec": func(tx *db.Tx) error {
			_, err := tx.Exec("UPDATE installation SET clock_offset = 7 WHERE sandbox AND pg_sleep(0.1) IS NOT NULL")
			return err
		},
		"row": func(tx *db.Tx) error { var n int; return tx.Row("SELECT 1 FROM pg_sleep(0.1)").Scan(&n) },
		"each": func(tx *db.Tx) error {
			return tx.Each("SELECT 1 FROM pg_sleep(0.1)", nil, func(func(...any) error) error { return nil })
		},
	}
	for name, statement := range statements {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dsn, line := throughCable(t, dbtest.URL(t, db.Postgres))
			d := dbtest.Open(t, dsn, clock.NewManual(dbtest.Start))
			err := d.Housekeep(t.Context(), "test", func(tx *db.Tx) error {
				line.pull()
				return statement(tx)
			})
			if errs.CodeOf(err) != "db.unavailable" {
				t.Errorf("got %v, want db.unavailable", err)
			}
		})
	}
}

func TestTheEndOfACallersFileIsNotTheDatabases(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		if err := d.Read(t.Context(), func(*db.Tx) error { return io.ErrUnexpectedEOF }); errs.KindOf(err) != errs.Internal {
			t.Errorf("got %v", err)
		}
	})
}
