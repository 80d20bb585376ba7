package db

import (
	"context"
	"database/sql"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"chiave/internal/platform/errs"
)

// openPostgres opens one pool that serves reads and writes. Idle connections are kept up to the maximum: reconnecting
// under load halves the rate.
func (d *DB) openPostgres(ctx context.Context, cfg Config) error {
	d.engine = Postgres
	if err := noPasswordAround(cfg.URL); err != nil {
		return err
	}
	pc, err := pgx.ParseConfig(cfg.URL)
	if err != nil {
		return err
	}
	if _, given := pc.RuntimeParams["application_name"]; !given {
		pc.RuntimeParams["application_name"] = "chiave"
	}
	pc.RuntimeParams["timezone"] = "UTC"
	if pc.ConnectTimeout == 0 {
		pc.ConnectTimeout = 5 * time.Second
	}
	d.notices = &notices{warned: map[*pgconn.PgConn]bool{}}
	pc.OnNotice = d.notices.note
	conns := cfg.MaxConns
	if conns == 0 {
		conns = 32
	}
	pool := stdlib.OpenDB(*pc)
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	d.writes = pool
	if err := pool.PingContext(ctx); err != nil {
		return err
	}
	return d.time.hold(ctx, pool)
}

// noPasswordAround refuses a password in PostgreSQL's own variable, where it would be taken from: it works in this shell and not in the next,
// and every program started here reads it.
func noPasswordAround(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return nil // which ParseConfig says better
	}
	if _, given := u.User.Password(); !given && os.Getenv("PGPASSWORD") != "" {
		return errs.New(errs.Invalid, "db.password_around")
	}
	return nil
}

// notices remembers on which connections the server warned. A COMMIT whose wait for a standby was cancelled returns
// success with warning 01000: its fate on the standby is unknown.
type notices struct {
	mu     sync.Mutex
	warned map[*pgconn.PgConn]bool
}

func (n *notices) note(conn *pgconn.PgConn, notice *pgconn.Notice) {
	if notice.Code != "01000" {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.warned[conn] = true
}

// take reports whether conn was warned since the last call.
func (n *notices) take(conn *sql.Conn) bool {
	if n == nil {
		return false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.warned) == 0 {
		return false
	}
	warned := false
	err := conn.Raw(func(dc any) error {
		pg := dc.(*stdlib.Conn).Conn().PgConn()
		warned = n.warned[pg]
		delete(n.warned, pg)
		return nil
	})
	return warned || err != nil
}
