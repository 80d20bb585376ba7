package activation

import (
	"slices"
	"testing"
)

func TestJWKS(t *testing.T) {
	t.Parallel()
	one, two := seedSigner{"sig_1", 1}.public(), seedSigner{"sig_2", 2}.public()
	if got, want := parseKeys(t, two, one).IDs(), []string{"sig_1", "sig_2"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	for name, keys := range map[string][]PublicKey{
		"none": nil, "no id": {{Key: one.Key}}, "short": {{ID: "sig_1", Key: one.Key[1:]}}, "no key": {{ID: "sig_1"}},
		"id twice": {one, {ID: "sig_1", Key: two.Key}},
	} {
		if document, err := JWKS(keys); err == nil {
			t.Errorf("%s: %s", name, document)
		}
	}
}
