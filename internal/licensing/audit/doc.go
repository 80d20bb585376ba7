// Package audit keeps the record of what happened, and shows when it was altered. It owns Actor.
//
// A record is bytes, written by Record in the transaction of the effect: no record, no effect. People appear in it by id only. Log.Seal,
// run as a job, gives consecutive numbers to the records that have none and appends them to a transparency log: a Merkle
// tree (RFC 6962, section 2.1) whose size and root hash a signed checkpoint states. Log.Verify computes everything again from
// the records' bytes.
//
// What is found, by whom:
//   - Whoever can write to the database, but has not the root key, cannot alter, reorder, insert among, or remove sealed
//     records, nor alter the tree or the checkpoint, without Verify finding it. Every column that repeats a part of a record
//     is compared with it, of unsealed records too.
//   - Putting back an older state of the log, with or without the rest of the database, leaves a log that agrees with itself. It is found
//     only against a checkpoint kept elsewhere: in a file, a mailbox, another system. Whoever has the root key as well could sign a new
//     history, which only a kept checkpoint contradicts. Keep checkpoints where those who run the database cannot write.
//
// What is not found:
//   - A record rewritten or removed before it is sealed, by somebody who can write to the database; so the job runs
//     every few seconds.
//   - A record added by somebody who can write to the database: it looks like one the program wrote.
//
// The package does not know who may read records: callers hand ListTx a Scope. It does not know where checkpoints are
// kept, nor the key that signs them, but through CheckpointSigner.
package audit
