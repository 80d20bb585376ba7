// Package notify sends the mails of the business and keeps the log of them (NOTF-05). It owns the table messages.
//
// A message is written, and its sending enqueued, in the transaction of the event that it tells of: no event without its
// mail, no mail without its event. It is rendered when it is sent, from the catalogs' keys mail.<event>.subject, .greeting,
// .body, .action and .footer, in the recipient's language.
//
// Invariants: what a mail says (links are secrets) is in the database only sealed, and no longer once the mail is delivered or
// given up. A message is queued, then sent or failed for good; every attempt counts. The log holds addresses
// and results, never contents. No mail carries a product key (NOTF-03).
//
// The room does not know who may read the log of a Licensing ID: its caller has decided that in the same transaction.
package notify
