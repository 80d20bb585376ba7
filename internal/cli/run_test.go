package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"chiave/client"
)

// world is a server that speaks the types of package client, and a person at a shell.
type world struct {
	t       *testing.T
	mux     *http.ServeMux
	url     string
	dir     string
	environ []string
	stdin   string
	mu      sync.Mutex
	asked   []*http.Request // with the bodies read
	bodies  []string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, mux: http.NewServeMux(), dir: t.TempDir()}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.mu.Lock()
		w.asked, w.bodies = append(w.asked, r), append(w.bodies, string(body))
		w.mu.Unlock()
		w.mux.ServeHTTP(rw, r)
	}))
	t.Cleanup(server.Close)
	w.url = server.URL
	w.environ = []string{"HOME=" + w.dir, "LANG=en_US.UTF-8", "CHIAVE_SERVER=" + server.URL}
	return w
}

// answer makes the server say v to a request.
func (w *world) answer(pattern string, status int, v any) {
	w.mux.HandleFunc(pattern, func(rw http.ResponseWriter, _ *http.Request) {
		if text, ok := v.(string); ok {
			rw.WriteHeader(status)
			io.WriteString(rw, text)
			return
		}
		rw.Header().Set("Content-Type", "application/json")
		rw.WriteHeader(status)
		json.NewEncoder(rw).Encode(v)
	})
}

func (w *world) refuse(pattern string, status int, code string) {
	w.answer(pattern, status, client.Problem{Title: "Title of " + code, Status: status, Code: code, Request: "r1"})
}

// file writes a file of the person's and returns its name.
func (w *world) file(name, text string) string {
	w.t.Helper()
	name = filepath.Join(w.dir, name)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return name
}

// run runs a command line, whose words are separated by spaces; DIR stands for the person's directory.
func (w *world) run(line string) (code int, out, errs string) {
	w.t.Helper()
	var stdout, stderr bytes.Buffer
	args := strings.Fields(strings.ReplaceAll(line, "DIR", w.dir))
	code = Run(w.t.Context(), Process{Args: args, Stdin: strings.NewReader(w.stdin), Stdout: &stdout, Stderr: &stderr, Environ: w.environ, Texts: catalog(w.t)})
	w.mu.Lock() // what the server noted is seen from here on
	defer w.mu.Unlock()
	return code, stdout.String(), stderr.String()
}

// ok runs a command line that must succeed and returns its output.
func (w *world) ok(line string) string {
	w.t.Helper()
	code, out, errs := w.run(line)
	if code != exitOK {
		w.t.Fatalf("chiave %s: exit code %d\n%s%s", line, code, out, errs)
	}
	return out
}

// same checks that --json prints exactly what the server said.
func same[T any](t *testing.T, out string, want T) {
	t.Helper()
	var got T
	d := json.NewDecoder(strings.NewReader(out))
	d.DisallowUnknownFields()
	if err := d.Decode(&got); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	g, _ := json.Marshal(got)
	x, _ := json.Marshal(want)
	if !bytes.Equal(g, x) {
		t.Errorf("got %s\nwant %s", g, x)
	}
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status int
		code   int
	}{
		{400, exitUsage}, {413, exitUsage}, {422, exitUsage}, {401, exitRefused}, {403, exitRefused}, {409, exitRefused}, {412, exitRefused},
		{428, exitRefused}, {429, exitRefused}, {404, exitNotFound}, {500, exitFailed}, {418, exitFailed},
	} {
		w := newWorld(t)
		w.refuse("GET /api/v1/license-summary", tc.status, "some.code")
		code, out, errs := w.run("licenses summary")
		if code != tc.code || out != "" || !strings.HasPrefix(errs, "chiave: Title of some.code\n") || !strings.Contains(errs, "Request r1") {
			t.Errorf("%d: exit code %d\n%s%s", tc.status, code, out, errs)
		}
		code, out, errs = w.run("licenses summary --json")
		if code != tc.code || out != "" {
			t.Errorf("%d: exit code %d\n%s", tc.status, code, out)
		}
		same(t, errs, client.Problem{Title: "Title of some.code", Status: tc.status, Code: "some.code", Request: "r1"})
	}
}

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code, _, errs := w.run("licenses summary --server http://127.0.0.1:1")
	if code != exitUnavailable || !strings.Contains(errs, "http://127.0.0.1:1 does not answer: connection refused") || !strings.Contains(errs, "→") {
		t.Errorf("exit code %d\n%s", code, errs)
	}
}

// TestWhatPeopleTryFirst leads to help and to the version.
func TestWhatPeopleTryFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for line, same := range map[string]string{"help": "--help", "help keys": "keys --help", "--version": "version"} {
		if got, want := w.ok(line), w.ok(same); got != want || got == "" {
			t.Errorf("%s: got %s\nwant %s", line, got, want)
		}
	}
	w.refuse("POST /api/v1/session", 401, "accounts.credentials")
	w.stdin = "password"
	if _, _, errs := w.run("sign-in --email a@example.com --password-file -"); strings.Contains(errs, "→") {
		t.Errorf("who signs in is told to sign in: %s", errs)
	}
	w.answer("GET /api/v1/licensing-ids", 200, client.Page[client.LicensingID]{Items: []client.LicensingID{}})
	for line, want := range map[string]string{"": "--inactive shows", " --inactive": "There is no Licensing ID that you may see.\n", " --search x": "--inactive searches", " --search x --inactive": "fits the search.\n"} {
		if out := w.ok("licenses relationship" + line); !strings.Contains(out, want) {
			t.Errorf("%s: got %s", line, out)
		}
	}
}

// TestOwnErrorsAreProblemsToo, without what only an answer of a server has.
func TestOwnErrorsAreProblemsToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for line, want := range map[string]string{"licenses summary --as-of never": "cli.date", "keys export": "cli.usage"} {
		_, _, errs := w.run(line + " --json")
		var p map[string]any
		if err := json.Unmarshal([]byte(errs), &p); err != nil || p["type"] != "urn:chiave:error:"+want || p["code"] != want || p["title"] == "" || len(p) != 3 {
			t.Errorf("%s: %v, %s", line, err, errs)
		}
	}
}

// TestARedirectIsNamed instead of followed.
func TestARedirectIsNamed(t *testing.T) {
	t.Parallel()
	w, other := newWorld(t), newWorld(t)
	w.mux.Handle("/", http.RedirectHandler(other.url+"/x", http.StatusTemporaryRedirect))
	w.stdin = "AAAAA-BBBBB"
	code, _, errs := w.run("activate --key-file - --product P --machine-fact one")
	if code != exitRefused || !strings.Contains(errs, other.url+". It was not sent there") || len(other.asked) > 0 {
		t.Errorf("exit code %d, %s", code, errs)
	}
}

// TestALateAnswerIsNamed as what it is, not in the words of a program.
func TestALateAnswerIsNamed(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	address := "http://" + silent.Addr().String()
	h := &http.Client{Transport: &http.Transport{ResponseHeaderTimeout: time.Millisecond}}
	_, unanswered := client.New(address, client.HTTP(h)).Me(t.Context())
	s := &session{globals: &globals{Server: address}, out: catalog(t).For("en")}
	if p, code := s.problem(unanswered); code != exitUnavailable || p.Code != "cli.no_answer" || p.Title != address+" did not answer in time." {
		t.Errorf("exit code %d, %+v", code, p)
	}
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	w.mux.HandleFunc("/", func(http.ResponseWriter, *http.Request) { cancel() })
	var stderr bytes.Buffer
	code := Run(ctx, Process{Args: []string{"licenses", "summary"}, Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: &stderr, Environ: w.environ, Texts: catalog(w.t)})
	if code != exitInterrupted {
		t.Errorf("exit code %d\n%s", code, &stderr)
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ line, english, italian string }{
		{"kyes", `kyes is not expected here. Did you mean "keys"?`, `Forse intendevi "keys"?`},
		{"keys", "A command must follow:", "Deve seguire un comando:"},
		{"keys reveal", "<id> must be given.", "Manca <id>."},
		{"keys export", "This must be given: --format=FORMAT", "Manca: --format=FORMAT"},
		{"keys export --format xls", "--format must be one of", "--format deve essere uno tra"},
		{"keys list --licensing", "There is no flag --licensing.", "L'opzione --licensing non esiste."},
		{"verify a b", "b is not expected here.", "b non è previsto qui."},
		{"licenses summary --as-of 31.3.2026", "--as-of is not a day such as 2026-03-31.", "--as-of non è un giorno"},
		{"licenses summary --server nowhere", "https://licensing.example.com", "https://licensing.example.com"},
		{"activate --product P --key-file none --installation-id zz", "The installation ID is mistyped.", "L'ID installazione non è corretto."},
		{"activate --product P --key-file DIR/none --installation-id 5f0e1c7a9b3d4e6f8091a2b3c4d5e6f7", "There is no file", "non esiste"},
		{"serve --listen nowhere", "listen", "listen"},
		{"init --operator", "--operator needs a value", "--operator richiede un valore"},
		{"audit list --limit x", "--limit needs a whole number.", "--limit richiede un numero intero."},
		{"licenses summary --json=maybe", "--json takes true or false only.", "--json accetta solo true o false."},
	} {
		for lang, want := range map[string]string{"en": tc.english, "it": tc.italian} {
			w := newWorld(t)
			code, out, errs := w.run(tc.line + " --lang " + lang)
			if code != exitUsage || out != "" || !strings.Contains(errs, want) || strings.Contains(errs, "⟦") {
				t.Errorf("chiave %s: exit code %d, want %q\n%s%s", tc.line, code, want, out, errs)
			}
			if len(w.asked) > 0 {
				t.Errorf("chiave %s asked the server", tc.line)
			}
		}
	}
}

func TestUsageAsJSON(t *testing.T) {
	t.Parallel()
	code, out, errs := newWorld(t).run("keys reveal --json")
	if code != exitUsage || out != "" {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
	_, rest, _ := strings.Cut(errs, "{")
	if !strings.Contains(rest, `"cli.usage"`) {
		t.Errorf("got %s", errs)
	}
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ environ, flag, want string }{
		{"LANG=it_IT.UTF-8", "", "Uso:"}, {"LANG=en_US.UTF-8", "", "Usage:"}, {"LANG=fr_FR.UTF-8", "", "Usage:"}, {"LANG=C", "", "Usage:"}, {"X=y", "", "Usage:"},
		{"LANG=it_IT.UTF-8", "--lang en", "Usage:"}, {"LANG=en_US.UTF-8", "--lang=it", "Uso:"}, {"LC_ALL=it_IT", "", "Uso:"}, {"LC_MESSAGES=it", "", "Uso:"},
	} {
		w := newWorld(t)
		w.environ = []string{tc.environ}
		if out := w.ok("keys " + tc.flag + " --help"); !strings.Contains(out, tc.want) {
			t.Errorf("%s %s: %s", tc.environ, tc.flag, out)
		}
	}
}

func TestWhereTheServerAndTheTokenComeFrom(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, environ, file, flags, token string }{
		{"default", "", "", "", "home"},
		{"file", "", "token_file = DIR/of-file\ndata_dir = elsewhere\n", "", "file"},
		{"environment", "CHIAVE_TOKEN_FILE=DIR/of-environment", "token_file = DIR/of-file\n", "", "environment"},
		{"flag", "CHIAVE_TOKEN_FILE=DIR/of-environment", "token_file = DIR/of-file\n", "--token-file DIR/of-flag", "flag"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.answer("GET /api/v1/license-summary", 200, client.Summary{})
			for _, from := range []string{"file", "environment", "flag"} {
				w.file("of-"+from, from+"\n")
			}
			if err := writeSecret(filepath.Join(w.dir, ".config/chiave/token"), "home"); err != nil {
				t.Fatal(err)
			}
			w.file("settings", strings.ReplaceAll(tc.file, "DIR", w.dir))
			w.environ = append(w.environ, "CHIAVE_CONFIG="+filepath.Join(w.dir, "settings"), strings.ReplaceAll(tc.environ, "DIR", w.dir))
			w.ok("licenses summary " + tc.flags)
			if got := w.asked[0].Header.Get("Authorization"); got != "Bearer "+tc.token {
				t.Errorf("got %q, want the token of the %s", got, tc.token)
			}
		})
	}
	w := newWorld(t)
	w.answer("GET /api/v1/license-summary", 200, client.Summary{})
	w.file("settings", "server = "+w.url)
	w.environ = []string{"HOME=" + w.dir}
	w.ok("licenses summary --config DIR/settings")
	w.environ = append(w.environ, "CHIAVE_SERVER=http://127.0.0.1:1")
	w.ok("licenses summary --server " + w.url)
	if got := w.asked[1].Header.Get("Authorization"); got != "" {
		t.Errorf("without a token file: %q", got)
	}
	if code, _, _ := w.run("licenses summary --config DIR/settings"); code != exitUnavailable {
		t.Errorf("the environment gave way to the file: exit code %d", code)
	}
	if code, _, errs := w.run("licenses summary --token-file DIR/none --server " + w.url); code != exitUnavailable || !strings.Contains(errs, "none") {
		t.Errorf("a token file that is not there: exit code %d, %s", code, errs)
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answer("GET /api/v1/license-summary", 200, client.Summary{})
	name := w.file("open", "t")
	if err := os.Chmod(name, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, errs := w.run("licenses summary --token-file DIR/open"); !strings.Contains(errs, "chmod 600") {
		t.Errorf("an open token file: %q", errs)
	}
	s := &session{Process: Process{Stderr: &bytes.Buffer{}}, out: catalog(t).For("en")}
	for address, warns := range map[string]bool{"http://licensing.example.com": true, "https://licensing.example.com": false, "http://localhost:1": false, "http://127.0.0.1:1": false, "http://[::1]:1": false, "http://192.0.2.1": true} {
		said := s.Stderr.(*bytes.Buffer)
		said.Reset()
		if s.warnPlain(address); (said.Len() > 0) != warns {
			t.Errorf("%s: %q", address, said)
		}
	}
}

func TestTableIsAlignedAndCannotMoveTheCursor(t *testing.T) {
	t.Parallel()
	table := newTable("Name", ">Number", "Note")
	table.add("Città", "1.234", "x")
	table.add("a\x1b[2J\nb", "5", "")
	var b strings.Builder
	table.write(&b)
	want := "Name     Number  Note\nCittà     1.234  x\na [2J b       5\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestProgressStaysOffWhereNoTerminalIs(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	s := &session{Process: Process{Stderr: &b}, globals: &globals{}}
	p := s.newProgress("x", 10, true)
	p.set(5, 10)
	p.end()
	if b.Len() > 0 {
		t.Errorf("drew %q", &b)
	}
	drawn := &progress{bar: newBar(&b, "Importing", 10, true)}
	drawn.set(5, 10)
	drawn.end()
	if !strings.Contains(b.String(), "Importing") {
		t.Errorf("the control drew %q", &b)
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, tc := range []struct{ line, want string }{{"__complete", "licenses"}, {"__complete keys", "reveal"}, {"__complete import", "orders"}, {"__complete keys export", "--format"}, {"completion bash", "__complete"}, {"completion zsh", "#compdef"}, {"completion fish", "complete -c"}} {
		if out := w.ok(tc.line); !strings.Contains(out, tc.want) {
			t.Errorf("%s: %s", tc.line, out)
		}
	}
	if out := w.ok("version --json"); !strings.Contains(out, `"go": "go1.`) {
		t.Errorf("got %s", out)
	}
}
