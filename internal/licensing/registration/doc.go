// Package registration lets people prove that a business address is theirs: to register with it, to join its permissions to their account, or
// to convert a personal account.
//
// It owns signups and address_claims. Accounts are made by the room accounts.
//
// Invariants:
//   - An address is proven by what was mailed to it: a code of eight digits, for half an hour, five attempts and one use, bound to the sign-up
//     it was made for; or a link, for 48 hours and one use, for whoever asked for it and is signed in. Both are stored as hashes.
//   - Starting answers alike, by the same statements, whoever has the address. What differs is mailed later by a job: a code, or to an address
//     that has an account the advice to sign in. Mails are limited by address and by network.
//   - Addresses of personal mail domains prove nothing about an organization and are refused (REG-10).
//   - The tenant that has verified the domain decides, when the address is named and again when it is proven: sign-up turned off is E03; a
//     restricted domain is E02 at first and E04 at the end; under a domain that the organization's directory manages no account is ever made
//     (E05). Joining and converting obey the same.
//   - An address that has an account is never joined to another.
//
// Records name people and sign-ups by id only.
package registration
