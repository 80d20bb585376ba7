package e2e

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdMail waits for the next mail to an address and writes its text to a file: mail ADDRESS FILE. LINK is set to the first address in it.
// "! mail ADDRESS" says that no further mail has come.
func cmdMail(ts *testscript.TestScript, neg bool, args []string) {
	w := worldOf(ts)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if neg {
		if len(args) != 1 {
			ts.Fatalf("usage: ! mail ADDRESS")
		}
		all, err := w.mail.All(ctx, args[0])
		ts.Check(err)
		if n := len(all) - w.mails[args[0]]; n > 0 {
			ts.Fatalf("%d mails to %s, the last with the subject %q", n, args[0], all[len(all)-1].Subject)
		}
		return
	}
	if len(args) != 2 {
		ts.Fatalf("usage: mail ADDRESS FILE")
	}
	m, err := w.mail.Wait(ctx, args[0], w.mails[args[0]]+1)
	ts.Check(err)
	w.mails[args[0]]++
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), fmt.Appendf(nil, "Subject: %s\n\n%s", m.Subject, m.Text), 0o600))
	ts.Setenv("LINK", strings.TrimRight(address.FindString(m.Text), ".,"))
}
