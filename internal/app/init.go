package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/config"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/seal"
)

// InitOptions says what to make.
type InitOptions struct {
	Operator string // address of the first operator
	Sandbox  bool   // the clock may be moved, for ever
	// Clock is where the clock of a sandbox starts; now when zero.
	Clock time.Time
}

// InitResult is a new installation. SignInLink and Token are secrets that exist nowhere else.
type InitResult struct {
	Installation db.Installation
	SignInLink   string // works once, within 7 days
	Token        string // API token of the operator
	RootKeyMade  bool   // the file of cfg.RootKeyFile is new, and the only copy
}

// Init makes an installation: the schema, the root key, the identity of the database and its first operator. What was left by an
// attempt that failed is taken up. Errors: Conflict "db.initialized"; Invalid "access.address"; Denied "db.not_sandbox"; those of seal.Open.
func Init(ctx context.Context, cfg config.Config, log *slog.Logger, opt InitOptions) (InitResult, error) {
	address, err := access.NormalizeAddress(opt.Operator) // before anything is made
	if err != nil {
		return InitResult{}, err
	}
	opt.Operator = address
	if err := makeFiles(cfg); err != nil {
		return InitResult{}, fmt.Errorf("making the database's file: %w", err)
	}
	d, err := OpenDatabase(ctx, cfg, log)
	if err != nil {
		return InitResult{}, err
	}
	defer d.Close()
	if err := untouched(ctx, d); err != nil {
		return InitResult{}, err
	}
	if _, err := d.Migrate(ctx); err != nil {
		return InitResult{}, err
	}
	var made InitResult
	if made.RootKeyMade, err = makeRootKey(ctx, d, cfg.RootKeyFile); err != nil {
		return InitResult{}, err
	}
	if _, err := seal.Open(ctx, d, cfg.RootKeyFile, seal.Options{}); err != nil {
		return InitResult{}, err
	}
	people := accounts.New(d, access.New(d), nil, accounts.Config{BaseURL: cfg.BaseURL}) // no mail leaves: the link is handed over here
	err = d.Write(ctx, func(tx *db.Tx) error {
		if made.Installation, err = db.Initialize(tx, opt.Sandbox); err != nil {
			return err
		}
		if !opt.Clock.IsZero() {
			if err := db.StartClock(tx, opt.Clock); err != nil {
				return err
			}
		}
		made.SignInLink, made.Token, err = people.CreateOperatorTx(tx, audit.Itself(), opt.Operator)
		return err
	})
	return made, err
}

// untouched refuses a database that is an installation already.
func untouched(ctx context.Context, d *db.DB) error {
	_, err := d.Installation(ctx)
	switch {
	case err == nil:
		return errs.New(errs.Conflict, "db.initialized")
	case errors.Is(err, db.ErrNotInitialized):
		return nil
	}
	return err
}

// makeFiles makes the directories, and the file of an SQLite database, so that only their owner can read them.
func makeFiles(cfg config.Config) error {
	file := sqliteFile(cfg)
	for _, name := range []string{cfg.RootKeyFile, file} {
		if name == "" {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return err
		}
	}
	if file == "" || strings.HasPrefix(file, ":") {
		return nil
	}
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// makeRootKey makes the root key unless its file is there, or the database has keys already: then the file is lost, and a new one
// would open nothing.
func makeRootKey(ctx context.Context, d *db.DB, file string) (made bool, err error) {
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	var keys int
	err = d.Read(ctx, func(tx *db.Tx) error { return tx.Row("SELECT count(*) FROM sealed_keys").Scan(&keys) })
	if err != nil || keys > 0 {
		return false, err
	}
	return true, seal.CreateRootKey(file)
}
