//go:build screenshots

package screenshots

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"chiave/client"
	"chiave/internal/demo"
	"chiave/internal/web/ui"
)

type ctx = context.Context

// scene is the running demo with its people signed in, and beside it an installation that is new.
type scene struct {
	url      string
	fresh    string
	sessions map[string]string // by role
	places   map[string]string
}

// start starts both programs, which end with the test.
func start(t *testing.T, program string) *scene {
	t.Helper()
	if program == "" {
		t.Fatalf("%s is not set: run scripts/screenshots", envProgram)
	}
	s := &scene{sessions: map[string]string{}, places: map[string]string{}}
	s.url = serve(t, program, "--demo")
	s.fresh, s.places["{invitation}"] = startFresh(t, program)
	for _, p := range demo.SignIns() {
		in, err := client.New(s.url).SignIn(t.Context(), client.SignIn{Address: p.Address, Password: p.Password})
		if err != nil {
			t.Fatalf("signing %s in: %v", p.Address, err)
		}
		s.sessions[p.Role] = in.Token
	}
	s.find(t)
	return s
}

// startFresh makes an installation and returns its address and the link that its operator is given.
func startFresh(t *testing.T, program string) (address, link string) {
	t.Helper()
	dir := t.TempDir()
	out, err := exec.CommandContext(t.Context(), program, "init", "--json", "--operator", "robin@aurelia.example", "--data-dir", dir, "--token-file", filepath.Join(dir, "token")).Output()
	if err != nil {
		t.Fatalf("chiave init: %v", err)
	}
	var made struct {
		Link string `json:"sign_in_link"`
	}
	if err := json.Unmarshal(out, &made); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(made.Link)
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, program, "--data-dir", dir), u.Path
}

// serve starts a server on a free port.
func serve(t *testing.T, program string, flags ...string) (address string) {
	t.Helper()
	cmd := exec.Command(program, append([]string{"serve", "--json", "--listen", "127.0.0.1:0"}, flags...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server did not end well: %v", err)
		}
	})
	var ready struct {
		URL string `json:"url"`
	}
	if err := json.NewDecoder(out).Decode(&ready); err != nil {
		t.Fatalf("the server did not start: %v", err)
	}
	return ready.URL
}

// find looks up the ids that addresses need.
func (s *scene) find(t *testing.T) {
	t.Helper()
	api := client.New(s.url, client.Token(s.sessions[giulia]))
	list, err := api.LicensingIDs(t.Context(), true, "E-5561048", client.PageQuery{})
	if err != nil || len(list.Items) != 1 {
		t.Fatalf("%d Licensing IDs, %v", len(list.Items), err)
	}
	s.places["{licensing}"] = list.Items[0].ID
	asked, err := api.PermissionRequests(t.Context(), false, client.PageQuery{})
	if err != nil || len(asked.Items) == 0 {
		t.Fatalf("%d permission requests, %v", len(asked.Items), err)
	}
	s.places["{request}"] = asked.Items[0].ID
	added, err := api.OpenLicenseAdditions(t.Context(), client.PageQuery{})
	if err != nil || len(added.Items) == 0 {
		t.Fatalf("%d additions of Open Licenses, %v", len(added.Items), err)
	}
	s.places["{addition}"] = added.Items[0].ID
	keys, err := api.ProductKeys(t.Context(), "", client.PageQuery{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys.Items {
		switch {
		case k.Foreign:
			s.places["{foreign}"] = k.ID
		case k.Limit == 90:
			s.places["{key}"] = k.ID
		}
	}
}

// speak makes a language everybody's.
func (s *scene) speak(t *testing.T, lang string) {
	t.Helper()
	stay := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for role, session := range s.sessions {
		form := url.Values{ui.LangField: {lang}, ui.ReturnField: {"/"}}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/preferences", strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.AddCookie(&http.Cookie{Name: "chiave", Value: session})
		answer, err := stay.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s cannot choose %s: %s", role, lang, answer.Status)
		}
	}
}

// address returns where a page is.
func (s *scene) address(t *testing.T, p page) string {
	t.Helper()
	at, base := p.at, s.url
	for name, value := range s.places {
		if name == "{invitation}" && strings.Contains(at, name) {
			base = s.fresh
		}
		at = strings.ReplaceAll(at, name, value)
	}
	if strings.Contains(at, "{") {
		t.Fatalf("the demo has no place for %s", at)
	}
	return base + at
}

// status is what a page answers.
func (p page) status() int {
	switch p.name {
	case "license-summary-wrong-day":
		return http.StatusUnprocessableEntity
	case "refused":
		return http.StatusForbidden
	case "not-found":
		return http.StatusNotFound
	}
	return http.StatusOK
}
