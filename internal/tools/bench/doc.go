// Command bench measures the program as it is shipped: its own process, with the audit log, durable commits and all, reached over
// loopback, beside a peer that does only what cannot be left out, in the same run.
//
//	bench activation   activations a second on SQLite and PostgreSQL, as parts of what a bare net/http server with one signature does
//	bench start        time from start to the first page, size of the binary, memory when idle
//	bench pages        how long pages take for a customer with 500 Licensing IDs and 2,000 people
//
// scripts/bench builds the program, starts PostgreSQL and calls this. Every run is bounded in time and stops by itself. Figures that
// explain the result go to standard error; standard output gets one line.
//
// It is no part of the product, which does not import it.
package main
