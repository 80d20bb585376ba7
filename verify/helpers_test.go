package verify_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"chiave/verify"
)

const (
	issuer       = "urn:chiave:018f3c5e-7a90-7c11-9d4e-3b6f2a1c0d58"
	installation = "f8e74802067c8b48ade5bfab292c1b55"
	keyID        = "k1"
	header       = `{"alg":"EdDSA","kid":"k1","typ":"chiave-activation+jwt"}`
	payload      = `{"iss":"` + issuer + `","sub":"` + installation + `","jti":"act_1","key":"key_1","products":["A","B"],"iat":1772443800}`
)

var b64 = base64.RawURLEncoding

func privateKey(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
}

func jwk(id string, key ed25519.PrivateKey) string {
	return fmt.Sprintf(`{"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":%q,"x":%q}`, id, b64.EncodeToString(key.Public().(ed25519.PublicKey)))
}

func parseKeys(t testing.TB, document string) verify.Keys {
	t.Helper()
	keys, err := verify.ParseKeys([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func trusted(t testing.TB) verify.Keys {
	t.Helper()
	return parseKeys(t, `{"keys":[`+jwk(keyID, privateKey(1))+`,`+jwk("k2", privateKey(2))+`]}`)
}

// signed makes a token of any header and payload, however wrong.
func signed(header, payload string) string {
	input := b64.EncodeToString([]byte(header)) + "." + b64.EncodeToString([]byte(payload))
	return input + "." + b64.EncodeToString(ed25519.Sign(privateKey(1), []byte(input)))
}

func expect() verify.Expect {
	return verify.Expect{Issuer: issuer, InstallationID: installation, Product: "A", Now: time.Unix(1772443800, 0)}
}

func claims() verify.Claims {
	return verify.Claims{
		Issuer: issuer, InstallationID: installation, Products: []string{"A", "B"},
		KeyReference: "key_1", ActivationID: "act_1", IssuedAt: time.Unix(1772443800, 0).UTC(),
	}
}
