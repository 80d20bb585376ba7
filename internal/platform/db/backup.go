package db

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// CopyTo writes the content of an SQLite database, as it stands at one instant, to a new file, while others go on writing. The file is
// one that Open takes, without a log beside it, and on the disk when CopyTo returns. PostgreSQL has its own programs for this.
func (d *DB) CopyTo(ctx context.Context, file string) error {
	if d.engine != SQLite {
		return errors.New("only SQLite databases are copied to a file")
	}
	made, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer made.Close()
	conn, err := d.reads.Conn(ctx)
	if err != nil {
		return notBegun(ctx, err)
	}
	defer conn.Close()
	// The copy reads one snapshot and takes no lock that the writer waits for. The connection may write nothing else.
	if _, err := conn.ExecContext(ctx, "PRAGMA query_only(OFF)"); err != nil {
		return mapError(err)
	}
	_, err = conn.ExecContext(ctx, "VACUUM INTO $1", file)
	if _, back := conn.ExecContext(context.WithoutCancel(ctx), "PRAGMA query_only(ON)"); err == nil {
		err = back
	}
	if err != nil {
		return fmt.Errorf("copying the database: %w", mapError(err))
	}
	return made.Sync()
}
