package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"
)

// serving is what `serve --json` prints once it is ready.
type serving struct {
	URL     string                                                 `json:"url"`
	SignIns []struct{ Role, Email, Password, Organization string } `json:"sign_ins"`
}

func TestServeDemo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, in := io.Pipe()
	ended := make(chan int, 1)
	var stderr bytes.Buffer
	go func() {
		defer in.Close()
		ended <- Run(ctx, Process{Args: []string{"serve", "--demo", "--json", "--listen", "127.0.0.1:0"}, Stdin: strings.NewReader(""), Stdout: in, Stderr: &stderr,
			Environ: []string{"LANG=en_US.UTF-8", "HOME=" + w.dir}, Texts: catalog(t)})
	}()
	var ready serving
	if err := json.NewDecoder(out).Decode(&ready); err != nil {
		t.Fatalf("it did not become ready: %v, exit code %d\n%s", err, <-ended, &stderr)
	}
	go io.Copy(io.Discard, out)
	if len(ready.SignIns) != 4 {
		t.Fatalf("ready with %+v", ready)
	}
	w.environ = []string{"LANG=en_US.UTF-8", "HOME=" + w.dir, "CHIAVE_SERVER=" + ready.URL}
	for _, p := range ready.SignIns {
		w.stdin = p.Password
		w.ok("sign-in --password-file - --email " + p.Email)
		w.ok("licenses relationship") // which each of them may see
		w.ok("sign-out")
	}
	_, port, _ := strings.Cut(strings.TrimPrefix(ready.URL, "http://"), ":")
	if code, _, errs := w.run("serve --demo --listen 127.0.0.1:" + port); code != exitRefused || !strings.Contains(errs, "--listen") {
		t.Errorf("a second one at the same address: exit code %d, %s", code, errs)
	}
	cancel()
	if code := <-ended; code != exitOK {
		t.Errorf("stopped with exit code %d\n%s", code, &stderr)
	}
}
