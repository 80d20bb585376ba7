package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"chiave/client"
	"chiave/verify"
)

// cmdLossy puts a proxy before the server that passes requests on and loses the first answers to requests that change something: lossy
// COUNT. CHIAVE_SERVER is then its address.
func cmdLossy(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: lossy COUNT")
	}
	n, err := strconv.ParseInt(args[0], 10, 64)
	ts.Check(err)
	var lose atomic.Int64
	lose.Store(n)
	target, err := url.Parse(ts.Getenv("CHIAVE_SERVER"))
	ts.Check(err)
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ModifyResponse = func(answer *http.Response) error {
		if answer.Request.Method != http.MethodGet && lose.Add(-1) >= 0 {
			io.Copy(io.Discard, answer.Body)
			return errors.New("lost on purpose")
		}
		return nil
	}
	proxy.ErrorHandler = func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }
	front := httptest.NewServer(proxy)
	w := worldOf(ts)
	w.closing = append(w.closing, front.Close)
	ts.Setenv("CHIAVE_SERVER", front.URL)
}

// cmdDirect speaks to a server itself again: direct [NAME].
func cmdDirect(ts *testscript.TestScript, neg bool, args []string) {
	name := "main"
	if len(args) == 1 {
		name = args[0]
	}
	s := worldOf(ts).servers[name]
	if neg || len(args) > 1 || s == nil {
		ts.Fatalf("usage: direct [NAME], of a server that was started")
	}
	ts.Setenv("CHIAVE_SERVER", s.url)
}

// cmdRace runs a program many times at once and prints how often it left with which code: race COUNT PROGRAM ARG…; "{}" in an argument
// is the number of the run, from 1.
func cmdRace(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: race COUNT PROGRAM ARG…")
	}
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	codes := map[int]int{}
	var mu sync.Mutex
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := 1; i <= n; i++ {
		run := program(ts, args[1:], strconv.Itoa(i))
		all.Go(func() {
			<-start
			out, err := run.CombinedOutput()
			mu.Lock()
			defer mu.Unlock()
			codes[run.ProcessState.ExitCode()]++
			fmt.Fprintf(ts.Stderr(), "%s%v\n", out, err)
		})
	}
	close(start)
	all.Wait()
	for code, count := range codes {
		fmt.Fprintf(ts.Stdout(), "exit %d: %d\n", code, count)
	}
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
	cmd.Env = append(environment(ts), "CHIAVE_SERVER="+ts.Getenv("CHIAVE_SERVER"), "CHIAVE_TOKEN_FILE="+ts.Getenv("CHIAVE_TOKEN_FILE"))
	return cmd
}

// storm is many machines that ask for their activation at once.
type storm struct {
	key, product string
	clients      []*client.Client
	kill         *server // killed once enough are activated
	killAt       int

	over         atomic.Bool // the server was killed
	mu           sync.Mutex
	outcomes     map[string]int
	acknowledged map[string]string // activation by machine
	wrong        []string
}

// cmdStorm has machines activate at once and prints how many answers there were of which kind ("new", "again", or the code of a refusal):
//
//	storm [-kill NAME:COUNT] [-keep FILE] [-known FILE] KEYFILE PRODUCT CLIENTS MACHINES
//
// CLIENTS work at a time until MACHINES have asked, each client with a server of its own in turn. -kill ends a server by SIGKILL as soon
// as COUNT machines have their answer. -keep writes who was activated by which activation; with -known these machines ask again first and
// must all be told the same.
func cmdStorm(ts *testscript.TestScript, neg bool, args []string) {
	w := worldOf(ts)
	s := &storm{outcomes: map[string]int{}, acknowledged: map[string]string{}}
	keep, known := "", ""
	for len(args) > 2 && strings.HasPrefix(args[0], "-") {
		switch args[0] {
		case "-kill":
			name, count, _ := strings.Cut(args[1], ":")
			var err error
			s.killAt, err = strconv.Atoi(count)
			ts.Check(err)
			s.kill = w.servers[name]
		case "-keep":
			keep = args[1]
		case "-known":
			known = ts.ReadFile(args[1])
		default:
			ts.Fatalf("unknown flag %s", args[0])
		}
		args = args[2:]
	}
	if neg || len(args) != 4 {
		ts.Fatalf("usage: storm [flags] KEYFILE PRODUCT CLIENTS MACHINES")
	}
	clients, err := strconv.Atoi(args[2])
	ts.Check(err)
	machines, err := strconv.Atoi(args[3])
	ts.Check(err)
	s.key, s.product = strings.TrimSpace(ts.ReadFile(args[0])), args[1]
	ts.Check(meet())
	s.connect(w, clients)
	for line := range strings.Lines(known) {
		machine, id, _ := strings.Cut(strings.TrimSpace(line), " ")
		s.confirm(machine, id)
	}
	s.blow(machines)
	s.report(ts, keep)
}

// connect gives every client a server in turn.
func (s *storm) connect(w *world, clients int) {
	var names []string
	for name, at := range w.servers {
		if at.running() {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for i := range clients {
		at := w.servers[names[i%len(names)]]
		s.clients = append(s.clients, client.New(at.url, client.HTTP(&http.Client{Transport: &http.Transport{}, Timeout: 30 * time.Second})))
	}
}

// meet shows the encoder the types that will be sent and received. Where SQLite is compiled without the race detector, the detector does
// not see how the encoder's table of types is guarded, and takes its first filling by many for a race.
func meet() error {
	for _, v := range []any{&client.ActivationRequest{}, &client.ActivationResult{}, &client.Problem{}} {
		text, err := json.Marshal(v)
		if err == nil {
			err = json.Unmarshal(text, v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// blow has machines 1 to n ask.
func (s *storm) blow(n int) {
	var next atomic.Int64
	var all sync.WaitGroup
	for _, c := range s.clients {
		all.Go(func() {
			for i := next.Add(1); i <= int64(n) && !s.over.Load(); i = next.Add(1) {
				s.note(s.ask(c, "PC-"+strconv.FormatInt(i, 10)))
			}
		})
	}
	all.Wait()
}

func (s *storm) ask(c *client.Client, machine string) (string, client.ActivationResult, error) {
	id, err := verify.InstallationID(s.product, []byte("storm "+machine))
	if err != nil {
		return machine, client.ActivationResult{}, err
	}
	result, err := c.Activate(context.Background(), client.ActivationRequest{ProductKey: s.key, InstallationID: id, Product: s.product, Machine: machine})
	return machine, result, err
}

// note counts an answer, and ends the server when it is time.
func (s *storm) note(machine string, result client.ActivationResult, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	problem, refused := errors.AsType[*client.Problem](err)
	switch {
	case refused:
		s.outcomes[problem.Code]++
	case err != nil:
		s.outcomes["no answer"]++
	default:
		s.outcomes[map[bool]string{true: "again", false: "new"}[result.Again]]++
		s.acknowledged[machine] = result.ID
	}
	if s.kill != nil && len(s.acknowledged) >= s.killAt {
		s.kill.cmd.Process.Signal(syscall.SIGKILL)
		s.kill = nil
		s.over.Store(true)
	}
}

// confirm asks for a machine that was activated and wants to be told the same.
func (s *storm) confirm(machine, id string) {
	_, result, err := s.ask(s.clients[0], machine)
	if err != nil || result.ID != id || !result.Again {
		s.wrong = append(s.wrong, fmt.Sprintf("%s was activated by %s, and is told %s, again %v (%v)", machine, id, result.ID, result.Again, err))
	}
}

func (s *storm) report(ts *testscript.TestScript, keep string) {
	for outcome, count := range s.outcomes {
		fmt.Fprintf(ts.Stdout(), "%s: %d\n", outcome, count)
	}
	if keep != "" {
		var lines []string
		for machine, id := range s.acknowledged {
			lines = append(lines, machine+" "+id+"\n")
		}
		slices.Sort(lines)
		ts.Check(os.WriteFile(ts.MkAbs(keep), []byte(strings.Join(lines, "")), 0o600))
	}
	if len(s.wrong) > 0 {
		ts.Fatalf("%d wrong answers, the first: %s", len(s.wrong), s.wrong[0])
	}
}
