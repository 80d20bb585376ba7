// Package db is the only door to the database: opening it, transactions, migrations and the mapping of its errors.
//
// Promises:
//   - One SQL text serves SQLite and PostgreSQL. Placeholders are $1, $2, …; where an engine needs its own words, Tx.Pick
//     chooses between two strings. Nothing outside this package imports a driver.
//   - A transaction has one instant (Tx.Now), in whole microseconds of UTC, held to the database's clock, so that replicas
//     whose own clocks are wrong agree. In a sandbox database the instant is moved by an offset that is stored in it.
//   - Read sees one snapshot. Write is durable when it returns nil. When the fate of a COMMIT cannot be known, Write returns
//     Unavailable "db.outcome_unknown": the caller repeats the request with the same idempotency key.
//   - A Write that changed rows and carries no audit record is refused and rolled back. Work that is no business
//     change (queues, sealing, staging, sessions' last use) goes through Housekeep and says why.
//   - Migrations are numbered files with checksums, applied in one transaction under a lock, forward only.
//
// Values: a time.Time is stored as microseconds since 1970 (BIGINT, INTEGER), the zero time as NULL; an empty ids.ID is
// NULL; booleans, text and bytes are themselves; a NULL read into a string, an id or a time is its zero value.
// The package knows no table but its own (schema_migrations, installation).
package db
