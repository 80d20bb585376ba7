package activation

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"chiave/verify"
)

// joseVerdict is what a stock JOSE library said about one token.
type joseVerdict struct {
	Claims  json.RawMessage `json:"claims"`
	Refused string          `json:"refused"`
}

// jose has the library check tokens, for the issuer and installation of want at its time.
func jose(t *testing.T, keys []PublicKey, want verify.Expect, tokens ...string) []joseVerdict {
	t.Helper()
	directory := filepath.Join(testData, "jose")
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatalf("node is not installed: run ./scripts/test, which installs it")
	}
	if _, err := os.Stat(filepath.Join(directory, "node_modules", "jose")); err != nil {
		t.Fatalf("the JOSE library is not installed in verify/testdata/jose: run ./scripts/test, which installs it")
	}
	document, err := JWKS(keys)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "jwks.json")
	if err := os.WriteFile(file, document, 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), node, "check.mjs", file, want.Issuer, want.InstallationID, fmt.Sprint(want.Now.Unix()))
	command.Dir = directory
	command.Stdin = strings.NewReader(strings.Join(tokens, "\n") + "\n")
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("check.mjs: %v\n%s", err, stderr.String())
	}
	var verdicts []joseVerdict
	for line := range strings.Lines(string(out)) {
		var v joseVerdict
		if err := json.Unmarshal([]byte(line), &v); err != nil || (v.Refused == "") == (v.Claims == nil) {
			t.Fatalf("check.mjs said %q: %v", line, err)
		}
		verdicts = append(verdicts, v)
	}
	if len(verdicts) != len(tokens) {
		t.Fatalf("%d verdicts on %d tokens", len(verdicts), len(tokens))
	}
	return verdicts
}

func mustIssue(t *testing.T, signer Signer, claims verify.Claims) string {
	t.Helper()
	token, err := Issue(signer, claims)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestStockLibraryReadsTokens(t *testing.T) {
	t.Parallel()
	signer, other := seedSigner{"sig_1", 1}, seedSigner{"sig_2", 2}
	keys := []PublicKey{other.public(), signer.public()}
	want := testExpect()
	want.Now = testClaims().IssuedAt.AddDate(0, 0, 30)

	lasting, current, over, foreign, moved := testClaims(), testClaims(), testClaims(), testClaims(), testClaims()
	current.Expires = want.Now.AddDate(0, 0, 1)
	over.Expires = want.Now
	foreign.Issuer = strings.Replace(testIssuer, "8", "9", 1)
	moved.InstallationID = strings.Repeat("0", 32)
	for i, tc := range []struct {
		name    string
		token   string
		claims  verify.Claims
		refused string
	}{
		{"without an end", mustIssue(t, signer, lasting), lasting, ""},
		{"signed with the second key", mustIssue(t, other, lasting), lasting, ""},
		{"not yet over", mustIssue(t, signer, current), current, ""},
		{"over", mustIssue(t, signer, over), over, "ERR_JWT_EXPIRED"},
		{"another issuer", mustIssue(t, signer, foreign), foreign, "ERR_JWT_CLAIM_VALIDATION_FAILED"},
		{"another installation", mustIssue(t, signer, moved), moved, "ERR_JWT_CLAIM_VALIDATION_FAILED"},
		{"unknown key", mustIssue(t, seedSigner{"sig_3", 3}, lasting), lasting, "ERR_JWKS_NO_MATCHING_KEY"},
		{"signed by a stranger", mustIssue(t, seedSigner{"sig_1", 3}, lasting), lasting, "ERR_JWS_SIGNATURE_VERIFICATION_FAILED"},
	} {
		t.Run(fmt.Sprint(i, " ", tc.name), func(t *testing.T) {
			t.Parallel()
			got := jose(t, keys, want, tc.token)[0]
			if got.Refused != tc.refused {
				t.Fatalf("refused %q, want %q", got.Refused, tc.refused)
			}
			_, err := verify.Token(tc.token, parseKeys(t, keys...), want)
			if (err == nil) != (tc.refused == "") {
				t.Errorf("verify says %v, the library %q", err, got.Refused)
			}
			if tc.refused != "" {
				return
			}
			if said, err := json.Marshal(tc.claims); err != nil || string(got.Claims) != string(said) {
				t.Errorf("the library read %s, want %s (%v)", got.Claims, said, err)
			}
		})
	}
}

// flip returns the token with one bit of its decoded bytes changed, and false beyond the last bit.
func flip(t testing.TB, token string, bit int) (string, bool) {
	t.Helper()
	parts := strings.Split(token, ".")
	for i, part := range parts {
		data, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil {
			t.Fatal(err)
		}
		if bit >= 8*len(data) {
			bit -= 8 * len(data)
			continue
		}
		data[bit/8] ^= 1 << (bit % 8)
		parts[i] = base64.RawURLEncoding.EncodeToString(data)
		return strings.Join(parts, "."), true
	}
	return "", false
}

// One flipped bit, wherever it is, is refused by the stock library and by verify alike.
func TestStockLibraryRefusesEveryFlippedBit(t *testing.T) {
	t.Parallel()
	signer := seedSigner{"sig_1", 1}
	keys := []PublicKey{signer.public()}
	want := testExpect()
	want.Now = testClaims().IssuedAt
	good := mustIssue(t, signer, testClaims())
	tokens := []string{good} // the control, which must be accepted
	for bit := 0; ; bit++ {
		token, ok := flip(t, good, bit)
		if !ok {
			break
		}
		tokens = append(tokens, token)
	}
	if len(tokens) < 8*200 {
		t.Fatalf("only %d tokens", len(tokens))
	}
	parsed := parseKeys(t, keys...)
	for i, verdict := range jose(t, keys, want, tokens...) {
		_, err := verify.Token(tokens[i], parsed, want)
		if accepted := i == 0; (verdict.Refused == "") != accepted || (err == nil) != accepted {
			t.Errorf("bit %d: the library says %q, verify %v", i-1, verdict.Refused, err)
		}
	}
}
