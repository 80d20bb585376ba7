package activation

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chiave/verify"
)

const (
	testIssuer       = "urn:chiave:018f3c5e-7a90-7c11-9d4e-3b6f2a1c0d58"
	testInstallation = "f8e74802067c8b48ade5bfab292c1b55" // of NIB-STD on the machine of verify's examples
	testData         = "../../../verify/testdata"
)

// seedSigner signs with the key of a seed, so that what it signs is the same in every run.
type seedSigner struct {
	id   string
	seed byte
}

func (s seedSigner) private() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{s.seed}, ed25519.SeedSize))
}
func (s seedSigner) KeyID() string { return s.id }
func (s seedSigner) Sign(message []byte) ([]byte, error) {
	return ed25519.Sign(s.private(), message), nil
}
func (s seedSigner) public() PublicKey {
	return PublicKey{ID: s.id, Key: s.private().Public().(ed25519.PublicKey)}
}

// signerFunc signs as it is told to.
type signerFunc func(message []byte) ([]byte, error)

func (signerFunc) KeyID() string                         { return "sig_1" }
func (f signerFunc) Sign(message []byte) ([]byte, error) { return f(message) }

func testClaims() verify.Claims {
	return verify.Claims{
		Issuer: testIssuer, InstallationID: testInstallation, Products: []string{"NIB-STD", "NIB-PRO"},
		KeyReference: "key_01hw5z8q6v7m2r4t9x0c3b5n7d", ActivationID: "act_01hw5z9d3k8p1s6w2y4f7h9j0q",
		IssuedAt: time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC),
	}
}

func testExpect() verify.Expect {
	return verify.Expect{Issuer: testIssuer, InstallationID: testInstallation, Product: "NIB-STD"}
}

func parseKeys(t testing.TB, keys ...PublicKey) verify.Keys {
	t.Helper()
	document, err := JWKS(keys)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := verify.ParseKeys(document)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// The bytes of tokens, confirmations and key documents are frozen: products that are out there read them.
func TestWireFormatsAreFrozen(t *testing.T) {
	t.Parallel()
	signer := seedSigner{"sig_example", 7}
	token, err := Issue(signer, testClaims())
	if err != nil {
		t.Fatal(err)
	}
	confirmation, err := Confirm(signer, testExpect())
	if err != nil {
		t.Fatal(err)
	}
	document, err := JWKS([]PublicKey{signer.public()})
	if err != nil {
		t.Fatal(err)
	}
	for file, got := range map[string]string{
		"example.token": token, "example.confirmation": confirmation, "example.jwks.json": string(document) + "\n",
	} {
		want, err := os.ReadFile(filepath.Join(testData, file))
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s changed:\n%s\nwant\n%s", file, got, want)
		}
	}
}

func TestIssuedTokensVerify(t *testing.T) {
	t.Parallel()
	old, current := seedSigner{"sig_1", 1}, seedSigner{"sig_2", 2}
	keys := parseKeys(t, current.public(), old.public())
	text := rapid.StringMatching(`[^\p{Cc}]{1,30}`)
	rapid.Check(t, func(rt *rapid.T) {
		claims := testClaims()
		claims.Products = rapid.SliceOfNDistinct(text, 1, 10, rapid.ID[string]).Draw(rt, "products")
		claims.KeyReference = text.Draw(rt, "key")
		if rapid.Bool().Draw(rt, "ends") {
			claims.Expires = claims.IssuedAt.AddDate(0, 0, rapid.IntRange(1, 400).Draw(rt, "days"))
		}
		signer := rapid.SampledFrom([]Signer{old, current}).Draw(rt, "signer")
		token, err := Issue(signer, claims)
		if err != nil {
			rt.Fatal(err)
		}
		want := testExpect()
		want.Product, want.Now = claims.Products[len(claims.Products)-1], claims.IssuedAt
		if got, err := verify.Token(token, keys, want); err != nil || !reflect.DeepEqual(got, claims) {
			rt.Fatalf("%+v, %v; want %+v", got, err, claims)
		}
		if _, err := verify.Token(token, parseKeys(t, seedSigner{signer.KeyID(), 3}.public()), want); !errors.Is(err, verify.ErrSignature) {
			rt.Fatalf("a stranger's key: %v", err)
		}
	})
}

func TestConfirmationsVerify(t *testing.T) {
	t.Parallel()
	signer := seedSigner{"sig_1", 1}
	keys := parseKeys(t, seedSigner{"sig_2", 2}.public(), signer.public())
	text, err := Confirm(signer, testExpect())
	if err != nil {
		t.Fatal(err)
	}
	if err := verify.Confirmation(text, keys, testExpect()); err != nil {
		t.Error(err)
	}
	other := testExpect()
	other.Product = "NIB-PRO"
	if err := verify.Confirmation(text, keys, other); !errors.Is(err, verify.ErrSignature) {
		t.Errorf("another product: %v", err)
	}
}

// What is signed for one purpose never serves another.
func TestTokensAndConfirmationsAreKeptApart(t *testing.T) {
	t.Parallel()
	input, err := verify.SigningInput("sig_1", testClaims())
	if err != nil {
		t.Fatal(err)
	}
	message, err := verify.ConfirmationMessage(testExpect())
	if err != nil {
		t.Fatal(err)
	}
	// A JWS signing input is base64url with one dot; a confirmation begins with a line that ends.
	if bytes.ContainsAny(input, "\n") || !bytes.HasPrefix(message, []byte("chiave-confirmation-v1\n")) {
		t.Errorf("the two could be confused: %q %q", input, message)
	}
}

func TestIssueAndConfirmRefuse(t *testing.T) {
	t.Parallel()
	broken := errors.New("the key is sealed")
	failing := signerFunc(func([]byte) ([]byte, error) { return nil, broken })
	short := signerFunc(func([]byte) ([]byte, error) { return make([]byte, 63), nil })
	if token, err := Issue(failing, testClaims()); !errors.Is(err, broken) || token != "" {
		t.Errorf("a failing signer: %q, %v", token, err)
	}
	if text, err := Confirm(failing, testExpect()); !errors.Is(err, broken) || text != "" {
		t.Errorf("a failing signer: %q, %v", text, err)
	}
	if _, err := Issue(short, testClaims()); err == nil || !strings.Contains(err.Error(), "63") {
		t.Errorf("a short signature: %v", err)
	}
	if _, err := Issue(seedSigner{"sig_1", 1}, verify.Claims{}); !errors.Is(err, verify.ErrFormat) {
		t.Errorf("no claims: %v", err)
	}
	if _, err := Confirm(seedSigner{"sig_1", 1}, verify.Expect{Issuer: testIssuer, InstallationID: testInstallation}); !errors.Is(err, verify.ErrProduct) {
		t.Errorf("no product: %v", err)
	}
}

func BenchmarkIssue(b *testing.B) {
	private := seedSigner{seed: 1}.private()
	signer := signerFunc(func(message []byte) ([]byte, error) { return ed25519.Sign(private, message), nil })
	for b.Loop() {
		if _, err := Issue(signer, testClaims()); err != nil {
			b.Fatal(err)
		}
	}
}
