package cli

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"chiave/client"
	"chiave/verify"
)

var summary = client.Summary{AsOf: "2026-03-31", TimeZone: "Europe/Rome", LicensingIDs: []string{"E-1001"}, Rows: []client.SummaryRow{
	{Pool: "Applications", Family: "Nimbus Office", Product: "NIB-STD", ProductName: "Nimbus Office Standard", Version: "2024", Effective: 12000, ActiveSA: 100},
	{Pool: "Servers", Family: "Nimbus", Product: "NIB-STD", ProductName: "Nimbus Office Standard", Version: "2024", Effective: 5, Granted: true},
	{Pool: "Servers", Family: "Nimbus", Product: "NIB:X", ProductName: "Nimbus X", Version: "2019", Unresolved: 3},
}}

func TestSummary(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answer("GET /api/v1/license-summary", 200, summary)
	same(t, w.ok("licenses summary --as-of 2026-03-31 --licensing-id E-1001 --licensing-id E,2 --json"), summary)
	if got := w.asked[0].URL.RawQuery; got != "as_of=2026-03-31&licensing_id=E-1001&licensing_id=E%2C2" {
		t.Errorf("asked %s", got)
	}
	golden(t, "testdata/summary.en.txt", w.ok("licenses summary"))
	golden(t, "testdata/summary.it.txt", w.ok("licenses summary --lang it"))
	empty := newWorld(t)
	empty.answer("GET /api/v1/license-summary", 200, client.Summary{AsOf: "2026-03-31", Rows: []client.SummaryRow{}})
	if out := empty.ok("licenses summary"); !strings.Contains(out, "Nothing was owned on that day.") {
		t.Errorf("got %s", out)
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answer("GET /api/v1/license-summary", 200, summary)
	e := client.Explanation{Row: summary.Rows[0], Effective: []client.ExplanationPart{{LineID: "L1", LicensingID: "E-1001", OrderNumber: "O1", Kind: "LSA", Role: "base", Rule: "r", RuleText: "A license counts from its order.", Quantity: 12000, Counts: true},
		{LineID: "L2", LicensingID: "E-1001", OrderNumber: "O2", Kind: "SA", Role: "coverage", Rule: "only.code", Quantity: 7, Offer: "PROMO"}}}
	w.answer("GET /api/v1/license-summary/explanation", 200, e)
	same(t, w.ok("licenses summary --explain NIB-STD:2024 --json"), []client.Explanation{e, e})
	for i, want := range []string{"as_of=2026-03-31&product=NIB-STD&version=2024", "as_of=2026-03-31&granted=true&product=NIB-STD&version=2024"} {
		if got := w.asked[i+1].URL.RawQuery; got != want {
			t.Errorf("asked %s, want %s", got, want)
		}
	}
	golden(t, "testdata/explanation.en.txt", w.ok("licenses summary --explain NIB:X"))
	if code, _, errs := w.run("licenses summary --explain NIB-STD:2019"); code != exitNotFound || !strings.Contains(errs, "NIB-STD:2019") {
		t.Errorf("exit code %d, %s", code, errs)
	}
}

func TestListsAreReadToTheirEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	all := []client.LicensingID{{ID: "lid_1", Number: "E-1", Status: "active", End: "2026-12-31"}, {ID: "lid_2", Number: "E-2", Status: "inactive"}}
	w.mux.HandleFunc("GET /api/v1/licensing-ids", func(rw http.ResponseWriter, r *http.Request) {
		page := client.Page[client.LicensingID]{Items: all[:1], Next: "c1"}
		if r.URL.Query().Get("cursor") == "c1" {
			page = client.Page[client.LicensingID]{Items: all[1:]}
		}
		json.NewEncoder(rw).Encode(page)
	})
	same(t, w.ok("licenses relationship --inactive --search x --json"), client.Page[client.LicensingID]{Items: all})
	if got := w.asked[1].URL.RawQuery; got != "cursor=c1&inactive=true&limit=100&search=x" {
		t.Errorf("asked %s", got)
	}
	golden(t, "testdata/relationship.it.txt", w.ok("licenses relationship --lang it"))
}

func TestKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := client.ProductKey{ID: "key_1", LicensingID: "E-1", ProductName: "Nimbus", Type: "mak", Masked: "•••••-•••••-•••••-•••••-ABCDE", Counted: true, Limit: 1500, Used: 5, Available: 1495, State: "assigned"}
	foreign := client.ProductKey{ID: "key_2", LicensingID: "E-1", Products: []string{"A", "B"}, Type: "volume", Masked: "•••••-FGHJK", Foreign: true, State: "assigned"}
	list := client.Page[client.ProductKey]{Items: []client.ProductKey{key, foreign}}
	w.answer("GET /api/v1/product-keys", 200, list)
	w.answer("POST /api/v1/product-keys", 201, list)
	w.answer("POST /api/v1/product-keys/key_1/reveal", 200, client.RevealedKey{ProductKey: key, Key: "AAAAA-BBBBB-CCCCC-DDDDD-ABCDE"})
	w.answer("GET /api/v1/product-keys/key_1/activations", 200, client.Page[client.Activation]{Items: []client.Activation{{ID: "act_1", Machine: "PC-1", Product: "P", InstallationID: "00ff", ActivatedAt: "2026-03-31T09:00:00Z"}}})
	same(t, w.ok("keys list --licensing-id E-1 --json"), list)
	golden(t, "testdata/keys.en.txt", w.ok("keys list")+w.ok("keys activations key_1"))
	golden(t, "testdata/keys.it.txt", w.ok("keys list --lang it")+w.ok("keys activations key_1 --lang it"))
	if out := w.ok("keys reveal key_1"); out != "AAAAA-BBBBB-CCCCC-DDDDD-ABCDE\n" {
		t.Errorf("revealed %q", out)
	}
	same(t, w.ok("keys reveal key_1 --json"), client.RevealedKey{ProductKey: key, Key: "AAAAA-BBBBB-CCCCC-DDDDD-ABCDE"})
	same(t, w.ok("keys generate --licensing-id E-1 --type mak --product A --product B,C --limit 9 --json"), list)
	if got := w.bodies[len(w.bodies)-1]; got != `{"licensing_id":"E-1","type":"mak","products":["A","B,C"],"limit":9,"count":1}` {
		t.Errorf("asked %s", got)
	}
}

// TestNumbersThatAreTooSmallAreRefused instead of taken for none.
func TestNumbersThatAreTooSmallAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for line, want := range map[string]string{
		"keys generate --licensing-id E-1 --type mak --product A --limit 0": "--limit must be 1 or more.",
		"keys generate --licensing-id E-1 --type mak --product A --count 0": "--count must be 1 or more.",
		"audit list --limit=-5": "--limit must be 0 or more.",
	} {
		if code, _, errs := w.run(line); code != exitUsage || !strings.Contains(errs, want) || len(w.asked) > 0 {
			t.Errorf("%s: exit code %d, %s", line, code, errs)
		}
	}
}

func TestExport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answer("POST /api/v1/product-keys/export", 200, "Licensing ID\tProduct Key\nE-1\tSECRET\n")
	if out := w.ok("keys export --format tsv --licensing-id E-1"); out != "Licensing ID\tProduct Key\nE-1\tSECRET\n" {
		t.Errorf("got %q", out)
	}
	same(t, w.ok("keys export --format tsv --json"), map[string]string{"format": "tsv", "content": "Licensing ID\tProduct Key\nE-1\tSECRET\n"})
	w.ok("keys export --format tsv --output DIR/keys.tsv")
	info, err := os.Stat(filepath.Join(w.dir, "keys.tsv"))
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() != 36 {
		t.Errorf("got %v, %v", info, err)
	}
	if code, _, errs := w.run("keys export --format tsv --output DIR/keys.tsv"); code != exitRefused || !strings.Contains(errs, "exists already") {
		t.Errorf("a second time: exit code %d, %s", code, errs)
	}
	broken := newWorld(t)
	broken.refuse("POST /api/v1/product-keys/export", 403, "access.role_missing")
	if code, _, _ := broken.run("keys export --format csv --output DIR/keys.csv"); code != exitRefused {
		t.Errorf("exit code %d", code)
	}
	if left, _ := filepath.Glob(filepath.Join(broken.dir, "*keys*")); len(left) > 0 {
		t.Errorf("a refused export left %v", left)
	}
}

const installationID = "5f0e1c7a9b3d4e6f8091a2b3c4d5e6f7"

func TestActivate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	result := client.ActivationResult{Activation: client.Activation{ID: "act_1", InstallationID: installationID, Product: "P"}, Token: "a.b.c"}
	w.answer("POST /activation/v1/activations", 200, result)
	w.file("key", "\ufeffAAAAA-BBBBB\r\n")
	w.file(".config-token", "x")
	if out := w.ok("activate --key-file DIR/key --product P --installation-id " + strings.ToUpper(installationID)); out != "a.b.c\n" {
		t.Errorf("printed %q", out)
	}
	if w.bodies[0] != `{"product_key":"AAAAA-BBBBB","installation_id":"`+installationID+`","product":"P"}` || w.asked[0].Header.Get("Authorization") != "" {
		t.Errorf("sent %s with %v", w.bodies[0], w.asked[0].Header)
	}
	w.stdin = "AAAAA-BBBBB\n"
	same(t, w.ok("activate --key-file - --product P --machine-fact one --machine-fact two --machine PC --output DIR/token --json"), result)
	want, err := verify.InstallationID("P", []byte("one"), []byte("two"))
	if err != nil || !strings.Contains(w.bodies[1], want) || !strings.Contains(w.bodies[1], `"machine":"PC"`) {
		t.Errorf("sent %s, want %s, %v", w.bodies[1], want, err)
	}
	if text, err := os.ReadFile(filepath.Join(w.dir, "token")); err != nil || string(text) != "a.b.c\n" {
		t.Errorf("kept %q, %v", text, err)
	}
	for _, body := range []string{"", "  \n"} {
		w.stdin = body
		if code, _, _ := w.run("activate --key-file - --product P --machine-fact one"); code != exitUsage {
			t.Errorf("key %q: exit code %d", body, code)
		}
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	private := ed25519.NewKeyFromSeed([]byte(strings.Repeat("k", ed25519.SeedSize)))
	issuer := "urn:chiave:00000000-0000-4000-8000-000000000000"
	input, err := verify.SigningInput("k1", verify.Claims{Issuer: issuer, InstallationID: installationID, Products: []string{"P", "Q"}, KeyReference: "key_1", ActivationID: "act_1", IssuedAt: time.Unix(1774947600, 0)})
	if err != nil {
		t.Fatal(err)
	}
	token := string(input) + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(private, input))
	jwks := func(id string, key ed25519.PublicKey) string {
		return fmt.Sprintf(`{"keys":[{"kty":"OKP","crv":"Ed25519","use":"sig","kid":%q,"x":%q}]}`, id, base64.RawURLEncoding.EncodeToString(key))
	}
	w.file("token", token+"\n")
	w.file("keys", jwks("k1", private.Public().(ed25519.PublicKey)))
	w.file("others", jwks("k2", private.Public().(ed25519.PublicKey)))
	w.file("forged", token[:len(token)-4]+"AAAA")
	w.file("junk", "junk")
	golden(t, "testdata/verify.en.txt", w.ok("verify DIR/token --jwks DIR/keys --product Q"))
	if len(w.asked) > 0 {
		t.Error("it asked the server")
	}
	var v verified
	if err := json.Unmarshal([]byte(w.ok("verify DIR/token --jwks DIR/keys --json --product P --issuer "+issuer+" --installation-id "+installationID)), &v); err != nil || !v.Valid || len(v.Compared) != 3 || v.Key != "key_1" {
		t.Errorf("got %+v, %v", v, err)
	}
	for line, reason := range map[string]string{
		"verify DIR/token --jwks DIR/others":                                                "unknown_key",
		"verify DIR/forged --jwks DIR/keys":                                                 "signature",
		"verify DIR/junk --jwks DIR/keys":                                                   "format",
		"verify DIR/token --jwks DIR/keys --product Z":                                      "product",
		"verify DIR/token --jwks DIR/keys --machine-fact x":                                 "installation",
		"verify DIR/token --jwks DIR/keys --issuer " + strings.Replace(issuer, "8", "9", 1): "issuer",
	} {
		code, out, _ := w.run(line + " --json")
		if err := json.Unmarshal([]byte(out), &v); err != nil || code != exitFault || v.Valid || v.Reason != reason {
			t.Errorf("%s: exit code %d, %s, want %s", line, code, out, reason)
		}
		if code, out, errs := w.run(line + " --lang it"); code != exitFault || out != "" || errs == "" || strings.Contains(errs, "⟦") {
			t.Errorf("%s: exit code %d, %s%s", line, code, out, errs)
		}
	}
	w.answer("GET /.well-known/jwks.json", 200, jwks("k1", private.Public().(ed25519.PublicKey)))
	w.ok("verify DIR/token")
}

func TestImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := client.ImportReport{Kind: "orders", Published: true, File: "orders.csv", SHA256: "00", Rows: 1200, Created: 1000, Changed: 150, Unchanged: 50, Invitations: 1, Errors: []client.ImportError{}}
	bad := client.ImportReport{Kind: "agreements", File: "a.json", Errors: []client.ImportError{{File: "a.json", Line: 3, Column: 7, Field: "country", Code: "x", Detail: "is no country"}, {File: "a.json", Line: 9, Code: "y", Detail: "is\x1b[31m wrong"}}, More: 2}
	w.answer("POST /api/v1/imports/orders", 200, good)
	w.answer("POST /api/v1/imports/agreements", 200, bad)
	w.file("orders.csv", "line_id\n")
	same(t, w.ok("import orders DIR/orders.csv --dry-run --json"), good)
	if w.asked[0].URL.RawQuery != "dry_run=true&file=orders.csv" || w.bodies[0] != "line_id\n" || len(w.asked[0].Header.Get("Idempotency-Key")) == 0 {
		t.Errorf("sent %s %q", w.asked[0].URL, w.bodies[0])
	}
	if out := w.ok("import orders DIR/orders.csv"); out != "1,200 rows: 1,000 created, 150 changed, 50 unchanged.\n1 invitation is queued until you send it with: chiave invitations release\n" {
		t.Errorf("got %s", out)
	}
	w.stdin = "{}"
	code, out, errs := w.run("import agreements -")
	want := "-:3:7 country: is no country\n-:9: is [31m wrong\n4 errors. Nothing was taken; mend the file and import it again.\n2 of them are not listed.\n"
	if code != exitBadRows || out != "" || errs != want {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
	code, out, _ = w.run("import agreements - --json")
	if code != exitBadRows {
		t.Errorf("exit code %d", code)
	}
	same(t, out, bad)
	if code, _, errs := w.run("import orders DIR"); code != exitUsage || !strings.Contains(errs, "cannot be read. (is a directory)") {
		t.Errorf("a directory: exit code %d, %s", code, errs)
	}
}
