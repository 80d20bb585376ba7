package db

import (
	"context"
	"database/sql"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// openPostgres opens one pool that serves reads and writes. Idle connections are kept up to the maximum: reconnecting
// under load halves the rate.
func (d *DB) openPostgres(ctx context.Context, cfg Config) error {
	d.engine = Postgres
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
