package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdMail waits for a mail to an address and writes its text to a file: mail ADDRESS FILE [COUNT]. COUNT is how many mails
// to the address there must be by then, one when absent; the newest is written. LINK is set to the first address in it.
func cmdMail(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 && len(args) != 3 {
		ts.Fatalf("usage: mail ADDRESS FILE [COUNT]")
	}
	count := 1
	if len(args) == 3 {
		_, err := fmt.Sscan(args[2], &count)
		ts.Check(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	m, err := worldOf(ts).mail.Wait(ctx, args[0], count)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte("Subject: "+m.Subject+"\n\n"+m.Text), 0o600))
	ts.Setenv("LINK", address.FindString(m.Text))
}

// program is a command of the script's environment with "{}" filled in.
func program(ts *testscript.TestScript, args []string, number string) *exec.Cmd {
	filled := make([]string, len(args))
	for i, a := range args {
		filled[i] = strings.ReplaceAll(a, "{}", number)
	}
	name := filled[0]
	if name == "chiave" {
		name = binary
	}
	cmd := exec.Command(name, filled[1:]...)
	cmd.Dir = ts.Getenv("WORK")
	cmd.Env = append(environment(ts), "CHIAVE_SERVER="+ts.Getenv("CHIAVE_SERVER"))
	return cmd
}
