// Package e2e tells what Chiave does as stories, and proves them on the real program: testdata/*.txtar are scripts that start
// servers, sign in, use the command line, the REST interface and the pages, read the mail that was sent, move the clock and
// kill processes. Each runs on SQLite and on PostgreSQL. The folder reads as a description of the product; each
// script names in its head the rules it proves.
//
// CHIAVE_TEST_SCENARIOS points the runner at another folder of such scripts. CONTRIBUTING.md lists the commands they may use.
package e2e
