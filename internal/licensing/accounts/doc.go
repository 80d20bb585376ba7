// Package accounts keeps organizations, tenants and people, and knows who is signed in.
//
// It owns organizations, tenants, users, user_addresses, credentials, sessions, api_tokens, device_requests, totp_secrets,
// recovery_codes, signin_steps, passkeys, passkey_challenges, invitations and signin_failures.
//
// Invariants:
//   - A user owns verified addresses; an address is one user's. Where an address is proven (by a link mailed to it, or by
//     whoever runs the installation), it is verified; nothing else verifies it.
//   - Passwords are stored as argon2id hashes, tokens of sessions, the API and links as SHA-256 of 256 random bits. No
//     secret is stored, logged or put into an error; addresses stay out of the audit log, which names users and
//     invitations by id.
//   - An unknown address, one without a password and a wrong password are the same answer after the same work. An
//     attempt is counted before the password is looked at, in the database: replicas share the limits, and attempts made
//     at once cannot pass them together.
//   - Attempts are limited by address and by the client's network (/24, /56), so that a stranger cannot keep everybody out; the
//     crowd as a whole only by how many passwords a process checks at a time. The network is that of the connection, never what a
//     header claims: behind a proxy that hides its clients all of them are one network, and the proxy must limit attempts itself.
//   - A session ends 12 hours after sign-in and 30 minutes after its last use, judged by the transaction's instant. The
//     last use is written at most once a minute.
//   - A link works once, for 7 days; looking at it does not use it up.
//   - An address whose personal account was converted keeps its permissions and signs in no longer (REG-11).
//   - An organization's country never changes (ORG-04). A domain is one tenant's (ORG-05).
//
// The room does not know roles on Licensing IDs (access does) nor how mail travels: it hands messages to a Mailer inside
// the transaction that they tell of.
package accounts
