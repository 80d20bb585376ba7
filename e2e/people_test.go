package e2e

import (
	"errors"
	"os"
	"os/exec"
	"path"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// password is what everybody in the stories signs in with; it is in the file password.txt.
const password = "quiet rivers carry long boats"

// firstInstant is where the clock of every story starts, so that none depends on the day it is told.
const firstInstant = "2026-03-31T09:00:00Z"

// cmdInstall makes an installation and starts a server: install [FLAG…]. It is a sandbox whose clock starts at 2026-03-31 09:00 UTC; its
// operator is olga. Flags are those of `chiave init`.
func cmdInstall(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("unsupported: ! install")
	}
	ts.Check(ts.Exec("chiave", append([]string{"init", "--operator", "olga@publisher.example", "--sandbox", "--clock", firstInstant,
		"--token-file", tokenFile(ts, "olga")}, args...)...))
	cmdServer(ts, false, []string{"start"})
}

// tokenFile is where somebody's token is kept.
func tokenFile(ts *testscript.TestScript, who string) string { return ts.MkAbs(who + ".token") }

// cmdAs runs the program as somebody, whose token is in the file WHO.token: as [-exit CODE] WHO ARG…. Without -exit the program must
// succeed; "! as" wants it to fail in whatever way.
func cmdAs(ts *testscript.TestScript, neg bool, args []string) {
	want, any := 0, neg
	if len(args) > 2 && args[0] == "-exit" {
		var err error
		want, err = strconv.Atoi(args[1])
		ts.Check(err)
		args = args[2:]
	}
	if len(args) < 2 {
		ts.Fatalf("usage: as [-exit CODE] WHO ARG…")
	}
	before := ts.Getenv("CHIAVE_TOKEN_FILE")
	ts.Setenv("CHIAVE_TOKEN_FILE", tokenFile(ts, args[0]))
	err := ts.Exec("chiave", args[1:]...)
	ts.Setenv("CHIAVE_TOKEN_FILE", before)
	code := 0
	if left, ok := errors.AsType[*exec.ExitError](err); ok {
		code = left.ExitCode()
	} else {
		ts.Check(err)
	}
	if any && code != 0 || !any && code == want {
		return
	}
	ts.Fatalf("the program left with %d", code)
}

// cmdRegister reads the newest mail to an address, uses the link in it, and signs in by the command line: register WHO ADDRESS [LANGUAGE].
func cmdRegister(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 && len(args) != 3 {
		ts.Fatalf("usage: register WHO ADDRESS [LANGUAGE]")
	}
	who, lang := args[0], "en"
	if len(args) == 3 {
		lang = args[2]
	}
	cmdMail(ts, false, []string{args[1], who + ".mail"})
	body := `{"token": "` + path.Base(ts.Getenv("LINK")) + `", "first_name": "` + strings.ToUpper(who[:1]) + who[1:] + `", "last_name": "Esempio", "language": "` + lang +
		`", "password": "` + password + `"}`
	ts.Check(os.WriteFile(ts.MkAbs(who+".registration"), []byte(body), 0o600))
	cmdHTTP(ts, false, []string{"-body", who + ".registration", "POST", "/api/v1/invitations/accept"})
	cmdMail(ts, false, []string{args[1], who + ".mail"}) // that a password was set
	cmdAs(ts, false, []string{who, "sign-in", "--email", args[1], "--password-file", "password.txt"})
}
