// Package mail writes letters and hands them to an SMTP server (RFC 5321).
//
// A Letter is what a person reads, laid out as plain text for a terminal and as HTML that works in light and dark.
// A Client sends one mail per call, under a time limit. Its errors come in two kinds: "mail.refused" is the server's final
// word on this recipient or this mail (a 5xx reply), so repeating is useless; everything else is "mail.unsent" and may
// succeed later: no network, a busy server (4xx), a wrong certificate or password, which an operator mends.
// A mail that the server has taken counts as sent, whatever goes wrong with the connection afterwards.
//
// Nothing of a mail's contents is in an error or a log. The package knows no event, no language and no database.
package mail
