// Package seal keeps the installation's secrets: it encrypts what must not be read in the database, hashes what must be
// found there without being readable, and signs.
//
// One root key of 32 bytes lies in a file beside the database, never in it. Under it, table sealed_keys holds the keys
// in use, each with an id and a purpose (wrap, lookup, signing, audit, cursor, link). Opened keys are in memory only.
//
// Promises:
//   - The file is made only by CreateRootKey, or by Open when the caller says that the SQLite database beside it is new.
//     The database keeps the root key's fingerprint: a replica with another root key does not start.
//   - Keys are made once, under a lock, however many replicas start at once.
//   - A key is published (every replica and the public key set know it) before it is used: a rotated key has an
//     active_from that lies further ahead than replicas wait between two looks at the table. Older keys stay, so that
//     what they sealed or signed stays readable.
//   - Ciphertext is AES-256-GCM (NIST SP 800-38D) with a random nonce and says which key opens it. It is bound to its place:
//     moved to another row, shortened or altered, it is refused. One key may seal 2^32 values; rotate long before.
//   - Errors carry neither keys nor plaintext.
//
// Limits: whoever has the root key file and the database has everything; a backup therefore leaves the file out.
// The lookup key cannot be rotated, since stored hashes would no longer be found, and the audit key is not, so that
// kept checkpoints stay checkable by one public key. The package knows no table but sealed_keys and records nothing in the
// audit log: Rotate is given what does.
package seal
