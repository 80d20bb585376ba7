// Package client is the Go SDK of Chiave's REST interface and the definition of its JSON.
//
// It needs the standard library only. A Client is safe for concurrent use:
//
//	c := client.New("https://licensing.example.com", client.Token(token))
//	summary, err := c.LicenseSummary(ctx, client.SummaryQuery{AsOf: "2026-03-31"})
//
// A server that does not answer is given up after a time, see HTTP. No redirect to another origin is followed: it is a *RedirectError.
//
// Errors of the server are *Problem (RFC 9457) with a stable Code. A request whose outcome is unknown (no answer, or 503) is
// repeated with the same Idempotency-Key, so that it has its effect once.
package client
