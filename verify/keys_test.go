package verify_test

import (
	"crypto/ed25519"
	"errors"
	"slices"
	"strings"
	"testing"

	"chiave/verify"
)

func TestParseKeys(t *testing.T) {
	t.Parallel()
	one := jwk("k1", privateKey(1))
	changed := func(old, with string) string { return strings.Replace(one, old, with, 1) }
	for _, tc := range []struct {
		name, document string
		want           []string // nil: ErrKeys
	}{
		{"one", `{"keys":[` + one + `]}`, []string{"k1"}},
		{"two, in order of name", `{"keys":[` + jwk("z", privateKey(2)) + `,` + one + `]}`, []string{"k1", "z"}},
		{"other members", `{"keys":[` + changed(`{`, `{"x5t":"y",`) + `],"more":1}`, []string{"k1"}},
		{"no alg", `{"keys":[` + changed(`"alg":"EdDSA",`, ``) + `]}`, []string{"k1"}},
		{"other kinds are passed over", `{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"},{"kty":"OKP","crv":"X25519","use":"sig","x":"AA"},null,` + one + `]}`, []string{"k1"}},
		{"another use", `{"keys":[` + changed(`"sig"`, `"enc"`) + `,` + jwk("k2", privateKey(2)) + `]}`, []string{"k2"}},
		{"another alg", `{"keys":[` + changed(`EdDSA`, `ES256`) + `,` + jwk("k2", privateKey(2)) + `]}`, []string{"k2"}},
		{"nothing", ``, nil},
		{"no object", `[]`, nil},
		{"no keys member", `{}`, nil},
		{"keys null", `{"keys":null}`, nil},
		{"keys no list", `{"keys":{}}`, nil},
		{"keys of strings", `{"keys":["k"]}`, nil},
		{"no usable key", `{"keys":[{"kty":"RSA"}]}`, nil},
		{"keys twice", `{"keys":[` + one + `],"keys":[]}`, nil},
		{"member twice in a key", `{"keys":[` + changed(`{`, `{"kid":"other",`) + `]}`, nil},
		{"name twice", `{"keys":[` + one + `,` + jwk("k1", privateKey(2)) + `]}`, nil},
		{"no name", `{"keys":[` + changed(`"kid":"k1",`, ``) + `]}`, nil},
		{"a short key", `{"keys":[` + changed(`"x":"`, `"y":"","x":"AA","z":"`) + `]}`, nil},
		{"a padded key", `{"keys":[` + changed(`"}`, `="}`) + `]}`, nil},
		{"a private key", `{"keys":[` + changed(`{`, `{"d":"`+b64.EncodeToString(privateKey(1).Seed())+`",`) + `]}`, nil},
		{"too long", `{"keys":[` + one + `],"pad":"` + strings.Repeat("x", 256<<10) + `"}`, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			keys, err := verify.ParseKeys([]byte(tc.document))
			if tc.want == nil {
				if !errors.Is(err, verify.ErrKeys) || len(keys.IDs()) != 0 {
					t.Errorf("%v, %v; want ErrKeys", keys.IDs(), err)
				}
				return
			}
			if err != nil || !slices.Equal(keys.IDs(), tc.want) {
				t.Errorf("%v, %v; want %v", keys.IDs(), err, tc.want)
			}
		})
	}
}

// The public key of RFC 8037, appendix A.2, under the name of its appendix A.3.
func TestParseKeysReadsTheStandardsKey(t *testing.T) {
	t.Parallel()
	const thumbprint, x = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
	keys := parseKeys(t, `{"keys":[{"kty":"OKP","crv":"Ed25519","use":"sig","kid":"`+thumbprint+`","x":"`+x+`"}]}`)
	seed, err := b64.DecodeString("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A") // appendix A.1
	if err != nil {
		t.Fatal(err)
	}
	input, err := verify.SigningInput(thumbprint, claims())
	if err != nil {
		t.Fatal(err)
	}
	token := string(input) + "." + b64.EncodeToString(ed25519.Sign(ed25519.NewKeyFromSeed(seed), input))
	if _, err := verify.Token(token, keys, expect()); err != nil {
		t.Error(err)
	}
}

func FuzzParseKeys(f *testing.F) {
	f.Add([]byte(`{"keys":[` + jwk("k1", privateKey(1)) + `]}`))
	f.Add([]byte(`{"keys":[null,{"kty":"OKP"}]}`))
	f.Fuzz(func(t *testing.T, document []byte) {
		keys, err := verify.ParseKeys(document)
		if (err == nil) == (len(keys.IDs()) == 0) {
			t.Fatalf("%v with %d keys", err, len(keys.IDs()))
		}
		if _, err := verify.Token(signed(header, payload), keys, verify.Expect{}); err == nil {
			t.Fatal("an empty expectation was met")
		}
	})
}
