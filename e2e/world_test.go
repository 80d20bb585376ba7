package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"chiave/internal/licensing/tenants/tenantstest"
	"chiave/internal/platform/mail/mailtest"
)

type worldKey struct{}

// world is what one script has at hand besides its files.
type world struct {
	mail     *mailtest.Server
	dns      *tenantstest.DNS
	servers  map[string]*server
	visitors map[string]*visitor
	mails    map[string]int // to each address, so far
	database func() (string, error)
	closing  []func()
}

func worldOf(ts *testscript.TestScript) *world { return ts.Value(worldKey{}).(*world) }

func (w *world) close() {
	for _, s := range w.servers {
		s.end(syscall.SIGKILL)
	}
	for _, f := range w.closing {
		f()
	}
}

// commands are what scripts may use besides testscript's own commands.
func commands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"server":    cmdServer,
		"install":   cmdInstall,
		"elsewhere": cmdElsewhere,
		"register":  cmdRegister,
		"as":        cmdAs,
		"http":      cmdHTTP,
		"page":      cmdPage,
		"table":     cmdTable,
		"mail":      cmdMail,
		"dns":       cmdDNS,
		"json":      cmdJSON,
		"list":      cmdList,
		"set":       cmdSet,
		"race":      cmdRace,
		"storm":     cmdStorm,
		"lossy":     cmdLossy,
		"direct":    cmdDirect,
		"sql":       cmdSQL,
		"orders":    cmdOrders,
	}
}

// server is a running `chiave serve`.
type server struct {
	cmd  *exec.Cmd
	url  string
	done chan struct{}

	mu  sync.Mutex
	log strings.Builder
}

var address = regexp.MustCompile(`https?://[^\s]+`)

// readyWithin bounds how long a server may take to say that it is ready.
const readyWithin = 60 * time.Second

// cmdServer runs servers:
//
//	server start [NAME] [FLAG…]   starts one and sets CHIAVE_SERVER to its address
//	server stop|kill [NAME]       ends it by SIGTERM, which it must obey with success, or by SIGKILL
//	server log [NAME] FILE        writes what it has printed
func cmdServer(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 0 {
		ts.Fatalf("usage: server start|stop|kill|log [NAME] …")
	}
	verb, args := args[0], args[1:]
	name := "main"
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") && (verb != "log" || len(args) == 2) {
		name, args = args[0], args[1:]
	}
	w := worldOf(ts)
	switch verb {
	case "start":
		s, err := startServer(ts, args)
		if neg {
			if err == nil {
				s.end(syscall.SIGKILL)
				ts.Fatalf("the server started")
			}
			fmt.Fprint(ts.Stderr(), err)
			return
		}
		ts.Check(err)
		w.servers[name] = s
		ts.Setenv("CHIAVE_SERVER", s.url)
		ts.Setenv("SERVER_"+strings.ToUpper(name), s.url)
	case "stop", "kill":
		s := w.servers[name]
		if s == nil {
			ts.Fatalf("no server %q runs", name)
		}
		signal := syscall.SIGTERM
		if verb == "kill" {
			signal = syscall.SIGKILL
		}
		if err := s.end(signal); err != nil && verb == "stop" {
			ts.Fatalf("the server did not stop well: %v\n%s", err, s.text())
		}
	case "log":
		s := w.servers[name]
		if s == nil || len(args) != 1 {
			ts.Fatalf("usage: server log [NAME] FILE, of a server that was started")
		}
		ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(s.text()), 0o600))
	default:
		ts.Fatalf("unknown: server %s", verb)
	}
}

func startServer(ts *testscript.TestScript, flags []string) (*server, error) {
	s := &server{cmd: exec.Command(binary, append([]string{"serve"}, flags...)...), done: make(chan struct{})}
	s.cmd.Dir = ts.Getenv("WORK")
	s.cmd.Env = environment(ts)
	out, in := io.Pipe()
	s.cmd.Stdout, s.cmd.Stderr = in, in
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	ready := make(chan string, 1)
	go s.read(out, ready)
	go func() {
		s.cmd.Wait()
		in.Close()
	}()
	ctx, cancel := context.WithTimeout(context.Background(), readyWithin)
	defer cancel()
	select {
	case s.url = <-ready:
		return s, nil
	case <-s.done:
		return nil, fmt.Errorf("the server ended: %s", s.text())
	case <-ctx.Done():
		s.end(syscall.SIGKILL)
		return nil, fmt.Errorf("the server did not become ready: %s", s.text())
	}
}

// read keeps what the server prints and tells the first address in it.
func (s *server) read(out io.Reader, ready chan<- string) {
	defer close(s.done)
	told := false
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		s.mu.Lock()
		s.log.WriteString(lines.Text() + "\n")
		s.mu.Unlock()
		if at := address.FindString(lines.Text()); at != "" && !told {
			told = true
			ready <- strings.TrimRight(at, "/.,")
		}
	}
}

func (s *server) running() bool {
	select {
	case <-s.done:
		return false
	default:
		return true
	}
}

func (s *server) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// end sends the signal and waits until the process is gone. The error says that it did not leave with success.
func (s *server) end(signal syscall.Signal) error {
	s.cmd.Process.Signal(signal)
	<-s.done
	if s.cmd.ProcessState != nil && !s.cmd.ProcessState.Success() {
		return fmt.Errorf("%s", s.cmd.ProcessState)
	}
	return nil
}

// environment returns the script's environment for a program.
func environment(ts *testscript.TestScript) []string {
	var env []string
	for _, name := range []string{"PATH", "HOME", "LANG", "WORK", "TMPDIR"} {
		env = append(env, name+"="+ts.Getenv(name))
	}
	for _, name := range scriptVariables {
		if v := ts.Getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// scriptVariables are the settings that a script may change for the programs it runs.
var scriptVariables = []string{"CHIAVE_DATA_DIR", "CHIAVE_DATABASE", "CHIAVE_DATABASE_PASSWORD_FILE", "CHIAVE_ROOT_KEY_FILE", "CHIAVE_LISTEN", "CHIAVE_BASE_URL",
	"CHIAVE_ADMIN_LISTEN", "CHIAVE_DNS_SERVER", "CHIAVE_PERSONAL_DOMAINS",
	"CHIAVE_SMTP_HOST", "CHIAVE_SMTP_PORT", "CHIAVE_SMTP_SECURITY", "CHIAVE_MAIL_FROM", "CHIAVE_CONFIG", "CHIAVE_CHECKPOINT_FILE", "CHIAVE_CLOCK_SKEW", "CHIAVE_PORTAL_NAME",
	"CHIAVE_LOG_FORMAT", "CHIAVE_LOG_LEVEL", "CHIAVE_SUPPORT_LINES"}
