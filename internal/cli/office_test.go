package cli

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chiave/client"
)

func TestRoles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answer("GET /api/v1/licensing-ids", 200, client.Page[client.LicensingID]{Items: []client.LicensingID{{ID: "lid_9", Number: "E-10"}, {ID: "lid_1", Number: "E-1"}}})
	grant := client.RoleGrant{ID: "rol_1", Address: "a@example.com", Role: "product_keys", From: "2026-03-31T09:00:00Z"}
	w.answer("GET /api/v1/licensing-ids/lid_1/roles", 200, client.Page[client.RoleGrant]{Items: []client.RoleGrant{grant}})
	w.answer("POST /api/v1/licensing-ids/lid_1/roles", 201, grant)
	w.answer("DELETE /api/v1/roles/rol_1", 204, "")
	same(t, w.ok("roles list E-1 --json"), client.Page[client.RoleGrant]{Items: []client.RoleGrant{grant}})
	if out := w.ok("roles list lid_1"); !strings.Contains(out, "a@example.com  Product Keys  31 Mar 2026, 09:00 UTC") {
		t.Errorf("got %s", out)
	}
	same(t, w.ok("roles assign E-1 --email a@example.com --role product_keys --until 2026-12-31 --json"), grant)
	if got := w.bodies[len(w.bodies)-1]; got != `{"email":"a@example.com","role":"product_keys","until":"2027-01-01T00:00:00Z"}` {
		t.Errorf("sent %s", got)
	}
	if out := w.ok("roles revoke rol_1"); out != "The role rol_1 is taken away.\n" {
		t.Errorf("got %q", out)
	}
	if code, _, _ := w.run("roles list E-100"); code != exitNotFound {
		t.Errorf("exit code %d", code)
	}
}

func TestSignInAndOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answer("POST /api/v1/session", 200, client.SignedIn{Token: "session-token", Expires: "2026-03-31T21:00:00Z"})
	w.answer("GET /api/v1/clock", 200, client.Clock{Now: "2026-03-31T09:00:00Z", Sandbox: true})
	w.answer("DELETE /api/v1/session", 204, "")
	w.file("password", "correct horse\n")
	if out := w.ok("sign-in --email a@example.com --password-file DIR/password"); strings.Contains(out, "session-token") {
		t.Errorf("it printed the token: %s", out)
	}
	if w.bodies[0] != `{"email":"a@example.com","password":"correct horse"}` {
		t.Errorf("sent %s", w.bodies[0])
	}
	file := filepath.Join(w.dir, ".config/chiave/token")
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the token file: %v, %v", info, err)
	}
	if out := w.ok("clock"); out != "31 Mar 2026, 09:00 UTC (sandbox)\n" || w.asked[1].Header.Get("Authorization") != "Bearer session-token" {
		t.Errorf("got %q with %v", out, w.asked[1].Header)
	}
	w.stdin = "correct horse"
	out := w.ok("sign-in --email a@example.com --password-file - --token-file DIR/other --json")
	if strings.Contains(out, "session-token") || !strings.Contains(out, `"expires": "2026-03-31T21:00:00Z"`) {
		t.Errorf("got %s", out)
	}
	w.ok("sign-out")
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("the token file is still there: %v", err)
	}
	if code, _, _ := w.run("sign-out"); code != exitNotFound {
		t.Errorf("a second time: exit code %d", code)
	}
	if code, _, errs := w.run("sign-in --email a@example.com"); code != exitUsage || !strings.Contains(errs, "--password-file") {
		t.Errorf("without a terminal: exit code %d, %s", code, errs)
	}
}

func TestSignOutOfASessionThatIsOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	name := w.file("token", "old")
	w.refuse("DELETE /api/v1/session", 401, "accounts.session")
	w.ok("sign-out --token-file DIR/token")
	if _, err := os.Stat(name); !os.IsNotExist(err) {
		t.Errorf("the token file is still there: %v", err)
	}
	w = newWorld(t)
	name = w.file("token", "good")
	w.refuse("DELETE /api/v1/session", 500, "internal")
	if code, _, _ := w.run("sign-out --token-file DIR/token"); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	if _, err := os.Stat(name); err != nil {
		t.Errorf("the token of a session that may go on is gone: %v", err)
	}
}

// TestAnAPITokenIsKept: neither command takes away the only copy of a secret that goes on working.
func TestAnAPITokenIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	name := w.file("token", "chv_0123\n")
	w.answer("POST /api/v1/session", 200, client.SignedIn{Token: "session", Expires: "2026-03-31T21:00:00Z"})
	w.answer("DELETE /api/v1/session", 204, "")
	w.stdin = "password"
	for line, want := range map[string]string{"sign-out": "revoke", "sign-in --email a@example.com --password-file -": "--token-file"} {
		if code, _, errs := w.run(line + " --token-file DIR/token"); code != exitRefused || !strings.Contains(errs, want) {
			t.Errorf("%s: exit code %d, %s", line, code, errs)
		}
		if text, err := os.ReadFile(name); err != nil || string(text) != "chv_0123\n" {
			t.Errorf("%s: kept %q, %v", line, text, err)
		}
	}
	if len(w.asked) > 0 {
		t.Error("the server was asked")
	}
}

func TestAuditList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	record := client.AuditRecord{ID: "aud_1", At: "2026-03-31T09:00:00Z", ActorKind: "user", ActorName: "Ada", Action: "keys.revealed", ActionText: "Product key revealed", Object: "key_1", LicensingID: "E-1", Refused: true,
		After: map[string]any{"n": 1.0}}
	w.mux.HandleFunc("GET /api/v1/audit-records", func(rw http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(rw).Encode(client.Page[client.AuditRecord]{Items: []client.AuditRecord{record, record}, Next: "more"})
	})
	same(t, w.ok("audit list --limit 4 --json"), client.Page[client.AuditRecord]{Items: []client.AuditRecord{record, record, record, record}, Next: "more"})
	code, out, errs := w.run("audit list --limit 2 --licensing-id E-1")
	if code != exitOK || !strings.Contains(out, "31 Mar 2026, 09:00 UTC  Ada  Product key revealed  key_1    E-1           refused") || !strings.Contains(errs, "--limit") {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
	if got := w.asked[2].URL.RawQuery; got != "licensing_id=E-1&limit=2" {
		t.Errorf("asked %s", got)
	}
}

func TestClockAndInvitations(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	moved := client.Clock{Now: "2026-04-03T09:00:00Z", Sandbox: true}
	w.answer("POST /api/v1/clock/advance", 200, moved)
	w.answer("POST /api/v1/invitations/release", 200, map[string]int{"released": 3})
	same(t, w.ok("clock advance 72h --json"), moved)
	if w.bodies[0] != `{"by":"72h"}` {
		t.Errorf("sent %s", w.bodies[0])
	}
	if out := w.ok("invitations release"); out != "3 invitations are on their way.\n" {
		t.Errorf("got %q", out)
	}
	same(t, w.ok("invitations release --json"), map[string]int{"released": 3})
}
