// Package config puts together what an operator set: flag before environment before file before default.
//
// The file is lines of "name = value": no sections, no quotes, no escapes, # begins a comment line. That is enough for
// a flat list, it reads like the environment it stands in for, and a wrong line can be named by its number. A
// setting is called data_dir in the file, CHIAVE_DATA_DIR in the environment and --data-dir as a flag.
//
// Secrets are never settings: a setting names the file that holds one, or systemd hands the file over
// (LoadCredential=, found through $CREDENTIALS_DIRECTORY under the setting's name without "_file"). A database address
// with a password in it is refused. No error repeats a value: it may be a secret that was put in the wrong place.
//
// A name that is not known is refused together with the known one that is most like it, wherever it stands; variables of
// the environment that begin with CHIAVE_TEST_ belong to the tests. The package reads no flags and no environment by
// itself: the caller hands them in.
package config
