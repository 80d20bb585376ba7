// Package cli is the command line: what a person or a script asks of an installation from a shell.
//
// Two kinds of commands. init, serve, migrate, backup, restore, doctor and "audit verify" open the database through package app;
// every other verb speaks to a server through package client, as anybody's program could.
//
// Promises:
//   - A value comes from the flag, else from the environment, else from the configuration file, else from a default.
//   - No secret is a flag or a variable of the environment: keys, passwords and tokens come from files or the standard input.
//   - What was asked for goes to the standard output, everything else to the standard error. With --json the output is the JSON of
//     package client and a refusal is a client.Problem on the standard error; neither changes with the language.
//   - Progress is drawn only where a terminal shows it.
//   - The exit code says what happened: see the constants that begin with exit.
//
// The package knows no rule of the business and reads no clock, terminal or environment but through Process.
package cli
