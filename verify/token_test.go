package verify_test

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chiave/verify"
)

func TestTokenAccepts(t *testing.T) {
	t.Parallel()
	got, err := verify.Token(signed(header, payload), trusted(t), expect())
	if err != nil || !reflect.DeepEqual(got, claims()) {
		t.Fatalf("%+v, %v; want %+v", got, err, claims())
	}
	second := expect()
	second.Product = "B"
	if _, err := verify.Token(signed(header, payload), trusted(t), second); err != nil {
		t.Errorf("the second product: %v", err)
	}
	more := strings.Replace(payload, `"iat"`, `"later":{"a":[1,{"b":null}]},"iat"`, 1)
	if _, err := verify.Token(signed(strings.Replace(header, `{`, `{ "x5u":"http://x.invalid",`, 1), more), trusted(t), expect()); err != nil {
		t.Errorf("members of a later version: %v", err)
	}
}

// refusal is a token that is refused for a reason.
type refusal struct {
	name, token string
	want        error
}

func wantRefusals(t *testing.T, cases []refusal) {
	t.Helper()
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if tc.token == signed(header, payload) {
				t.Fatal("the case does not differ from the good token")
			}
			got, err := verify.Token(tc.token, trusted(t), expect())
			if !errors.Is(err, tc.want) || !reflect.DeepEqual(got, verify.Claims{}) {
				t.Errorf("%+v, %v; want %v", got, err, tc.want)
			}
		})
	}
}

func TestTokenRefusesBadForm(t *testing.T) {
	t.Parallel()
	good := signed(header, payload)
	parts := strings.Split(good, ".")
	wantRefusals(t, []refusal{
		{"empty", "", verify.ErrFormat},
		{"two parts", parts[0] + "." + parts[1], verify.ErrFormat},
		{"four parts", good + ".", verify.ErrFormat},
		{"five parts, as if encrypted", good + ".a.b", verify.ErrFormat},
		{"too long", good + strings.Repeat("A", verify.MaxToken), verify.ErrFormat},
		{"leading space", " " + good, verify.ErrFormat},
		{"trailing line feed", good + "\n", verify.ErrFormat},
		{"line feed inside", parts[0] + ".\n" + parts[1] + "." + parts[2], verify.ErrFormat},
		{"carriage return inside", parts[0] + "." + parts[1] + ".\r" + parts[2], verify.ErrFormat},
		{"padding", good + "==", verify.ErrFormat},
		{"standard alphabet", parts[0] + "." + parts[1] + ".+/" + parts[2][2:], verify.ErrFormat},
		{"unused bits set", good[:len(good)-1] + "B", verify.ErrFormat}, // 64 bytes leave four bits of the last symbol unused
		{"no signature", parts[0] + "." + parts[1] + ".", verify.ErrSignature},
		{"short signature", parts[0] + "." + parts[1] + ".AAAA", verify.ErrSignature},
		{"signature of zeros", parts[0] + "." + parts[1] + "." + strings.Repeat("A", 86), verify.ErrSignature},
	})
}

func TestTokenRefusesBadHeaders(t *testing.T) {
	t.Parallel()
	headed := func(old, with string) string { return signed(strings.Replace(header, old, with, 1), payload) }
	wantRefusals(t, []refusal{
		{"header no object", signed(`[]`, payload), verify.ErrFormat},
		{"header null", signed(`null`, payload), verify.ErrFormat},
		{"header empty", signed(``, payload), verify.ErrFormat},
		{"header twice alg", headed(`{`, `{"alg":"none",`), verify.ErrFormat},
		{"header trailing", signed(header+`{}`, payload), verify.ErrFormat},
		{"header not UTF-8", headed(`k1`, "k1\",\"x\":\"\xff"), verify.ErrFormat},
		{"crit", headed(`{`, `{"crit":["exp"],`), verify.ErrFormat},
		{"crit null", headed(`{`, `{"crit":null,`), verify.ErrFormat},
		{"b64 false", headed(`{`, `{"b64":false,"crit":["b64"],`), verify.ErrFormat},
		{"alg none", headed(`EdDSA`, `none`), verify.ErrAlgorithm},
		{"alg HS256", headed(`EdDSA`, `HS256`), verify.ErrAlgorithm},
		{"alg in another case", headed(`EdDSA`, `eddsa`), verify.ErrAlgorithm},
		{"alg absent", headed(`"alg":"EdDSA",`, ``), verify.ErrAlgorithm},
		{"alg named in another case", headed(`"alg"`, `"Alg"`), verify.ErrAlgorithm},
		{"alg a list", headed(`"EdDSA"`, `["EdDSA"]`), verify.ErrAlgorithm},
		{"typ JWT", headed(`chiave-activation+jwt`, `JWT`), verify.ErrType},
		{"typ absent", headed(`,"typ":"chiave-activation+jwt"`, ``), verify.ErrType},
		{"kid absent", headed(`"kid":"k1",`, ``), verify.ErrFormat},
		{"kid empty", headed(`k1`, ``), verify.ErrFormat},
		{"kid a number", headed(`"k1"`, `1`), verify.ErrFormat},
		{"kid unknown", headed(`k1`, `k9`), verify.ErrUnknownKey},
		{"kid of another key", headed(`k1`, `k2`), verify.ErrSignature},
	})
}

func TestTokenRefusesBadClaims(t *testing.T) {
	t.Parallel()
	replaced := func(old, with string) string { return signed(header, strings.Replace(payload, old, with, 1)) }
	wantRefusals(t, []refusal{
		{"claims no object", signed(header, `"x"`), verify.ErrFormat},
		{"claims empty", signed(header, `{}`), verify.ErrFormat},
		{"claim twice", replaced(`{`, `{"sub":"x",`), verify.ErrFormat},
		{"claim twice, escaped", replaced(`{`, `{"\u0073ub":"x",`), verify.ErrFormat},
		{"claim twice, deep", replaced(`{`, `{"x":[{"a":1,"a":2}],`), verify.ErrFormat},
		{"claim in another case", replaced(`"iss"`, `"ISS"`), verify.ErrFormat},
		{"claims trailing", signed(header, payload+" 1"), verify.ErrFormat},
		{"issuer no UUID", replaced(issuer, "urn:chiave:x"), verify.ErrFormat},
		{"issuer upper case", replaced(issuer, "urn:chiave:018F3C5E-7A90-7C11-9D4E-3B6F2A1C0D58"), verify.ErrFormat},
		{"sub upper case", replaced(installation, strings.ToUpper(installation)), verify.ErrFormat},
		{"sub short", replaced(installation, installation[1:]), verify.ErrFormat},
		{"sub null", replaced(`"`+installation+`"`, `null`), verify.ErrFormat},
		{"jti empty", replaced(`act_1`, ``), verify.ErrFormat},
		{"key with a control character", replaced(`key_1`, `k\u0000`), verify.ErrFormat},
		{"products a string", replaced(`["A","B"]`, `"A"`), verify.ErrFormat},
		{"products empty", replaced(`["A","B"]`, `[]`), verify.ErrFormat},
		{"products null", replaced(`["A","B"]`, `null`), verify.ErrFormat},
		{"products with null", replaced(`["A","B"]`, `["A",null]`), verify.ErrFormat},
		{"products twice the same", replaced(`["A","B"]`, `["A","A"]`), verify.ErrFormat},
		{"iat absent", replaced(`,"iat":1772443800`, ``), verify.ErrFormat},
		{"iat with a fraction", replaced(`1772443800`, `1772443800.5`), verify.ErrFormat},
		{"iat with an exponent", replaced(`1772443800`, `1e9`), verify.ErrFormat},
		{"iat a string", replaced(`1772443800`, `"1772443800"`), verify.ErrFormat},
		{"iat negative", replaced(`1772443800`, `-1`), verify.ErrFormat},
		{"iat beyond the calendar", replaced(`1772443800`, `253402300800`), verify.ErrFormat},
		{"exp null", replaced(`"iat"`, `"exp":null,"iat"`), verify.ErrFormat},
		{"exp before iat", replaced(`"iat"`, `"exp":1772443800,"iat"`), verify.ErrFormat},
	})
}

func TestTokenRefusesWhatIsNotExpected(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change func(*verify.Expect)
		want   error
	}{
		{"another issuer", func(e *verify.Expect) { e.Issuer = strings.Replace(issuer, "8", "9", 1) }, verify.ErrIssuer},
		{"no issuer", func(e *verify.Expect) { e.Issuer = "" }, verify.ErrIssuer},
		{"another installation", func(e *verify.Expect) { e.InstallationID = strings.Replace(installation, "f", "e", 1) }, verify.ErrInstallation},
		{"no installation", func(e *verify.Expect) { e.InstallationID = "" }, verify.ErrInstallation},
		{"another product", func(e *verify.Expect) { e.Product = "C" }, verify.ErrProduct},
		{"product in another case", func(e *verify.Expect) { e.Product = "a" }, verify.ErrProduct},
		{"no product", func(e *verify.Expect) { e.Product = "" }, verify.ErrProduct},
		{"a clock at its beginning, for a token without an end", func(e *verify.Expect) { e.Now = time.Unix(0, 0) }, nil},
		{"a clock in the year 2100, for a token without an end", func(e *verify.Expect) { e.Now = time.Unix(4102444800, 0) }, nil},
		{"the machine's clock", func(e *verify.Expect) { e.Now = time.Time{} }, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			want := expect()
			tc.change(&want)
			if _, err := verify.Token(signed(header, payload), trusted(t), want); !errors.Is(err, tc.want) {
				t.Errorf("%v, want %v", err, tc.want)
			}
		})
	}
	if _, err := verify.Token(signed(header, payload), verify.Keys{}, expect()); !errors.Is(err, verify.ErrUnknownKey) {
		t.Errorf("zero keys: %v", err)
	}
}

func TestTokenWithAnEnd(t *testing.T) {
	t.Parallel()
	const issued, expires = 1772443800, 1772443800 + 180*86400
	token := signed(header, strings.Replace(payload, `"iat"`, `"exp":1787995800,"iat"`, 1))
	for _, tc := range []struct {
		name string
		now  time.Time
		want error
	}{
		{"at issue", time.Unix(issued, 0), nil},
		{"last instant", time.Unix(expires, -1), nil},
		{"at its end", time.Unix(expires, 0), verify.ErrExpired},
		{"a clock a day behind", time.Unix(issued, 0).Add(-verify.ClockTolerance), nil},
		{"a clock further behind", time.Unix(issued, -1).Add(-verify.ClockTolerance), verify.ErrNotYet},
	} {
		want := expect()
		want.Now = tc.now
		got, err := verify.Token(token, trusted(t), want)
		if !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
		}
		if tc.want == nil && !got.Expires.Equal(time.Unix(expires, 0)) {
			t.Errorf("%s: expires %v", tc.name, got.Expires)
		}
	}
}

// Every single bit of the text matters: no change to a token leaves a token.
func TestEveryFlippedBitIsRefused(t *testing.T) {
	t.Parallel()
	keys, token := trusted(t), []byte(signed(header, payload))
	for i := range token {
		for bit := range 8 {
			token[i] ^= 1 << bit
			if _, err := verify.Token(string(token), keys, expect()); err == nil {
				t.Fatalf("byte %d bit %d", i, bit)
			}
			token[i] ^= 1 << bit
		}
	}
	if _, err := verify.Token(string(token), keys, expect()); err != nil {
		t.Fatalf("the control: %v", err)
	}
}

func TestSigningInputRoundTrip(t *testing.T) {
	t.Parallel()
	keys := trusted(t)
	text := rapid.StringMatching(`[^\p{Cc}]{1,30}`)
	rapid.Check(t, func(rt *rapid.T) {
		c := claims()
		c.ActivationID, c.KeyReference = text.Draw(rt, "jti"), text.Draw(rt, "key")
		c.Products = rapid.SliceOfNDistinct(text, 1, 20, rapid.ID[string]).Draw(rt, "products")
		c.IssuedAt = time.Unix(rapid.Int64Range(0, 253402300000).Draw(rt, "iat"), 0).UTC()
		want := verify.Expect{Issuer: issuer, InstallationID: installation, Product: c.Products[0], Now: c.IssuedAt}
		if rapid.Bool().Draw(rt, "ends") {
			c.Expires = c.IssuedAt.Add(time.Duration(rapid.IntRange(1, 299).Draw(rt, "lasts")) * time.Second)
		}
		input, err := verify.SigningInput(keyID, c)
		if err != nil {
			rt.Fatal(err)
		}
		token := string(input) + "." + b64.EncodeToString(ed25519.Sign(privateKey(1), input))
		if got, err := verify.Token(token, keys, want); err != nil || !reflect.DeepEqual(got, c) {
			rt.Fatalf("%+v, %v; want %+v", got, err, c)
		}
	})
}

func TestSigningInputRefusesWhatCouldNotBeRead(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*verify.Claims){
		"issuer":       func(c *verify.Claims) { c.Issuer = "https://center.example" },
		"installation": func(c *verify.Claims) { c.InstallationID = "x" },
		"activation":   func(c *verify.Claims) { c.ActivationID = "" },
		"key":          func(c *verify.Claims) { c.KeyReference = strings.Repeat("k", 129) },
		"no products":  func(c *verify.Claims) { c.Products = nil },
		"line feed":    func(c *verify.Claims) { c.Products = []string{"A\nB"} },
		"broken UTF-8": func(c *verify.Claims) { c.Products = []string{"\xff"} },
		"no time":      func(c *verify.Claims) { c.IssuedAt = time.Time{} },
		"no duration":  func(c *verify.Claims) { c.Expires = c.IssuedAt.Add(time.Millisecond) },
		"too long": func(c *verify.Claims) {
			for i := range 200 {
				c.Products = append(c.Products, strings.Repeat("p", 100)+string(rune('a'+i)))
			}
		},
	} {
		c := claims()
		change(&c)
		if _, err := verify.SigningInput(keyID, c); !errors.Is(err, verify.ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := verify.SigningInput("", claims()); !errors.Is(err, verify.ErrFormat) {
		t.Errorf("no key id: %v", err)
	}
	if got, err := json.Marshal(claims()); err != nil || string(got) != payload {
		t.Errorf("%s, %v; want %s", got, err, payload)
	}
}

func FuzzToken(f *testing.F) {
	good := signed(header, payload)
	ends := signed(header, strings.Replace(payload, `"iat"`, `"exp":1787995800,"iat"`, 1))
	for _, seed := range []string{good, ends, signed(`{}`, `{}`), "..", "a.b.c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		_, err := verify.Token(token, trusted(t), expect())
		if err == nil && token != good && token != ends {
			t.Fatal("accepted a text that was never signed")
		}
	})
}

// FuzzSignedToken looks behind the signature: whatever the center signs, a product neither panics nor takes claims that
// could not be written again.
func FuzzSignedToken(f *testing.F) {
	f.Add(header, payload)
	f.Add(header, strings.Replace(payload, `"iat"`, `"exp":1787995800,"iat"`, 1))
	f.Add(`{"alg":"EdDSA","crit":[]}`, `{"iss":{}}`)
	f.Fuzz(func(t *testing.T, header, payload string) {
		got, err := verify.Token(signed(header, payload), trusted(t), expect())
		if err != nil {
			return
		}
		if _, err := verify.SigningInput(keyID, got); err != nil {
			t.Fatalf("accepted claims cannot be written: %v", err)
		}
	})
}
