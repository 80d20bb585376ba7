// Package verify checks, without any network, that a product is activated.
//
// A product carries the issuer name and the public keys (a JWKS document) of the license center that serves it. It
// computes its own installation ID, activates once, keeps the token that came back, and from then on asks Token at each
// start. Where there is no network, a person types a confirmation instead, which Confirmation checks against the same
// public keys. Only public keys are needed, so nothing in a shipped product can make an activation.
//
// What holds: an activation proof is taken only if every byte of it is what the center signed, for exactly this issuer,
// this installation and this product. The functions here do not panic, whatever they are given; what they refuse they
// refuse with one of the exported errors, whose texts repeat nothing of the input. Everything may be used by several
// goroutines at once. The package uses the standard library alone.
//
// The package does not know product keys, how many activations are left, or whether an activation was revoked later: it
// sees what was true when the proof was signed.
package verify
