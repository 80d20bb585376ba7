// Package jobs is the durable queue and the schedules. It owns the table jobs.
//
// Work is enqueued in the transaction that wants it done, so it exists exactly when that transaction's effect does. Any
// number of runners, in any number of processes, work on one database without a leader. A runner holds a job by a
// lease, which one conditional UPDATE gives to one runner; when a runner dies, the lease ends and another one takes over.
//
// Promises:
//   - A job whose handler returned nil is not run again. A job that was cut short is: handlers run at least once. A
//     handler whose effect must happen once ends its job in the effect's own transaction (Job.DoneTx).
//   - A failed job is tried again after 10 s, 30 s, 90 s, … at most 6 h, by the same rule on every replica. After the
//     last attempt, or an error marked by Permanent, it is dead: it stays with its last error until somebody looks.
//   - Of one slot of a schedule exactly one replica runs the work. Slots that were missed are not made up for one by one:
//     the work runs once and finds what is due.
//   - All times are instants of transactions (db.Tx.Now), so replicas with wrong clocks agree, and moving a sandbox's clock
//     makes jobs due at the next look, which is at most a second away. A runner never starts a job that it is still
//     running; a second replica may, when the clock is moved past a lease.
//   - A runner takes only the kinds it has handlers for: a newer replica's jobs wait for the newer replica.
//
// Payloads are JSON and are kept a week after the work is done: no secret may be among them. Of an error its text is kept and
// logged, without mail addresses.
// The package does not know what any job means, nor the audit log; the rooms act as audit.Job.
package jobs
