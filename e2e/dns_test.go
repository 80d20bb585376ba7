package e2e

import "github.com/rogpeppe/go-internal/testscript"

// cmdDNS publishes a TXT record: dns NAME TEXT.
func cmdDNS(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: dns NAME TEXT")
	}
	worldOf(ts).dns.Set(args[0], args[1])
}
